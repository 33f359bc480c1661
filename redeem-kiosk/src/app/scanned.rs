//! What a scanned code does. It never presses anything.

use super::answer::{Refusal, Scan};
use super::effect::Effect;
use super::model::{Desk, Hitch, Screen};
use super::scan;
use super::secret::Secret;
use super::turn::Turn;

impl Turn {
    /// A code was scanned: it never presses anything, whatever has the focus.
    pub(super) fn scanned(&mut self, text: &Secret) {
        self.model.times.touched_at = self.model.times.now;
        self.model.overlay = None;
        if self.model.screen == Screen::Revoked {
            return;
        }
        match scan::read(text.reveal()) {
            Scan::Card(card) => self.scanned_card(card),
            Scan::WorkCard(token) => self.scanned_work_card(token),
            Scan::Receipt(number, token) => {
                let is_own = number.starts_with(&format!("{}-", self.model.rules.station));
                self.scanned_receipt(if is_own { Ok((number, Some(token))) } else { Err(Refusal::OtherStation) });
            }
            Scan::Number(number) => {
                let own = number.at_one_of([self.model.rules.station.as_str()].into_iter());
                self.scanned_receipt(own.map(|number| (number.to_string(), None)).ok_or(Refusal::OtherStation));
            }
            Scan::Incomplete => self.scanned_receipt(Err(Refusal::IncompleteReceipt)),
            Scan::Unknown => self.scanned_unknown(),
        }
    }

    /// The same card again changes nothing; another one is another person.
    fn scanned_card(&mut self, card: Secret) {
        if self.model.session.as_ref().is_some_and(|session| session.card == card) {
            return;
        }
        self.make_way("another card");
        self.arrive(card);
    }

    fn scanned_work_card(&mut self, token: Secret) {
        let asked = self.question();
        match &mut self.model.screen {
            Screen::Pin { question: None, .. } | Screen::Attend { question: None, .. } => {
                self.model.screen = Screen::Attend { question: Some(asked), hitch: None };
                let card = self.model.session.as_ref().map(|session| session.card.clone()).unwrap_or_default();
                return self.effect(Effect::Vouch { question: asked.number, token, card });
            }
            Screen::Welcome | Screen::Card { .. } => {
                self.make_way("staff");
                self.model.screen = Screen::Desk(Desk { question: Some(asked), ..Desk::default() });
            }
            Screen::Desk(desk) if desk.question.is_none() => (desk.question, desk.hitch) = (Some(asked), None),
            Screen::Pin { .. }
            | Screen::Attend { .. }
            | Screen::Shelf { .. }
            | Screen::HowMany { .. }
            | Screen::Check { .. }
            | Screen::Working { .. }
            | Screen::Unconfirmed { .. }
            | Screen::Done(_)
            | Screen::UndoCheck(_)
            | Screen::Undone(_)
            | Screen::Refused { .. }
            | Screen::Unable { .. }
            | Screen::Desk(_)
            | Screen::Lookup(_)
            | Screen::Found { .. }
            | Screen::ReverseCheck { .. }
            | Screen::Revoked => return,
        }
        self.effect(Effect::CheckStaff { question: asked.number, token });
    }

    pub(super) fn scanned_unknown(&mut self) {
        match &mut self.model.screen {
            Screen::Welcome => {
                self.model.screen = Screen::Card { digits: Secret::default(), hitch: Some(Hitch::UnknownCode) };
            }
            Screen::Card { hitch, .. }
            | Screen::Pin { hitch, question: None, .. }
            | Screen::Attend { hitch, question: None, .. } => *hitch = Some(Hitch::UnknownCode),
            Screen::Desk(desk) => desk.hitch = Some(Hitch::UnknownCode),
            Screen::Pin { .. }
            | Screen::Attend { .. }
            | Screen::Shelf { .. }
            | Screen::HowMany { .. }
            | Screen::Check { .. }
            | Screen::Working { .. }
            | Screen::Unconfirmed { .. }
            | Screen::Done(_)
            | Screen::UndoCheck(_)
            | Screen::Undone(_)
            | Screen::Refused { .. }
            | Screen::Unable { .. }
            | Screen::Lookup(_)
            | Screen::Found { .. }
            | Screen::ReverseCheck { .. }
            | Screen::Revoked => {}
        }
    }
}
