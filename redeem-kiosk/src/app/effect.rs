//! What the kiosk wants done. Whoever does it answers with an input.

use jiff::tz::TimeZone;
use page_parts::Language;
use uuid::Uuid;

use super::answer::{ReceiptFacts, Trouble};
use super::commands::Settled;
use super::order::Order;
use super::receipt::{Doubt, SeenReceipt, Terms};
use super::secret::Secret;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Ask for the catalogue and the bank's zone: it also tells whether the service is there.
    Poll,
    /// Ask whether card and PIN belong together.
    CheckPin {
        question: u64,
        card: Secret,
        pin: Secret,
    },
    /// Ask whose work card it is.
    CheckStaff {
        question: u64,
        token: Secret,
    },
    /// Ask whether the owner of the work card may vouch for the owner of the points card.
    Vouch {
        question: u64,
        token: Secret,
        card: Secret,
    },
    /// Say that somebody still is there.
    KeepVisit {
        visit: Secret,
    },
    /// Say that nobody is there any more.
    EndVisit {
        visit: Secret,
    },
    AskReceipt {
        question: u64,
        visit: Secret,
        number: String,
    },
    /// Write an order to the outbox, durably.
    Store {
        id: Uuid,
        order: Order,
        terms: Terms,
    },
    /// Take an order out of the outbox that could not be written for certain.
    Forget {
        id: Uuid,
    },
    /// Send an order that the outbox has.
    Send {
        id: Uuid,
        order: Order,
        visit: Secret,
    },
    /// Write down how an order ended, with the receipt that was seen, and wipe what it asked for.
    Settle {
        id: Uuid,
        settled: Settled,
        seen: Option<SeenReceipt>,
    },
    /// Write down that its person was told.
    Told {
        id: Uuid,
    },
    /// See whether the outbox can be written.
    Probe,
    Print(Box<PrintJob>),
    /// For the log.
    Note(Notice),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintJob {
    pub receipt: ReceiptFacts,
    /// Names of what it lists, in its order.
    pub names: Vec<String>,
    pub is_copy: bool,
    pub language: Language,
    pub zone: TimeZone,
}

/// What staff or the operator may want to know. No name, card, PIN or token is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Somebody on the screen of that name asked for a person.
    HelpWanted(&'static str),
    /// A visit ended, for that reason.
    SessionEnded(&'static str),
    /// A member of staff opened the desk.
    DeskOpened(String),
    ServiceBack,
    /// The service does not answer, or wrongly.
    ServiceAway(Trouble),
    /// The device's credential is not taken any more.
    DeviceRevoked,
    OutboxBroken,
    OutboxGone,
    /// The outbox can be written again.
    OutboxGood,
    /// An order stands in the outbox and is sent, for the first or another time.
    OrderSent(Uuid, u32),
    /// An order was sent and not answered, so many times.
    OrderUnanswered(Uuid, Trouble, u32),
    /// An order's receipt is the bank's, and does not answer the order.
    OrderDoubted(Uuid, Doubt),
    OrderSettled(Uuid, Settled),
    /// An order of another credential is in the outbox: look it up by hand.
    ForeignOrder(Uuid),
    /// The paper did not come out.
    PrintFailed(String),
}
