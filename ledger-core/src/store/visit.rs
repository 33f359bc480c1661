//! Visits: who stands at a kiosk. They are kept beside the journal, for no rule reads them.

use super::conn::{Conn, Fetched, Read, key, read};
use super::pin::standing_of;
use crate::fault::Fault;
use crate::people::MemberId;
use crate::proof::Digest;
use crate::row::ColumnType::{Bytes, Integer, Text};

/// Somebody's time at a kiosk, from their PIN or a work card until they leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// SHA-256 of the token that the kiosk holds.
    pub token_hash: Digest,
    /// The code of the kiosk's credential.
    pub device: String,
    /// The code of the kiosk's station.
    pub station: String,
    /// The volunteer; `None` if a member of staff is there without one.
    pub member: Option<MemberId>,
    /// The code of the credential of the member of staff who vouches; empty if a PIN was typed.
    pub attendant: String,
    /// The position of the record that had last set the member's PIN or their card's state when they showed who they are, or
    /// somebody vouched for them; -1 if there was none, and without a member. A later one ends the visit.
    pub standing: i64,
    /// When it began, in UTC seconds.
    pub opened_at: i64,
    /// When it was last used, in UTC seconds.
    pub used_at: i64,
}

/// A visit whose member has had a PIN or a card's state set since is over, in every process: it is not found.
const VISITS: Read = read(
    concat!(
        "SELECT v.visit, v.device, v.station, v.member, v.attendant, v.standing, v.opened_at, v.used_at \
         FROM {keys} CROSS JOIN ledger_visits v WHERE v.visit = k.a AND v.standing = ",
        standing_of!("v.member")
    ),
    &[Bytes],
);
const OPEN: Read = read(
    "INSERT INTO ledger_visits (visit, device, station, member, attendant, standing, opened_at, used_at) \
     SELECT k.a, k.b, k.c, k.d, k.e, k.f, k.g, k.g FROM {keys} WHERE k.a IS NOT NULL",
    &[Bytes, Text, Text, Integer, Text, Integer, Integer],
);
const USE: Read = read(
    "UPDATE ledger_visits SET used_at = (SELECT k.b FROM {keys}) \
     WHERE visit = (SELECT k.a FROM {keys}) AND used_at < (SELECT k.b FROM {keys})",
    &[Bytes, Integer],
);
const CLOSE: Read = read("DELETE FROM ledger_visits WHERE visit IN (SELECT k.a FROM {keys})", &[Bytes]);
const CLOSE_OLD: Read = read("DELETE FROM ledger_visits WHERE opened_at <= (SELECT k.a FROM {keys})", &[Integer]);

pub(super) fn reads() -> Vec<Read> {
    vec![VISITS, OPEN, USE, CLOSE, CLOSE_OLD]
}

/// Finds visits by the SHA-256 of their tokens, also those that are over and not deleted yet.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn visits(conn: &mut Conn, tokens: Vec<Digest>) -> Result<Vec<Visit>, Fault> {
    let rows = conn.fetch_by_keys(&VISITS, tokens.into_iter().map(|token| key![token]).collect()).await?;
    rows.iter().map(visit).collect()
}

fn visit(row: &Fetched) -> Result<Visit, Fault> {
    Ok(Visit {
        token_hash: row.value(0, "a visit's token")?,
        device: row.text(1),
        station: row.text(2),
        member: row.value(3, "a visit's member")?,
        attendant: row.text(4),
        standing: row.integer(5),
        opened_at: row.integer(6),
        used_at: row.integer(7),
    })
}

/// Opens a visit, which counts as used then, and deletes those that were opened at `forget_until` (UTC seconds) or before.
///
/// # Errors
/// [`Fault::Database`].
pub async fn open(conn: &mut Conn, visit: &Visit, forget_until: i64) -> Result<(), Fault> {
    conn.fetch(&CLOSE_OLD, vec![key![forget_until]]).await?;
    let Visit { token_hash, device, station, member, attendant, standing, opened_at, used_at: _ } = visit.clone();
    conn.fetch(&OPEN, vec![key![token_hash, device, station, member, attendant, standing, opened_at]]).await.map(drop)
}

/// Writes down that a visit was used at that time (UTC seconds). One that was closed stays closed.
///
/// # Errors
/// [`Fault::Database`].
pub async fn used(conn: &mut Conn, token_hash: Digest, now: i64) -> Result<(), Fault> {
    conn.fetch(&USE, vec![key![token_hash, now]]).await.map(drop)
}

/// Deletes the visit with this token hash, if there is one.
///
/// # Errors
/// [`Fault::Database`].
pub async fn close(conn: &mut Conn, token_hash: Digest) -> Result<(), Fault> {
    conn.fetch(&CLOSE, vec![key![token_hash]]).await.map(drop)
}
