//! Reads an account as of a position: from the last whole milestone before it, and from the records between.

use super::conn::{Conn, Fetched, Read, key, read};
use crate::book::hold::{HeldPiece, HoldId};
use crate::book::milestone::is_reserved;
use crate::book::{Account, AccountId, AccountState, Address, Class};
use crate::fault::Fault;
use crate::row::ColumnType::{Integer, Text};

/// Finds the account, the milestone to begin with, and where the chain of entries is entered. The plan uses primary keys alone,
/// and the index of addresses.
const BY_ADDRESS: Read = read(
    concat!(
        "SELECT a.account, a.address, a.class, a.commodity, a.floor, a.lotted, ",
        found!(),
        " FROM {keys} CROSS JOIN ledger_accounts a CROSS JOIN ledger_balances b CROSS JOIN ledger_records d ",
        milestones!(),
        "WHERE a.address = k.a AND a.position <= k.b AND b.account = a.account AND d.position = k.b"
    ),
    &[Text, Integer],
);
const BY_NUMBER: Read = read(
    concat!(
        "SELECT a.account, a.address, a.class, a.commodity, a.floor, a.lotted, ",
        found!(),
        " FROM {keys} CROSS JOIN ledger_accounts a CROSS JOIN ledger_balances b CROSS JOIN ledger_records d ",
        milestones!(),
        "WHERE a.account = k.a AND a.position <= k.b AND b.account = k.a AND d.position = k.b"
    ),
    &[Integer, Integer],
);
/// Walks back along the entries from k.b, and returns those at positions after k.c, up to k.d.
const ENTRIES: Read = read(
    "WITH RECURSIVE walk(account, position, after, until) AS (SELECT k.a, k.b, k.c, k.d FROM {keys} UNION ALL \
     SELECT w.account, (SELECT MIN(e.previous) FROM ledger_entries e WHERE e.position = w.position AND e.account = w.account), \
     w.after, w.until FROM walk w WHERE w.position > w.after) \
     SELECT w.position, e.lot, e.quantity, e.balance_after FROM walk w CROSS JOIN ledger_entries e \
     WHERE w.position > w.after AND w.position <= w.until AND e.position = w.position AND e.account = w.account \
     ORDER BY w.position, e.lot",
    &[Integer, Integer, Integer, Integer],
);
/// Walks back along the entries from k.b to the last position that is not after k.c; −1 if there is none.
const LAST_POSITION: Read = read(
    "WITH RECURSIVE walk(account, position, until) AS (SELECT k.a, k.b, k.c FROM {keys} UNION ALL \
     SELECT w.account, (SELECT MIN(e.previous) FROM ledger_entries e WHERE e.position = w.position AND e.account = w.account), \
     w.until FROM walk w WHERE w.position > w.until) \
     SELECT MIN(w.position) FROM walk w",
    &[Integer, Integer, Integer],
);
/// What became of the account in holds after k.b, up to k.c.
const HOLD_ENTRIES: Read = read(
    "SELECT x.position, x.hold, x.lot, x.quantity, x.remaining, h.until, h.placed_at \
     FROM {keys} CROSS JOIN ledger_hold_entries x CROSS JOIN ledger_holds h \
     WHERE x.account = k.a AND x.position > k.b AND x.position <= k.c AND h.position = x.hold ORDER BY x.position",
    &[Integer, Integer, Integer],
);
const LOTS: Read = read(
    "SELECT l.expires_at, l.remaining FROM {keys} CROSS JOIN ledger_milestone_lots l \
     WHERE l.account = k.a AND l.position = k.b",
    &[Integer, Integer],
);
const HOLDS: Read = read(
    "SELECT p.hold, p.lot, p.remaining, h.until, h.placed_at FROM {keys} CROSS JOIN ledger_milestone_holds p \
     CROSS JOIN ledger_holds h WHERE p.account = k.a AND p.position = k.b AND h.position = p.hold",
    &[Integer, Integer],
);

/// The milestone `m` at or before k.b, the one `n` at or after it, and the state `s` that held then.
macro_rules! milestones {
    () => {
        "LEFT JOIN ledger_milestones m ON m.account = a.account AND m.position = (SELECT f.position \
         FROM ledger_milestones f WHERE f.account = a.account AND f.position <= k.b AND f.whole = 1 \
         ORDER BY f.position DESC LIMIT 1) \
         LEFT JOIN ledger_milestones n ON n.account = a.account AND n.position = (SELECT f.position \
         FROM ledger_milestones f WHERE f.account = a.account AND f.position >= k.b ORDER BY f.position LIMIT 1) \
         LEFT JOIN ledger_account_states s ON s.account = a.account AND s.position = (SELECT MAX(f.position) \
         FROM ledger_account_states f WHERE f.account = a.account AND f.position <= k.b) "
    };
}

macro_rules! found {
    () => {
        "COALESCE(m.position, -1), COALESCE(m.records, 0), COALESCE(m.quantity, 0), COALESCE(m.last_position, -1), \
         COALESCE(m.version, -1), COALESCE(n.last_position, b.last_position), COALESCE(s.position, -1), \
         COALESCE(s.state, 1), d.posted_at, \
         COALESCE((SELECT MIN(x.position) FROM ledger_hold_entries x WHERE x.account = a.account), -1)"
    };
}
use {found, milestones};

pub(super) fn reads() -> Vec<Read> {
    vec![BY_ADDRESS, BY_NUMBER, ENTRIES, LAST_POSITION, HOLD_ENTRIES, LOTS, HOLDS]
}

