//! The documents hold together: a link leads somewhere, and the index of decisions has them all.

#![expect(clippy::unwrap_used, reason = "clippy takes the helpers of a test for something else")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The Markdown files of these folders.
fn documents(folders: &[&str]) -> Vec<PathBuf> {
    let entries = folders.iter().flat_map(|folder| fs::read_dir(root().join(folder)).unwrap());
    let files = entries.map(|entry| entry.unwrap().path());
    files.filter(|file| file.extension().is_some_and(|extension| extension == "md")).collect()
}

/// A document without its code samples, in which a `#` is a comment and a bracket is code.
fn prose(document: &Path) -> String {
    let text = fs::read_to_string(document).unwrap();
    text.split("\n```").step_by(2).collect()
}

fn headings(prose: &str) -> impl Iterator<Item = &str> {
    prose.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim())
}

/// What GitHub calls a heading in a link.
fn anchor(heading: &str) -> String {
    let lower = heading.to_lowercase().replace(' ', "-");
    lower.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_')).collect()
}

/// The targets of links and images that are in this repository.
fn targets(prose: &str) -> impl Iterator<Item = &str> {
    let links = prose.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    let images = prose.split("src=\"").skip(1).filter_map(|rest| rest.split_once('"'));
    links.chain(images).map(|(target, _)| target).filter(|target| !target.contains("://"))
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let mut broken = Vec::new();
    for document in documents(&["", "docs", "docs/decisions", "benches"]) {
        for target in targets(&prose(&document)) {
            let (path, heading) = target.split_once('#').unwrap_or((target, ""));
            let file = if path.is_empty() { document.clone() } else { document.parent().unwrap().join(path) };
            let leads =
                file.exists() && (heading.is_empty() || headings(&prose(&file)).any(|it| anchor(it) == heading));
            if !leads {
                broken.push(format!("{}: {target}", document.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn the_index_of_decisions_names_every_entry() {
    let index = prose(&root().join("docs/DECISIONS.md"));
    let mut wanted = BTreeSet::new();
    for part in documents(&["docs/decisions"]) {
        let name = part.file_name().unwrap().to_string_lossy().into_owned();
        wanted.insert(format!("decisions/{name}"));
        let prose = prose(&part);
        // The first heading is the part's own.
        wanted.extend(headings(&prose).skip(1).map(|title| format!("decisions/{name}#{}", anchor(title))));
    }
    let named: BTreeSet<String> = targets(&index).map(str::to_owned).collect();
    assert_eq!(named, wanted);
}
