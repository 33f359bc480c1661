//! Links from the counter that log a volunteer in once. They are kept beside the journal, for no rule reads them.

use super::conn::{Conn, Read, key, read};
use super::pin::standing_of;
use super::session::Entrant;
use crate::defect::Defect;
use crate::fault::Fault;
use crate::people::MemberId;
use crate::proof::Digest;
use crate::row::ColumnType::{Bytes, Integer};

/// How long a link works at most, in seconds. One that ends later was made by a clock that was wrong.
pub const LINK_SECONDS_MAX: i64 = 24 * 3600;

const ADD: Read = read(
    concat!(
        "INSERT INTO ledger_login_links (link, member, standing, expires_at) SELECT k.a, k.b, ",
        standing_of!("k.b"),
        ", k.c FROM {keys} WHERE k.a IS NOT NULL"
    ),
    &[Bytes, Integer, Integer],
);
const HAS: Read =
    read("SELECT l.member FROM {keys} CROSS JOIN ledger_login_links l WHERE l.link = k.a", &[Bytes]);
/// Takes a link. The last column is 0 if its member has had a PIN or a card's state set since the link was made.
const TAKE: Read = read(
    concat!(
        "DELETE FROM ledger_login_links WHERE link IN (SELECT k.a FROM {keys}) \
         RETURNING member, standing, expires_at, CAST(CASE WHEN standing = ",
        standing_of!("ledger_login_links.member"),
        " THEN 1 ELSE 0 END AS BIGINT)"
    ),
    &[Bytes],
);
const DROP_OF_MEMBER: Read =
    read("DELETE FROM ledger_login_links WHERE member = (SELECT k.a FROM {keys})", &[Integer]);
const DROP_EXPIRED: Read =
    read("DELETE FROM ledger_login_links WHERE expires_at <= (SELECT k.a FROM {keys})", &[Integer]);

pub(super) fn reads() -> Vec<Read> {
    vec![ADD, HAS, TAKE, DROP_OF_MEMBER, DROP_EXPIRED]
}

/// Adds a link by the SHA-256 of its token. Deletes the volunteer's earlier ones, and those of anybody that have expired at
/// `now`. Times are UTC seconds.
///
/// # Errors
/// [`Fault::Database`].
pub async fn add(conn: &mut Conn, link: Digest, member: MemberId, now: i64, expires_at: i64) -> Result<(), Fault> {
    conn.fetch(&DROP_EXPIRED, vec![key![now]]).await?;
    conn.fetch(&DROP_OF_MEMBER, vec![key![member]]).await?;
    conn.fetch(&ADD, vec![key![link, member, expires_at]]).await.map(drop)
}

/// Whether there is such a link.
///
/// # Errors
/// [`Fault::Database`].
pub async fn has(conn: &mut Conn, link: Digest) -> Result<bool, Fault> {
    Ok(!conn.fetch(&HAS, vec![key![link]]).await?.is_empty())
}

/// Deletes a link and returns its volunteer. `None` if there is no such link, if it has expired at `now` (UTC seconds), or
/// if the volunteer's PIN or their card's state was set since it was made.
///
/// # Errors
/// [`Fault::Database`].
pub async fn take(conn: &mut Conn, link: Digest, now: i64) -> Result<Option<Entrant>, Fault> {
    let rows = conn.fetch(&TAKE, vec![key![link]]).await?;
    let works = |expires_at: i64| now < expires_at && expires_at - now <= LINK_SECONDS_MAX;
    let is_current = |standing: i64| standing == 1 || Defect::LinkOutlivesPin.is_on();
    let row = rows.first().filter(|row| works(row.integer(2)) && is_current(row.integer(3)));
    Ok(row.map(|row| Entrant { member: MemberId(row.integer(0)), standing: row.integer(1) }))
}
