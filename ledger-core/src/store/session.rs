//! Sessions: who is logged in. They are kept beside the journal, for no rule reads them.

use super::conn::{Conn, Fetched, Read, key, read};
use crate::fault::Fault;
use crate::people::MemberId;
use crate::proof::Digest;
use crate::row::ColumnType::{Bytes, Integer, Text};

/// A person's time from logging in until the session ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the token in the person's browser.
    pub token_hash: Digest,
    /// The volunteer; `None` if it is a member of staff.
    pub member: Option<MemberId>,
    /// The code of the credential with which a member of staff logged in; empty for a volunteer.
    pub credential: String,
    /// When the person logged in, in UTC seconds.
    pub opened_at: i64,
    /// The first instant at which the session is over, in UTC seconds.
    pub expires_at: i64,
}

const SESSIONS: Read = read(
    "SELECT s.session, s.member, s.credential, s.opened_at, s.expires_at FROM {keys} CROSS JOIN ledger_sessions s \
     WHERE s.session = k.a",
    &[Bytes],
);
const OPEN: Read = read(
    "INSERT INTO ledger_sessions (session, member, credential, opened_at, expires_at) \
     SELECT k.a, k.b, k.c, k.d, k.e FROM {keys} WHERE k.a IS NOT NULL",
    &[Bytes, Integer, Text, Integer, Integer],
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
    vec![SESSIONS, OPEN, CLOSE, CLOSE_OF, CLOSE_EXPIRED]
}

/// Finds sessions by the SHA-256 of their tokens, also expired ones that are not deleted yet.
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
        opened_at: row.integer(3),
        expires_at: row.integer(4),
    })
}

/// Opens a session, and deletes those that have expired by then.
///
/// # Errors
/// [`Fault::Database`].
pub async fn open(conn: &mut Conn, session: &Session) -> Result<(), Fault> {
    conn.fetch(&CLOSE_EXPIRED, vec![key![session.opened_at]]).await?;
    let Session { token_hash, member, credential, opened_at, expires_at } = session.clone();
    conn.fetch(&OPEN, vec![key![token_hash, member, credential, opened_at, expires_at]]).await.map(drop)
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
