//! Temporary folders.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};
use std::{env, io, process};

/// Makes a new folder that only its owner may enter. The caller must remove it.
pub fn temporary() -> io::Result<PathBuf> {
    let folder = unused();
    DirBuilder::new().mode(0o700).create(&folder)?;
    Ok(folder)
}

/// The path for a temporary folder, which nobody has made yet.
pub(crate) fn unused() -> PathBuf {
    // A process with the same number may have left a folder behind, so the number alone is not enough.
    static MADE: AtomicU32 = AtomicU32::new(0);
    let nanoseconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.subsec_nanos());
    let name = format!("bank-{}-{}-{nanoseconds}", process::id(), MADE.fetch_add(1, Ordering::Relaxed));
    env::temp_dir().join(name)
}
