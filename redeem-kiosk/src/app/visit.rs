//! A person's way: card, PIN or staff, shelf, number, check, done.

use baoyulan_ledger::Rejection;
use baoyulan_ledger::people::CardNumber;
use uuid::Uuid;

use super::answer::{Admission, No, Print, Refusal, Staff};
use super::control::Control;
use super::effect::{Effect, Notice};
use super::model::{Desk, Hitch, Link, Obstacle, Overlay, Patience, Screen, Session};
use super::pad::{self, CARD_DIGITS, PIN_DIGITS};
use super::receipt::Terms;
use super::secret::Secret;
use super::turn::Turn;
use super::wishes;

impl Turn {
    /// A button was pressed. On a page of an earlier step it does nothing, but somebody is there. Whether it was acted on
    /// and must not be acted on again.
    pub(super) fn tapped(&mut self, revision: u64, control: Control, fresh: Uuid) -> bool {
        self.model.times.touched_at = self.model.times.now;
        let was_idle = matches!(self.model.overlay, Some(Overlay::Idle { .. }));
        if was_idle {
            self.model.overlay = None;
        }
        let is_of_this_page = revision == self.model.revision;
        // How things look can be chosen twice with no harm, and on whichever page: such a press is never lost.
        let is_taken = is_of_this_page || matches!(control, Control::Language(_) | Control::Size(_));
        if !is_taken || (was_idle && !matches!(control, Control::Home)) {
            return false;
        }
        if is_of_this_page {
            self.told_by_press();
        }
        let types = control.types();
        self.frame(control, fresh);
        !types
    }

    /// What stands in the same places on every screen.
    fn frame(&mut self, control: Control, fresh: Uuid) {
        match control {
            Control::Home => self.end_session("home"),
            Control::Help if self.model.overlay.is_none() => {
                self.note(Notice::HelpWanted(self.model.screen.name()));
                self.model.overlay = Some(Overlay::Help);
            }
            Control::Stay if self.model.overlay == Some(Overlay::Help) => self.model.overlay = None,
            Control::Help | Control::Stay => {}
            Control::Language(language) => self.model.preference.language = language,
            Control::Size(size) => self.model.preference.size = size,
            Control::Back if self.model.overlay.is_some() => self.model.overlay = None,
            Control::Back => self.back(),
            Control::Desk => {
                self.make_way("staff");
                self.model.screen = Screen::Desk(Desk::default());
            }
            _ if self.model.overlay.is_some() => {}
            of_screen @ (Control::Begin
            | Control::Digit(_)
            | Control::Erase
            | Control::Submit
            | Control::Attend
            | Control::Offer(_)
            | Control::NextPage
            | Control::PreviousPage
            | Control::Pieces(_)
            | Control::Confirm
            | Control::Again
            | Control::More
            | Control::Undo
            | Control::PrintAgain
            | Control::Finish
            | Control::FindReceipt
            | Control::OtherYear
            | Control::Dismiss) => self.on_screen(of_screen, fresh),
        }
    }

    fn back(&mut self) {
        let screen = match self.model.screen.clone() {
            Screen::Pin { .. } => {
                let card = self.model.session.take().map(|session| session.card).unwrap_or_default();
                Screen::Card { digits: card, hitch: None }
            }
            Screen::Attend { .. } => Screen::Pin { digits: Secret::default(), question: None, hitch: None },
            Screen::HowMany { .. } => Screen::Shelf { page: 0 },
            Screen::Check { wish } => match self.model.offer(&wish.sku) {
                Some(offer) if wishes::pieces_max(&self.model, offer) > 1 => Screen::HowMany { sku: wish.sku },
                _ => Screen::Shelf { page: 0 },
            },
            // What is under way cannot be called back; the way on is to wait, or to leave it to be told later.
            Screen::Working { id, .. } => Screen::Unconfirmed { id },
            Screen::Unconfirmed { id } => {
                Screen::Working { id, since: self.model.times.now, patience: Patience::Again }
            }
            Screen::UndoCheck(finished) => Screen::Done(finished),
            Screen::ReverseCheck { staff, receipt } => Screen::Found { staff, receipt, print: Print::None },
            Screen::Refused { .. } | Screen::Unable { .. } if self.model.volunteer().is_some() => {
                Screen::Shelf { page: 0 }
            }
            Screen::Lookup(lookup) => Screen::Desk(Desk { staff: Some(lookup.staff), ..Desk::default() }),
            Screen::Found { staff, .. } => Screen::Desk(Desk { staff: Some(staff), ..Desk::default() }),
            Screen::Revoked => Screen::Revoked,
            Screen::Welcome
            | Screen::Card { .. }
            | Screen::Shelf { .. }
            | Screen::Done(_)
            | Screen::Undone(_)
            | Screen::Refused { .. }
            | Screen::Unable { .. }
            | Screen::Desk(_) => return self.end_session("back"),
        };
        self.model.screen = screen;
    }

