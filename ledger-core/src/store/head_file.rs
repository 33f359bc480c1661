//! The file that remembers how far a bank had grown. It stands beside the private key and apart from the bank, so an
//! older copy that is put in the bank's place is found out.
//!
//! It has two slots of a disk's sector each, which are written in turn: one of them is whole at any time. A slot is
//! written after every commit, before anybody is answered, so it survives the end of the program; once a second the file
//! is synced, so that it survives a power cut.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;

use super::home::Home;
use super::watch::Seen;
use crate::fault::Fault;
use crate::private;
use crate::proof::{Digest, sha256};

/// How many bytes a slot has: JSON, blanks, and a line end.
const SLOT_BYTES: usize = 512;

/// How often the file is synced, if it has changed.
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// What a slot holds, as JSON. Digests are 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    bank_id: String,
    size: u64,
    root: String,
    last_leaf: String,
    posted_at: i64,
    /// The first 16 hexadecimal digits of SHA-256 of the other fields as JSON, with this one empty: a slot that was
    /// written in part does not have it.
    check: String,
}

impl Content {
    fn of(seen: &Seen) -> Self {
        let content = Self {
            bank_id: seen.bank_id.clone(),
            size: seen.size,
            root: HEXLOWER.encode(&seen.root),
            last_leaf: HEXLOWER.encode(&seen.last_leaf),
            posted_at: seen.posted_at,
            check: String::new(),
        };
        Self { check: content.checked(), ..content }
    }

    fn checked(&self) -> String {
        HEXLOWER.encode(&sha256(&[&Self { check: String::new(), ..self.clone() }.json()])[..8])
    }

    fn json(&self) -> Vec<u8> {
        // Strings and numbers alone: this cannot fail.
        serde_json::to_vec(self).unwrap_or_default()
    }

    fn slot(&self) -> Vec<u8> {
        let mut slot = self.json();
        slot.resize(SLOT_BYTES - 1, b' ');
        slot.push(b'\n');
        slot
    }

    /// What was seen of this bank; `None` if the slot is of another bank, or not whole.
    fn read(slot: &[u8], bank_id: &str) -> Option<Seen> {
        let content: Self = serde_json::from_slice(slot).ok()?;
        let digest = |text: &str| -> Option<Digest> { HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok() };
        let is_whole = content.check == content.checked() && content.bank_id == bank_id && content.size > 0;
        let (root, last_leaf) = (digest(&content.root)?, digest(&content.last_leaf)?);
        let Self { bank_id, size, posted_at, .. } = content;
        is_whole.then_some(Seen { bank_id, size, root, last_leaf, posted_at })
    }
}

/// Where it is kept: `<folder>/<bank_id>.head`.
fn path_of(folder: &Path, bank_id: &str) -> PathBuf {
    folder.join(format!("{bank_id}.head"))
}

/// Reads how far the bank had grown; `None` if nobody has written it down.
///
/// # Errors
/// [`Fault::HeadFile`] if the file cannot be read or understood.
pub fn read(folder: &Path, bank_id: &str) -> Result<Option<Seen>, Fault> {
    let path = path_of(folder, bank_id);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(fault(&path, &error.to_string())),
    };
    let whole = bytes.chunks(SLOT_BYTES).filter_map(|slot| Content::read(slot, bank_id));
    match whole.max_by_key(|seen| seen.size) {
        Some(seen) => Ok(Some(seen)),
        None => Err(fault(&path, "it does not say how far this bank had grown")),
    }
}

/// The file while a bank is open.
#[derive(Debug)]
pub struct HeadFile {
    file: Result<File, Fault>,
    path: PathBuf,
    next: Mutex<Next>,
    /// Whether something was written since the last sync.
    is_unsynced: AtomicBool,
}

/// What is written next, and where.
#[derive(Debug)]
struct Next {
    slot: u64,
    /// The size that was written last.
    size: u64,
    fault: Option<Fault>,
}

impl HeadFile {
    /// Goes on with the file that is there, which other processes may have open, or makes one. If neither can be done, for
    /// example because the folder can only be read, [`Self::fault`] says so.
    pub fn open(folder: &Path, seen: &Seen) -> Self {
        let Ok(Some(known)) = read(folder, &seen.bank_id) else { return Self::begin(folder, seen) };
        let path = path_of(folder, &seen.bank_id);
        let head_file = Self::of(File::options().write(true).open(&path), path, known.size);
        head_file.write_down(seen);
        head_file
    }

    /// Makes the file anew with what was seen now, even if the bank had grown further before.
    pub fn begin(folder: &Path, seen: &Seen) -> Self {
        let path = path_of(folder, &seen.bank_id);
        Self::of(put(folder, &path, &Content::of(seen).slot().repeat(2)), path, seen.size)
    }

    fn of(file: std::io::Result<File>, path: PathBuf, size: u64) -> Self {
        let file = file.map_err(|error| fault(&path, &error.to_string()));
        let next = Mutex::new(Next { slot: 0, size, fault: None });
        Self { file, path, next, is_unsynced: AtomicBool::new(false) }
    }

