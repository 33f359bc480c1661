//! The file that remembers how far a bank had grown. It stands beside the private key and apart from the bank, so an
//! older copy that is put in the bank's place is found out.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;

use crate::fault::Fault;
use crate::proof::Digest;
use crate::store::watch::{Seen, Watch};

/// What the file holds, as JSON. Digests are 64 hexadecimal digits.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    bank_id: String,
    size: u64,
    root: String,
    last_leaf: String,
    posted_at: i64,
}

/// Where it is kept: `<folder>/<bank_id>.head`.
pub fn path(folder: &Path, bank_id: &str) -> PathBuf {
    folder.join(format!("{bank_id}.head"))
}

/// Reads how far the bank had grown; `None` if nobody has written it down.
///
/// # Errors
/// [`Fault::HeadFile`] if the file cannot be read or understood.
pub fn read(folder: &Path, bank_id: &str) -> Result<Option<Seen>, Fault> {
    let path = path(folder, bank_id);
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(fault(&path, &error.to_string())),
    };
    let content: Content = serde_json::from_slice(&text).map_err(|error| fault(&path, &error.to_string()))?;
    let digest = |text: &str| -> Option<Digest> { HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok() };
    match (digest(&content.root), digest(&content.last_leaf)) {
        (Some(root), Some(last_leaf)) if content.bank_id == bank_id && content.size > 0 => {
            let Content { bank_id, size, posted_at, .. } = content;
            Ok(Some(Seen { bank_id, size, root, last_leaf, posted_at }))
        }
        _ => Err(fault(&path, "it does not say how far this bank had grown")),
    }
}

/// Writes down how far the bank has grown, and syncs it to disk. Another process may have written down more: that stays.
///
/// # Errors
/// [`Fault::HeadFile`].
pub fn write(folder: &Path, seen: &Seen) -> Result<(), Fault> {
    if read(folder, &seen.bank_id)?.is_some_and(|known| known.size > seen.size) {
        return Ok(());
    }
    replace(folder, seen)
}

/// Writes down how far the bank has grown, even if it had grown further before.
///
/// # Errors
/// [`Fault::HeadFile`].
pub fn replace(folder: &Path, seen: &Seen) -> Result<(), Fault> {
    let path = path(folder, &seen.bank_id);
    let content = Content {
        bank_id: seen.bank_id.clone(),
        size: seen.size,
        root: HEXLOWER.encode(&seen.root),
        last_leaf: HEXLOWER.encode(&seen.last_leaf),
        posted_at: seen.posted_at,
    };
    // Strings and numbers alone: this cannot fail.
    let text = serde_json::to_vec(&content).unwrap_or_default();
    put(folder, &path, &text).map_err(|error| fault(&path, &error.to_string()))
}

/// Puts a file in its place as a whole: whoever reads it finds the old text or the new one.
fn put(folder: &Path, path: &Path, text: &[u8]) -> std::io::Result<()> {
    // Several processes may write at the same time.
    let new = path.with_extension(format!("head-{}", std::process::id()));
    let written = File::create(&new).and_then(|mut file| {
        file.write_all(text)?;
        file.sync_all()
    });
    let put = written.and_then(|()| std::fs::rename(&new, path)).and_then(|()| File::open(folder)?.sync_all());
    if put.is_err() {
        let _ = std::fs::remove_file(&new);
    }
    put
}

fn fault(path: &Path, reason: &str) -> Fault {
    Fault::HeadFile { path: path.display().to_string(), reason: reason.to_owned() }
}

/// How often the bank's growth is written down.
const EVERY: Duration = Duration::from_secs(1);

/// Writes down how far a bank has grown, while it is open and when it is closed.
#[derive(Debug)]
pub struct HeadKeeper {
    kept: Arc<Kept>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Kept {
    watch: Arc<Watch>,
    folder: PathBuf,
    /// The size that was written down last, and why it could not be written since.
    last: Mutex<(u64, Option<Fault>)>,
}

impl HeadKeeper {
    /// Writes the head down now, and goes on doing so on a task of its own.
    pub fn start(watch: Arc<Watch>, folder: PathBuf) -> Self {
        let kept = Arc::new(Kept { watch, folder, last: Mutex::default() });
        kept.write_down();
        let shared = Arc::clone(&kept);
        let task = tokio::spawn(async move {
            loop {
                tokio::time::sleep(EVERY).await;
                let kept = Arc::clone(&shared);
                // If it panicked, the next one tries again.
                let _ = tokio::task::spawn_blocking(move || kept.write_down()).await;
            }
        });
        Self { kept, task }
    }

    /// Why what was seen is not written down; `None` if it is.
    pub fn fault(&self) -> Option<Fault> {
        self.kept.last().1.clone()
    }
}

impl Drop for HeadKeeper {
    fn drop(&mut self) {
        self.task.abort();
        self.kept.write_down();
    }
}

impl Kept {
    fn write_down(&self) {
        let mut last = self.last();
        let Some(seen) = self.watch.seen().filter(|seen| seen.size > last.0 || last.1.is_some()) else { return };
        match write(&self.folder, &seen) {
            Ok(()) => *last = (seen.size, None),
            Err(fault) => last.1 = Some(fault),
        }
    }

    fn last(&self) -> MutexGuard<'_, (u64, Option<Fault>)> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_down_is_read_back_and_never_shrinks() {
        let folder = std::env::temp_dir().join(format!("head-file-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir(&folder).unwrap();
        let seen = |size| Seen { bank_id: "b".to_owned(), size, root: [1; 32], last_leaf: [2; 32], posted_at: 3 };
        assert_eq!(read(&folder, "b").unwrap(), None);
        write(&folder, &seen(7)).unwrap();
        write(&folder, &seen(5)).unwrap();
        assert_eq!(read(&folder, "b").unwrap(), Some(seen(7)));
        replace(&folder, &seen(5)).unwrap();
        assert_eq!(read(&folder, "b").unwrap(), Some(seen(5)));
        for wrong in
            ["", "{}", "\u{0}\u{0}", "{\"bank_id\":\"c\",\"size\":1,\"root\":\"\",\"last_leaf\":\"\",\"posted_at\":0}"]
        {
            std::fs::write(path(&folder, "b"), wrong).unwrap();
            assert_eq!(read(&folder, "b").unwrap_err().code(), "head_file", "{wrong}");
            assert_eq!(write(&folder, &seen(9)).unwrap_err().code(), "head_file", "it is not overwritten");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
