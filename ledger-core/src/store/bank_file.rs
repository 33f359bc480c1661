//! Whether a SQLite bank's file is still the one that was opened.
//!
//! A connection keeps the file that it has opened, even if somebody deletes it, moves it away or puts another one under
//! its name: it would go on writing into a file that nobody finds. If somebody overwrites the file, the engine goes on
//! with what it remembers of the old one, and mixes both.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection, Row as _};

use super::file::beside;
use super::watch::Watch;
use crate::fault::Fault;

/// How often a file that looks wrong is looked at, and how long to wait in between: it may just be being written to.
const LOOKS_MAX: u32 = 20;
const LOOK_AGAIN: Duration = Duration::from_millis(25);

/// Device and inode: which file it is, whatever its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Identity(u64, u64);

/// The files that a connection has open.
#[derive(Debug)]
pub struct BankFile {
    path: PathBuf,
    log_path: PathBuf,
    database: Option<Identity>,
    /// The write-ahead log. It is made with the first connection and deleted with the last one.
    log: Option<Identity>,
}

/// What was last seen of the database's file itself, without its write-ahead log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// When it was last written to, in seconds and nanoseconds, and its size in bytes.
    changed: (i64, i64, u64),
    bank_id: String,
    /// The size of the journal as far as it had been moved there from the log.
    size: i64,
}

impl BankFile {
    /// Which file has this name now. Call it before and after the file is opened; the two must be equal.
    pub fn at(path: &Path) -> Self {
        Self { path: path.to_owned(), log_path: beside(path, "-wal"), database: identity(path), log: None }
    }

    /// Whether both have the same database open.
    pub fn is_same(&self, other: &Self) -> bool {
        self.database == other.database
    }

    /// Notes which write-ahead log the connection has, once it has read something.
    pub fn note_log(&mut self) {
        self.log = identity(&self.log_path);
    }

    /// Checks that whoever opens the bank's file now gets what this connection has open.
    ///
    /// # Errors
    /// [`Fault::Moved`].
    pub async fn check(&self, watch: &Watch) -> Result<(), Fault> {
        if identity(&self.path) != self.database {
            return Err(self.gone());
        }
        if self.log.is_some() && identity(&self.log_path) != self.log {
            return Err(self.moved("its write-ahead log (-wal) was deleted, moved or replaced"));
        }
        self.check_content(watch).await
    }

    /// Checks the file's content whenever somebody has written to it. Only the engine may do so, when it moves pages from
    /// the log to the file; then the journal that stands in the file never gets shorter.
    async fn check_content(&self, watch: &Watch) -> Result<(), Fault> {
        let mut known = watch.file.lock().await;
        for look in 0.. {
            let changed = changed(&self.path);
            if known.is_some() && known.as_ref().map(|known| known.changed) == changed {
                return Ok(());
            }
            let written = match changed {
                Some(changed) => written(&self.path, changed).await.ok(),
                None => None,
            };
            let fits = |written: &Written| {
                known.as_ref().is_none_or(|known| written.bank_id == known.bank_id && written.size >= known.size)
            };
            match written.filter(fits) {
                Some(written) => {
                    *known = Some(written);
                    return Ok(());
                }
                // A bank that is only being made stands in the log alone.
                None if known.is_none() => return Ok(()),
                None if look < LOOKS_MAX => tokio::time::sleep(LOOK_AGAIN).await,
                None => break,
            }
        }
        Err(self.moved("it was overwritten with something else"))
    }

    /// That the file is not there any more, or is another one.
    pub fn gone(&self) -> Fault {
        self.moved("it was deleted, moved or replaced")
    }

    fn moved(&self, what: &str) -> Fault {
        Fault::Moved { path: self.path.display().to_string(), what: what.to_owned() }
    }
}

fn identity(path: &Path) -> Option<Identity> {
    std::fs::metadata(path).ok().map(|file| Identity(file.dev(), file.ino()))
}

fn changed(path: &Path) -> Option<(i64, i64, u64)> {
    std::fs::metadata(path).ok().map(|file| (file.mtime(), file.mtime_nsec(), file.len()))
}

/// Reads whose bank stands in the file, and how long its journal is there. The log is left out, and so is everything
/// that a connection remembers.
async fn written(path: &Path, changed: (i64, i64, u64)) -> Result<Written, sqlx::Error> {
    if !has_log(path)? {
        // A copy that the engine has made, put over the bank.
        return Err(sqlx::Error::RowNotFound);
    }
    let options =
        SqliteConnectOptions::new().filename(path).read_only(true).immutable(true).disable_statement_logging();
    let mut conn = SqliteConnection::connect_with(&options).await?;
    let question = "SELECT b.bank_id, h.size FROM ledger_bank b CROSS JOIN ledger_head h";
    let row = sqlx::query(question).fetch_one(&mut conn).await;
    conn.close().await?;
    let row = row?;
    Ok(Written { changed, bank_id: row.try_get(0)?, size: row.try_get(1)? })
}

/// Whether the database says that it has a write-ahead log: bytes 18 and 19 of its header are 2.
fn has_log(path: &Path) -> std::io::Result<bool> {
    let mut header = [0; 20];
    File::open(path)?.read_exact(&mut header)?;
    Ok(header[18..] == [2, 2])
}
