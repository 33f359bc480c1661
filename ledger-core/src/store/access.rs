//! What is asked and written at every visit, beside the journal: credentials, sessions, PINs, login links.
//!
//! Each is one statement of its own. None passes the writer: no rule reads these rows, so nothing waits for the head.

use super::conn::{Conn, Read, Row};
use super::load::digest;
use super::tables::ColumnType::{Bytes, Integer, Text};
use crate::effect::Cell;
use crate::fault::Fault;
use crate::proof::Digest;

/// Who is logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the token in the person's browser.
    pub token_hash: Digest,
    /// A volunteer's number; −1 for a member of staff.
    pub member: i64,
    /// The credential that a member of staff has shown; empty for a volunteer.
    pub credential: String,
    /// Since when, UTC seconds.
    pub opened_at: i64,
    /// The first instant at which it is over.
    pub expires_at: i64,
}

/// What a PIN is checked against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinCheck {
    /// The member that the card is of; `None` where nobody has it.
    pub member: Option<i64>,
    /// The verifier in PHC form; `None` where the member has no PIN.
    pub verifier: Option<String>,
    /// Wrong PINs, one after the other.
    pub misses: i64,
    /// When the last of them came, UTC seconds.
    pub last_miss_at: i64,
}

const SESSIONS: Read = Read {
    sql: "SELECT s.session, s.member, s.credential, s.opened_at, s.expires_at FROM {keys} CROSS JOIN ledger_sessions s \
          WHERE s.session = k.a",
    keys: &[Bytes],
};
const OPEN_SESSION: Read = Read {
    sql: "INSERT INTO ledger_sessions (session, member, credential, opened_at, expires_at) \
          SELECT k.a, k.b, k.c, k.d, k.e FROM {keys} WHERE k.a IS NOT NULL",
    keys: &[Bytes, Integer, Text, Integer, Integer],
};
const CLOSE_SESSION: Read =
    Read { sql: "DELETE FROM ledger_sessions WHERE session IN (SELECT k.a FROM {keys})", keys: &[Bytes] };
const CLOSE_SESSIONS_OF: Read = Read {
    sql: "DELETE FROM ledger_sessions WHERE EXISTS (SELECT 1 FROM {keys} \
          WHERE k.a = ledger_sessions.member AND k.b = ledger_sessions.credential)",
    keys: &[Integer, Text],
};
const CLOSE_EXPIRED_SESSIONS: Read =
    Read { sql: "DELETE FROM ledger_sessions WHERE expires_at <= (SELECT k.a FROM {keys})", keys: &[Integer] };
const ADD_LINK: Read = Read {
    sql: "INSERT INTO ledger_login_links (link, member, expires_at) SELECT k.a, k.b, k.c FROM {keys} WHERE k.a IS NOT NULL",
    keys: &[Bytes, Integer, Integer],
};
const TAKE_LINK: Read = Read {
    sql: "DELETE FROM ledger_login_links WHERE link IN (SELECT k.a FROM {keys}) RETURNING member, expires_at",
    keys: &[Bytes],
};
const DROP_LINKS: Read =
    Read { sql: "DELETE FROM ledger_login_links WHERE expires_at <= (SELECT k.a FROM {keys})", keys: &[Integer] };
const PIN_CHECK: Read = Read {
    sql: "SELECT CAST(COALESCE(p.member, -1) AS BIGINT), CAST(COALESCE(n.verifier, '') AS TEXT), \
          CAST(COALESCE(m.misses, 0) AS BIGINT), CAST(COALESCE(m.last_at, 0) AS BIGINT) \
          FROM {keys} LEFT JOIN ledger_people p ON p.card = k.a LEFT JOIN ledger_pins n ON n.member = p.member \
          LEFT JOIN ledger_pin_misses m ON m.card = k.a",
    keys: &[Integer],
};
const ADD_MISS: Read = Read {
    sql: "INSERT INTO ledger_pin_misses (card, misses, last_at) SELECT k.a, 1, k.b FROM {keys} WHERE k.a IS NOT NULL \
          ON CONFLICT (card) DO UPDATE SET misses = ledger_pin_misses.misses + 1, last_at = excluded.last_at",
    keys: &[Integer, Integer],
};
const FORGET_MISSES: Read =
    Read { sql: "DELETE FROM ledger_pin_misses WHERE card IN (SELECT k.a FROM {keys})", keys: &[Integer] };
const FORGET_OLD_MISSES: Read =
    Read { sql: "DELETE FROM ledger_pin_misses WHERE last_at < (SELECT k.a FROM {keys})", keys: &[Integer] };
const PINS: Read = Read { sql: "SELECT n.member FROM ledger_pins n LIMIT 1", keys: &[] };
const CREDENTIAL_CODES: Read = Read { sql: "SELECT DISTINCT c.credential FROM ledger_credentials c", keys: &[] };

