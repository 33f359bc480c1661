//! An audit of an open bank: its journal is read in one state, and replayed on a thread of its own while the next rows are read.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::Ledger;
use super::accepting::has_grown_from;
use crate::audit::states::Expected;
use crate::audit::{Audited, Difference, Replay, Replayed, check_refused};
use crate::fault::Fault;
use crate::proof::Digest;
use crate::store::audit::{self, JournalReader, Stopped};
use crate::store::head_file::{self, Remembered};
use crate::store::record::{self, Head};
use crate::store::{Conn, Home, migrate};

/// How many windows are read ahead of the replay.
const WINDOWS_AHEAD: usize = 2;

impl Ledger {
    /// Replays the whole journal and compares the bank with it: every row, every state, every signature, and what each record
    /// says with what its command would have led to. The bank may be in use meanwhile. `on_progress` hears how many records are
    /// read, and of how many.
    ///
    /// What no record knows of is not looked at: `docs/JOURNAL.md` lists it.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// # let folder = tempfile::tempdir()?;
    /// # let url = format!("sqlite://{}/shop.db", folder.path().display());
    /// use baoyulan_ledger::{Ledger, NewBank, Options};
    ///
    /// let ledger = Ledger::open(&url, Options::create(NewBank::new("shop"))).await?;
    /// let audited = ledger.audit(|_records, _all| {}).await?;
    /// assert_eq!((audited.size, audited.difference), (1, None));
    /// # ledger.close().await;
    /// # anyhow::Ok(()) })?;
    /// # anyhow::Ok(())
    /// ```
    ///
    /// # Errors
    /// [`Fault::Database`]; [`Fault::Damaged`] if the head is not one. A bank that is not what its journal says is no error, but
    /// [`Audited::difference`].
    pub async fn audit(&self, on_progress: impl FnMut(u64, u64) + Send) -> Result<Audited, Fault> {
        // In this order: another process may post meanwhile, and what it has written down is in the bank already.
        let remembered = remembered(&self.open.key_folder, &self.bank().bank_id)?;
        let home = Arc::clone(&self.open.home);
        self.open
            .readers
            .read(async |conn| {
                let head = record::head_again(conn).await?;
                let (size, root, posted_at) = (head.frontier.size(), head.frontier.root(), head.posted_at);
                let difference = match audit(conn, &home, &head, remembered, on_progress).await {
                    Ok(()) => None,
                    Err(Stopped::Differs(difference)) => Some(*difference),
                    Err(Stopped::Fault(fault)) => return Err(fault),
                };
                Ok(Audited { size, root, posted_at, difference })
            })
            .await
    }
}

/// What is remembered of the bank beside its key, where there is a folder for it.
fn remembered(key_folder: &Path, bank_id: &str) -> Result<Option<Remembered>, Fault> {
    if key_folder.as_os_str().is_empty() { Ok(None) } else { head_file::read(key_folder, bank_id) }
}

async fn audit(
    conn: &mut Conn,
    home: &Arc<Home>,
    head: &Head,
    remembered: Option<Remembered>,
    on_progress: impl FnMut(u64, u64) + Send,
) -> Result<(), Stopped> {
    let replayed = replay(conn, home, head.frontier.size(), on_progress).await?;
    check_head(conn, head, &replayed).await?;
    if let Some(remembered) = remembered
        && !has_grown_from(conn, &remembered, head).await?
    {
        let found = format!("a journal of {} records", head.frontier.size());
        let expected = format!("one that has grown from the {} records that are remembered", remembered.seen.size);
        return Err(of_head("", found, expected).into());
    }
    let Replayed { states, founded_at, .. } = replayed;
    for expected in states {
        compare(conn, expected).await?;
    }
    check_beside(conn, founded_at).await?;
    check_migrations(conn).await?;
    #[cfg(feature = "sqlite")]
    check_schema(conn).await?;
    #[cfg(feature = "town")]
    documents(conn, replayed.documents, &replayed.town).await?;
    Ok(())
}

