//! What the kiosk is and does, without I/O: everything that happens is an [`Input`], and [`update`] says what follows.
//!
//! A whole conversation is a list of inputs, and can be replayed. Nothing here knows a clock, a network or a file: the
//! time comes in as an input, and so does the id that a new order would get. What an [`Effect`] asks for is done in
//! [`crate::shell`], which answers with an input.
//!
//! It promises: an order is sent only after the outbox has it, under one id however often it is sent; a confirmed check
//! screen makes one order; an answer is shown to whom it belongs or to nobody but staff; after a visit nothing of it is
//! left in the model.

pub mod answer;
pub mod commands;
pub mod control;
mod desk;
pub mod effect;
mod idle;
pub mod model;
pub mod order;
mod orders;
pub mod pad;
pub mod receipt;
pub mod scan;
mod scanned;
pub mod screen;
pub mod secret;
mod telling;
mod turn;
mod visit;
pub mod wishes;

use uuid::Uuid;

use answer::{Admission, No, Outcome, Poll, Print, ReceiptFacts, Staff, Trouble};
use commands::{Kept, News};
use control::Control;
pub use effect::Effect;
pub use model::Model;
use receipt::Seen;
use secret::Secret;
use turn::Turn;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// It is that time, in milliseconds.
    Tick(i64),
    /// The agent has started, and this is what its outbox holds.
    Started {
        kept: Vec<Kept>,
        /// Outcomes that nobody was told.
        news: Vec<News>,
        /// The receipts that it has seen.
        seen: Seen,
        /// Whether the outbox can be written.
        is_good: bool,
    },
    Tapped {
        /// The step that its page showed.
        revision: u64,
        control: Control,
        /// An id that nobody has used, should this make an order.
        fresh: Uuid,
    },
    /// A code was scanned, or a work card's token pasted.
    Scanned(Secret),
    /// The bank's zone and the catalogue, or why they did not come.
    Polled(Result<Poll, No>),
    /// Whether card and PIN belong together, or a member of staff vouches.
    Identified {
        question: u64,
        answer: Result<Admission, No>,
    },
    /// Whose work card it is.
    Vouched {
        question: u64,
        answer: Result<Staff, No>,
    },
    /// The receipt that was looked up.
    Found {
        question: u64,
        answer: Result<Box<ReceiptFacts>, No>,
    },
    /// The outbox has the order, or not.
    Stored {
        id: Uuid,
        /// Whether the outbox has it, durably.
        is_kept: bool,
    },
    /// What the service said to an order.
    Answered {
        id: Uuid,
        outcome: Outcome,
    },
    /// The order's end stands in the outbox, or not.
    Settled {
        id: Uuid,
        /// Whether the outbox has it, durably.
        is_written: bool,
    },
    /// Whether the outbox can be written.
    Probed(bool),
    /// The outbox's file is gone, or is not as it was left: what is written there nobody would read.
    OutboxGone,
    Printed {
        number: String,
        print: Print,
    },
}

/// What the kiosk is after the input, and what it wants done.
pub fn update(model: Model, input: Input) -> (Model, Vec<Effect>) {
    let step = model.step();
    let mut turn = Turn::new(model);
    let acted = turn.take(input);
    turn.go_on();
    if acted || turn.model.step() != step {
        turn.model.revision += 1;
    }
    (turn.model, turn.effects)
}

impl Turn {
    /// Takes the input; whether a press was acted on that must not be acted on twice.
    fn take(&mut self, input: Input) -> bool {
        match input {
            Input::Tick(now) => self.tick(now),
            Input::Started { kept, news, seen, is_good } => {
                (self.model.commands.is_read, self.model.commands.is_broken) = (true, !is_good);
                self.model.commands.is_gone &= !is_good;
                self.model.commands.seen = seen;
                self.started(kept, news);
            }
            Input::Tapped { revision, control, fresh } => return self.tapped(revision, control, fresh),
            Input::Scanned(text) => self.scanned(&text),
            Input::Polled(answer) => self.polled(answer),
            Input::Identified { question, answer } => self.identified(question, answer),
            Input::Vouched { question, answer } => self.vouched(question, answer),
            Input::Found { question, answer } => self.found(question, answer),
            Input::Stored { id, is_kept } => self.stored(id, is_kept),
            Input::Answered { id, outcome } => self.answered(id, outcome),
            Input::Settled { id, is_written } => self.settled(id, is_written),
            Input::Probed(is_good) => self.probed(is_good),
            Input::OutboxGone => self.outbox_gone(),
            Input::Printed { number, print } => self.printed(&number, print),
        }
        false
    }

    /// The catalogue came, or not: that is what "online" means.
    fn polled(&mut self, answer: Result<Poll, No>) {
        self.model.is_polling = false;
        self.model.times.poll_at = self.model.times.now + self.model.rules.poll_ms;
        match answer {
            Ok(Poll { issuer, zone, catalogue, journal_size }) => {
                (self.model.issuer, self.model.zone, self.model.catalogue) = (issuer, zone, catalogue);
                self.model.journal_size = journal_size.unwrap_or(self.model.journal_size);
                self.heard();
            }
            Err(No::Denied) => self.denied(),
            Err(No::Trouble(trouble)) => self.missed(trouble),
            Err(No::Refused(_)) => self.missed(Trouble::Garbled),
        }
    }
}
