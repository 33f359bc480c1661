//! Reads an account's statement. It follows the account's own chain from one transaction to the one before.

use super::conn::{Conn, Fetched, Read, key, read};
use crate::book::AccountId;
use crate::fault::Fault;
use crate::row::ColumnType::Integer;

/// An entry on an account's statement.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct StatementLine {
    /// The record's position in the journal, from 0.
    pub position: i64,
    /// When the record was posted, in UTC seconds.
    pub posted_at: i64,
    /// The day that it counts for, in days since 1970-01-01.
    pub effective_day: i64,
    /// The four letters that name the command.
    pub kind: String,
    pub account: AccountId,
    /// What it moved, in smallest units; debits are positive.
    pub quantity: i64,
    /// The account's balance afterwards, in smallest units; debits are positive.
    pub balance_after: i64,
    /// The reason that the poster gave; may be empty.
    pub note: String,
    /// The receipt's signed token; `None` if there is no receipt.
    pub receipt: Option<String>,
}

/// A page of an account's statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementPage {
    /// The page's entries, newest first.
    pub lines: Vec<StatementLine>,
    /// Where the next page starts: pass it as `start`. `None` if this is the last page.
    pub next: Option<i64>,
}

const LAST_POSITION: Read =
    read("SELECT b.last_position FROM {keys} CROSS JOIN ledger_balances b WHERE b.account = k.a", &[Integer]);
// The plan uses primary keys alone.
const STATEMENT: Read = read(
    "WITH RECURSIVE walk(account, position, steps) AS (SELECT k.a, k.b, k.c FROM {keys} UNION ALL \
     SELECT w.account, (SELECT MIN(e.previous) FROM ledger_entries e WHERE e.position = w.position AND e.account = w.account), \
     w.steps - 1 FROM walk w WHERE w.steps > 1 AND w.position >= 0) \
     SELECT w.position, d.posted_at, d.effective_day, d.kind, e.account, e.quantity, e.balance_after, e.previous, \
     CAST(COALESCE(n.reason, '') AS TEXT), CAST(COALESCE(r.token, '') AS TEXT) \
     FROM walk w CROSS JOIN ledger_entries e CROSS JOIN ledger_records d \
     LEFT JOIN ledger_notes n ON n.position = d.position LEFT JOIN ledger_receipts r ON r.position = d.position \
     WHERE e.position = w.position AND e.account = w.account AND d.position = w.position \
     ORDER BY w.position DESC, e.lot DESC",
    &[Integer, Integer, Integer],
);

// The account's transaction at that position names the one before it. Only where it has none there, all later ones are walked back.
const BEFORE: Read = read(
    "WITH RECURSIVE start(account, before, position) AS (SELECT k.a, k.b, COALESCE(\
     (SELECT MIN(e.previous) FROM ledger_entries e WHERE e.position = k.b AND e.account = k.a), b.last_position) \
     FROM {keys} CROSS JOIN ledger_balances b WHERE b.account = k.a), \
     walk(account, before, position) AS (SELECT account, before, position FROM start UNION ALL SELECT w.account, w.before, \
     (SELECT MIN(e.previous) FROM ledger_entries e WHERE e.position = w.position AND e.account = w.account) \
     FROM walk w WHERE w.position >= w.before) SELECT MIN(w.position) FROM walk w",
    &[Integer, Integer],
);

pub(super) fn reads() -> Vec<Read> {
    vec![LAST_POSITION, STATEMENT, BEFORE]
}

/// The position of the account's last transaction before this one; `None` where there is none.
///
/// # Errors
/// [`Fault::Database`].
pub async fn last_before(conn: &mut Conn, account: AccountId, before: i64) -> Result<Option<i64>, Fault> {
    let rows = conn.fetch(&BEFORE, vec![key![account, before]]).await?;
    Ok(rows.first().map(|row| row.integer(0)).filter(|position| *position >= 0))
}

/// Reads a page of an account's statement, newest first: up to `transactions_max` transactions, from the position
/// `start` backwards or from the latest.
///
/// # Errors
/// [`Fault::Database`].
pub async fn statement(
    conn: &mut Conn,
    account: AccountId,
    start: Option<i64>,
    transactions_max: i64,
) -> Result<StatementPage, Fault> {
    let start = match start {
        Some(start) => start,
        None => conn.fetch(&LAST_POSITION, vec![key![account]]).await?.first().map_or(-1, |row| row.integer(0)),
    };
    if start < 0 {
        return Ok(StatementPage { lines: Vec::new(), next: None });
    }
    let rows = conn.fetch(&STATEMENT, vec![key![account, start, transactions_max]]).await?;
    let next = rows.last().map(|row| row.integer(7)).filter(|previous| *previous >= 0);
    Ok(StatementPage { lines: rows.iter().map(line).collect(), next })
}

fn line(row: &Fetched) -> StatementLine {
    let token = row.text(9);
    StatementLine {
        position: row.integer(0),
        posted_at: row.integer(1),
        effective_day: row.integer(2),
        kind: row.text(3),
        account: AccountId(row.integer(4)),
        quantity: row.integer(5),
        balance_after: row.integer(6),
        note: row.text(8),
        receipt: (!token.is_empty()).then_some(token),
    }
}
