//! The file that remembers how far a bank had grown. It stands beside the private key and apart from the bank, so an
//! older copy that is put in the bank's place is found out.
//!
//! It has two slots of a disk's sector each, which are written in turn: one of them is whole at any time. A slot is
//! written after every commit, before anybody is answered, so it survives the end of the program; once a second the file
//! is synced, so that it survives a power cut.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
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
use crate::ordinary;
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
    /// How many records stood in a SQLite bank's file itself, without its log, and under which root. Another file under the log
    /// is found out by it.
    in_file: u64,
    root_in_file: String,
    /// How often somebody has gone on knowingly with an older copy.
    #[serde(default, skip_serializing_if = "is_zero")]
    rollbacks: u64,
    /// The first 16 hexadecimal digits of SHA-256 of the other fields as JSON, with this one empty: a slot that was
    /// written in part does not have it.
    check: String,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Content {
    fn of(seen: &Seen, in_file: &InFile, rollbacks: u64) -> Self {
        let content = Self {
            bank_id: seen.bank_id.clone(),
            size: seen.size,
            root: HEXLOWER.encode(&seen.root),
            last_leaf: HEXLOWER.encode(&seen.last_leaf),
            posted_at: seen.posted_at,
            in_file: in_file.size,
            root_in_file: HEXLOWER.encode(&in_file.root),
            rollbacks,
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
    fn read(slot: &[u8], bank_id: &str) -> Option<Remembered> {
        let content: Self = serde_json::from_slice(slot).ok()?;
        let digest = |text: &str| -> Option<Digest> { HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok() };
        let is_whole = content.check == content.checked() && content.bank_id == bank_id && content.size > 0;
        let (root, last_leaf) = (digest(&content.root)?, digest(&content.last_leaf)?);
        let in_file = InFile { size: content.in_file, root: digest(&content.root_in_file)? };
        let Self { bank_id, size, posted_at, rollbacks, .. } = content;
        is_whole.then_some(Remembered { seen: Seen { bank_id, size, root, last_leaf, posted_at }, in_file, rollbacks })
    }
}

/// What stands in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// How far the bank had grown.
    pub seen: Seen,
    /// What stood in a SQLite bank's file itself, without its log.
    pub in_file: InFile,
    /// How often somebody has gone on knowingly with an older copy. Whoever has the bank open since before knows of fewer.
    pub rollbacks: u64,
}

/// The journal as far as it stands in a SQLite bank's file itself, without its log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InFile {
    /// How many records; 0 if nobody knows.
    pub size: u64,
    /// The root of the tree at that size.
    pub root: Digest,
}

/// Where it is kept: `<folder>/<bank_id>.head`.
fn path_of(folder: &Path, bank_id: &str) -> PathBuf {
    folder.join(format!("{bank_id}.head"))
}

/// Reads how far the bank had grown; `None` if nobody has written it down.
///
/// # Errors
/// [`Fault::HeadFile`] if the file cannot be read or understood.
pub fn read(folder: &Path, bank_id: &str) -> Result<Option<Remembered>, Fault> {
    let path = path_of(folder, bank_id);
    let bytes = match read_start(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(fault(&path, &error.to_string())),
    };
    let whole = bytes.chunks(SLOT_BYTES).filter_map(|slot| Content::read(slot, bank_id));
    match whole.max_by_key(|remembered| remembered.seen.size) {
        Some(remembered) => Ok(Some(remembered)),
        None => Err(fault(&path, "it does not say how far this bank had grown")),
    }
}

