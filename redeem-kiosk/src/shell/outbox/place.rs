//! Whether an outbox is the one that was here, as far as it had come, and is where it was opened. The files themselves tell, and
//! `outbox.id`, which stands beside them.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use super::private;

/// What is written would be read by nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Misplaced {
    #[error("the outbox's file is gone: put it back, with its -wal, or see KIOSK.md under K51")]
    Gone,
    #[error("another file stands in the place of the outbox's: put it back, with its -wal, or see KIOSK.md under K51")]
    Replaced,
    #[error("somebody else has written to the outbox's file: see KIOSK.md under K51")]
    Changed,
    #[error("the outbox is an older copy, which has forgotten orders: put the newest back, or see KIOSK.md under K51")]
    Older,
}

/// A file as this process has left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Left {
    /// Device and inode: which file the path leads to.
    place: (u64, u64),
    /// Its length, and when it was written to.
    content: (u64, i64, i64),
}

/// How far an outbox has come: what `outbox.id` says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reached {
    pub(super) identity: String,
    /// How often something was kept in it.
    pub(super) commits: i64,
    /// The same of the file by itself, without its log: an older file with a newer log is neither.
    pub(super) commits_in_file: i64,
}

impl Reached {
    /// Reads what this version or an earlier one has written.
    fn read(text: &str) -> anyhow::Result<Self> {
        let mut words = text.split_whitespace();
        let identity = words.next().unwrap_or_default().to_owned();
        let mut count = || words.next().map_or(Ok(0), str::parse);
        Ok(Self { identity, commits: count()?, commits_in_file: count()? })
    }
}

/// The outbox's own file and its write-ahead log, once they are open.
pub(super) struct Opened {
    pub(super) files: [Left; 2],
    pub(super) reached: Reached,
}

/// Where an outbox is.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) file: PathBuf,
}

impl Place {
    /// The files as they are now.
    ///
    /// # Errors
    /// Where one of them is gone.
    pub(super) fn files(&self) -> Result<[Left; 2], Misplaced> {
        let mut log = self.file.clone().into_os_string();
        log.push("-wal");
        let left = |path: &Path| match fs::symlink_metadata(path) {
            Ok(found) => Ok(Left {
                place: (found.dev(), found.ino()),
                content: (found.len(), found.mtime(), found.mtime_nsec()),
            }),
            Err(_) => Err(Misplaced::Gone),
        };
        Ok([left(&self.file)?, left(Path::new(&log))?])
    }

    /// Whether the files that were opened are where they were, as they were left. Before they are opened, nothing is out of place.
    ///
    /// # Errors
    /// Where they are not.
    pub(super) fn compare(&self, opened: Option<&Opened>) -> Result<(), Misplaced> {
        let Some(opened) = opened else { return Ok(()) };
        let files = self.files()?;
        match opened.files {
            left if left == files => Ok(()),
            left if left.map(|left| left.place) == files.map(|file| file.place) => Err(Misplaced::Changed),
            _ => Err(Misplaced::Replaced),
        }
    }

    /// Remembers the files as this process leaves them, also where it could not write all.
    ///
    /// # Errors
    /// Where they are other files.
    pub(super) fn take_over(&self, opened: Option<&mut Opened>) -> Result<(), Misplaced> {
        let Some(Opened { files: left, .. }) = opened else { return Ok(()) };
        let files = self.files()?;
        if left.map(|left| left.place) != files.map(|file| file.place) {
            return Err(Misplaced::Replaced);
        }
        *left = files;
        Ok(())
    }

    fn identity_file(&self) -> PathBuf {
        self.file.with_extension("id")
    }

    /// Which outbox was here, and how far it had come, if there was one.
    ///
    /// # Errors
    /// Where that cannot be read.
    pub(super) fn reached(&self) -> anyhow::Result<Option<Reached>> {
        match fs::read_to_string(self.identity_file()) {
            Ok(text) => Reached::read(&text).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes down how far the outbox has come, durably.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub(super) fn write_reached(&self, Reached { identity, commits, commits_in_file }: &Reached) -> anyhow::Result<()> {
        let text = format!("{identity} {commits} {commits_in_file}\n");
        Ok(private::write(&self.identity_file(), text.as_bytes(), 0o600)?)
    }

    /// How often something was kept in that file, as far as it stands in the file itself; never, where it cannot be read.
    pub(super) async fn commits_in_file(&self) -> i64 {
        let options = SqliteConnectOptions::new()
            .filename(&self.file)
            .read_only(true)
            .immutable(true)
            .disable_statement_logging();
        let Ok(mut alone) = options.connect().await else { return 0 };
        let count = sqlx::query_scalar("SELECT count FROM commits").fetch_optional(&mut alone).await;
        // It was only read.
        let _ = alone.close().await;
        count.ok().flatten().unwrap_or_default()
    }
}