/// An account as it was after a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountAt {
    /// What it was. Lots that were empty are left out, and so are holds that would have raised it.
    pub account: Account,
    /// The record's position.
    pub position: i64,
    /// When the record was posted, in UTC seconds: what could be spent, and which holds were in time, is judged by this.
    pub posted_at: i64,
}

/// An account as the last whole milestone has it, and where its later entries are found.
struct Start {
    account: Account,
    /// When the record was posted as of which the account is read.
    posted_at: i64,
    /// Whether holds have had anything of the account until then.
    was_held: bool,
    /// Of the milestone; −1 if there is none.
    position: i64,
    /// The position of an entry from which a walk back meets all that are wanted, −1 if there is none.
    walk_from: i64,
}

/// How an account is looked up.
#[derive(Debug, Clone, Copy)]
pub enum Which<'a> {
    /// By its address.
    Address(&'a Address),
    /// By its number.
    Number(AccountId),
}

/// Reads an account as it was after the record at a position. `None` if there was no such account yet, or there is no such record.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn account_at(conn: &mut Conn, which: Which<'_>, position: i64) -> Result<Option<AccountAt>, Fault> {
    let Some(start) = start(conn, which, position).await? else { return Ok(None) };
    let Start { mut account, posted_at, was_held, position: since, walk_from } = start;
    if since >= 0 {
        read_milestone(conn, &mut account, since, was_held).await?;
    }
    let mut records = Vec::new();
    if walk_from > since {
        for row in conn.fetch(&ENTRIES, vec![key![account.id, walk_from, since, position]]).await? {
            records.push(row.integer(0));
            apply_entry(&mut account, &row);
        }
    }
    if was_held {
        for row in conn.fetch(&HOLD_ENTRIES, vec![key![account.id, since, position]]).await? {
            records.push(row.integer(0));
            apply_hold_entry(&mut account, &row);
        }
    }
    records.sort_unstable();
    records.dedup();
    account.records += records.len() as i64;
    account.lots.retain(|_, remaining| *remaining != 0);
    Ok(Some(AccountAt { account, position, posted_at }))
}

/// Finds where to begin a walk back that is to meet all of an account's entries up to a position: at most 64 records before it.
/// −1 if there are none; `None` if there was no such account yet, or there is no such record.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn last_position(
    conn: &mut Conn,
    which: Which<'_>,
    position: i64,
) -> Result<Option<(AccountId, i64)>, Fault> {
    let Some(Start { account, walk_from, .. }) = start(conn, which, position).await? else { return Ok(None) };
    let rows = conn.fetch(&LAST_POSITION, vec![key![account.id, walk_from, position]]).await?;
    Ok(Some((account.id, rows.first().map_or(-1, |row| row.integer(0)))))
}

async fn start(conn: &mut Conn, which: Which<'_>, as_of: i64) -> Result<Option<Start>, Fault> {
    let rows = match which {
        Which::Address(address) => conn.fetch_by_keys(&BY_ADDRESS, vec![key![*address, as_of]]).await?,
        Which::Number(number) => conn.fetch_by_keys(&BY_NUMBER, vec![key![number, as_of]]).await?,
    };
    let Some(row) = rows.first() else { return Ok(None) };
    let state: AccountState = row.value(13, "an account's state")?;
    let account = Account {
        records: row.integer(7),
        balance: row.integer(8),
        last_position: row.integer(9),
        version: row.integer(10).max(row.integer(12)),
        state,
        ..Account::opened(&row.row(0)?)
    };
    let (posted_at, position, walk_from) = (row.integer(14), row.integer(6), row.integer(11));
    let was_held = (0..=as_of).contains(&row.integer(15));
    Ok(Some(Start { account, posted_at, was_held, position, walk_from }))
}

/// Adds what was in its lots and in holds.
async fn read_milestone(conn: &mut Conn, account: &mut Account, milestone: i64, was_held: bool) -> Result<(), Fault> {
    if account.lotted {
        let lots = conn.fetch(&LOTS, vec![key![account.id, milestone]]).await?;
        account.lots = lots.iter().map(|row| (row.integer(0), row.integer(1))).collect();
    }
    if !was_held {
        return Ok(());
    }
    for row in conn.fetch(&HOLDS, vec![key![account.id, milestone]]).await? {
        let piece = HeldPiece { placed_at: row.integer(4), until: row.integer(3), remaining: row.integer(2) };
        account.held.insert((HoldId(row.integer(0)), row.integer(1)), piece);
    }
    Ok(())
}

fn apply_entry(account: &mut Account, row: &Fetched) {
    let (position, lot, quantity) = (row.integer(0), row.integer(1), row.integer(2));
    account.balance = row.integer(3);
    account.last_position = position;
    account.version = account.version.max(position);
    if account.lotted {
        *account.lots.entry(lot).or_default() += quantity * account.class.normal_sign();
    }
}

fn apply_hold_entry(account: &mut Account, row: &Fetched) {
    let [position, hold, lot, quantity, remaining, until, placed_at] =
        [0, 1, 2, 3, 4, 5, 6].map(|column| row.integer(column));
    // What is taken out of a hold has the opposite sign.
    let of_hold = if remaining == 0 { -quantity } else { remaining };
    let class: Class = account.class;
    if !is_reserved(class, of_hold) {
        return;
    }
    account.version = account.version.max(position);
    if remaining == 0 {
        account.held.remove(&(HoldId(hold), lot));
    } else {
        account.held.insert((HoldId(hold), lot), HeldPiece { placed_at, until, remaining });
    }
}
