//! Reads credentials: those that the rules need, and those that people show.

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

/// Loads the credentials that the world wants.
pub(super) async fn load(conn: &mut Conn, world: &mut World) -> Result<(), Fault> {
    let codes = world.town.credentials.take_wanted_keys();
    for (code, credential) in credentials(conn, codes).await? {
        world.town.credentials.load(code, credential);
    }
    Ok(())
}

/// Finds credentials by code, also revoked ones. Codes without a credential are left out.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn credentials(conn: &mut Conn, codes: Vec<String>) -> Result<BTreeMap<String, Credential>, Fault> {
    latest::by_keys(conn, codes, |credential: &Credential| &credential.code).await
}

/// Lists the codes of all credentials, also of revoked ones.
///
/// # Errors
/// [`Fault::Database`].
pub async fn credential_codes(conn: &mut Conn) -> Result<Vec<String>, Fault> {
    Ok(conn.fetch(&CODES, Vec::new()).await?.iter().map(|row| row.text(0)).collect())
}