/// Every statement of this module, for the test that prepares them.
pub const STATEMENTS: &[Read] = &[
    SESSIONS,
    OPEN_SESSION,
    CLOSE_SESSION,
    CLOSE_SESSIONS_OF,
    CLOSE_EXPIRED_SESSIONS,
    ADD_LINK,
    TAKE_LINK,
    DROP_LINKS,
    PIN_CHECK,
    ADD_MISS,
    FORGET_MISSES,
    FORGET_OLD_MISSES,
    PINS,
    CREDENTIAL_CODES,
];

fn one(cells: impl IntoIterator<Item = Cell>) -> Vec<Vec<Cell>> {
    vec![cells.into_iter().collect()]
}

fn session(row: &Row) -> Result<Session, Fault> {
    Ok(Session {
        token_hash: digest(row.bytes(0))?,
        member: row.integer(1),
        credential: row.text(2),
        opened_at: row.integer(3),
        expires_at: row.integer(4),
    })
}

/// Sessions by the hash of their token.
pub async fn sessions(conn: &mut Conn, tokens: Vec<Digest>) -> Result<Vec<Session>, Fault> {
    let keys = tokens.into_iter().map(|token| vec![Cell::from(token)]).collect();
    conn.fetch(&SESSIONS, keys).await?.iter().map(session).collect()
}

/// Opens a session, and ends those whose time is over.
pub async fn open_session(conn: &mut Conn, session: &Session) -> Result<(), Fault> {
    conn.fetch(&CLOSE_EXPIRED_SESSIONS, one([session.opened_at.into()])).await?;
    let row = [
        session.token_hash.into(),
        session.member.into(),
        session.credential.as_str().into(),
        session.opened_at.into(),
        session.expires_at.into(),
    ];
    conn.fetch(&OPEN_SESSION, one(row)).await.map(drop)
}

/// Ends a session.
pub async fn close_session(conn: &mut Conn, token_hash: Digest) -> Result<(), Fault> {
    conn.fetch(&CLOSE_SESSION, one([token_hash.into()])).await.map(drop)
}

/// Ends all sessions of this volunteer, or of this credential.
pub async fn close_sessions_of(conn: &mut Conn, member: i64, credential: &str) -> Result<(), Fault> {
    conn.fetch(&CLOSE_SESSIONS_OF, one([member.into(), credential.into()])).await.map(drop)
}

/// Adds a link that logs a volunteer in, once, and drops those whose time is over.
pub async fn add_login_link(
    conn: &mut Conn,
    link: Digest,
    member: i64,
    now: i64,
    expires_at: i64,
) -> Result<(), Fault> {
    conn.fetch(&DROP_LINKS, one([now.into()])).await?;
    conn.fetch(&ADD_LINK, one([link.into(), member.into(), expires_at.into()])).await.map(drop)
}

/// Takes a link: its volunteer, if it is there and in time. It is gone afterwards.
pub async fn take_login_link(conn: &mut Conn, link: Digest, now: i64) -> Result<Option<i64>, Fault> {
    let rows = conn.fetch(&TAKE_LINK, one([link.into()])).await?;
    Ok(rows.first().filter(|row| now < row.integer(1)).map(|row| row.integer(0)))
}

/// What the PIN of a card is checked against, and how often it was wrong.
pub async fn pin_check(conn: &mut Conn, card: i64) -> Result<PinCheck, Fault> {
    let rows = conn.fetch(&PIN_CHECK, one([card.into()])).await?;
    let row = rows.first().ok_or_else(|| Fault::damaged("a question without an answer"))?;
    let verifier = row.text(1);
    Ok(PinCheck {
        member: Some(row.integer(0)).filter(|member| *member >= 0),
        verifier: Some(verifier).filter(|verifier| !verifier.is_empty()),
        misses: row.integer(2),
        last_miss_at: row.integer(3),
    })
}

/// Counts a wrong PIN for a card number, known or not, and forgets those of before `forget_before`.
pub async fn add_pin_miss(conn: &mut Conn, card: i64, now: i64, forget_before: i64) -> Result<(), Fault> {
    conn.fetch(&FORGET_OLD_MISSES, one([forget_before.into()])).await?;
    conn.fetch(&ADD_MISS, one([card.into(), now.into()])).await.map(drop)
}

/// Forgets a card's wrong PINs.
pub async fn forget_pin_misses(conn: &mut Conn, card: i64) -> Result<(), Fault> {
    conn.fetch(&FORGET_MISSES, one([card.into()])).await.map(drop)
}

/// Whether any PIN has been set.
pub async fn has_pins(conn: &mut Conn) -> Result<bool, Fault> {
    Ok(!conn.fetch(&PINS, Vec::new()).await?.is_empty())
}

/// The codes of all credentials.
pub async fn credential_codes(conn: &mut Conn) -> Result<Vec<String>, Fault> {
    Ok(conn.fetch(&CREDENTIAL_CODES, Vec::new()).await?.iter().map(|row| row.text(0)).collect())
}
