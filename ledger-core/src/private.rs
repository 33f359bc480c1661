//! Files and folders that nobody but their owner may read, whatever the process's umask lets through: banks, keys, uploads,
//! reports.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Makes a file, or empties the one that is there.
///
/// # Errors
/// It cannot be made, or is somebody else's.
pub fn create(path: &Path) -> io::Result<File> {
    open(OpenOptions::new().write(true).create(true).truncate(true), path)
}

/// Makes a file that must not be there yet, to be written and read.
///
/// # Errors
/// It is there, or cannot be made.
pub fn create_new(path: &Path) -> io::Result<File> {
    open(OpenOptions::new().read(true).write(true).create_new(true), path)
}

/// Puts a file in its place as a whole: whoever reads it finds the old text or the new one. Returns it, open for writing.
///
/// # Errors
/// It cannot be written. Then the old text stays.
pub fn put(path: &Path, text: &[u8]) -> io::Result<File> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Several processes may write at the same time.
    let new = PathBuf::from(format!("{}-{}", path.display(), uuid::Uuid::now_v7().simple()));
    let written = create_new(&new).and_then(|mut file| {
        file.write_all(text)?;
        file.sync_all()?;
        std::fs::rename(&new, path)?;
        File::open(folder)?.sync_all()?;
        Ok(file)
    });
    if written.is_err() {
        let _ = std::fs::remove_file(&new);
    }
    written
}

/// Makes a folder with those that it stands in. One that is there stays as it is.
///
/// # Errors
/// It cannot be made.
pub fn create_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)
}

fn open(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    let file = options.open(path)?;
    // One that was there keeps its mode at first; a terminal or a pipe keeps it for good.
    #[cfg(unix)]
    if file.metadata()?.is_file() {
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    }
    Ok(file)
}
