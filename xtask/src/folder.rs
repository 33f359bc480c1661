//! Temporary folders.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};
use std::{env, io, process};

/// Makes a new folder that only its owner may enter; removing it is the caller's duty.
pub fn temporary() -> io::Result<PathBuf> {
    let folder = unused();
    DirBuilder::new().mode(0o700).create(&folder)?;
    Ok(folder)
}

/// The path of a temporary folder that nobody has made yet.
pub(crate) fn unused() -> PathBuf {
    // The process's number alone would meet the leavings of an earlier process of that number.
    static MADE: AtomicU32 = AtomicU32::new(0);
    let nanoseconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.subsec_nanos());
    let name = format!("bank-{}-{}-{nanoseconds}", process::id(), MADE.fetch_add(1, Ordering::Relaxed));
    env::temp_dir().join(name)
}
