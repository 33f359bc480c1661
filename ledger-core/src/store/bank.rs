//! Reads the bank's own row and its keys.

use jiff::tz::TimeZone;

use super::conn::{Conn, Read, all};
use crate::bank::{Bank, BankRow, KeyRow};
use crate::fault::Fault;
use crate::proof::{KeyPurpose, VerifyingKey};

const BANK: Read = all("SELECT bank_id, demo, town, issuer, origin, time_zone FROM ledger_bank");
const KEYS: Read =
    all("SELECT kid, purpose, public_key, valid_from, valid_until FROM ledger_keys ORDER BY position, kid");

pub(super) fn reads() -> Vec<Read> {
    vec![BANK, KEYS]
}

/// Reads what was fixed when the bank was founded; `None` before that.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn bank(conn: &mut Conn) -> Result<Option<Bank>, Fault> {
    let rows = conn.fetch(&BANK, Vec::new()).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let row: BankRow = row.row(0)?;
    let zone = TimeZone::get(&row.time_zone).map_err(|error| Fault::damaged(format!("its time zone: {error}")))?;
    Ok(Some(Bank { row, zone }))
}

/// Lists the public keys for receipts, oldest first.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn receipt_keys(conn: &mut Conn) -> Result<Vec<VerifyingKey>, Fault> {
    let mut keys = Vec::new();
    for row in conn.fetch(&KEYS, Vec::new()).await? {
        let row: KeyRow = row.row(0)?;
        if row.purpose == KeyPurpose::Receipt.number() {
            keys.push(VerifyingKey::from_bytes(&row.public_key).ok_or_else(|| Fault::damaged("a public key"))?);
        }
    }
    Ok(keys)
}
