//! What was asked for under an id, until it is settled and its person was told.
//!
//! An order is kept in the outbox before it is sent, is sent under one id until its outcome is known, and is then settled
//! in the outbox. Whoever has left by then finds the outcome on the first screen. An order of another credential than
//! the device's is never sent: the service would not know its id, and might do it twice. Nor is one for another station
//! than the device's: the service would refuse it, and with it the device.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::order::Order;
use super::receipt::{Doubt, Seen, SeenReceipt, Terms};
use super::secret::Secret;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    Storing,
    /// To be sent from that time on.
    Due(i64),
    Sending,
    /// Its outcome is known and being written.
    Settling(Settled),
    /// Its outcome is known and could not be written yet; again from that time on.
    Unwritten(Settled, i64),
    /// Another credential's, or another station's: to be looked up by hand.
    Foreign,
}

impl Phase {
    /// Whether it is known what became of it.
    pub fn is_known(&self) -> bool {
        matches!(self, Self::Settling(_) | Self::Unwritten(..))
    }
}

/// An order that is not settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    pub order: Order,
    pub terms: Terms,
    pub phase: Phase,
    /// How often it was sent since the start.
    pub tries: u32,
    /// Whether an earlier try may have been done although nobody said so.
    pub is_doubtful: bool,
    /// Why its receipt is not believed, if one came that is not.
    pub doubt: Option<Doubt>,
    /// Its receipt, once it is believed.
    pub seen: Option<SeenReceipt>,
}

impl Pending {
    /// Of an order that was not sent since the start.
    pub fn new(order: Order, terms: Terms, phase: Phase, is_doubtful: bool) -> Self {
        Self { order, terms, phase, tries: 0, is_doubtful, doubt: None, seen: None }
    }
}

/// How an order ended, as the outbox keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The receipt's number; empty where it was refused.
    pub receipt_number: String,
    /// Why it was refused; empty where it was not.
    pub code: String,
}

/// An outcome of which its person has not been told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    pub id: Uuid,
    /// `redemption` or `reversal`.
    pub kind: String,
    pub settled: Settled,
}

/// An order that the outbox has from an earlier start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub id: Uuid,
    pub order: Order,
    pub terms: Terms,
    /// The credential under which it was, or would have been, sent.
    pub credential: String,
}

/// All orders that are not settled, and what is still to be told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Commands {
    /// By id, so in the order of time.
    pub pending: BTreeMap<Uuid, Pending>,
    /// The newest last.
    pub news: Vec<News>,
    /// Outcomes that came onto the screen, and when: not told before there was time to read them.
    pub shown: Vec<(Uuid, i64)>,
    /// The receipts that were seen.
    pub seen: Seen,
    /// Whether the outbox was looked into. Until then nobody knows whose order is under way.
    pub is_read: bool,
    /// Whether the outbox cannot be written.
    pub is_broken: bool,
    /// Whether that is because its file is gone, or is not as it was left.
    pub is_gone: bool,
}

impl Commands {
    /// Whether staff have something to see to.
    pub fn need_staff(&self) -> bool {
        let is_theirs = |pending: &Pending| pending.phase == Phase::Foreign || pending.doubt.is_some();
        !self.news.is_empty() || self.pending.values().any(is_theirs)
    }

    /// Orders of which nobody knows what became of them.
    pub fn unknown(&self) -> impl Iterator<Item = (Uuid, &Order)> {
        self.pending.iter().filter(|(_, pending)| !pending.phase.is_known()).map(|(id, pending)| (*id, &pending.order))
    }

    /// Why the receipt of that order is not believed.
    pub fn doubt(&self, id: Uuid) -> Option<Doubt> {
        self.pending.get(&id)?.doubt
    }

    /// Orders with a receipt that is not believed.
    pub fn doubted(&self) -> impl Iterator<Item = Uuid> {
        self.pending.iter().filter(|(_, pending)| pending.doubt.is_some()).map(|(id, _)| *id)
    }

    /// The redemption with that card of which nobody knows what became of it.
    pub fn of_card(&self, card: &Secret) -> Option<Uuid> {
        self.unknown().find(|(_, order)| order.is_of(card)).map(|(id, _)| id)
    }
}
