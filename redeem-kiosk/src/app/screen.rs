//! What is shown, and all that it needs to be shown.

use uuid::Uuid;

use super::answer::{Print, ReceiptFacts, Refusal, Staff, Trouble};
use super::secret::Secret;

/// A wish that can be checked before it is confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    pub sku: String,
    pub name: String,
    pub pieces: i64,
    pub points: i64,
    /// Points that could be spent before.
    pub points_before: i64,
}

/// Something that was asked of the service and is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    /// Its number: an answer to another one is nobody's.
    pub number: u64,
    pub asked_at: i64,
    /// Whether it is time for a word.
    pub is_slow: bool,
}

/// What is wrong, on a screen that goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hitch {
    CardMistyped,
    TooShort,
    /// The code that was scanned is not one of ours.
    UnknownCode,
    Refused(Refusal),
    /// The service could not be asked.
    Trouble(Trouble),
}

/// Why nothing can be exchanged at the moment. Nothing was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Obstacle {
    /// The service does not answer, or wrongly.
    Away(Trouble),
    /// The agent cannot write its own database.
    Outbox,
    /// The file of its database is gone, or is not as it was left.
    OutboxGone,
}

impl Obstacle {
    /// Whether waiting does not help: somebody has to see to the machine.
    pub fn needs_staff(self) -> bool {
        match self {
            Self::Away(trouble) => trouble.needs_staff(),
            Self::Outbox => false,
            Self::OutboxGone => true,
        }
    }
}

/// How long a person has waited for an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Patience {
    Short,
    /// More than a second: time for a word.
    Long,
    /// It was tried again already.
    Again,
}

/// What was done, with its receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    pub id: Uuid,
    pub receipt: ReceiptFacts,
    /// What its person can still spend, for the screen alone; `None` where nobody can be sure.
    pub points_left: Option<i64>,
    pub print: Print,
    pub shown_at: i64,
    /// Whether it may still be taken back here.
    pub can_undo: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Desk {
    /// Who showed a work card; some things need one.
    pub staff: Option<Staff>,
    pub question: Option<Question>,
    pub hitch: Option<Hitch>,
}

/// A receipt that is looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    pub staff: Staff,
    /// The digits of its number so far.
    pub digits: Secret,
    /// Whether it is one of last year's.
    pub last_year: bool,
    /// The token, where the receipt itself was scanned.
    pub scanned: Option<String>,
    pub question: Option<Question>,
    pub hitch: Option<Hitch>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Screen {
    Welcome,
    Card {
        digits: Secret,
        hitch: Option<Hitch>,
    },
    Pin {
        digits: Secret,
        question: Option<Question>,
        hitch: Option<Hitch>,
    },
    /// A member of staff is to show a work card.
    Attend {
        question: Option<Question>,
        hitch: Option<Hitch>,
    },
    Shelf {
        /// Counted from 0.
        page: usize,
    },
    HowMany {
        sku: String,
    },
    /// Look once more before it is done.
    Check {
        wish: Wish,
    },
    Working {
        id: Uuid,
        since: i64,
        patience: Patience,
    },
    /// Nobody knows yet whether it was done.
    Unconfirmed {
        id: Uuid,
    },
    Done(Finished),
    /// The person is asked whether to take it back.
    UndoCheck(Finished),
    Undone(Finished),
    Refused {
        refusal: Refusal,
        /// The command's reference, where there was one.
        reference: Option<String>,
    },
    /// Nothing can be exchanged at the moment.
    Unable {
        obstacle: Obstacle,
    },
    Desk(Desk),
    /// The number of a receipt is typed.
    Lookup(Lookup),
    /// A receipt, as it was found.
    Found {
        staff: Staff,
        receipt: ReceiptFacts,
        print: Print,
    },
    /// Staff are asked whether to reverse it.
    ReverseCheck {
        staff: Staff,
        receipt: ReceiptFacts,
    },
    /// The device may not ask any more.
    Revoked,
}

