//! Chains of receipts: each receipt names the one before it, and their numbers have no gaps within a calendar year.

use super::{Digest, Receipt};
use crate::row::{id, row};

id! {
    /// A chain's number. In a town each station has one, with the station's own number.
    ChainId
}

row! {
    /// The last receipt of a chain, as its table keeps it.
    state(1) "ledger_chains", ChainRow {
        chain "station": ChainId,
        /// Calendar year of the last receipt in the bank's zone.
        year: i64,
        /// Its number in that year, from 1.
        number: i64,
        /// SHA-256 of its token.
        digest: Digest,
    }
}

row! {
    /// A receipt as it was signed; it is never serialised again.
    beside "ledger_receipts", ReceiptRow {
        /// The position of its record.
        position: i64,
        chain "station": ChainId,
        /// Calendar year in the bank's zone.
        year: i64,
        /// Its number in that year, from 1.
        number: i64,
        token: String,
    }
}

/// The end of a chain: its last receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// Calendar year of the last receipt in the bank's zone; 0 before the first.
    pub year: i64,
    /// Its number in that year; 0 before the first.
    pub number: i64,
    /// SHA-256 of its token; of `pbr1/<issuer>/<station>` before the first.
    pub digest: Digest,
}

impl Chain {
    /// The number of the next receipt in that year.
    pub fn next_number(&self, year: i64) -> i64 {
        if self.year == year { self.number + 1 } else { 1 }
    }

    /// Its row.
    #[cfg(feature = "store")]
    pub(crate) fn row(&self, chain: ChainId) -> ChainRow {
        ChainRow { chain, year: self.year, number: self.number, digest: self.digest }
    }
}

/// A receipt that is signed once its place in the chain is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptDraft {
    /// Its chain.
    pub chain: ChainId,
    /// Calendar year of its number.
    pub year: i64,
    /// Its number in that year.
    pub number: i64,
    /// What it says; `previous` is right already.
    pub receipt: Receipt,
}