/// The first bytes of a file, as many as a whole one has.
fn read_start(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    ordinary::open(path)?.take(2 * SLOT_BYTES as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The file while a bank is open.
#[derive(Debug)]
pub struct HeadFile {
    folder: PathBuf,
    path: PathBuf,
    kept: Mutex<Kept>,
    /// Whether something was written since the last sync.
    is_unsynced: AtomicBool,
    /// Whether what was seen has been contradicted. Then another process decides how the bank goes on, and this one writes
    /// nothing any more.
    is_left: AtomicBool,
    rollbacks: u64,
    in_file: Mutex<InFile>,
}

#[derive(Debug)]
struct Kept {
    /// The file; or why there is none, or what was seen last is not in it.
    file: Result<File, Fault>,
    seen: Seen,
    slots: Slots,
}

/// Both slots as they were last read or written here, and what was seen according to each. As long as no other process has
/// written into the file, they need not be understood again.
#[derive(Debug, Clone)]
struct Slots {
    bytes: [u8; 2 * SLOT_BYTES],
    seen: [Option<Seen>; 2],
}

impl Slots {
    const UNREAD: Self = Self { bytes: [0; 2 * SLOT_BYTES], seen: [None, None] };

    /// How many records the journal had according to a slot; 0 if it says nothing.
    fn size(&self, slot: usize) -> u64 {
        self.seen[slot].as_ref().map_or(0, |seen| seen.size)
    }

    /// Reads the file. Where it holds less than two slots, or one is not whole, nothing was seen.
    fn look(&mut self, file: &File, bank_id: &str) {
        let mut bytes = [0; 2 * SLOT_BYTES];
        // What cannot be read stays blank, and is written anew.
        let _ = file.read_exact_at(&mut bytes, 0);
        if bytes != self.bytes {
            let seen_in = |slot: &[u8]| Content::read(slot, bank_id).map(|remembered| remembered.seen);
            let (first, second) = bytes.split_at(SLOT_BYTES);
            *self = Self { bytes, seen: [seen_in(first), seen_in(second)] };
        }
    }

    /// Notes what was written into a slot.
    fn note(&mut self, slot: usize, content: &[u8], seen: &Seen) {
        self.bytes[slot * SLOT_BYTES..][..SLOT_BYTES].copy_from_slice(content);
        self.seen[slot] = Some(seen.clone());
    }
}

impl HeadFile {
    /// Goes on with the file that is there, which other processes may have open, or makes one. If neither can be done, for
    /// example because the folder can only be read, [`Self::fault`] says so.
    pub fn open(folder: &Path, seen: &Seen) -> Self {
        let Ok(Some(remembered)) = read(folder, &seen.bank_id) else { return Self::begin(folder, seen, 0) };
        let path = path_of(folder, &seen.bank_id);
        let opened = File::options().read(true).write(true).open(&path);
        let head_file = Self::of(folder, opened, path, seen, remembered.rollbacks);
        head_file.lock().write_down(&head_file.path, &remembered.in_file, remembered.rollbacks);
        head_file.note_in_file(remembered.in_file);
        head_file
    }

    /// Makes the file anew with what was seen now, even if the bank had grown further before.
    pub fn begin(folder: &Path, seen: &Seen, rollbacks: u64) -> Self {
        let path = path_of(folder, &seen.bank_id);
        let text = Content::of(seen, &InFile::default(), rollbacks).slot().repeat(2);
        Self::of(folder, private::put(&path, &text), path, seen, rollbacks)
    }

    fn of(folder: &Path, file: std::io::Result<File>, path: PathBuf, seen: &Seen, rollbacks: u64) -> Self {
        let file = file.map_err(|error| fault(&path, &error.to_string()));
        let kept = Mutex::new(Kept { file, seen: seen.clone(), slots: Slots::UNREAD });
        let (is_unsynced, is_left) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { folder: folder.to_owned(), path, kept, is_unsynced, is_left, rollbacks, in_file: Mutex::default() }
    }

    /// Writes down what is committed, if it is more than what stands there.
    pub fn write_down(&self, seen: &Seen) {
        let mut kept = self.lock();
        if kept.seen.size < seen.size {
            kept.seen = seen.clone();
            let in_file = self.in_file.lock().unwrap_or_else(PoisonError::into_inner).clone();
            kept.write_down(&self.path, &in_file, self.rollbacks);
            self.is_unsynced.store(true, Ordering::Release);
        }
    }

    /// What stands there now, in both slots. Whoever wrote it may have been another process at the same bank, or one at a copy of it.
    pub fn written(&self) -> [Option<Seen>; 2] {
        let mut kept = self.lock();
        let Kept { file, seen, slots } = &mut *kept;
        let Ok(file) = file else { return [None, None] };
        slots.look(file, &seen.bank_id);
        slots.seen.clone()
    }

    /// Notes what stands in a SQLite bank's file itself. It is written down with the next commit.
    pub fn note_in_file(&self, now: InFile) {
        let mut in_file = self.in_file.lock().unwrap_or_else(PoisonError::into_inner);
        if in_file.size < now.size {
            *in_file = now;
        }
    }

    /// Writes nothing from now on.
    pub fn leave(&self) {
        self.is_left.store(true, Ordering::Release);
    }

    /// Why what was seen is not written down; `None` if it is.
    pub fn fault(&self) -> Option<Fault> {
        self.lock().file.as_ref().err().cloned()
    }

    /// Syncs to disk what was written since the last time. If somebody has removed the file or put another one in its place,
    /// or it could not be written, goes on with the one that is there now, or with a new one.
    fn sync(&self) {
        if self.is_left.load(Ordering::Acquire) {
            return;
        }
        let mut kept = self.lock();
        let is_there = kept.file.as_ref().is_ok_and(|file| is_at(file, &self.path));
        if !is_there {
            // Somebody goes on with an older copy, and this process has only not noticed yet.
            let there = read(&self.folder, &kept.seen.bank_id).ok().flatten();
            if there.is_some_and(|there| there.rollbacks > self.rollbacks) {
                return self.leave();
            }
            let anew = Self::open(&self.folder, &kept.seen);
            kept.file = anew.kept.into_inner().unwrap_or_else(PoisonError::into_inner).file;
        } else if self.is_unsynced.swap(false, Ordering::AcqRel)
            && let Some(Err(error)) = kept.file.as_ref().ok().map(File::sync_data)
        {
            kept.file = Err(fault(&self.path, &error.to_string()));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// Writes into the slot that holds less: other processes write into the same file, and what they have written last
    /// stays whole.
    fn write_down(&mut self, path: &Path, in_file: &InFile, rollbacks: u64) {
        let Ok(file) = &self.file else { return };
        self.slots.look(file, &self.seen.bank_id);
        let slot = if self.slots.size(0) <= self.slots.size(1) { 0 } else { 1 };
        if self.slots.size(slot) < self.seen.size {
            let content = Content::of(&self.seen, in_file, rollbacks).slot();
            match file.write_all_at(&content, (slot * SLOT_BYTES) as u64) {
                Ok(()) => self.slots.note(slot, &content, &self.seen),
                Err(error) => self.file = Err(fault(path, &error.to_string())),
            }
        }
    }
}

/// Whether this is the file that has the name.
fn is_at(file: &File, path: &Path) -> bool {
    let identity = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(file), Ok(there)) => identity(file) == identity(there),
        _ => false,
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

impl HeadKeeper {
    /// Syncs it for the last time.
    pub fn stop(&self) {
        self.task.abort();
        self.file.sync();
    }
}

impl Drop for HeadKeeper {
    fn drop(&mut self) {
        self.stop();
    }
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

    /// How far the bank had grown by the file.
    fn seen_in(folder: &Path) -> Seen {
        read(folder, &seen(1).bank_id).unwrap().unwrap().seen
    }

    /// A copy may grow by as many records at the same moment.
    #[test]
    fn two_that_have_grown_to_one_size_both_stand_there() {
        let folder = std::env::temp_dir().join(format!("head-file-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir(&folder).unwrap();
        let other = Seen { root: [9; 32], ..seen(6) };
        let (one, copy) = (HeadFile::open(&folder, &seen(5)), HeadFile::open(&folder, &seen(5)));
        one.write_down(&seen(6));
        copy.write_down(&other);
        for (file, own) in [(&one, seen(6)), (&copy, other)] {
            let contradicts = file.written().into_iter().flatten().filter(|written| written.is_beyond(6, &own.root));
            assert_eq!(contradicts.count(), 1);
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn what_is_written_down_is_read_back_and_never_shrinks() {
        let folder = std::env::temp_dir().join(format!("head-file-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir(&folder).unwrap();
        let bank_id = &seen(1).bank_id;
        let path = path_of(&folder, bank_id);
        assert_eq!(read(&folder, bank_id).unwrap(), None);
        let file = HeadFile::open(&folder, &seen(5));
        assert!(file.fault().is_none());
        let in_file = InFile { size: 4, root: [3; 32] };
        file.note_in_file(in_file.clone());
        file.note_in_file(InFile { size: 3, root: [2; 32] });
        for size in [7, 6, 9, u64::MAX / 2] {
            file.write_down(&seen(size));
            assert!(seen_in(&folder).size >= size);
        }
        assert_eq!(read(&folder, bank_id).unwrap().unwrap().in_file, in_file);
        // The slot that was written last is lost: the other one is whole.
        let mut bytes = std::fs::read(&path).unwrap();
        assert_eq!(bytes.len(), 2 * SLOT_BYTES);
        let size_in = |slot: &[u8]| Content::read(slot, bank_id).map(|remembered| remembered.seen.size);
        let last = bytes.chunks(SLOT_BYTES).position(|slot| size_in(slot) == Some(u64::MAX / 2)).unwrap();
        bytes[last * SLOT_BYTES + 40] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(seen_in(&folder), seen(9));
        // Another process that has the bank open goes on with the same file.
        HeadFile::open(&folder, &seen(2)).write_down(&seen(u64::MAX / 2 + 1));
        file.write_down(&seen(u64::MAX / 2 + 2));
        assert_eq!(seen_in(&folder).size, u64::MAX / 2 + 2);
        // Whoever lags behind takes nothing back.
        let late = HeadFile::open(&folder, &seen(4));
        late.write_down(&seen(6));
        assert_eq!(seen_in(&folder).size, u64::MAX / 2 + 2);
        // It is removed, or another one is put in its place.
        for replaced in [false, true] {
            std::fs::remove_file(&path).unwrap();
            if replaced {
                HeadFile::begin(&folder, &seen(3), 0);
            }
            file.sync();
            assert_eq!(seen_in(&folder).size, u64::MAX / 2 + 2);
        }
        // Somebody has gone on knowingly with an older copy.
        HeadFile::begin(&folder, &seen(3), 1);
        file.sync();
        assert_eq!(seen_in(&folder), seen(3));
        let anew = HeadFile::open(&folder, &seen(4));
        anew.write_down(&seen(6));
        assert_eq!((seen_in(&folder).size, read(&folder, bank_id).unwrap().unwrap().rollbacks), (6, 1));
        anew.leave();
        HeadFile::begin(&folder, &seen(3), 0);
        anew.sync();
        assert_eq!(seen_in(&folder), seen(3));
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("/dev/full", &path).unwrap();
        assert_eq!(read(&folder, bank_id).unwrap_err().code(), "head_file");
        std::fs::remove_file(&path).unwrap();
        for wrong in ["", "{}", "\u{0}\u{0}", &"x".repeat(2000)] {
            std::fs::write(&path, wrong).unwrap();
            assert_eq!(read(&folder, bank_id).unwrap_err().code(), "head_file", "{wrong}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(HeadFile::open(&folder, &seen(1)).fault().map(|fault| fault.code()), Some("head_file"));
    }
}