    /// Writes down what is committed, if it is more than what stands there.
    pub fn write_down(&self, seen: &Seen) {
        let Ok(file) = &self.file else { return };
        let mut next = self.lock();
        if seen.size <= next.size {
            return;
        }
        let written = file.write_all_at(&Content::of(seen).slot(), next.slot * SLOT_BYTES as u64);
        match written {
            Ok(()) => *next = Next { slot: 1 - next.slot, size: seen.size, fault: None },
            Err(error) => next.fault = Some(fault(&self.path, &error.to_string())),
        }
        self.is_unsynced.store(true, Ordering::Release);
    }

    /// Why what was seen is not written down; `None` if it is.
    pub fn fault(&self) -> Option<Fault> {
        self.file.as_ref().err().cloned().or_else(|| self.lock().fault.clone())
    }

    /// Syncs to disk what was written since the last time.
    fn sync(&self) {
        if let Ok(file) = &self.file
            && self.is_unsynced.swap(false, Ordering::AcqRel)
            && let Err(error) = file.sync_data()
        {
            self.lock().fault = Some(fault(&self.path, &error.to_string()));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Next> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Syncs a [`HeadFile`] from time to time, and when it is dropped.
#[derive(Debug)]
pub struct HeadKeeper {
    file: Arc<HeadFile>,
    task: JoinHandle<()>,
}

impl HeadKeeper {
    /// Begins to do so on a task of its own.
    ///
    /// # Errors
    /// [`Fault::Closed`] if the ledger's runtime is going down.
    pub fn start(home: &Arc<Home>, file: Arc<HeadFile>) -> Result<Self, Fault> {
        let shared = Arc::clone(&file);
        let task = home.start_work(async move {
            loop {
                tokio::time::sleep(SYNC_EVERY).await;
                let file = Arc::clone(&shared);
                // If it panicked, the next one tries again.
                let _ = tokio::task::spawn_blocking(move || file.sync()).await;
            }
        })?;
        Ok(Self { file, task })
    }

    /// Why what was seen is not written down; `None` if it is.
    pub fn fault(&self) -> Option<Fault> {
        self.file.fault()
    }
}

impl Drop for HeadKeeper {
    fn drop(&mut self) {
        self.task.abort();
        self.file.sync();
    }
}

/// Puts a file in its place as a whole: whoever reads it finds the old text or the new one. Returns it, open for writing.
fn put(folder: &Path, path: &Path, text: &[u8]) -> std::io::Result<File> {
    // Several processes may write at the same time.
    let new = path.with_extension(format!("head-{}", uuid::Uuid::now_v7().simple()));
    let written = private::create_new(&new).and_then(|mut file| {
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

fn fault(path: &Path, reason: &str) -> Fault {
    Fault::HeadFile { path: path.display().to_string(), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(size: u64) -> Seen {
        Seen { bank_id: "b".repeat(32), size, root: [1; 32], last_leaf: [2; 32], posted_at: 1_781_496_000 }
    }

    #[test]
    fn what_is_written_down_is_read_back_and_never_shrinks() {
        let folder = std::env::temp_dir().join(format!("head-file-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir(&folder).unwrap();
        let bank_id = &seen(1).bank_id;
        let path = path_of(&folder, bank_id);
        assert_eq!(read(&folder, bank_id).unwrap(), None);
        let file = HeadFile::open(&folder, &seen(5));
        for size in [7, 6, 9, u64::MAX / 2] {
            file.write_down(&seen(size));
            assert!(read(&folder, bank_id).unwrap().unwrap().size >= size);
        }
        // The slot that is written is lost: the other one is whole.
        let mut bytes = std::fs::read(&path).unwrap();
        assert_eq!(bytes.len(), 2 * SLOT_BYTES);
        bytes[40] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(read(&folder, bank_id).unwrap().unwrap().size, 9);
        assert!(file.fault().is_none());
        assert_eq!(read(&folder, bank_id).unwrap().unwrap(), seen(9));
        // Another process that has the bank open goes on with the same file.
        HeadFile::open(&folder, &seen(2)).write_down(&seen(u64::MAX / 2 + 1));
        file.write_down(&seen(u64::MAX / 2 + 2));
        assert_eq!(read(&folder, bank_id).unwrap().unwrap().size, u64::MAX / 2 + 2);
        HeadFile::begin(&folder, &seen(3));
        assert_eq!(read(&folder, bank_id).unwrap(), Some(seen(3)));
        for wrong in ["", "{}", "\u{0}\u{0}", &"x".repeat(2000)] {
            std::fs::write(&path, wrong).unwrap();
            assert_eq!(read(&folder, bank_id).unwrap_err().code(), "head_file", "{wrong}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(HeadFile::open(&folder, &seen(1)).fault().map(|fault| fault.code()), Some("head_file"));
    }
}
