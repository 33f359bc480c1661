//! Chains of receipts. Each receipt names the one before it, and within a calendar year the numbers have no gaps.

use super::{Digest, Receipt};
use crate::row::{id, row};

id! {
    /// A chain's number. In a town every station has a chain, with the station's own number.
    ChainId
}

row! {
    /// The last receipt of a chain, as a row.
    state(1) "ledger_chains", ChainRow {
        chain "station": ChainId,
        /// The last receipt's calendar year in the bank's zone.
        year: i64,
        /// The receipt's number in that year, from 1.
        number: i64,
        /// SHA-256 of the last receipt's token.
        digest: Digest,
    }
}

row! {
    /// A receipt as it was signed. The bank keeps its text and never builds it again.
    beside "ledger_receipts", ReceiptRow {
        /// The position of its record.
        position: i64,
        chain "station": ChainId,
        /// The receipt's calendar year in the bank's zone.
        year: i64,
        /// The receipt's number in that year, from 1.
        number: i64,
        token: String,
    }
}

/// The end of a chain, to which the next receipt is linked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// The last receipt's calendar year in the bank's zone; 0 before the first receipt.
    pub year: i64,
    /// The last receipt's number in that year; 0 before the first receipt.
    pub number: i64,
    /// SHA-256 of the last receipt's token; before the first receipt, SHA-256 of `pbr1/<issuer>/<station>`.
    pub digest: Digest,
}

impl Chain {
    /// The number that the next receipt gets if it is issued in `year`: numbers start at 1 each year.
    pub fn next_number(&self, year: i64) -> i64 {
        if self.year == year { self.number + 1 } else { 1 }
    }

    #[cfg(feature = "store")]
    pub(crate) fn row(&self, chain: ChainId) -> ChainRow {
        ChainRow { chain, year: self.year, number: self.number, digest: self.digest }
    }
}

/// A receipt that has its place in the chain but is not signed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct ReceiptDraft {
    pub chain: ChainId,
    /// The calendar year in the bank's zone.
    pub year: i64,
    /// From 1 in each year.
    pub number: i64,
    /// The content; its `previous` is already set.
    pub receipt: Receipt,
}
