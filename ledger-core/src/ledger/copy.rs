//! Copies of a whole bank, while it is in use: a backup is a SQLite file, whatever engine the bank is on, and is restored into a
//! file or a schema. So a backup is also the way from one engine to the other.
//!
//! A copy is one state of the bank. It is checked before it gets its name: the head is the one that was copied, the tree's root
//! is what the leaves give, every table has all its rows, and the trial balance agrees. The private key and the pepper of the
//! PINs are in no copy, and neither are sessions, login links, wrong PINs and visits.

use std::path::Path;

use super::opening::connect;
use crate::bank::BankRow;
use crate::fault::Fault;
use crate::proof::{Digest, Frontier};
use crate::store::bank::bank;
use crate::store::conn::database;
use crate::store::copy::Shape;
use crate::store::file::{self, Seen, Unfinished};
use crate::store::record::{self, Head};
use crate::store::trial_balance::trial_balance;
use crate::store::{Conn, Opening, Target, migrate};

/// What was copied.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Copied {
    pub bank: BankRow,
    /// How many records the journal had when it was copied.
    pub size: u64,
    /// The root of its tree then.
    pub root: Digest,
    /// When the last of them was posted, in UTC seconds.
    pub posted_at: i64,
    /// Rows of all tables.
    pub rows: u64,
}

/// Copies a bank into a new SQLite file. `on_progress` hears how many rows are copied, and of how many.
///
/// # Errors
/// [`Fault::NoBank`]; [`Fault::Exists`] if there is anything at the file's name; [`Fault::BadUrl`] if it is no name for a
/// backup, such as a server's address; [`Fault::Damaged`] if the copy is not whole;
/// [`Fault::Database`]. Then there is no file.
pub async fn backup(url: &str, file: &Path, on_progress: impl FnMut(u64, u64) + Send) -> Result<Copied, Fault> {
    copy(Target::parse(url)?, Target::of_file(file)?, on_progress).await
}

/// Makes a bank of a backup, in a new file or in a schema without a bank. To open it for posting, the private key has to be in
/// its folder.
///
/// # Errors
/// Those of [`backup`]. Then there is no bank.
pub async fn restore(file: &Path, url: &str, on_progress: impl FnMut(u64, u64) + Send) -> Result<Copied, Fault> {
    copy(Target::of_file(file)?, Target::parse(url)?, on_progress).await
}

async fn copy(from: Target, to: Target, on_progress: impl FnMut(u64, u64) + Send) -> Result<Copied, Fault> {
    let unfinished = to.file().map(|file| file::must_be_free(file).and_then(|()| Unfinished::of(file))).transpose()?;
    let (from, mut source) = open_source(from).await?;
    let outcome = match unfinished {
        Some(unfinished) => into_file(&mut source, unfinished, on_progress).await.map_err(of_the_copy),
        None => into_schema(&mut source, &to, on_progress).await,
    };
    source.close().await;
    if let Some(file) = from.file() {
        file::tidy(&from, file).await;
    }
    outcome
}

/// Says whose disk is full: the bank that is copied takes writes as before.
fn of_the_copy(fault: Fault) -> Fault {
    if let Fault::ReadOnly { reason, source } = fault {
        let reason = format!("what cannot be written is the copy, not the bank that is copied ({reason})");
        return Fault::ReadOnly { reason, source };
    }
    fault
}

/// Opens the bank that is copied, for reading, and holds one state of it.
async fn open_source(from: Target) -> Result<(Target, Conn), Fault> {
    if let Some(file) = from.file()
        && file::look(&from, file).await? != Seen::Bank
    {
        return Err(from.no_bank());
    }
    let (from, mut conn) = connect(from, true).await?;
    conn.execute(conn.engine().begin_snapshot()).await.map_err(database)?;
    Ok((from, conn))
}

async fn into_file(
    source: &mut Conn,
    unfinished: Unfinished,
    on_progress: impl FnMut(u64, u64) + Send,
) -> Result<Copied, Fault> {
    unfinished.make_private()?;
    let place = Target::of_file(unfinished.path())?;
    let state = State::read(source, &place).await?;
    let mut conn = Conn::open(&place.opened_for(Opening::Fresh), true).await?;
    conn.execute("BEGIN").await.map_err(database)?;
    state.write(source, &mut conn, on_progress).await?;
    conn.execute("COMMIT").await.map_err(database)?;
    conn.close().await;
    // What is checked is what was written, not what the connection remembers.
    let mut conn = Conn::open(&place.opened_for(Opening::Reading), false).await?;
    state.verify(&mut conn).await?;
    conn.close().await;
    let to = unfinished.to().display().to_string();
    if unfinished.finish()? { Ok(state.copied()) } else { Err(Fault::Exists { what: to }) }
}

