//! One input's turn: the model as it becomes, and the effects that gather.

use super::answer::{Print, ReceiptFacts, Trouble};
use super::commands::Phase;
use super::effect::{Effect, Notice, PrintJob};
use super::model::{Link, Model, Overlay, Preference, Question, Screen};
use super::secret::Secret;

/// Between two words to the service that somebody still is there, in milliseconds. Without one it ends the visit after two
/// minutes.
const KEEP_MS: i64 = 30_000;

pub struct Turn {
    pub(super) model: Model,
    pub(super) effects: Vec<Effect>,
}

/// What makes a step another one: what was pressed before it is not meant for what is shown after it.
#[derive(PartialEq, Eq)]
pub(super) struct Step {
    name: &'static str,
    detail: String,
    overlay: Option<std::mem::Discriminant<Overlay>>,
}

impl Model {
    pub(super) fn step(&self) -> Step {
        let detail = match &self.screen {
            Screen::Shelf { page } => page.to_string(),
            Screen::HowMany { sku } => sku.clone(),
            Screen::Check { wish } => format!("{wish:?}"),
            Screen::Working { id, .. } | Screen::Unconfirmed { id } => id.to_string(),
            Screen::Done(finished) | Screen::UndoCheck(finished) | Screen::Undone(finished) => finished.id.to_string(),
            Screen::Found { receipt, .. } | Screen::ReverseCheck { receipt, .. } => receipt.number.clone(),
            Screen::Welcome
            | Screen::Card { .. }
            | Screen::Pin { .. }
            | Screen::Attend { .. }
            | Screen::Refused { .. }
            | Screen::Unable { .. }
            | Screen::Desk(_)
            | Screen::Lookup(_)
            | Screen::Revoked => String::new(),
        };
        Step { name: self.screen.name(), detail, overlay: self.overlay.as_ref().map(std::mem::discriminant) }
    }
}

impl Turn {
    pub(super) fn new(model: Model) -> Self {
        Self { model, effects: Vec::new() }
    }

    pub(super) fn effect(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    pub(super) fn note(&mut self, notice: Notice) {
        self.effect(Effect::Note(notice));
    }

    /// The next question's number, asked now.
    pub(super) fn question(&mut self) -> Question {
        self.model.questions += 1;
        Question { number: self.model.questions, asked_at: self.model.times.now, is_slow: false }
    }

    /// Whether the screen waits for that question's answer; another's is nobody's.
    pub(super) fn waits_for(&self, number: u64) -> bool {
        self.model.screen.question().is_some_and(|question| question.number == number)
    }

    /// Ends the visit: nothing of it is left.
    pub(super) fn end_session(&mut self, why: &'static str) {
        let visit = self.model.visit().cloned();
        if self.model.session.take().is_some() {
            self.note(Notice::SessionEnded(why));
        }
        self.model.overlay = None;
        self.model.preference = Preference::default();
        self.model.screen = if self.model.link == Link::Revoked { Screen::Revoked } else { Screen::Welcome };
        visit.into_iter().for_each(|visit| self.leave(visit));
    }

    /// Ends a visit at the service, once no order of it is under way: the end would overtake the order.
    pub(super) fn leave(&mut self, visit: Secret) {
        let is_used = self.model.commands.pending.values().any(|pending| {
            pending.terms.visit == visit && !pending.phase.is_known() && pending.phase != Phase::Foreign
        });
        if !visit.is_empty() && !is_used && self.model.visit() != Some(&visit) && self.model.link != Link::Revoked {
            self.effect(Effect::EndVisit { visit });
        }
    }

    /// A visit has just been used.
    pub(super) fn keep_later(&mut self) {
        self.model.times.keep_at = self.model.times.now + KEEP_MS;
    }

    /// Somebody begins. What was chosen before anybody showed a card, they have chosen.
    pub(super) fn make_way(&mut self, why: &'static str) {
        let is_theirs = self.model.session.is_none()
            && matches!(self.model.screen, Screen::Welcome | Screen::Card { .. } | Screen::Unable { .. });
        let chosen = self.model.preference;
        self.end_session(why);
        if is_theirs {
            self.model.preference = chosen;
        }
    }

    /// A good answer came.
    pub(super) fn heard(&mut self) {
        self.model.times.heard_at = self.model.times.now;
        let was = std::mem::replace(&mut self.model.link, Link::Online);
        if was != Link::Online {
            self.note(Notice::ServiceBack);
            if self.model.screen == Screen::Revoked {
                self.model.screen = Screen::Welcome;
            }
            self.send_all();
        }
    }

    /// No good answer came. For a moment the last good one still counts.
    pub(super) fn missed(&mut self, trouble: Trouble) {
        let is_stale = self.model.times.now - self.model.times.heard_at > self.model.rules.online_ms;
        let may_pass = !is_stale && !trouble.needs_staff();
        if self.model.link == Link::Revoked || (self.model.link == Link::Online && may_pass) {
            return;
        }
        if !matches!(self.model.link, Link::Away(before) if before == trouble || !trouble.needs_staff()) {
            self.note(Notice::ServiceAway(trouble));
        }
        self.model.link = Link::Away(trouble);
    }

    /// The device may not ask any more: it says so, and stops.
    pub(super) fn denied(&mut self) {
        if self.model.link != Link::Revoked {
            self.note(Notice::DeviceRevoked);
        }
        self.model.link = Link::Revoked;
        if let Screen::Desk(desk) = &mut self.model.screen {
            desk.question = None;
        } else {
            self.end_session("device revoked");
        }
    }

    /// Asks for the catalogue, unless that is being done.
    pub(super) fn poll(&mut self) {
        if !self.model.is_polling {
            self.model.is_polling = true;
            self.effect(Effect::Poll);
        }
    }

    /// Asks for the catalogue with the next tick.
    pub(super) fn poll_soon(&mut self) {
        self.model.times.poll_at = self.model.times.now;
    }

    /// Has a receipt printed, where there is a printer.
    pub(super) fn print(&mut self, receipt: &ReceiptFacts, is_copy: bool) -> Print {
        if !self.model.rules.prints {
            return Print::None;
        }
        let name = |sku: &String| self.model.offer(sku).map_or_else(|| sku.clone(), |offer| offer.name.clone());
        let names = receipt.lines.iter().map(|(sku, ..)| name(sku)).collect();
        let (language, zone) = (self.model.preference.language, self.model.zone.clone());
        let job = PrintJob { receipt: receipt.clone(), names, is_copy, language, zone };
        self.effect(Effect::Print(Box::new(job)));
        Print::Printing
    }

    /// What became of a print. It never undoes anything.
    pub(super) fn printed(&mut self, number: &str, print: Print) {
        if matches!(print, Print::NoPaper | Print::Failed) {
            self.note(Notice::PrintFailed(number.to_owned()));
        }
        match &mut self.model.screen {
            Screen::Done(finished) | Screen::UndoCheck(finished) | Screen::Undone(finished)
                if finished.receipt.number == number =>
            {
                finished.print = print;
            }
            Screen::Found { receipt, print: shown, .. } if receipt.number == number => *shown = print,
            Screen::Welcome
            | Screen::Card { .. }
            | Screen::Pin { .. }
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
            | Screen::Revoked => {}
        }
    }
}
