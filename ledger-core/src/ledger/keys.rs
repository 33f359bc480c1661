//! The public keys that the bank's journal vouches for.

use std::sync::{Mutex, PoisonError};

use crate::fault::Fault;
use crate::proof::VerifyingKey;
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
