//! Where programs are found.

use std::env;
use std::path::PathBuf;

/// The folders in `PATH`, in the same order.
pub fn folders() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).collect()
}

/// Whether a folder in `PATH` has this program.
pub fn has(program: &str) -> bool {
    folders().iter().any(|folder| folder.join(program).is_file())
}
