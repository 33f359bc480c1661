//! What somebody submits bit by bit, without waiting for the outcomes in between.

use std::sync::{Arc, OnceLock};

use crate::fault::Fault;

/// Requests that somebody submits one after the other without waiting for their outcomes. Once a fault has met one of them,
/// those behind it are not posted any more and meet the same fault, so nothing is posted behind what was not. Clones are the
/// same sequence; for what is sent again, begin a new one.
#[derive(Debug, Clone, Default)]
pub struct Sequence(Arc<OnceLock<Fault>>);

impl Sequence {
    /// The fault that has met one of its requests.
    pub(super) fn stopped(&self) -> Option<Fault> {
        self.0.get().cloned()
    }

    pub(super) fn stop(&self, fault: &Fault) {
        // The first one is the reason of all others.
        let _ = self.0.set(fault.clone());
    }
}
