//! Reads the journal: its head, what became of ids, and the answers for ids that are sent again.

use std::collections::HashMap;

use uuid::Uuid;

use super::conn::{Conn, Fetched, Read, all, database, key, of_commit, read};
use super::milestone::{AccountAt, Which, account_at};
use super::rows::Rows;
#[cfg(feature = "sqlite")]
use super::tree;
use super::watch::{Seen, rolled_back};
use super::write::{HeadMove, write};
use crate::book::{AccountId, Entry};
use crate::command::Key;
use crate::defect::Defect;
use crate::fault::{Fault, Unfit};
use crate::poster::{Posted, PostedEntry, UnmovedAccount};
use crate::proof::{Digest, Frontier};
use crate::reject::AtomicRejected;
use crate::row::ColumnType::{Bytes, Integer, Text};
use crate::world::{Settled, World};

/// The journal's head as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The edge of the tree, which gives its size and root.
    pub frontier: Frontier,
    /// When the last record was posted, in UTC seconds.
    pub posted_at: i64,
    /// The number that the next account gets.
    pub next_account: AccountId,
    /// The leaf of the last record.
    pub last_leaf: Digest,
}

/// Reads the one row of `ledger_head`, whose bank it is, the leaf of the last record, and that of the record at the key.
/// The root stands for a leaf that is not there.
pub const HEAD: Read = read(
    "SELECT h.size, h.root, h.frontier, h.posted_at, h.next_account, b.bank_id, COALESCE(l.leaf, h.root), \
     COALESCE(s.leaf, h.root), {session}, {durable} FROM {keys} CROSS JOIN ledger_head h CROSS JOIN ledger_bank b \
     LEFT JOIN ledger_records l ON l.position = h.size - 1 LEFT JOIN ledger_records s ON s.position = k.a \
     WHERE h.slot = 0",
    &[Integer],
);
const OUTCOMES: Read = read(
    "SELECT o.credential, o.id, o.content_hash, o.position, o.rejection FROM {keys} CROSS JOIN ledger_outcomes o \
     WHERE o.credential = k.a AND o.id = k.b",
    &[Text, Bytes],
);
/// Reads the answers for ids that are sent again: a row for each entry of the record, or one row if it has none.
pub const REPLAYED: Read = read(
    "SELECT d.position, d.posted_at, CAST(COALESCE(r.token, '') AS TEXT), CAST(COALESCE(a.address, '') AS TEXT), \
     CAST(COALESCE(a.commodity, '') AS TEXT), CAST(COALESCE(e.account, -1) AS BIGINT), CAST(COALESCE(e.lot, 0) AS BIGINT), \
     CAST(COALESCE(e.quantity, 0) AS BIGINT), CAST(COALESCE(e.balance_after, 0) AS BIGINT), \
     CAST(COALESCE(e.previous, -1) AS BIGINT) \
     FROM {keys} CROSS JOIN ledger_records d LEFT JOIN ledger_receipts r ON r.position = d.position \
     LEFT JOIN ledger_entries e ON e.position = d.position LEFT JOIN ledger_accounts a ON a.account = e.account \
     WHERE d.position = k.a ORDER BY 1, 6, 7",
    &[Integer],
);

/// The accounts that records touched without moving them.
const TOUCHED: Read = read(
    "WITH sent(position) AS (SELECT k.a FROM {keys}), touched(position, account) AS (\
     SELECT x.position, x.account FROM sent s CROSS JOIN ledger_hold_entries x WHERE x.position = s.position UNION \
     SELECT x.position, x.account FROM sent s CROSS JOIN ledger_account_states x WHERE x.position = s.position UNION \
     SELECT x.position, x.account FROM sent s CROSS JOIN ledger_accounts x WHERE x.position = s.position) \
     SELECT t.position, t.account FROM touched t WHERE NOT EXISTS (\
     SELECT 1 FROM ledger_entries e WHERE e.position = t.position AND e.account = t.account)",
    &[Integer],
);
const COUNT: Read = read(
    "SELECT COUNT(*) FROM {keys} CROSS JOIN ledger_records d WHERE d.position >= k.a AND d.position < k.b",
    &[Integer, Integer],
);

const SIZE: Read = all("SELECT h.size FROM ledger_head h WHERE h.slot = 0");

const HEADS: Read = all("SELECT COUNT(*) FROM ledger_head");

pub(super) fn reads() -> Vec<Read> {
    vec![HEAD, OUTCOMES, REPLAYED, COUNT, SIZE, HEADS]
}

/// The position of the last record.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn last(conn: &mut Conn) -> Result<i64, Fault> {
    let rows = conn.fetch(&SIZE, Vec::new()).await?;
    rows.first().map(|row| row.integer(0) - 1).ok_or_else(|| Fault::damaged("the journal has no head"))
}

