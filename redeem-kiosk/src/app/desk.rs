//! The staff's way: how the device stands, receipts looked up, reversals.
//!
//! How it stands may be seen by anybody, for it names nobody; a receipt is for whom a work card was checked.

use uuid::Uuid;

use super::answer::{No, Print, ReceiptFacts, Refusal, Staff};
use super::control::Control;
use super::effect::{Effect, Notice};
use super::model::{Desk, Hitch, Lookup, Model, Screen};
use super::pad::{self, RECEIPT_DIGITS};
use super::secret::Secret;
use super::turn::Turn;

impl Turn {
    /// A button of the staff's screens was pressed.
    pub(super) fn on_desk(&mut self, control: Control, fresh: Uuid) {
        match (self.model.screen.clone(), control) {
            // The one place where a device that was revoked asks again.
            (Screen::Desk(_), Control::Again) => self.poll(),
            (Screen::Desk(Desk { staff: Some(_), .. }), Control::Dismiss) => self.dismiss(),
            (Screen::Desk(Desk { staff: Some(staff), .. }), Control::FindReceipt) => self.lookup(staff),
            (Screen::Lookup(lookup), control) if lookup.question.is_none() => self.on_lookup(lookup, &control),
            (Screen::Found { receipt, staff, .. }, Control::Undo) if !receipt.is_reversal && !receipt.is_reversed => {
                self.model.screen = Screen::ReverseCheck { staff, receipt };
            }
            (Screen::ReverseCheck { receipt, staff }, Control::Confirm) => self.reverse(fresh, &receipt, staff.visit),
            (Screen::Found { receipt, staff, print }, Control::PrintAgain) if print != Print::Printing => {
                let print = self.print(&receipt, true);
                self.model.screen = Screen::Found { staff, receipt, print };
            }
            _ => {}
        }
    }

    /// Whether the work card opens the desk.
    pub(super) fn desk_opened(&mut self, answer: Result<Staff, No>) {
        let before = self.model.visit().cloned();
        let (staff, hitch) = match answer {
            Ok(staff) => {
                self.heard();
                self.keep_later();
                self.note(Notice::DeskOpened(staff.actor.clone()));
                (Some(staff), None)
            }
            Err(no) => (None, Some(Hitch::of(no))),
        };
        self.model.screen = Screen::Desk(Desk { staff, question: None, hitch });
        before.into_iter().for_each(|visit| self.leave(visit));
    }

    fn lookup(&mut self, staff: Staff) {
        let digits = Secret::default();
        let (question, hitch) = (None, None);
        self.model.screen = Screen::Lookup(Lookup { staff, digits, last_year: false, scanned: None, question, hitch });
    }

    fn on_lookup(&mut self, mut lookup: Lookup, control: &Control) {
        lookup.last_year ^= *control == Control::OtherYear;
        if pad::press(control, &mut lookup.digits, &mut lookup.hitch, 1..=RECEIPT_DIGITS) {
            let number = self.model.receipt_number(&lookup);
            lookup.scanned = None;
            return self.ask_receipt(lookup, number);
        }
        self.model.screen = Screen::Lookup(lookup);
    }

    fn ask_receipt(&mut self, mut lookup: Lookup, number: String) {
        let question = self.question();
        let visit = lookup.staff.visit.clone();
        (lookup.question, lookup.hitch) = (Some(question), None);
        self.model.screen = Screen::Lookup(lookup);
        self.effect(Effect::AskReceipt { question: question.number, visit, number });
    }

    /// A receipt was scanned, as its number and perhaps its token, or is not one to be looked up here: for staff, and of no use
    /// to anybody else.
    pub(super) fn scanned_receipt(&mut self, receipt: Result<(String, Option<String>), Refusal>) {
        let staff = match &self.model.screen {
            Screen::Desk(Desk { staff: Some(staff), .. }) | Screen::Found { staff, .. } => staff.clone(),
            Screen::Lookup(lookup) if lookup.question.is_none() => lookup.staff.clone(),
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
            | Screen::ReverseCheck { .. }
            | Screen::Revoked => return self.scanned_unknown(),
        };
        self.lookup(staff);
        let Screen::Lookup(mut lookup) = self.model.screen.clone() else { return };
        match receipt {
            Ok((number, token)) => {
                lookup.scanned = token;
                self.ask_receipt(lookup, number);
            }
            Err(refusal) => {
                lookup.hitch = Some(Hitch::Refused(refusal));
                self.model.screen = Screen::Lookup(lookup);
            }
        }
    }

    /// The receipt that was looked up.
    pub(super) fn found(&mut self, question: u64, answer: Result<Box<ReceiptFacts>, No>) {
        if !self.waits_for(question) {
            return;
        }
        if answer == Err(No::Denied) {
            return self.denied();
        }
        let Screen::Lookup(lookup) = &mut self.model.screen else { return };
        match answer {
            Ok(receipt) if lookup.scanned.as_ref().is_some_and(|token| *token != receipt.token) => {
                (lookup.question, lookup.hitch) = (None, Some(Hitch::Refused(Refusal::OtherReceipt)));
            }
            Ok(receipt) => {
                let staff = lookup.staff.clone();
                self.model.commands.seen.look_at(&receipt);
                self.model.screen = Screen::Found { staff, receipt: *receipt, print: Print::None };
            }
            Err(no) => (lookup.question, lookup.hitch) = (None, Some(Hitch::of(no))),
        }
    }
}

impl Model {
    /// The whole number of the typed digits.
    fn receipt_number(&self, lookup: &Lookup) -> String {
        format!("{}{:0>RECEIPT_DIGITS$}", self.receipt_start(lookup), lookup.digits.reveal())
    }

    /// What stands before the typed digits: they are of this station, and of this year or the one before.
    pub fn receipt_start(&self, lookup: &Lookup) -> String {
        let year = self.year() - i64::from(lookup.last_year);
        format!("{}-{:02}-", self.rules.station, year.rem_euclid(100))
    }

    /// The bank's calendar year.
    fn year(&self) -> i64 {
        let now = jiff::Timestamp::from_millisecond(self.times.now).unwrap_or_default();
        i64::from(self.zone.to_datetime(now).year())
    }
}
