//! Whether a SQLite bank's file is still the one that was opened.
//!
//! A connection keeps the file that it has opened, even if somebody deletes it, moves it away or puts another one under
//! its name: it would go on writing into a file that nobody finds. If somebody overwrites the file, the engine goes on
//! with what it remembers of the old one, and mixes both.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::conn::{Read, all};
use super::file::beside;
use super::head_file::InFile;
use super::head_page::{PAGE_COUNT, START_BYTES, WITH_LOG, head_on, page_bytes};
use super::log_index::{FRAME_HEAD_BYTES, INDEX_HEAD_BYTES, IndexHead, LOG_SALT, index_head};
use super::raw_file::{self, Identity, Look, bytes, identity};
use super::watch::{Seen, Watch};
use crate::fault::Fault;

/// How often a file that looks wrong is looked at, and how long to wait in between: it may just be being written to.
const LOOKS_MAX: u32 = 20;
const LOOK_AGAIN: Duration = Duration::from_millis(25);

/// Where two tables of one row each begin, the bank's own and the head's.
pub const ROOT_PAGES: Read = all("SELECT b.rootpage, h.rootpage FROM sqlite_master b CROSS JOIN sqlite_master h \
     WHERE b.name = 'ledger_bank' AND h.name = 'ledger_head'");

/// The pages on which the bank's own row and the head stand, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RootPages {
    /// That of `ledger_bank`.
    pub bank: i64,
    /// That of `ledger_head`.
    pub head: i64,
}

/// The files that a connection has open.
#[derive(Debug)]
pub struct BankFile {
    path: PathBuf,
    log_path: PathBuf,
    index_path: PathBuf,
    database: Option<Identity>,
    /// The write-ahead log. It is made with the first connection and deleted with the last one.
    log: Option<Identity>,
    /// The index of the log, which all processes share, with their locks. It comes and goes with the log.
    index: Option<Identity>,
    /// Both, to be read; `None` where there is none, or it cannot be read.
    log_and_index: Option<(File, Arc<File>)>,
    /// Where to look in the file; `None` as long as no bank is in it.
    pages: Option<RootPages>,
}

/// What a process remembers of the log. The engine empties it only after it has moved all of it into the file.
#[derive(Debug, Default)]
pub struct KnownLog {
    bytes: u64,
    /// What was last moved into the file, and the log's salt then. The engine begins the log anew, with another salt, only once
    /// that is durable; until then a power cut may bring the older file back, and the log has the rest.
    moved: Option<(InFile, [u8; 4])>,
    /// How many records the journal had by then: they stood in the log or in the file.
    size: u64,
}

impl KnownLog {
    /// Looks at the log while nobody else does, so that no look is older than the one before. If it has got shorter, returns how
    /// many records must stand in the file itself. `seen` is what was seen before the look.
    fn look(&mut self, look: impl FnOnce() -> Result<u64, Fault>, seen: Option<&Seen>) -> Result<Option<u64>, Fault> {
        let bytes = look()?;
        let cut = (bytes < self.bytes).then_some(self.size);
        (self.bytes, self.size) = (bytes, self.size.max(seen.map_or(0, |seen| seen.size)));
        Ok(cut)
    }

    /// Notes that the journal has this size in the log as it was looked at last.
    pub fn committed(&mut self, size: u64) {
        self.size = self.size.max(size);
    }
}

/// What was last seen of the database's file itself, without its write-ahead log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// When it was last changed, in seconds and nanoseconds, and its size in bytes.
    changed: (i64, i64, u64),
    /// How many bytes its first page says that it has. That page is written before the file grows.
    bytes_whole: u64,
    /// The row of the bank itself, with whatever stands on its page.
    bank: Vec<u8>,
    /// The journal as far as it had been moved there from the log.
    head: InFile,
}

impl BankFile {
    /// Which file has this name now. Call it before and after the file is opened; the two must be equal.
    pub fn at(path: &Path) -> Self {
        let (log_path, index_path) = (beside(path, "-wal"), beside(path, "-shm"));
        let database = identity(path);
        Self {
            path: path.to_owned(),
            log_path,
            index_path,
            database,
            log: None,
            index: None,
            log_and_index: None,
            pages: None,
        }
    }

