//! Files that must be ordinary ones. Whatever else has the name, a pipe or a device, is not waited for.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

/// Opens a file to be read.
///
/// # Errors
/// It cannot be read, or is not an ordinary file.
pub fn open(path: &Path) -> io::Result<File> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not an ordinary file"));
    }
    File::open(path)
}

/// Reads all of a file.
///
/// # Errors
/// Those of [`open`].
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}
