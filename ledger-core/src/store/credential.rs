//! Credentials.

use std::collections::BTreeMap;

use super::conn::{Conn, Read, all};
use super::latest;
use crate::fault::Fault;
use crate::people::Credential;
use crate::row::Row;
use crate::world::World;

const CODES: Read = all("SELECT DISTINCT credential FROM ledger_credentials");

pub(super) fn reads() -> Vec<Read> {
    vec![latest::by_key_read(Credential::table()), CODES]
}

/// Loads the credentials that are wanted.
pub(super) async fn load(conn: &mut Conn, world: &mut World) -> Result<(), Fault> {
    let codes = world.town.credentials.take_wanted_keys();
    for (code, credential) in credentials(conn, codes).await? {
        world.town.credentials.load(code, credential);
    }
    Ok(())
}

/// Credentials by code, revoked or not; codes that nobody has are left out.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn credentials(conn: &mut Conn, codes: Vec<String>) -> Result<BTreeMap<String, Credential>, Fault> {
    latest::by_keys(conn, codes, |credential: &Credential| &credential.code).await
}

/// The codes of all credentials.
///
/// # Errors
/// [`Fault::Database`].
pub async fn credential_codes(conn: &mut Conn) -> Result<Vec<String>, Fault> {
    Ok(conn.fetch(&CODES, Vec::new()).await?.iter().map(|row| row.text(0)).collect())
}
