//! Everything that can happen next to a kiosk: what its page offers, and what comes from outside.

use baoyulan_ledger::Rejection;
use redeem_kiosk::app::Input;
use redeem_kiosk::app::answer::{No, Outcome, Print, ReceiptFacts, Refusal, Trouble, Volunteer};
use redeem_kiosk::app::commands::Phase;
use redeem_kiosk::app::control::Control;
use redeem_kiosk::app::model::Screen;
use redeem_kiosk::app::secret::Secret;

use super::support::{
    CARD, Kiosk, OTHER_CARD, PIN, RECEIPT, WORK_CARD, admitted, order, poll, receipt_of, refusal, staff, volunteer,
};

/// The same receipt, of somebody else.
pub fn another_person_s(receipt: ReceiptFacts) -> ReceiptFacts {
    ReceiptFacts { subject: "0d15ea5e".to_owned(), ..receipt }
}

/// Something that can happen.
#[derive(Debug, Clone)]
pub enum Move {
    /// A button that is shown.
    Tap(Control),
    /// All digits that the screen asks for.
    Type(&'static str),
    /// From outside.
    Input(Input),
    /// Time passes.
    Wait(i64),
}

impl Kiosk {
    pub fn make(&mut self, step: &Move) -> &mut Self {
        match step {
            Move::Tap(control) => self.tap(control.clone()),
            Move::Type(digits) => self.digits(digits),
            Move::Input(input) => self.take(input.clone()),
            Move::Wait(milliseconds) => self.wait(*milliseconds),
        }
    }

    /// What the page offers, digits as whole numbers.
    pub fn taps(&self) -> Vec<Move> {
        let controls = self.controls();
        let mut moves: Vec<Move> = Vec::new();
        if controls.contains(&Control::Digit(1)) {
            moves.push(Move::Type(match self.model.screen {
                Screen::Card { .. } => CARD,
                Screen::Pin { .. } => PIN,
                _ => "42",
            }));
        }
        moves.extend(controls.into_iter().filter(|control| !matches!(control, Control::Digit(_))).map(Move::Tap));
        moves
    }

    /// What may come from outside.
    pub fn inputs(&self) -> Vec<Move> {
        let mut inputs = Vec::new();
        for text in [CARD, OTHER_CARD, WORK_CARD, RECEIPT, "6901234567892"] {
            inputs.push(Input::Scanned(Secret::new(text)));
        }
        if self.model.is_polling {
            let trouble = No::Trouble(Trouble::NoAnswer);
            inputs.extend([Ok(poll()), Err(trouble), Err(No::Denied)].map(Input::Polled));
        }
        inputs.extend(self.answers());
        inputs.extend(self.outcomes());
        let mut moves: Vec<Move> = inputs.into_iter().map(Move::Input).collect();
        moves.extend([500, 6000, 20_000, 60_000, 80_000].map(Move::Wait));
        moves
    }

    fn answers(&self) -> Vec<Input> {
        // An answer to a question that nobody waits for any more may come at any time.
        let number = self.model.screen.question().map_or(self.model.questions, |question| question.number);
        let noes = || [No::Refused(refusal("pin_wrong")), No::Trouble(Trouble::Broken), No::Denied];
        let blocked = Volunteer { is_blocked: true, ..volunteer() };
        let mut inputs = Vec::new();
        for question in [number, number.saturating_sub(1)] {
            for answer in
                [volunteer(), blocked.clone()].map(|found| Ok(admitted(found))).into_iter().chain(noes().map(Err))
            {
                inputs.push(Input::Identified { question, answer });
            }
            for answer in [Ok(staff())].into_iter().chain(noes().map(Err)) {
                inputs.push(Input::Vouched { question, answer });
            }
            for answer in [Ok(Box::new(receipt_of(&order(CARD))))].into_iter().chain(noes().map(Err)) {
                inputs.push(Input::Found { question, answer });
            }
        }
        inputs
    }

    fn outcomes(&self) -> Vec<Input> {
        let mut inputs = Vec::new();
        for (id, pending) in &self.model.commands.pending {
            let id = *id;
            match pending.phase {
                Phase::Storing => inputs.extend([true, false].map(|is_kept| Input::Stored { id, is_kept })),
                Phase::Sending => {
                    let outcomes = [
                        Outcome::Accepted(Box::new(self.receipt(id, &pending.order))),
                        Outcome::Accepted(Box::new(another_person_s(self.receipt(id, &pending.order)))),
                        Outcome::Refused(Refusal::Rejected(Rejection::NoVisit)),
                        Outcome::Refused(refusal("out_of_stock")),
                        Outcome::Unreadable("not_found".to_owned()),
                        Outcome::Unknown(Trouble::NoAnswer, None),
                        Outcome::Denied,
                    ];
                    inputs.extend(outcomes.map(|outcome| Input::Answered { id, outcome }));
                }
                Phase::Settling(_) => inputs.extend([true, false].map(|is_written| Input::Settled { id, is_written })),
                _ => {}
            }
        }
        if self.model.commands.is_broken {
            inputs.push(Input::Probed(true));
        } else if matches!(self.model.screen, Screen::Welcome | Screen::Check { .. }) {
            inputs.push(Input::OutboxGone);
        }
        let prints = [Print::Printed, Print::NoPaper, Print::Failed];
        inputs.extend(prints.map(|print| Input::Printed { number: RECEIPT.to_owned(), print }));
        inputs
    }
}
