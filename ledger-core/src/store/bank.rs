//! Reads the bank's own row and its keys.

use jiff::tz::TimeZone;

use super::conn::{Conn, Read, all};
use crate::bank::{Bank, BankRow, KeyRow};
use crate::fault::Fault;
use crate::proof::{KeyPurpose, VerifyingKey};

/// Only the first record founds a bank: a row of another position is nobody's.
const BANK: Read = all("SELECT bank_id, demo, town, issuer, origin, time_zone FROM ledger_bank WHERE position = 0");
const KEYS: Read =
    all("SELECT position, kid, purpose, public_key, valid_from, valid_until FROM ledger_keys ORDER BY position, kid");

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

/// A public key as it stands in the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// The position of the record that made it known.
    pub position: i64,
    /// The key and what it is for.
    pub row: KeyRow,
}

impl StoredKey {
    /// The key itself.
    ///
    /// # Errors
    /// [`Fault::Damaged`] if no point of the curve has these bytes.
    pub fn key(&self) -> Result<VerifyingKey, Fault> {
        VerifyingKey::from_bytes(&self.row.public_key).ok_or_else(|| Fault::damaged("a public key"))
    }
}

/// Lists the public keys for receipts that stand in the table, oldest first. Ask
/// [`is_vouched_for`](super::vouch::is_vouched_for) before you believe one.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn stored_receipt_keys(conn: &mut Conn) -> Result<Vec<StoredKey>, Fault> {
    let mut keys = Vec::new();
    for row in conn.fetch(&KEYS, Vec::new()).await? {
        let stored = StoredKey { position: row.integer(0), row: row.row(1)? };
        if stored.row.purpose == KeyPurpose::Receipt.number() {
            keys.push(stored);
        }
    }
    Ok(keys)
}