    /// Whether both have the same database open.
    pub fn is_same(&self, other: &Self) -> bool {
        self.database == other.database
    }

    /// Notes which write-ahead log the connection has, once it has read something, and where the bank stands in the file.
    pub fn note(&mut self, pages: Option<RootPages>) {
        self.log = identity(&self.log_path);
        self.index = identity(&self.index_path);
        // Nobody locks the log, so its descriptor may be closed again.
        let log = self.log.and_then(|_| File::open(&self.log_path).ok());
        self.log_and_index = log.zip(self.index.and_then(|_| raw_file::of_index(&self.index_path).ok()));
        self.pages = pages;
    }

    /// Notes where the bank stands in the file now. Whether that is elsewhere than before.
    pub fn has_other_pages(&mut self, pages: RootPages) -> bool {
        self.pages.replace(pages).is_some_and(|before| before != pages)
    }

    /// Checks that whoever opens the bank's file now gets what this connection has open. Returns how long the journal is in
    /// the file itself: through the engine nobody may see less.
    ///
    /// # Errors
    /// [`Fault::Moved`].
    pub async fn check(&self, watch: &Watch) -> Result<u64, Fault> {
        let look = self.look(&self.path)?;
        if look.map(|look| look.identity) != self.database {
            return Err(self.gone());
        }
        let before = watch.seen();
        let cut = watch.log().look(|| self.look_at_log(), before.as_ref())?;
        let index = self.index.map_or(Ok(None), |_| self.look(&self.index_path))?;
        if index.map(|index| index.identity) != self.index {
            return Err(self.moved("the index of its write-ahead log (-shm) was deleted, moved or replaced"));
        }
        self.check_index().await?;
        let Some(pages) = self.pages else { return Ok(0) };
        let size = self.check_content(watch, pages, look).await?;
        self.remember_moved(watch);
        if let Some(size_min) = cut {
            self.check_moved_from_log(pages, size_min).await?;
        }
        Ok(size)
    }

