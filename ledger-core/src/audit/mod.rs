//! An audit: the whole journal is replayed, and the bank is compared with what it says.
//!
//! Nothing here does any I/O. `Replay` is given the rows of all records, in their order, and keeps a whole
//! [`World`](crate::world::World). Of each record it checks that its rows are ones that the ledger writes, that their entries add up,
//! that its command would have led to exactly these rows at that moment, that its receipt says the same and is signed, that what
//! stands beside it has its digest, and that all of it gives its leaf. At the end the tree, the head and every state must be what
//! follows. A hash alone shows nothing: whoever can write into the database can compute it again.
//!
//! A new kind of row is read, hashed and applied without a line here, and so is a state that `write_states` writes. A new
//! command has a line in `meaning` (or in `town`) that makes it again from its rows; until then its entries are checked as
//! those of any record, and it may have no row that other commands make.

mod difference;
mod documents;
mod entries;
mod feed;
mod holds;
mod meaning;
mod postings;
#[cfg(feature = "town")]
mod receipts;
mod record;
mod replay;
pub(crate) mod states;
#[cfg(feature = "town")]
mod town;

pub use difference::Difference;
#[cfg(feature = "town")]
pub(crate) use documents::Documents;
pub(crate) use record::check_refused;
pub(crate) use replay::{Replay, Replayed};
#[cfg(feature = "town")]
pub(crate) use town::Town;

use crate::proof::Digest;

/// What an audit has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audited {
    /// How many records the journal has.
    pub size: u64,
    /// The root of its tree.
    pub root: Digest,
    /// When the last of them was posted, in UTC seconds.
    pub posted_at: i64,
    /// The first thing in which the bank is not what its journal says; `None` if it is.
    pub difference: Option<Difference>,
}
