//! Sessions: who is logged in. They are kept beside the journal, for no rule reads them.

use super::conn::{Conn, Fetched, Read, key, read};
use super::pin::standing_of;
use crate::fault::Fault;
use crate::people::MemberId;
use crate::proof::Digest;
use crate::row::ColumnType::{Bytes, Integer, Text};
use crate::time::SKEW_SECONDS_MAX;

/// How much later a session's end must become for it to be written down, in seconds.
const EXTENSION_SECONDS_MIN: i64 = 60;

/// A person's time from logging in until the session ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the token in the person's browser.
    pub token_hash: Digest,
    /// The volunteer; `None` if it is a member of staff.
    pub member: Option<MemberId>,
    /// The code of the credential with which a member of staff logged in; empty for a volunteer.
    pub credential: String,
    /// The position of the record that had last set the volunteer's PIN or their card's state; -1 if there was none, and for
    /// staff. A later one ends the session.
    pub standing: i64,
    /// When the person logged in, in UTC seconds.
    pub opened_at: i64,
    /// The first instant at which the session is over, in UTC seconds. Opening a page moves it.
    pub expires_at: i64,
}

impl Session {
    /// Whether it is open at that instant. One that was opened later, by a clock that was wrong, is not.
    pub fn is_open(&self, now: i64) -> bool {
        (self.opened_at - SKEW_SECONDS_MAX..self.expires_at).contains(&now)
    }

    pub(crate) fn is_worth_extending(&self, expires_at: i64) -> bool {
        expires_at - self.expires_at >= EXTENSION_SECONDS_MIN
    }
}

/// A volunteer who has shown who they are, by their PIN or a login link, or for whom somebody vouches, and for whom a
/// session or a visit may be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entrant {
    /// The volunteer.
    pub member: MemberId,
    /// The session's or the visit's [`standing`](Session::standing), as it was when they showed it: if the PIN is set meanwhile,
    /// it is over from the start.
    pub standing: i64,
}

/// A session whose member has had a PIN or a card's state set since is over, in every process: it is not found.
const SESSIONS: Read = read(
    concat!(
        "SELECT s.session, s.member, s.credential, s.standing, s.opened_at, s.expires_at \
         FROM {keys} CROSS JOIN ledger_sessions s WHERE s.session = k.a AND s.standing = ",
        standing_of!("s.member")
    ),
    &[Bytes],
);
const OPEN: Read = read(
    "INSERT INTO ledger_sessions (session, member, credential, standing, opened_at, expires_at) \
     SELECT k.a, k.b, k.c, k.d, k.e, k.f FROM {keys} WHERE k.a IS NOT NULL",
    &[Bytes, Integer, Text, Integer, Integer, Integer],
);
const EXTEND: Read = read(
    "UPDATE ledger_sessions SET expires_at = (SELECT k.b FROM {keys}) WHERE EXISTS (SELECT 1 FROM {keys} \
     WHERE k.a = ledger_sessions.session AND k.c >= ledger_sessions.expires_at)",
    &[Bytes, Integer, Integer],
);
const CLOSE: Read = read("DELETE FROM ledger_sessions WHERE session IN (SELECT k.a FROM {keys})", &[Bytes]);
const CLOSE_OF: Read = read(
    "DELETE FROM ledger_sessions WHERE EXISTS (SELECT 1 FROM {keys} \
     WHERE k.a = ledger_sessions.member AND k.b = ledger_sessions.credential)",
    &[Integer, Text],
);
const CLOSE_EXPIRED: Read =
    read("DELETE FROM ledger_sessions WHERE expires_at <= (SELECT k.a FROM {keys})", &[Integer]);

pub(super) fn reads() -> Vec<Read> {
    vec![SESSIONS, OPEN, EXTEND, CLOSE, CLOSE_OF, CLOSE_EXPIRED]
}

/// Finds sessions by the SHA-256 of their tokens, also expired ones that are not deleted yet, but none that ended because
/// of a new PIN or card state.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn sessions(conn: &mut Conn, tokens: Vec<Digest>) -> Result<Vec<Session>, Fault> {
    let rows = conn.fetch_by_keys(&SESSIONS, tokens.into_iter().map(|token| key![token]).collect()).await?;
    rows.iter().map(session).collect()
}

fn session(row: &Fetched) -> Result<Session, Fault> {
    Ok(Session {
        token_hash: row.value(0, "a session's token")?,
        member: row.value(1, "a session's member")?,
        credential: row.text(2),
        standing: row.integer(3),
        opened_at: row.integer(4),
        expires_at: row.integer(5),
    })
}

/// Opens a session, and deletes those that have expired by then.
///
/// # Errors
/// [`Fault::Database`].
pub async fn open(conn: &mut Conn, session: &Session) -> Result<(), Fault> {
    conn.fetch(&CLOSE_EXPIRED, vec![key![session.opened_at]]).await?;
    let Session { token_hash, member, credential, standing, opened_at, expires_at } = session.clone();
    conn.fetch(&OPEN, vec![key![token_hash, member, credential, standing, opened_at, expires_at]]).await.map(drop)
}

/// Moves a session's end to `expires_at` (UTC seconds), if that is a minute later at least: another page may have moved it
/// meanwhile.
///
/// # Errors
/// [`Fault::Database`].
pub async fn extend(conn: &mut Conn, token_hash: Digest, expires_at: i64) -> Result<(), Fault> {
    let latest = expires_at - EXTENSION_SECONDS_MIN;
    conn.fetch(&EXTEND, vec![key![token_hash, expires_at, latest]]).await.map(drop)
}

/// Deletes the session with this token hash, if there is one.
///
/// # Errors
/// [`Fault::Database`].
pub async fn close(conn: &mut Conn, token_hash: Digest) -> Result<(), Fault> {
    conn.fetch(&CLOSE, vec![key![token_hash]]).await.map(drop)
}

/// Deletes all sessions of this volunteer, or of this credential.
///
/// # Errors
/// [`Fault::Database`].
pub async fn close_of(conn: &mut Conn, member: Option<MemberId>, credential: String) -> Result<(), Fault> {
    conn.fetch(&CLOSE_OF, vec![key![member, credential]]).await.map(drop)
}