async fn into_schema(
    source: &mut Conn,
    to: &Target,
    on_progress: impl FnMut(u64, u64) + Send,
) -> Result<Copied, Fault> {
    let state = State::read(source, to).await?;
    let mut conn = Conn::open(to, false).await?;
    // All of it is one transaction: whatever fails, the schema stays as it was.
    migrate::lock(&mut conn, to).await?;
    if migrate::version(&mut conn).await?.is_some() {
        return Err(Fault::Exists { what: format!("a bank at {}", to.shown()) });
    }
    state.write(source, &mut conn, on_progress).await?;
    state.verify(&mut conn).await?;
    conn.execute("COMMIT").await.map_err(database)?;
    conn.close().await;
    Ok(state.copied())
}

/// The state of the bank that is copied.
struct State {
    bank: BankRow,
    version: usize,
    head: Head,
    /// The tables, each with its number of rows.
    tables: Vec<(Shape, u64)>,
}

impl State {
    /// Reads what there is to copy. The copy has the version that the bank has: whoever opens it brings it up to date.
    async fn read(source: &mut Conn, from: &Target) -> Result<Self, Fault> {
        let version = migrate::version(source).await?.ok_or_else(|| from.no_bank())?;
        let bank = bank(source).await?.ok_or_else(|| from.no_bank())?.row;
        let head = record::head(source).await?;
        let mut tables = Vec::new();
        for shape in Shape::all(version).await? {
            let rows = shape.rows(source).await?;
            tables.push((shape, rows));
        }
        Ok(Self { bank, version, head, tables })
    }

    fn rows(&self) -> u64 {
        self.tables.iter().map(|(_, rows)| rows).sum()
    }

    /// Makes the tables and copies their rows, in the open transaction.
    async fn write(
        &self,
        source: &mut Conn,
        conn: &mut Conn,
        mut on_progress: impl FnMut(u64, u64) + Send,
    ) -> Result<(), Fault> {
        migrate::make_tables(conn, self.version).await?;
        let (mut copied, all) = (0, self.rows());
        for (shape, _) in &self.tables {
            let mut chunk = shape.read(source, None).await?;
            while chunk.rows() > 0 {
                copied += chunk.rows() as u64;
                // The rest is read while this is written.
                let next = if chunk.is_full() { Some(shape.read(source, Some(&chunk)).await?) } else { None };
                shape.write(conn, chunk).await?;
                on_progress(copied, all);
                let Some(next) = next else { break };
                chunk = next;
            }
        }
        Ok(())
    }

    /// Checks the copy as a whole.
    async fn verify(&self, conn: &mut Conn) -> Result<(), Fault> {
        let wrong = |what: &str| Fault::damaged(format!("in a copy of it, {what}"));
        for (shape, rows) in &self.tables {
            let copied = shape.rows(conn).await?;
            if copied != *rows {
                return Err(wrong(&format!("{} has {copied} rows instead of {rows}", shape.name)));
            }
        }
        if record::head(conn).await? != self.head || frontier(conn).await?.as_ref() != Some(&self.head.frontier) {
            return Err(wrong("the leaves do not give the root in the head"));
        }
        match trial_balance(conn).await?.disagreements.first() {
            Some(disagreement) => Err(wrong(&format!("the trial balance does not agree: {disagreement}"))),
            None => Ok(()),
        }
    }

    fn copied(self) -> Copied {
        let rows = self.rows();
        let Head { frontier, posted_at, .. } = self.head;
        Copied { bank: self.bank, size: frontier.size(), root: frontier.root(), posted_at, rows }
    }
}

/// Grows the tree again from all leaves. `None` if one is missing.
async fn frontier(conn: &mut Conn) -> Result<Option<Frontier>, Fault> {
    let (shape, mut frontier) = (Shape::leaves(), Frontier::default());
    let mut chunk = shape.read(conn, None).await?;
    loop {
        let next = if chunk.is_full() { Some(shape.read(conn, Some(&chunk)).await?) } else { None };
        for (position, leaf) in chunk.into_leaves() {
            let is_next = u64::try_from(position) == Ok(frontier.size());
            let Some(leaf) = leaf.try_into().ok().filter(|_| is_next) else { return Ok(None) };
            frontier.push(leaf, |_| {});
        }
        let Some(next) = next else { return Ok(Some(frontier)) };
        chunk = next;
    }
}