    fn on_screen(&mut self, control: Control, fresh: Uuid) {
        match (self.model.screen.clone(), control) {
            (Screen::Welcome, Control::Begin) => self.begin(),
            (Screen::Card { .. }, control) => self.on_card(&control),
            (Screen::Pin { question: None, .. }, control) => self.on_pin(&control),
            (Screen::Shelf { page }, Control::NextPage) if page + 1 < wishes::pages(&self.model) => {
                self.model.screen = Screen::Shelf { page: page + 1 };
            }
            (Screen::Shelf { page }, Control::PreviousPage) => {
                self.model.screen = Screen::Shelf { page: page.saturating_sub(1) };
            }
            (Screen::Shelf { .. }, Control::Offer(sku)) => self.choose(sku),
            (Screen::HowMany { sku }, Control::Pieces(pieces)) => self.check(&sku, pieces),
            (Screen::Check { .. }, Control::Confirm) => self.confirm(fresh),
            (Screen::Unconfirmed { .. }, Control::Again) => self.back(),
            (Screen::Done(finished), Control::Undo) if finished.can_undo => {
                self.model.screen = Screen::UndoCheck(finished);
            }
            (Screen::Done(_), Control::More) => self.model.screen = Screen::Shelf { page: 0 },
            (Screen::UndoCheck(finished), Control::Confirm) if finished.can_undo => {
                let visit = self.model.visit().cloned().unwrap_or_default();
                self.reverse(fresh, &finished.receipt, visit);
            }
            (Screen::Done(_) | Screen::Undone(_), Control::PrintAgain) => self.print_again(),
            (Screen::Done(_) | Screen::Undone(_), Control::Finish) => self.end_session("done"),
            (Screen::Refused { .. }, Control::Again) => self.back(),
            (Screen::Unable { .. }, Control::Again) => self.unable_again(),
            (Screen::Desk(_) | Screen::Lookup(_) | Screen::Found { .. } | Screen::ReverseCheck { .. }, control) => {
                self.on_desk(control, fresh)
            }
            _ => {}
        }
    }

    fn begin(&mut self) {
        self.model.screen = match self.model.obstacle() {
            Some(obstacle) => Screen::Unable { obstacle },
            None => Screen::Card { digits: Secret::default(), hitch: None },
        };
    }

    fn on_card(&mut self, control: &Control) {
        let Screen::Card { digits, hitch } = &mut self.model.screen else { return };
        if !pad::press(control, digits, hitch, CARD_DIGITS..=CARD_DIGITS) {
            return;
        }
        if CardNumber::parse(digits.reveal()).is_none() {
            *hitch = Some(Hitch::CardMistyped);
            return;
        }
        let card = digits.clone();
        self.arrive(card);
    }

    /// Somebody is here with that card; who they are is not shown yet.
    pub(super) fn arrive(&mut self, card: Secret) {
        self.model.session = Some(Session { card, volunteer: None, visit: Secret::default(), under_way: None });
        self.model.screen = match self.model.obstacle() {
            Some(obstacle) => Screen::Unable { obstacle },
            None => Screen::Pin { digits: Secret::default(), question: None, hitch: None },
        };
    }

    fn on_pin(&mut self, control: &Control) {
        if *control == Control::Attend {
            self.model.screen = Screen::Attend { question: None, hitch: None };
            return;
        }
        let Screen::Pin { digits, hitch, .. } = &mut self.model.screen else { return };
        if !pad::press(control, digits, hitch, PIN_DIGITS..=PIN_DIGITS) {
            return;
        }
        let pin = digits.clone();
        let asked = self.question();
        self.model.screen = Screen::Pin { digits: pin.clone(), question: Some(asked), hitch: None };
        let card = self.model.session.as_ref().map(|session| session.card.clone()).unwrap_or_default();
        self.effect(Effect::CheckPin { question: asked.number, card, pin });
    }

