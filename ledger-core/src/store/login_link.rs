//! Links from the counter that log a volunteer in once. They are kept beside the journal, for no rule reads them.

use super::conn::{Conn, Read, key, read};
use crate::fault::Fault;
use crate::people::MemberId;
use crate::proof::Digest;
use crate::row::ColumnType::{Bytes, Integer};

const ADD: Read = read(
    "INSERT INTO ledger_login_links (link, member, expires_at) SELECT k.a, k.b, k.c FROM {keys} WHERE k.a IS NOT NULL",
    &[Bytes, Integer, Integer],
);
const TAKE: Read = read(
    "DELETE FROM ledger_login_links WHERE link IN (SELECT k.a FROM {keys}) RETURNING member, expires_at",
    &[Bytes],
);
const DROP_EXPIRED: Read =
    read("DELETE FROM ledger_login_links WHERE expires_at <= (SELECT k.a FROM {keys})", &[Integer]);

pub(super) fn reads() -> Vec<Read> {
    vec![ADD, TAKE, DROP_EXPIRED]
}

/// Adds a link by the SHA-256 of its token, and deletes those that have expired at `now`. Times are UTC seconds.
///
/// # Errors
/// [`Fault::Database`].
pub async fn add(conn: &mut Conn, link: Digest, member: MemberId, now: i64, expires_at: i64) -> Result<(), Fault> {
    conn.fetch(&DROP_EXPIRED, vec![key![now]]).await?;
    conn.fetch(&ADD, vec![key![link, member, expires_at]]).await.map(drop)
}

/// Deletes a link and returns its volunteer. `None` if there is no such link, or it has expired at `now` (UTC seconds).
///
/// # Errors
/// [`Fault::Database`].
pub async fn take(conn: &mut Conn, link: Digest, now: i64) -> Result<Option<MemberId>, Fault> {
    let rows = conn.fetch(&TAKE, vec![key![link]]).await?;
    Ok(rows.first().filter(|row| now < row.integer(1)).map(|row| MemberId(row.integer(0))))
}
