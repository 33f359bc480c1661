//! For tests: the town of the data folder, changed copies of it, and what is said of them.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::sheet::Layout;
use super::town::{Town, read_town};

/// The folder of the town as it is.
pub fn real_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/baohua")
}

/// A copy of the town's folder that is removed again.
pub struct Copy {
    folder: TempDir,
}

impl Copy {
    /// A copy without a change.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for entry in fs::read_dir(real_folder()).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
        }
        Self { folder }
    }

    /// Where the copy is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Changes the text of a file.
    pub fn edit(&self, file: &str, change: impl FnOnce(String) -> String) {
        let path = self.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, change(text)).unwrap();
    }

    /// Replaces the first `old` in a file.
    pub fn replace(&self, file: &str, old: &str, new: &str) {
        self.edit(file, |text| {
            assert!(text.contains(old), "{file} has no {old:?}");
            text.replacen(old, new, 1)
        });
    }

    /// The names of the files.
    pub fn files(&self) -> Vec<String> {
        let names = fs::read_dir(self.path()).unwrap();
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

/// The town as it is.
pub fn real_town() -> Town {
    read_town(&real_folder()).unwrap()
}

/// Reads a copy of the town in which the first `old` of a file is `new`.
pub fn read_changed(layout: &Layout, old: &str, new: &str) -> Result<Town, String> {
    let copy = Copy::new();
    copy.replace(layout.file, old, new);
    read_town(copy.path()).map_err(|fault| fault.to_string())
}

/// Each case is what to replace in the file, by what, and how the fault begins after the file's name.
pub fn expect_faults(layout: &Layout, cases: &[(&str, &str, &str)]) {
    for (old, new, expected) in cases {
        let fault = read_changed(layout, old, new).expect_err(new);
        let expected = format!("{}, {expected}", layout.file);
        assert!(fault.starts_with(&expected), "\n{fault}\nis not\n{expected}");
        assert!(fault.contains("; ") && !fault.contains('\n'), "{fault}");
    }
}

/// Each case is what to replace in the file, and by what: the town can still be read.
pub fn expect_read(layout: &Layout, cases: &[(&str, &str)]) {
    for (old, new) in cases {
        read_changed(layout, old, new).expect(new);
    }
}

/// What is said of a number out of its range.
pub fn out_of_range(column: &str, text: &str, range: &str) -> String {
    format!("line 2, column {column}: the number \"{text}\" is out of range; write a whole number from {range}")
}

/// What is said of a key that an earlier row has.
pub fn repeated(line: u64, column: &str, key: &str, first_line: u64) -> String {
    format!("line {line}, column {column}: the {key} is already on line {first_line}; keep one")
}

/// What is said of the key "no-9", which no row has.
pub fn unknown(column: &str, what: &str, file: &str) -> String {
    format!("line 2, column {column}: no row of {file} has the {what} \"no-9\"; add one, or correct this row")
}