/// How many rows the head has; it should be one.
///
/// # Errors
/// [`Fault::Database`].
pub async fn heads(conn: &mut Conn) -> Result<i64, Fault> {
    let rows = conn.fetch(&HEADS, Vec::new()).await?;
    Ok(rows.first().map_or(0, |row| row.integer(0)))
}

/// How many records there are from this position on, before the other one.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn count(conn: &mut Conn, from: u64, to: u64) -> Result<u64, Fault> {
    let rows = conn.fetch(&COUNT, vec![key![from as i64, to as i64]]).await?;
    Ok(rows.first().map_or(0, |row| row.integer(0) as u64))
}

/// The head as it was read, and what came with it.
struct Look {
    head: Head,
    bank_id: String,
    /// The leaf of the record that was asked for; the root if there is none.
    leaf: Digest,
    /// The number of the session that answered.
    session: i64,
    /// `on` if the server keeps what it commits.
    durable: String,
}

async fn look(conn: &mut Conn, position: i64) -> Result<Look, Fault> {
    let rows = conn.fetch(&HEAD, vec![key![position]]).await?;
    let row = rows.first().ok_or_else(|| Fault::damaged("the journal has no head"))?;
    let frontier = u64::try_from(row.integer(0)).ok().and_then(|size| Frontier::from_parts(size, row.bytes(2)));
    let frontier = frontier
        .filter(|frontier| frontier.root() == row.bytes(1))
        .ok_or_else(|| Fault::damaged("the journal's head"))?;
    let (last_leaf, leaf) = (row.value(6, "a leaf")?, row.value(7, "a leaf")?);
    let head = Head { frontier, posted_at: row.integer(3), next_account: AccountId(row.integer(4)), last_leaf };
    Ok(Look { head, bank_id: row.text(5), leaf, session: row.integer(8), durable: row.text(9) })
}

/// The last record of those that were seen.
fn last_seen(seen: Option<&Seen>) -> i64 {
    seen.map_or(-1, |seen| seen.size as i64 - 1)
}

/// Reads the journal's size, edge and time, and the number of the next account; and makes sure that it is the journal
/// that was seen before, or has grown from it.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`]; [`Fault::Moved`], [`Fault::OtherBank`], [`Fault::RolledBack`], after which
/// nothing is read or written any more.
pub async fn head(conn: &mut Conn) -> Result<Head, Fault> {
    let size_min = conn.check_place().await?;
    let before = conn.watch().seen();
    let mut written = conn.watch().written_down();
    let Look { head, bank_id, leaf, session, durable } = look(conn, last_seen(before.as_ref())).await?;
    conn.check_session(session)?;
    conn.check_durable(durable)?;
    let now = head.seen(bank_id);
    conn.check_size(now.size, size_min)?;
    if let Some(written) = written.find(|written| written.is_beyond(now.size, &now.root)) {
        return Err(conn.watch().stop(rolled_back(&written, &now)));
    }
    conn.watch().compare(before.as_ref(), Some(&leaf), now.clone())?;
    #[cfg(feature = "sqlite")]
    prove_file(conn, &now).await?;
    Ok(head)
}

/// What [`Conn::check_place`] checks and returns, for whoever does not read the head anyway.
///
/// # Errors
/// Those of [`head`].
pub async fn check_place(conn: &mut Conn) -> Result<u64, Fault> {
    let size_min = conn.check_place().await?;
    #[cfg(feature = "sqlite")]
    if conn.watch().is_unproved() {
        head(conn).await?;
    }
    Ok(size_min)
}

/// Makes sure that what stands in a SQLite bank's file is the beginning of the journal, where this process has not seen it at that
/// size: it may be a copy with which somebody went on elsewhere. The rest of the journal then stands in the log.
#[cfg(feature = "sqlite")]
async fn prove_file(conn: &mut Conn, now: &Seen) -> Result<(), Fault> {
    let Some((in_file, grown)) = conn.watch().unproved(now) else { return Ok(()) };
    if !tree::has_grown(conn, (in_file.size, in_file.root), grown).await? {
        return Err(conn.overwritten());
    }
    conn.watch().proved(&in_file);
    Ok(())
}

/// Reads the head once more in a reading that has begun with [`head`]. It is not compared with what was seen: others may have
/// posted since, and the reading still shows the bank as it was when it began.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn head_again(conn: &mut Conn) -> Result<Head, Fault> {
    let Look { head, session, durable, .. } = look(conn, -1).await?;
    conn.check_session(session)?;
    conn.check_durable(durable)?;
    Ok(head)
}