    /// Whether card and PIN belong together, or staff vouch for the card's owner.
    pub(super) fn identified(&mut self, question: u64, answer: Result<Admission, No>) {
        if !self.waits_for(question) {
            // Whoever it was has left: the visit that has begun is nobody's.
            return answer.into_iter().for_each(|admission| self.leave(admission.visit));
        }
        if matches!(answer, Err(No::Denied)) {
            return self.denied();
        }
        match (answer, &mut self.model.screen) {
            (Ok(admission), Screen::Pin { .. } | Screen::Attend { .. }) => self.enter(admission),
            (Err(No::Refused(refusal @ Refusal::Rejected(Rejection::CardBlocked))), _) => {
                self.model.screen = Screen::Refused { refusal, reference: None };
            }
            (Err(no), Screen::Pin { digits, question, hitch }) => {
                if matches!(no, No::Refused(_)) {
                    *digits = Secret::default();
                }
                (*question, *hitch) = (None, Some(Hitch::of(no)));
            }
            (Err(no), Screen::Attend { question, hitch }) => {
                (*question, *hitch) = (None, Some(Hitch::of(no)));
            }
            _ => {}
        }
    }

    /// Whose work card was shown.
    pub(super) fn vouched(&mut self, question: u64, answer: Result<Staff, No>) {
        if !self.waits_for(question) {
            return answer.into_iter().for_each(|staff| self.leave(staff.visit));
        }
        if matches!(answer, Err(No::Denied)) {
            return self.denied();
        }
        if let Screen::Desk(_) = self.model.screen {
            self.desk_opened(answer);
        }
    }

    /// They have shown who they are. Whoever has something under way sees that first, and cannot ask for it twice.
    fn enter(&mut self, Admission { volunteer, visit }: Admission) {
        self.heard();
        self.keep_later();
        // So that no receipt of before the visit is taken for one of its orders'.
        self.poll_soon();
        let is_blocked = volunteer.is_blocked;
        let Some(session) = &mut self.model.session else { return };
        (session.volunteer, session.visit) = (Some(volunteer), visit);
        let under_way = self.model.commands.of_card(&session.card);
        session.under_way = under_way;
        self.model.screen = match under_way {
            _ if is_blocked => Screen::Refused { refusal: Refusal::Rejected(Rejection::CardBlocked), reference: None },
            Some(id) => Screen::Unconfirmed { id },
            None => Screen::Shelf { page: 0 },
        };
    }

    fn choose(&mut self, sku: String) {
        let Some(offer) = self.model.offer(&sku) else { return };
        match wishes::pieces_max(&self.model, offer) {
            0 => {}
            1 => self.check(&sku, 1),
            _ => self.model.screen = Screen::HowMany { sku },
        }
    }

    fn check(&mut self, sku: &str, pieces: i64) {
        if let Some(wish) = wishes::wish(&self.model, sku, pieces) {
            self.model.screen = Screen::Check { wish };
        }
    }

    /// From here on there is an order, unless something is in the way already.
    fn confirm(&mut self, fresh: Uuid) {
        let Screen::Check { wish } = &self.model.screen else { return };
        let Some(session) = &self.model.session else { return };
        let Some(volunteer) = &session.volunteer else { return };
        if self.model.link != Link::Online || self.model.commands.is_broken {
            let obstacle = self.model.obstacle().unwrap_or(Obstacle::Away(super::answer::Trouble::NoAnswer));
            self.model.screen = Screen::Unable { obstacle };
            return;
        }
        if let Some(id) = self.model.commands.of_card(&session.card) {
            self.model.screen = Screen::Unconfirmed { id };
            return;
        }
        let order = wish.order(&session.card, &self.model.rules.station);
        let (issuer, after) = (&self.model.issuer, self.model.after());
        let terms = Terms::of_redemption(session.visit.clone(), issuer, &volunteer.pseudonym, after);
        self.order(fresh, order, terms);
    }

    fn print_again(&mut self) {
        let (Screen::Done(finished) | Screen::Undone(finished)) = &self.model.screen else { return };
        if finished.print == Print::Printing {
            return;
        }
        let finished = finished.clone();
        let printing = self.print(&finished.receipt, true);
        if let Screen::Done(finished) | Screen::Undone(finished) = &mut self.model.screen {
            finished.print = printing;
        }
    }

    /// Asks at once whether what was in the way still is.
    fn unable_again(&mut self) {
        self.poll();
        if self.model.commands.is_broken {
            self.effect(Effect::Probe);
        }
        if let Some(obstacle) = self.model.obstacle() {
            self.model.screen = Screen::Unable { obstacle };
        }
    }

    /// Goes on where something was in the way, as soon as nothing is.
    pub(super) fn go_on(&mut self) {
        let is_free = self.model.link == Link::Online && self.model.obstacle().is_none();
        if !is_free || !matches!(self.model.screen, Screen::Unable { .. }) {
            return;
        }
        if self.model.volunteer().is_some() {
            self.model.screen = Screen::Shelf { page: 0 };
        } else if let Some(session) = self.model.session.take() {
            self.arrive(session.card);
        } else {
            self.begin();
        }
    }
}
