//! SQLite files: what one is, found out without changing a byte of it, and how a new one comes to its name.
//!
//! A file may be anybody's. Until it is known to be a bank, it is only read, and nothing is made beside it: whoever opens a
//! file of SQLite's WAL mode in the usual way makes two files, and whoever asks for WAL mode changes the file itself.

use std::ffi::OsString;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::conn::Conn;
use super::migrate;
use super::raw_file;
use super::target::{Opening, Target};
use crate::fault::Fault;
use crate::private;

/// What every SQLite database begins with.
const MAGIC: &[u8] = b"SQLite format 3\0";
/// How many bytes SQLite's own head has.
const HEAD_BYTES: u64 = 100;
/// Where the head says how the file is read and written: 2 stands for WAL.
const MODES: std::ops::Range<usize> = 18..20;
/// What SQLite keeps beside a file.
const SIDES: [&str; 3] = ["-wal", "-shm", "-journal"];
/// In the schema's rows, the text of the table that every bank has.
const NEEDLE: &[u8] = b"CREATE TABLE ledger_migrations";

/// What is at a bank's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// There is no file.
    Nothing,
    /// A database without a bank.
    Others,
    /// A database with the tables of a bank.
    Bank,
}

/// Finds out what a SQLite file is, and changes nothing.
///
/// # Errors
/// [`Fault::NotADatabase`]; [`Fault::Database`] if it cannot be read; [`Fault::SchemaTooNew`], [`Fault::SchemaDiffers`].
pub async fn look(target: &Target, file: &Path) -> Result<Seen, Fault> {
    if raw_file::is_known(file) {
        // Another connection of this process may have it open, and would lose its locks. It was looked at when that was
        // opened.
        return Ok(Seen::Bank);
    }
    let Some(head) = head(file)? else { return Ok(Seen::Nothing) };
    if head.is_empty() {
        return Ok(Seen::Others);
    }
    let Some(modes) = head.get(MODES).filter(|_| head.starts_with(MAGIC)) else {
        return Err(Fault::NotADatabase { path: file.display().to_string() });
    };
    // In WAL mode even a reader makes files; without it, a reader only takes a lock.
    let opening = if modes.contains(&2) { Opening::Frozen } else { Opening::Reading };
    let seen = async {
        let mut conn = Conn::open(&target.opened_for(opening), false).await?;
        let version = migrate::version(&mut conn).await?;
        conn.close().await;
        Ok(version)
    };
    match seen.await {
        Ok(Some(_)) => Ok(Seen::Bank),
        // A bank that is young may have its tables in its WAL alone.
        Ok(None) if holds(&beside(file, "-wal"), NEEDLE)? => Ok(Seen::Bank),
        Ok(None) => Ok(Seen::Others),
        // Somebody changes the file just now, or was killed while they did. Only the usual way of opening puts that right.
        Err(Fault::Database { .. } | Fault::HeadHeld { .. } | Fault::Damaged { .. }) if holds(file, NEEDLE)? => {
            Ok(Seen::Bank)
        }
        Err(fault) => Err(fault),
    }
}

/// The first bytes of a file; `None` if there is no file.
fn head(file: &Path) -> Result<Option<Vec<u8>>, Fault> {
    let unreadable = |error: std::io::Error| fault(file, &error);
    let metadata = match std::fs::metadata(file) {
        Ok(metadata) => metadata,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    if !metadata.is_file() {
        return Err(Fault::NotADatabase { path: file.display().to_string() });
    }
    let mut head = Vec::new();
    File::open(file).and_then(|opened| opened.take(HEAD_BYTES).read_to_end(&mut head)).map_err(unreadable)?;
    Ok(Some(head))
}

/// Whether a file holds this text. A file that is not there holds nothing.
fn holds(file: &Path, text: &[u8]) -> Result<bool, Fault> {
    const PIECE: usize = 1 << 16;
    let mut opened = match File::open(file) {
        Ok(opened) => opened,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(fault(file, &error)),
    };
    let mut bytes = vec![0; PIECE];
    let mut kept = 0;
    loop {
        let read = opened.read(&mut bytes[kept..]).map_err(|error| fault(file, &error))?;
        if read == 0 {
            return Ok(false);
        }
        let filled = kept + read;
        if bytes[..filled].windows(text.len()).any(|window| window == text) {
            return Ok(true);
        }
        // The text may begin at the end of this piece.
        kept = filled.min(text.len() - 1);
        bytes.copy_within(filled - kept..filled, 0);
    }
}

/// The file that SQLite keeps beside this one under that ending. Of a link, that is beside the file that it leads to.
pub(super) fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(file.canonicalize().as_deref().unwrap_or(file));
    name.push(ending);
    name.into()
}

fn fault(file: &Path, error: &std::io::Error) -> Fault {
    Fault::database(format!("{}: {error}", file.display()))
}

/// Opens a bank's file for reading only. A file that cannot be locked, such as a copy in a folder that nobody may write to,
/// is read as it is, but never without the WAL that belongs to it.
///
/// # Errors
/// [`Fault::Database`].
pub async fn open_for_reading(target: &Target, file: &Path) -> Result<(Target, Conn), Fault> {
    let reading = target.opened_for(Opening::Reading);
    match first_read(&reading).await {
        Err(Fault::Database { reason, .. } | Fault::ReadOnly { reason, .. })
            if may_not_lock(&reason) && is_empty(&beside(file, "-wal")) =>
        {
            let frozen = target.opened_for(Opening::Frozen);
            first_read(&frozen).await.map(|conn| (frozen, conn))
        }
        outcome => outcome.map(|conn| (reading, conn)),
    }
}