/// Reads the head as a host's open transaction shows it, and makes sure that it has grown from what was seen. It may hold what
/// is never committed, so nobody remembers it.
///
/// # Errors
/// [`Fault::Unfit`], [`Fault::RolledBack`], [`Fault::Database`], [`Fault::Damaged`].
pub async fn head_in_host(conn: &mut Conn) -> Result<Head, Fault> {
    let before = conn.watch().seen();
    let Look { head, bank_id, leaf, durable, .. } = look(conn, last_seen(before.as_ref())).await?;
    if durable != "on" {
        let (setting, expected) = ("fsync".to_owned(), "on".to_owned());
        return Err(Unfit::NotDurable { setting, found: durable, expected }.into());
    }
    let Some(before) = before else { return Ok(head) };
    let now = head.seen(bank_id);
    if before.bank_id != now.bank_id {
        let (expected, found) = (format!("bank {}", before.bank_id), format!("bank {}", now.bank_id));
        return Err(Unfit::OtherBank { expected, found }.into());
    }
    // The host may have a copy open, so this says nothing yet of the bank that the ledger has.
    if now.size < before.size || leaf != before.last_leaf { Err(rolled_back(&before, &now)) } else { Ok(head) }
}

impl Head {
    /// How far the journal has grown in this bank.
    pub fn seen(&self, bank_id: String) -> Seen {
        Seen {
            bank_id,
            size: self.frontier.size(),
            root: self.frontier.root(),
            last_leaf: self.last_leaf,
            posted_at: self.posted_at,
        }
    }
}

/// Makes the head of an empty journal, moves it, writes the first record's rows, all in the open transaction, and commits.
///
/// # Errors
/// [`Fault::Database`]; [`Fault::OutcomeUnknown`] if nobody can tell whether it is committed.
pub async fn write_first(conn: &mut Conn, head: &HeadMove, rows: Rows) -> Result<(), Fault> {
    let (root, frontier) = (conn.engine().bytes(&head.from_root), conn.engine().bytes(&[]));
    let first = format!(
        "INSERT INTO ledger_head (slot, size, root, frontier, posted_at, next_account) \
         VALUES (0, 0, {root}, {frontier}, {}, 0)",
        head.posted_at
    );
    conn.execute(&first).await.map_err(database)?;
    write(conn, head, rows, true).await.map_err(database).map_err(of_commit)
}

/// Loads what became of the ids that the world wants.
pub(super) async fn load(conn: &mut Conn, world: &mut World) -> Result<(), Fault> {
    let keys = world.settled.take_wanted_keys();
    let keys = keys.iter().map(|wanted| key![wanted.credential, *wanted.id.as_bytes()]).collect();
    for row in conn.fetch_by_keys(&OUTCOMES, keys).await? {
        let (key, settled) = settled(&row)?;
        world.settled.load(key, settled);
    }
    Ok(())
}

fn settled(row: &Fetched) -> Result<(Key, Settled), Fault> {
    let id = Uuid::from_slice(row.bytes(1)).map_err(|_| Fault::damaged("an outcome's id"))?;
    let outcome = match row.integer(3) {
        -1 => Err(rejection(&row.text(4))?),
        position => Ok(position),
    };
    let settled = Settled { content_hash: row.value(2, "an outcome's hash")?, outcome };
    Ok((Key { credential: row.text(0).into(), id }, settled))
}

/// Reads a refusal as it is stored.
pub(super) fn rejection(json: &str) -> Result<AtomicRejected, Fault> {
    serde_json::from_str(json).map_err(|_| Fault::damaged("an outcome's rejection"))
}

/// An id that names a record which the journal does not have.
pub(crate) fn missing(position: i64) -> Fault {
    Fault::damaged(format!("an id names position {position}, which the journal does not have"))
}

/// Rebuilds what was posted at these positions from the records' rows.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn posted(conn: &mut Conn, mut positions: Vec<i64>) -> Result<HashMap<i64, Posted>, Fault> {
    positions.sort_unstable();
    positions.dedup();
    let mut all: HashMap<i64, Posted> = HashMap::new();
    for row in conn.fetch_by_keys(&REPLAYED, positions.iter().map(|position| key![*position]).collect()).await? {
        let (position, token) = (row.integer(0), row.text(2));
        let posted = all.entry(position).or_insert_with(|| Posted {
            position: if Defect::ReplayNamesAnother.is_on() { position - 1 } else { position },
            posted_at: row.integer(1),
            receipt: (!token.is_empty()).then_some(token),
            entries: Vec::new(),
            unmoved: Vec::new(),
            replayed: true,
        });
        if !row.text(3).is_empty() {
            let entry: Entry = row.row(5)?;
            let (address, commodity) = (row.value(3, "an address")?, row.value(4, "a commodity")?);
            posted.entries.push(PostedEntry::of(&entry, address, commodity));
        }
    }
    for row in conn.fetch_by_keys(&TOUCHED, positions.iter().map(|position| key![*position]).collect()).await? {
        let (position, account) = (row.integer(0), AccountId(row.integer(1)));
        let touched = account_at(conn, Which::Number(account), position).await?;
        if let (Some(posted), Some(AccountAt { account, .. })) = (all.get_mut(&position), touched) {
            posted.unmoved.push(UnmovedAccount { address: account.address, balance: account.balance });
        }
    }
    all.values_mut().for_each(|posted| posted.unmoved.sort_unstable());
    Ok(all)
}