impl Screen {
    /// Its name, for tests and logs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Welcome => "welcome",
            Self::Card { .. } => "card",
            Self::Pin { .. } => "pin",
            Self::Attend { .. } => "attend",
            Self::Shelf { .. } => "shelf",
            Self::HowMany { .. } => "how-many",
            Self::Check { .. } => "check",
            Self::Working { .. } => "working",
            Self::Unconfirmed { .. } => "unconfirmed",
            Self::Done(_) => "done",
            Self::UndoCheck(_) => "undo-check",
            Self::Undone(_) => "undone",
            Self::Refused { .. } => "refused",
            Self::Unable { .. } => "unable",
            Self::Desk(_) => "desk",
            Self::Lookup(_) => "lookup",
            Self::Found { .. } => "found",
            Self::ReverseCheck { .. } => "reverse-check",
            Self::Revoked => "revoked",
        }
    }

    /// The member of staff before it.
    pub fn staff(&self) -> Option<&Staff> {
        match self {
            Self::Desk(desk) => desk.staff.as_ref(),
            Self::Lookup(lookup) => Some(&lookup.staff),
            Self::Found { staff, .. } | Self::ReverseCheck { staff, .. } => Some(staff),
            Self::Welcome
            | Self::Card { .. }
            | Self::Pin { .. }
            | Self::Attend { .. }
            | Self::Shelf { .. }
            | Self::HowMany { .. }
            | Self::Check { .. }
            | Self::Working { .. }
            | Self::Unconfirmed { .. }
            | Self::Done(_)
            | Self::UndoCheck(_)
            | Self::Undone(_)
            | Self::Refused { .. }
            | Self::Unable { .. }
            | Self::Revoked => None,
        }
    }

    /// Which of the four steps it is.
    pub fn step(&self) -> Option<i64> {
        match self {
            Self::Card { .. } => Some(1),
            Self::Pin { .. } | Self::Attend { .. } => Some(2),
            Self::Shelf { .. } | Self::HowMany { .. } => Some(3),
            Self::Check { .. } => Some(4),
            Self::Welcome
            | Self::Working { .. }
            | Self::Unconfirmed { .. }
            | Self::Done(_)
            | Self::UndoCheck(_)
            | Self::Undone(_)
            | Self::Refused { .. }
            | Self::Unable { .. }
            | Self::Desk(_)
            | Self::Lookup(_)
            | Self::Found { .. }
            | Self::ReverseCheck { .. }
            | Self::Revoked => None,
        }
    }

    /// What is waited for on it.
    pub fn question(&self) -> Option<Question> {
        match self {
            Self::Pin { question, .. } | Self::Attend { question, .. } => *question,
            Self::Desk(desk) => desk.question,
            Self::Lookup(lookup) => lookup.question,
            Self::Welcome
            | Self::Card { .. }
            | Self::Shelf { .. }
            | Self::HowMany { .. }
            | Self::Check { .. }
            | Self::Working { .. }
            | Self::Unconfirmed { .. }
            | Self::Done(_)
            | Self::UndoCheck(_)
            | Self::Undone(_)
            | Self::Refused { .. }
            | Self::Unable { .. }
            | Self::Found { .. }
            | Self::ReverseCheck { .. }
            | Self::Revoked => None,
        }
    }

    pub fn question_mut(&mut self) -> Option<&mut Question> {
        match self {
            Self::Pin { question, .. } | Self::Attend { question, .. } => question.as_mut(),
            Self::Desk(desk) => desk.question.as_mut(),
            Self::Lookup(lookup) => lookup.question.as_mut(),
            Self::Welcome
            | Self::Card { .. }
            | Self::Shelf { .. }
            | Self::HowMany { .. }
            | Self::Check { .. }
            | Self::Working { .. }
            | Self::Unconfirmed { .. }
            | Self::Done(_)
            | Self::UndoCheck(_)
            | Self::Undone(_)
            | Self::Refused { .. }
            | Self::Unable { .. }
            | Self::Found { .. }
            | Self::ReverseCheck { .. }
            | Self::Revoked => None,
        }
    }
}