/// SQLite opens a file when it is first read.
async fn first_read(target: &Target) -> Result<Conn, Fault> {
    let mut conn = Conn::open(target, false).await?;
    conn.fetch_text("SELECT COUNT(*) FROM sqlite_master").await?;
    Ok(conn)
}

/// Whether SQLite says that it cannot make what it needs for sharing a file.
fn may_not_lock(reason: &str) -> bool {
    ["unable to open database file", "readonly database"].iter().any(|words| reason.contains(words))
}

fn is_empty(file: &Path) -> bool {
    std::fs::metadata(file).map_or(true, |metadata| metadata.len() == 0)
}

/// Removes what a reader has left beside a file: SQLite lets only those tidy up who may write. If others have the file open,
/// or the WAL holds anything, nothing happens.
pub async fn tidy(target: &Target, file: &Path) {
    let wal = beside(file, "-wal");
    if target.opening() != Opening::Reading || !wal.exists() || !is_empty(&wal) {
        return;
    }
    // Without any of the settings for writing, which would change the file.
    let plain = target.opened_for(Opening::Plain);
    if let Ok(conn) = first_read(&plain).await {
        conn.close().await;
    }
}

/// Makes sure that there is neither a file nor what SQLite keeps beside one, and that the name is not one of those that SQLite
/// gives to what it keeps, and removes.
///
/// # Errors
/// [`Fault::Exists`], [`Fault::BadUrl`].
pub fn must_be_free(file: &Path) -> Result<(), Fault> {
    let name = file.to_string_lossy();
    if let Some(side) = SIDES.iter().find(|side| name.ends_with(**side)) {
        let reason = format!("the engine itself makes and removes files that end in {side}: take another name");
        return Err(Fault::BadUrl { url: format!("sqlite://{name}"), reason });
    }
    let sides = SIDES.iter().map(|side| beside(file, side));
    match std::iter::once(file.to_owned()).chain(sides).find(|file| file.symlink_metadata().is_ok()) {
        Some(there) => Err(Fault::Exists { what: there.display().to_string() }),
        None => Ok(()),
    }
}

/// A new file under a name of its own, until it is whole: a crash or a full disk leaves nothing under the final name. It is
/// removed unless it gets that name.
#[derive(Debug)]
pub struct Unfinished {
    path: PathBuf,
    to: PathBuf,
}

impl Unfinished {
    /// A name beside the final one. Nothing is made yet.
    ///
    /// # Errors
    /// [`Fault::Exists`] if there is no file, but what SQLite keeps beside one: it would spoil the new one.
    /// [`Fault::BadUrl`] if there is no such folder.
    pub fn of(to: &Path) -> Result<Self, Fault> {
        let folder = folder_of(to);
        if !folder.is_dir() {
            let reason = format!("there is no folder {}: make it first", folder.display());
            return Err(Fault::BadUrl { url: format!("sqlite://{}", to.display()), reason });
        }
        if let Some(side) = SIDES.iter().map(|side| beside(to, side)).find(|side| side.exists())
            && !to.exists()
        {
            return Err(Fault::Exists { what: side.display().to_string() });
        }
        let path = beside(to, &format!(".unfinished-{}", uuid::Uuid::now_v7().simple()));
        Ok(Self { path, to: to.to_owned() })
    }

    /// Where the file is for now.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its final name.
    pub fn to(&self) -> &Path {
        &self.to
    }

    /// Makes the file, empty, for its owner alone.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub fn make_private(&self) -> Result<(), Fault> {
        private::create_new(&self.path).map(drop).map_err(|error| fault(&self.path, &error))
    }

    /// Gives the file its name, durably. `false` if somebody else's file has that name by now: that one stays.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub fn finish(self) -> Result<bool, Fault> {
        let failed = |error: std::io::Error| fault(&self.to, &error);
        if !is_empty(&beside(&self.path, "-wal")) {
            // SQLite empties it when the last connection closes, unless that fails.
            return Err(failed(std::io::Error::other("it could not be written as a whole")));
        }
        File::open(&self.path).and_then(|file| file.sync_all()).map_err(failed)?;
        // A link is made in one step, and never over another file.
        match std::fs::hard_link(&self.path, &self.to) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(false),
            // Some file systems know no links.
            Err(_) if !self.to.exists() => std::fs::rename(&self.path, &self.to).map_err(failed)?,
            Err(_) => return Ok(false),
        }
        // The file is there, whatever the folder's disk says: nobody may be told that it is not.
        let _ = File::open(folder_of(&self.to)).and_then(|folder| folder.sync_all());
        Ok(true)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        let sides = SIDES.iter().map(|side| beside(&self.path, side));
        for file in std::iter::once(self.path.clone()).chain(sides) {
            // What cannot be removed has a name that says what it is.
            let _ = std::fs::remove_file(file);
        }
    }
}

pub(super) fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
