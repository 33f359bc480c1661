//! What the kiosk wants done. Whoever does it answers with an input.

use jiff::tz::TimeZone;
use page_parts::Language;
use uuid::Uuid;

use super::answer::{ReceiptFacts, Trouble};
use super::commands::Settled;
use super::order::Order;
use super::secret::Secret;

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Ask for the catalogue and the bank's zone: it also tells whether the service is there.
    Poll,
    /// Ask whether card and PIN belong together.
    CheckPin {
        /// The question's number.
        question: u64,
        /// The card.
        card: Secret,
        /// The PIN.
        pin: Secret,
    },
    /// Ask whose work card it is.
    CheckStaff {
        /// The question's number.
        question: u64,
        /// The work card's token.
        token: Secret,
    },
    /// Ask for a volunteer, for whom a member of staff vouched.
    AskVolunteer {
        /// The question's number.
        question: u64,
        /// The card.
        card: Secret,
    },
    /// Ask for a receipt.
    AskReceipt {
        /// The question's number.
        question: u64,
        /// The receipt's number.
        number: String,
    },
    /// Write an order to the outbox, durably.
    Store {
        /// Its id.
        id: Uuid,
        /// What is asked for.
        order: Order,
    },
    /// Take an order out of the outbox that could not be written for certain.
    Forget {
        /// Its id.
        id: Uuid,
    },
    /// Send an order that the outbox has.
    Send {
        /// Its id.
        id: Uuid,
        /// What is asked for.
        order: Order,
    },
    /// Write down how an order ended, and wipe what it asked for.
    Settle {
        /// Its id.
        id: Uuid,
        /// How it ended.
        settled: Settled,
    },
    /// Write down that its person was told.
    Told {
        /// The order's id.
        id: Uuid,
    },
    /// See whether the outbox can be written.
    Probe,
    /// Print a receipt.
    Print(Box<PrintJob>),
    /// For the log.
    Note(Notice),
}

/// A receipt for the printer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintJob {
    /// What it says.
    pub receipt: ReceiptFacts,
    /// Names of what it lists, in its order.
    pub names: Vec<String>,
    /// Whether it is a copy.
    pub is_copy: bool,
    /// In which words.
    pub language: Language,
    /// By which clocks.
    pub zone: TimeZone,
}

/// What staff or the operator may want to know. No name, card, PIN or token is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Somebody asked for a person.
    HelpWanted(&'static str),
    /// A visit ended.
    SessionEnded(&'static str),
    /// A member of staff opened the desk.
    DeskOpened(String),
    /// The service answers.
    ServiceBack,
    /// The service does not answer, or wrongly.
    ServiceAway(Trouble),
    /// The device's credential is not taken any more.
    DeviceRevoked,
    /// The outbox cannot be written.
    OutboxBroken,
    /// The outbox can be written again.
    OutboxGood,
    /// An order stands in the outbox and is sent, for the first or another time.
    OrderSent(Uuid, u32),
    /// An order was sent and not answered, so many times.
    OrderUnanswered(Uuid, Trouble, u32),
    /// An order ended.
    OrderSettled(Uuid, Settled),
    /// An order of another credential is in the outbox: look it up by hand.
    ForeignOrder(Uuid),
    /// The paper did not come out.
    PrintFailed(String),
}
