//! Holds the imports of all files to the order that is drawn in `lib.rs`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Where the words beside the modules begin.
const WORDS_COLUMN: usize = 39;

/// The line of each module in the drawing.
fn drawn() -> BTreeMap<String, usize> {
    let text = include_str!("lib.rs");
    let drawing = text.lines().filter_map(|line| line.strip_prefix("//! "));
    let drawing = drawing.skip_while(|line| *line != "```text").skip(1).take_while(|line| *line != "```");
    let mut lines = BTreeMap::new();
    for (index, line) in drawing.enumerate() {
        let modules: String = line.chars().take(WORDS_COLUMN).collect();
        for module in modules.split_whitespace() {
            lines.insert(module.split('/').next().unwrap().to_owned(), index);
        }
    }
    lines
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// The modules of this package that a text imports, its tests apart.
fn imported(text: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let code: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n").replace("$crate::", "");
    let mut found = Vec::new();
    for rest in code.split("crate::").skip(1) {
        let listed = match rest.strip_prefix('{') {
            Some(group) => group.split('}').next().unwrap().split(',').collect(),
            None => vec![rest],
        };
        let name = |text: &str| text.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        found.extend(listed.into_iter().map(name).filter(|name: &String| !name.is_empty()));
    }
    found
}

#[test]
fn no_module_imports_one_that_stands_above_it_or_beside_it() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let drawn = drawn();
    let mut seen = 0;
    for path in files(&source) {
        let own = path.strip_prefix(&source).unwrap();
        let module = own.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs");
        if module == "order" || own.starts_with("pages/tests") {
            continue;
        }
        let line = *drawn.get(module).unwrap_or_else(|| panic!("{module} is not drawn in lib.rs"));
        for name in imported(&fs::read_to_string(&path).unwrap()).iter().filter(|name| *name != module) {
            let other = *drawn.get(name).unwrap_or_else(|| panic!("{}: {name} is not drawn in lib.rs", own.display()));
            assert!(other > line, "{} imports {name}, which does not stand below it", own.display());
            seen += 1;
        }
    }
    assert!(seen > 100, "{seen} imports were found");
}
