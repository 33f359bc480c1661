//! Reads what PINs are checked against, and counts wrong ones.

use super::conn::{Conn, Read, all, key, read};
use crate::fault::Fault;
use crate::people::{CardNumber, Door, MemberId};
use crate::row::ColumnType::Integer;

/// The position of the record that has last set a member's PIN or their card's state; -1 if there is none. What was opened
/// with an earlier one, a session or a login link, is over.
macro_rules! standing_of {
    ($member:literal) => {
        concat!(
            "COALESCE((SELECT MAX(x.position) FROM (SELECT n.position FROM ledger_pins n WHERE n.member = ",
            $member,
            " UNION ALL SELECT c.position FROM ledger_card_states c WHERE c.member = ",
            $member,
            ") x), -1)"
        )
    };
}
pub(super) use standing_of;

/// What a card's PIN is checked against, and how often somebody mistyped it at a door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinCheck {
    /// The card's owner; `None` if nobody has this card.
    pub member: Option<MemberId>,
    /// The verifier in PHC string form; `None` if the member has no PIN.
    pub verifier: Option<String>,
    /// For the session that a right PIN opens: see [`Session::standing`](super::session::Session::standing).
    pub standing: i64,
    /// How many wrong PINs came in a row.
    pub misses: i64,
    /// When the last wrong PIN came, in UTC seconds.
    pub last_miss_at: i64,
}

const CHECK: Read = read(
    concat!(
        "SELECT CAST(COALESCE(p.member, -1) AS BIGINT), CAST(COALESCE(n.verifier, '') AS TEXT), CAST(",
        standing_of!("p.member"),
        " AS BIGINT), CAST(COALESCE(m.misses, 0) AS BIGINT), CAST(COALESCE(m.last_at, 0) AS BIGINT) \
         FROM {keys} LEFT JOIN ledger_people p ON p.card = k.a LEFT JOIN ledger_pins n ON n.member = p.member \
         LEFT JOIN ledger_pin_misses m ON m.card = k.a AND m.door = k.b"
    ),
    &[Integer, Integer],
);
const ADD_MISS: Read = read(
    "INSERT INTO ledger_pin_misses (card, door, misses, last_at) SELECT k.a, k.b, 1, k.c FROM {keys} \
     WHERE k.a IS NOT NULL \
     ON CONFLICT (card, door) DO UPDATE SET misses = ledger_pin_misses.misses + 1, last_at = excluded.last_at",
    &[Integer, Integer, Integer],
);
const FORGET_MISSES: Read = read(
    "DELETE FROM ledger_pin_misses WHERE EXISTS (SELECT 1 FROM {keys} \
     WHERE k.a = ledger_pin_misses.card AND k.b = ledger_pin_misses.door)",
    &[Integer, Integer],
);
const FORGET_OLD_MISSES: Read =
    read("DELETE FROM ledger_pin_misses WHERE last_at < (SELECT k.a FROM {keys})", &[Integer]);
const MEND_MISSES: Read = read(
    "UPDATE ledger_pin_misses SET last_at = (SELECT k.a FROM {keys}) WHERE last_at > (SELECT k.a FROM {keys})",
    &[Integer],
);
const PINS: Read = all("SELECT n.member FROM ledger_pins n LIMIT 1");

pub(super) fn reads() -> Vec<Read> {
    vec![CHECK, ADD_MISS, FORGET_MISSES, FORGET_OLD_MISSES, MEND_MISSES, PINS]
}

/// Reads what a card's PIN is checked against, and how often it was wrong at this door. Nobody needs to have the card.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn check(conn: &mut Conn, card: CardNumber, door: Door) -> Result<PinCheck, Fault> {
    let rows = conn.fetch(&CHECK, vec![key![card, door]]).await?;
    let row = rows.first().ok_or_else(|| Fault::damaged("a question without an answer"))?;
    let verifier = row.text(1);
    Ok(PinCheck {
        member: row.value(0, "a member's number")?,
        verifier: Some(verifier).filter(|verifier| !verifier.is_empty()),
        standing: row.integer(2),
        misses: row.integer(3),
        last_miss_at: row.integer(4),
    })
}

/// Counts a wrong PIN for a card number at a door, whether anybody has it or not. Forgets all counts whose last miss was
/// before `forget_before`. Times are UTC seconds.
///
/// # Errors
/// [`Fault::Database`].
pub async fn add_miss(
    conn: &mut Conn,
    card: CardNumber,
    door: Door,
    now: i64,
    forget_before: i64,
) -> Result<(), Fault> {
    conn.fetch(&FORGET_OLD_MISSES, vec![key![forget_before]]).await?;
    conn.fetch(&ADD_MISS, vec![key![card, door, now]]).await.map(drop)
}

/// Sets a card's count of wrong PINs at a door back to zero.
///
/// # Errors
/// [`Fault::Database`].
pub async fn forget_misses(conn: &mut Conn, card: CardNumber, door: Door) -> Result<(), Fault> {
    conn.fetch(&FORGET_MISSES, vec![key![card, door]]).await.map(drop)
}

/// Says of all misses that lie after `now` (UTC seconds) that they came now.
///
/// # Errors
/// [`Fault::Database`].
pub async fn mend_misses(conn: &mut Conn, now: i64) -> Result<(), Fault> {
    conn.fetch(&MEND_MISSES, vec![key![now]]).await.map(drop)
}

/// Whether any member has a PIN.
///
/// # Errors
/// [`Fault::Database`].
pub async fn has_any(conn: &mut Conn) -> Result<bool, Fault> {
    Ok(!conn.fetch(&PINS, Vec::new()).await?.is_empty())
}
