//! The public keys that the bank's journal vouches for.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::fault::Fault;
use crate::key_file;
use crate::proof::{SigningKey, VerifyingKey};
use crate::store::Conn;
use crate::store::bank::{StoredKey, stored_receipt_keys};
use crate::store::vouch::is_vouched_for;

/// Keys that were found in the journal once. They are not looked up again.
#[derive(Debug, Default)]
pub(super) struct KnownKeys(Mutex<Vec<StoredKey>>);

impl KnownKeys {
    /// The receipt keys that the journal vouches for, oldest first.
    ///
    /// # Errors
    /// [`Fault::Database`], [`Fault::Damaged`].
    pub(super) async fn receipt_keys(&self, conn: &mut Conn) -> Result<Vec<VerifyingKey>, Fault> {
        let mut keys = Vec::new();
        for stored in stored_receipt_keys(conn).await? {
            if self.has(&stored) || is_vouched_for(conn, &stored).await? {
                keys.push(stored.key()?);
                self.learn(stored);
            }
        }
        Ok(keys)
    }

    /// The private half of the newest of them.
    ///
    /// # Errors
    /// Those of [`Self::receipt_keys`]; [`Fault::Damaged`] if there is none; [`Fault::KeyMissing`] or [`Fault::KeyFile`] if
    /// its file is not in the folder, or not what it should be.
    pub(super) async fn private_key(
        &self,
        conn: &mut Conn,
        bank_id: &str,
        key_folder: &Path,
    ) -> Result<SigningKey, Fault> {
        let keys = self.receipt_keys(conn).await?;
        let current = keys.last().ok_or_else(|| Fault::damaged("its journal vouches for no key"))?;
        key_file::read(key_folder, bank_id, current.id())
    }

    fn has(&self, stored: &StoredKey) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(stored)
    }

    fn learn(&self, stored: StoredKey) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.contains(&stored) {
            known.push(stored);
        }
    }
}
