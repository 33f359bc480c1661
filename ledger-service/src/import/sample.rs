//! For tests: the town of the data folder, and changed copies of it.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

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
