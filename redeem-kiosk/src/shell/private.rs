//! Small files that nobody else may read: made once, durably, and kept.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use anyhow::{Context, anyhow};
use data_encoding::HEXLOWER;

/// The 32 bytes that a file holds as hexadecimal digits; random ones, kept from now on, where there is no file yet.
///
/// # Errors
/// Where it can neither be read nor made, or holds something else: a new one is never made silently.
pub fn seed(path: &Path) -> anyhow::Result<[u8; 32]> {
    let what = || format!("the file {}", path.display());
    match fs::read_to_string(path) {
        Ok(text) => {
            let bytes = HEXLOWER.decode(text.trim().as_bytes()).ok();
            let seed = bytes.and_then(|bytes| bytes.try_into().ok());
            seed.ok_or_else(|| anyhow!("it does not hold 64 hexadecimal digits; restore it")).with_context(what)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => make(path).with_context(what),
        Err(error) => Err(error).with_context(what),
    }
}

fn make(path: &Path) -> anyhow::Result<[u8; 32]> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| anyhow!("the operating system gives no random bytes: {error}"))?;
    write(path, HEXLOWER.encode(&seed).as_bytes(), 0o600)?;
    Ok(seed)
}

/// Writes a file that is read by whom the mode names, durably, at once or not at all.
///
/// # Errors
/// Where it cannot be written.
pub fn write(path: &Path, bytes: &[u8], mode: u32) -> std::io::Result<()> {
    let unfinished = path.with_extension("unfinished");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    // Not with the file: there the process's mask would take something off.
    file.set_permissions(Permissions::from_mode(mode))?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

/// What this process makes from now on is its owner's alone, unless it says otherwise: the database's own files too.
pub fn keep_to_owner() {
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
}

/// Makes a folder that nobody else may look into.
///
/// # Errors
/// Where it cannot be made.
pub fn folder(path: &Path) -> anyhow::Result<()> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.with_context(|| format!("the folder {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_made_once_and_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("device.key");
        let made = seed(&path).unwrap();
        assert_eq!(seed(&path).unwrap(), made);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::write(&path, "damaged").unwrap();
        assert!(seed(&path).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "damaged");
    }
}
