//! Reads a SQLite file past the engine.
//!
//! When a process closes any descriptor of a file, POSIX takes all its locks from that file, SQLite's too
//! (<https://www.sqlite.org/howtocorrupt.html> §2.2): whoever else closes the file then believes to be the last one, and
//! deletes the log into which this process goes on writing. So a descriptor that was opened here is never closed: there is
//! one for each file, for as long as the process lives.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

/// Device and inode: which file it is, whatever its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Identity(u64, u64);

type Opened = Mutex<HashMap<Identity, Arc<File>>>;

static OPENED: LazyLock<Opened> = LazyLock::new(Mutex::default);
/// The indexes of write-ahead logs, on which there are locks too. Each bank that is opened may make a new one.
static INDEXES: LazyLock<Opened> = LazyLock::new(Mutex::default);

/// Which file has this name; `None` if there is none, or nobody can tell.
pub fn identity(path: &Path) -> Option<Identity> {
    look(path).ok().flatten().map(|look| look.identity)
}

/// What the file system says of a file, without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Which file it is.
    pub identity: Identity,
    /// When it was last changed, in seconds and nanoseconds, and its size in bytes. Nobody can set this time, which a copy with
    /// its times (`cp -p`) does with that of writing.
    pub changed: (i64, i64, u64),
}

impl Look {
    /// Its size.
    pub fn bytes(&self) -> u64 {
        self.changed.2
    }
}

/// Looks at the file that has this name; `None` if there is none.
///
/// # Errors
/// Nobody can tell: the folder may not be read, or the file system does not answer.
pub fn look(path: &Path) -> io::Result<Option<Look>> {
    match std::fs::metadata(path) {
        Ok(file) => {
            let changed = (file.ctime(), file.ctime_nsec(), file.len());
            Ok(Some(Look { identity: Identity(file.dev(), file.ino()), changed }))
        }
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether the file was read here before. Then somebody in this process may have it open.
pub fn is_known(path: &Path) -> bool {
    identity(path).is_some_and(|identity| locked(&OPENED).contains_key(&identity))
}

/// The file of that name, to be read.
///
/// # Errors
/// It cannot be opened.
pub fn of(path: &Path) -> io::Result<Arc<File>> {
    kept(&mut locked(&OPENED), path)
}

/// The index of that name, to be read. One that has no name any more is forgotten: the engine has removed it with the last
/// connection, so nobody has locks on it.
///
/// # Errors
/// It cannot be opened.
pub fn of_index(path: &Path) -> io::Result<Arc<File>> {
    let mut indexes = locked(&INDEXES);
    indexes.retain(|_, file| file.metadata().is_ok_and(|metadata| metadata.nlink() > 0));
    kept(&mut indexes, path)
}

fn kept(opened: &mut HashMap<Identity, Arc<File>>, path: &Path) -> io::Result<Arc<File>> {
    if let Some(file) = identity(path).and_then(|identity| opened.get(&identity)) {
        return Ok(Arc::clone(file));
    }
    let file = Arc::new(File::open(path)?);
    let metadata = file.metadata()?;
    // If another file has come to the name meanwhile, this one is kept open too.
    Ok(Arc::clone(opened.entry(Identity(metadata.dev(), metadata.ino())).or_insert(file)))
}

fn locked(opened: &Opened) -> MutexGuard<'_, HashMap<Identity, Arc<File>>> {
    opened.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The bytes of a file from an offset on, as many as there are up to `length`.
///
/// # Errors
/// It cannot be read.
pub fn bytes(file: &File, offset: u64, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    let mut filled = 0;
    while filled < length {
        match file.read_at(&mut bytes[filled..], offset + filled as u64)? {
            0 => break,
            read => filled += read,
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}