    /// Checks that the log's index is one of this log: an older copy of it, or another bank's, hides records, or shows pages in
    /// the place of others.
    async fn check_index(&self) -> Result<(), Fault> {
        let Some((log, index)) = &self.log_and_index else { return Ok(()) };
        for _ in 0..LOOKS_MAX {
            let end = bytes(index, 0, 2 * INDEX_HEAD_BYTES).map(|bytes| index_head(&bytes));
            match end {
                Ok(IndexHead::Pages(end)) => {
                    if bytes(log, end.offset, FRAME_HEAD_BYTES).is_ok_and(|head| end.is(&head)) {
                        return Ok(());
                    }
                }
                Ok(IndexHead::Empty) => return Ok(()),
                Ok(IndexHead::Unclear) | Err(_) => {}
            }
            // Somebody may just begin the log anew.
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Err(self.moved("the index of its write-ahead log (-shm) was overwritten"))
    }

    /// Checks the file's content whenever somebody has written to it. Only the engine may do so, when it moves pages from
    /// the log to the file; then the journal that stands in the file never gets shorter, and is one that this process has
    /// seen at that size. Where it has seen none of that size, it is [to be proved](Watch::unproved).
    async fn check_content(&self, watch: &Watch, pages: RootPages, first: Option<Look>) -> Result<u64, Fault> {
        let mut known = watch.file.lock().await;
        for looks in 0.. {
            let changed = if looks == 0 { first } else { self.look(&self.path)? }.map(|look| look.changed);
            if let Some(known) = known.as_ref().filter(|known| Some(known.changed) == changed) {
                return Ok(known.head.size);
            }
            let written = changed.and_then(|changed| written(&self.path, pages, changed));
            let fits = |written: &Written| {
                let follows = |known: &Written| {
                    let is_cut = written.changed.2 < known.changed.2.min(written.bytes_whole);
                    written.bank == known.bank && written.head.size >= known.head.size && !is_cut
                };
                known.as_ref().is_none_or(follows) && watch.has_been(&written.head)
            };
            match written.filter(fits) {
                Some(written) => {
                    let moved = (written.head.clone(), self.log_salt());
                    watch.log().moved = Some(moved);
                    return Ok(known.insert(written).head.size);
                }
                // A bank that is only being made stands in the log alone.
                None if known.is_none() => return Ok(0),
                None if looks < LOOKS_MAX => tokio::time::sleep(LOOK_AGAIN).await,
                None => break,
            }
        }
        Err(self.overwritten())
    }

    /// Checks that so much of the journal stands in the file itself as had been seen when the log was longer.
    async fn check_moved_from_log(&self, pages: RootPages, size_min: u64) -> Result<(), Fault> {
        for _ in 0..LOOKS_MAX {
            let changed = self.look(&self.path)?.map(|look| look.changed);
            let written = changed.and_then(|changed| written(&self.path, pages, changed));
            if written.is_some_and(|written| written.head.size >= size_min) {
                return Ok(());
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Err(self.moved("its write-ahead log (-wal) was cut off or overwritten"))
    }

    /// What tells a log that was begun anew from the one before; the same as of no log, if there is none
    /// (<https://www.sqlite.org/fileformat2.html> §4.1).
    fn log_salt(&self) -> [u8; 4] {
        // Nobody locks the log, so this descriptor may be closed again.
        let salt = File::open(&self.log_path).and_then(|log| bytes(&log, LOG_SALT, 4));
        salt.ok().and_then(|salt| salt.try_into().ok()).unwrap_or_default()
    }

    /// Remembers what stands in the file, once it is durable.
    fn remember_moved(&self, watch: &Watch) {
        let mut log = watch.log();
        if let Some((moved, salt)) = log.moved.take() {
            let now = self.log_salt();
            let is_durable = now == [0; 4] || now != salt;
            if !is_durable || !watch.is_in_file(&moved) {
                log.moved = Some((moved, salt));
            }
        }
    }

    /// Looks at the log, and checks that it is the one that this connection has. How many bytes it has; 0 where there is none.
    fn look_at_log(&self) -> Result<u64, Fault> {
        let log = self.log.map_or(Ok(None), |_| self.look(&self.log_path))?;
        if log.map(|log| log.identity) != self.log {
            return Err(self.moved("its write-ahead log (-wal) was deleted, moved or replaced"));
        }
        Ok(log.map_or(0, |log| log.bytes()))
    }

    /// Looks at one of the files. If nobody can tell what is there, that passes when the file system answers again.
    fn look(&self, path: &Path) -> Result<Option<Look>, Fault> {
        raw_file::look(path).map_err(|error| Fault::database(format!("{}: {error}", path.display())))
    }

    /// That the file holds what nobody has written through the engine.
    pub fn overwritten(&self) -> Fault {
        self.moved("it was overwritten with something else")
    }

    /// That the file is not there any more, or is another one.
    pub fn gone(&self) -> Fault {
        self.moved("it was deleted, moved or replaced")
    }

    fn moved(&self, what: &str) -> Fault {
        Fault::Moved { path: self.path.display().to_string(), what: what.to_owned() }
    }
}

/// Reads whose bank stands in the file, and how long its journal is there. The log is left out, and so is everything
/// that a connection remembers. `None` if it is no bank with a log, such as a copy that the engine has made.
fn written(path: &Path, pages: RootPages, changed: (i64, i64, u64)) -> Option<Written> {
    let file = raw_file::of(path).ok()?;
    let size = page_bytes(&bytes(&file, 0, START_BYTES).ok()?)?;
    let page = |number: i64| -> Option<Vec<u8>> {
        let offset = u64::try_from(number.checked_sub(1)?).ok()? * size as u64;
        bytes(&file, offset, size).ok().filter(|page| page.len() == size)
    };
    let (first, bank, head) = (page(1)?, page(pages.bank)?, page(pages.head)?);
    if first[WITH_LOG.0] != WITH_LOG.1 {
        return None;
    }
    let bytes_whole = u64::from(u32::from_be_bytes(first[PAGE_COUNT].try_into().ok()?)) * size as u64;
    Some(Written { changed, bytes_whole, bank, head: head_on(&head)? })
}
