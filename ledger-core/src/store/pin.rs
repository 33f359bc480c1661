//! Reads what PINs are checked against, and counts wrong ones.

use super::conn::{Conn, Read, all, key, read};
use crate::fault::Fault;
use crate::people::{CardNumber, MemberId};
use crate::row::ColumnType::Integer;

/// What a card's PIN is checked against, and how often somebody mistyped it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinCheck {
    /// The card's owner; `None` if nobody has this card.
    pub member: Option<MemberId>,
    /// The verifier in PHC string form; `None` if the member has no PIN.
    pub verifier: Option<String>,
    /// How many wrong PINs came in a row.
    pub misses: i64,
    /// When the last wrong PIN came, in UTC seconds.
    pub last_miss_at: i64,
}

const CHECK: Read = read(
    "SELECT CAST(COALESCE(p.member, -1) AS BIGINT), CAST(COALESCE(n.verifier, '') AS TEXT), \
     CAST(COALESCE(m.misses, 0) AS BIGINT), CAST(COALESCE(m.last_at, 0) AS BIGINT) \
     FROM {keys} LEFT JOIN ledger_people p ON p.card = k.a LEFT JOIN ledger_pins n ON n.member = p.member \
     LEFT JOIN ledger_pin_misses m ON m.card = k.a",
    &[Integer],
);
const ADD_MISS: Read = read(
    "INSERT INTO ledger_pin_misses (card, misses, last_at) SELECT k.a, 1, k.b FROM {keys} WHERE k.a IS NOT NULL \
     ON CONFLICT (card) DO UPDATE SET misses = ledger_pin_misses.misses + 1, last_at = excluded.last_at",
    &[Integer, Integer],
);
const FORGET_MISSES: Read = read("DELETE FROM ledger_pin_misses WHERE card IN (SELECT k.a FROM {keys})", &[Integer]);
const FORGET_OLD_MISSES: Read =
    read("DELETE FROM ledger_pin_misses WHERE last_at < (SELECT k.a FROM {keys})", &[Integer]);
const PINS: Read = all("SELECT n.member FROM ledger_pins n LIMIT 1");

pub(super) fn reads() -> Vec<Read> {
    vec![CHECK, ADD_MISS, FORGET_MISSES, FORGET_OLD_MISSES, PINS]
}

/// Reads what a card's PIN is checked against, and how often it was wrong. Nobody needs to have the card.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn check(conn: &mut Conn, card: CardNumber) -> Result<PinCheck, Fault> {
    let rows = conn.fetch(&CHECK, vec![key![card]]).await?;
    let row = rows.first().ok_or_else(|| Fault::damaged("a question without an answer"))?;
    let verifier = row.text(1);
    Ok(PinCheck {
        member: row.value(0, "a member's number")?,
        verifier: Some(verifier).filter(|verifier| !verifier.is_empty()),
        misses: row.integer(2),
        last_miss_at: row.integer(3),
    })
}

/// Counts a wrong PIN for a card number, whether anybody has it or not. Forgets all counts whose last miss was before
/// `forget_before`. Times are UTC seconds.
///
/// # Errors
/// [`Fault::Database`].
pub async fn add_miss(conn: &mut Conn, card: CardNumber, now: i64, forget_before: i64) -> Result<(), Fault> {
    conn.fetch(&FORGET_OLD_MISSES, vec![key![forget_before]]).await?;
    conn.fetch(&ADD_MISS, vec![key![card, now]]).await.map(drop)
}

/// Sets a card's count of wrong PINs back to zero.
///
/// # Errors
/// [`Fault::Database`].
pub async fn forget_misses(conn: &mut Conn, card: CardNumber) -> Result<(), Fault> {
    conn.fetch(&FORGET_MISSES, vec![key![card]]).await.map(drop)
}

/// Whether any member has a PIN.
///
/// # Errors
/// [`Fault::Database`].
pub async fn has_any(conn: &mut Conn) -> Result<bool, Fault> {
    Ok(!conn.fetch(&PINS, Vec::new()).await?.is_empty())
}