/// Reads the journal and replays it.
async fn replay(
    conn: &mut Conn,
    home: &Arc<Home>,
    size: u64,
    mut on_progress: impl FnMut(u64, u64) + Send,
) -> Result<Replayed, Stopped> {
    let reversed = audit::reversed(conn).await?;
    let (windows, mut waiting) = mpsc::channel(WINDOWS_AHEAD);
    let replaying = home.start_blocking(move || {
        let mut replay = Replay::new(reversed);
        while let Some(window) = waiting.blocking_recv() {
            replay.window(window)?;
        }
        replay.end()
    })?;
    let mut reader = JournalReader::begin(conn, size).await?;
    while let Some(window) = reader.window(conn).await? {
        let read = window.until;
        // Whoever takes no more has found a difference.
        if windows.send(window).await.is_err() {
            break;
        }
        on_progress(read.unsigned_abs(), size);
    }
    drop(windows);
    let replayed = Home::joined(replaying).await??;
    reader.end(conn).await?;
    Ok(replayed)
}

/// Compares the head with the tree that the records give.
async fn check_head(conn: &mut Conn, head: &Head, replayed: &Replayed) -> Result<(), Stopped> {
    let hex = |hash: &Digest| data_encoding::HEXLOWER.encode(hash);
    let tree = &replayed.tree;
    if head.frontier != *tree {
        return Err(of_head("root", hex(&head.frontier.root()), hex(&tree.root())).into());
    }
    if head.posted_at != replayed.posted_at {
        return Err(of_head("posted_at", head.posted_at.to_string(), replayed.posted_at.to_string()).into());
    }
    if head.next_account.0 != replayed.next_account {
        return Err(of_head("next_account", head.next_account.to_string(), replayed.next_account.to_string()).into());
    }
    match record::heads(conn).await? {
        1 => Ok(()),
        heads => Err(of_head("", format!("{heads} rows"), "one".to_owned()).into()),
    }
}

fn of_head(column: &'static str, found: String, expected: String) -> Difference {
    Difference { table: "ledger_head", row: String::new(), column, found, expected }
}

/// Compares a table with what it should hold.
async fn compare(conn: &mut Conn, mut expected: Expected) -> Result<(), Stopped> {
    let (table, key) = (expected.table(), expected.key());
    let mut page = audit::page(conn, table, key, None).await?;
    loop {
        expected.compare(&page)?;
        if !audit::is_full(&page) {
            return Ok(expected.end()?);
        }
        page = audit::page(conn, table, key, Some(&page)).await?;
    }
}

/// Checks the ids of refused commands.
async fn check_beside(conn: &mut Conn, founded_at: i64) -> Result<(), Stopped> {
    let mut page = audit::refused_page(conn, None).await?;
    loop {
        check_refused(&page, founded_at)?;
        if !audit::is_full(&page) {
            return Ok(());
        }
        page = audit::refused_page(conn, Some(&page)).await?;
    }
}

/// Compares the list of migrations with those of this program.
async fn check_migrations(conn: &mut Conn) -> Result<(), Stopped> {
    match migrate::first_wrong(conn).await? {
        Some((version, found)) => Err(Difference {
            table: "ledger_migrations",
            row: format!("version {version}"),
            column: "",
            found,
            expected: "the migration of this program".to_owned(),
        }
        .into()),
        None => Ok(()),
    }
}

/// Compares the tables themselves with those that this program makes.
#[cfg(feature = "sqlite")]
async fn check_schema(conn: &mut Conn) -> Result<(), Stopped> {
    let Some((found, expected)) = crate::store::schema::first_difference(conn).await? else { return Ok(()) };
    let shown = |line: String| if line.is_empty() { "nothing of that kind".to_owned() } else { line };
    let (found, expected) = (shown(found), shown(expected));
    Err(Difference { table: "the schema", row: String::new(), column: "", found, expected }.into())
}

/// Compares what can be erased with the digests of the journal.
#[cfg(feature = "town")]
async fn documents(
    conn: &mut Conn,
    mut documents: crate::audit::Documents,
    town: &crate::audit::Town,
) -> Result<(), Stopped> {
    let pseudonyms = town.pseudonyms();
    for (_, table) in crate::audit::Documents::tables() {
        let mut page = audit::page(conn, table, 1, None).await?;
        loop {
            documents.compare(&page, town, &pseudonyms)?;
            if !audit::is_full(&page) {
                break;
            }
            page = audit::page(conn, table, 1, Some(&page)).await?;
        }
    }
    Ok(documents.end()?)
}
