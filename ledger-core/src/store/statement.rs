//! Reads an account's statement. It follows the account's own chain from one transaction to the one before.

use super::conn::{Conn, Fetched, Read, key, read};
use crate::book::{Account, AccountId};
use crate::fault::Fault;
use crate::row::ColumnType::Integer;
use crate::time::Day;

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

// Adds up a part of the chain, from k.b back by k.c transactions, and says where the next part begins. Sums come in two parts,
// billions and the rest, so that no engine's integers overflow.
const SUM_UNTIL_DAY: Read = read(
    "WITH RECURSIVE walk(account, position, steps, day) AS (SELECT k.a, k.b, k.c, k.d FROM {keys} UNION ALL \
     SELECT w.account, (SELECT MIN(e.previous) FROM ledger_entries e WHERE e.position = w.position AND e.account = w.account), \
     w.steps - 1, w.day FROM walk w WHERE w.steps > 0 AND w.position >= 0) \
     SELECT MIN(w.position), \
     CAST(COALESCE(SUM(CASE WHEN w.steps > 0 AND d.effective_day <= w.day THEN e.quantity / 1000000000 END), 0) AS BIGINT), \
     CAST(COALESCE(SUM(CASE WHEN w.steps > 0 AND d.effective_day <= w.day THEN e.quantity % 1000000000 END), 0) AS BIGINT) \
     FROM walk w LEFT JOIN ledger_entries e ON e.position = w.position AND e.account = w.account \
     LEFT JOIN ledger_records d ON d.position = w.position",
    &[Integer, Integer, Integer, Integer],
);

pub(super) fn reads() -> Vec<Read> {
    vec![LAST_POSITION, STATEMENT, SUM_UNTIL_DAY]
}

/// How many transactions one query adds up.
const SUM_TRANSACTIONS: i64 = 10_000;

/// Adds up an account's entries that count for a day or an earlier one, debits positive, as they are known now. It meets every
/// transaction of the account.
///
/// # Errors
/// [`Fault::Database`].
pub async fn sum_until_day(conn: &mut Conn, account: &Account, day: Day) -> Result<i128, Fault> {
    let (mut sum, mut start) = (0, account.last_position);
    while start >= 0 {
        let rows = conn.fetch(&SUM_UNTIL_DAY, vec![key![account.id, start, SUM_TRANSACTIONS, day]]).await?;
        let part = rows.first().map_or([-1, 0, 0], |row| [0, 1, 2].map(|column| row.integer(column)));
        sum += i128::from(part[1]) * 1_000_000_000 + i128::from(part[2]);
        start = part[0];
    }
    Ok(sum)
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
