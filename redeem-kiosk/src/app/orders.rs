//! An order's way: kept, sent until its outcome is known, settled.

use baoyulan_ledger::Rejection;
use uuid::Uuid;

use super::answer::{No, Outcome, ReceiptFacts, Refusal, Trouble};
use super::commands::{Kept, News, Pending, Phase, Settled};
use super::effect::{Effect, Notice};
use super::model::{Finished, Hitch, Link, Obstacle, Patience, Screen, Wish};
use super::order::{Order, OrderLine};
use super::receipt::{self, Doubt, SeenReceipt, Terms};
use super::secret::Secret;
use super::turn::Turn;

/// Between two tries, in milliseconds: at first, at least.
const RETRY_MS_MIN: i64 = 500;
/// Between two tries, in milliseconds: in the end, at most.
const RETRY_MS_MAX: i64 = 30_000;

impl Turn {
    /// Takes over what the outbox kept.
    pub(super) fn started(&mut self, kept: Vec<Kept>, news: Vec<News>) {
        let now = self.model.times.now;
        for Kept { id, order, terms, credential } in kept {
            let rules = &self.model.rules;
            let is_own = credential == rules.credential && order.is_at(&rules.station);
            if !is_own {
                self.note(Notice::ForeignOrder(id));
            }
            let phase = if is_own { Phase::Due(now) } else { Phase::Foreign };
            self.model.commands.pending.insert(id, Pending::new(order, terms, phase, true));
        }
        for item in news {
            self.tell_later(item);
        }
        self.send_due();
    }

    /// Writes an order down, and shows that it is being done.
    pub(super) fn order(&mut self, id: Uuid, order: Order, terms: Terms) {
        let pending = Pending::new(order.clone(), terms.clone(), Phase::Storing, false);
        self.model.commands.pending.insert(id, pending);
        self.effect(Effect::Store { id, order, terms });
        self.model.screen = Screen::Working { id, since: self.model.times.now, patience: Patience::Short };
    }

    /// The same, of a receipt's reversal in that visit.
    pub(super) fn reverse(&mut self, id: Uuid, receipt: &ReceiptFacts, visit: Secret) {
        let terms = Terms::of_reversal(visit, receipt, self.model.after());
        self.order(id, Order::Reversal { receipt: receipt.number.clone() }, terms);
    }

    /// The outbox has it, or could not take it. What is not kept is not sent.
    pub(super) fn stored(&mut self, id: Uuid, is_kept: bool) {
        let now = self.model.times.now;
        let Some(pending) = self.model.commands.pending.get_mut(&id) else { return };
        if pending.phase != Phase::Storing {
            return;
        }
        if is_kept {
            pending.phase = Phase::Due(now);
            self.send_due();
            return;
        }
        self.model.commands.pending.remove(&id);
        self.outbox_failed();
        self.effect(Effect::Forget { id });
        if self.shows(id) {
            let obstacle = self.model.obstacle().unwrap_or(Obstacle::Outbox);
            self.model.screen = Screen::Unable { obstacle };
        }
    }

    /// The outbox could not be written, or can be again.
    pub(super) fn probed(&mut self, is_good: bool) {
        if !is_good {
            self.outbox_failed();
        } else if self.model.commands.is_broken {
            (self.model.commands.is_broken, self.model.commands.is_gone) = (false, false);
            self.note(Notice::OutboxGood);
        }
    }

    /// From now on nothing is taken; what is under way goes on.
    pub(super) fn outbox_gone(&mut self) {
        if !self.model.commands.is_gone {
            self.note(Notice::OutboxGone);
        }
        (self.model.commands.is_gone, self.model.commands.is_broken) = (true, true);
        self.model.times.probe_at = self.model.times.now + self.model.rules.poll_ms;
    }

    fn outbox_failed(&mut self) {
        if !self.model.commands.is_broken {
            self.note(Notice::OutboxBroken);
        }
        self.model.commands.is_broken = true;
        self.model.times.probe_at = self.model.times.now + self.model.rules.poll_ms;
    }

    /// Sends what is due, and writes what could not be written.
    pub(super) fn send_due(&mut self) {
        let now = self.model.times.now;
        let may_send = self.model.link != Link::Revoked;
        let mut effects = Vec::new();
        for (id, pending) in &mut self.model.commands.pending {
            match &pending.phase {
                Phase::Due(at) if *at <= now && may_send => {
                    pending.phase = Phase::Sending;
                    pending.tries += 1;
                    effects.push(Effect::Note(Notice::OrderSent(*id, pending.tries)));
                    let (order, visit) = (pending.order.clone(), pending.terms.visit.clone());
                    effects.push(Effect::Send { id: *id, order, visit });
                }
                Phase::Unwritten(settled, at) if *at <= now => {
                    effects.push(Effect::Settle { id: *id, settled: settled.clone(), seen: pending.seen.clone() });
                    pending.phase = Phase::Settling(settled.clone());
                }
                Phase::Storing
                | Phase::Due(_)
                | Phase::Sending
                | Phase::Settling(_)
                | Phase::Unwritten(..)
                | Phase::Foreign => {}
            }
        }
        self.effects.extend(effects);
        if self.model.commands.is_broken && self.model.times.probe_at <= now {
            self.model.times.probe_at = now + self.model.rules.poll_ms;
            self.effect(Effect::Probe);
        }
    }

    /// Orders that waited for the service are sent at once.
    pub(super) fn send_all(&mut self) {
        let now = self.model.times.now;
        for pending in self.model.commands.pending.values_mut() {
            if let Phase::Due(at) = &mut pending.phase {
                *at = now;
            }
        }
        self.send_due();
    }

    /// What became of an order that was sent.
    pub(super) fn answered(&mut self, id: Uuid, outcome: Outcome) {
        let Some(pending) = self.model.commands.pending.get(&id) else { return };
        if pending.phase != Phase::Sending {
            return;
        }
        let is_doubtful = pending.is_doubtful;
        match outcome {
            Outcome::Accepted(receipt) if let Some(doubt) = self.doubt(id, pending, &receipt) => {
                self.doubted(id, doubt)
            }
            Outcome::Accepted(receipt) => {
                self.see(id, &receipt);
                let settled = Settled { receipt_number: receipt.number.clone(), code: String::new() };
                self.heard();
                self.settle(id, settled.clone());
                self.accepted(id, *receipt, settled);
            }
            Outcome::Refused(refusal) => {
                let settled = Settled { receipt_number: String::new(), code: refusal.code() };
                self.heard();
                self.settle(id, settled.clone());
                let is_over = refusal == Refusal::Rejected(Rejection::NoVisit) && self.shows(id);
                self.told_or_news(id, settled, |reference| Screen::Refused { refusal, reference });
                if is_over {
                    self.visit_over();
                }
            }
            Outcome::Unreadable(code) if !is_doubtful => {
                let settled = Settled { receipt_number: String::new(), code: code.clone() };
                self.settle(id, settled.clone());
                let refusal = Refusal::Unknown(code);
                self.told_or_news(id, settled, |reference| Screen::Refused { refusal, reference });
            }
            Outcome::Unreadable(_) => self.again(id, Trouble::Garbled, None),
            Outcome::Unknown(Trouble::UnknownKey, _) => self.doubted(id, Doubt::Key),
            Outcome::Unknown(trouble, wait) => self.again(id, trouble, wait),
            Outcome::Denied => {
                self.again(id, Trouble::Broken, None);
                self.denied();
            }
        }
    }

    fn doubt(&self, id: Uuid, pending: &Pending, receipt: &ReceiptFacts) -> Option<Doubt> {
        let (seen, station) = (&self.model.commands.seen, &self.model.rules.station);
        receipt::doubt(id, &pending.order, &pending.terms, receipt, seen, station)
    }

    /// Keeps the order, and says that something is wrong. It is asked for again, in case the right answer comes after all.
    fn doubted(&mut self, id: Uuid, doubt: Doubt) {
        let at = self.model.times.now + RETRY_MS_MAX;
        let Some(pending) = self.model.commands.pending.get_mut(&id) else { return };
        (pending.phase, pending.is_doubtful) = (Phase::Due(at), true);
        pending.doubt = Some(doubt);
        self.note(Notice::OrderDoubted(id, doubt));
        if self.shows(id) {
            self.model.screen = Screen::Unconfirmed { id };
        }
    }

    /// Remembers the receipt: no other order's answer can be the same.
    fn see(&mut self, id: Uuid, receipt: &ReceiptFacts) {
        let ReceiptFacts { number, position, issuer, .. } = receipt;
        let seen = SeenReceipt { id, number: number.clone(), position: *position, issuer: issuer.clone() };
        if let Some(pending) = self.model.commands.pending.get_mut(&id) {
            (pending.doubt, pending.seen) = (None, Some(seen.clone()));
        }
        self.model.commands.seen.add(seen);
    }

    /// The service knows of no visit any more: whoever is there begins anew, with their card.
    fn visit_over(&mut self) {
        if self.model.session.take().is_some() {
            self.note(Notice::SessionEnded("visit over"));
        }
    }

    /// Keeps the order for another try, later each time.
    fn again(&mut self, id: Uuid, trouble: Trouble, wait: Option<i64>) {
        let now = self.model.times.now;
        let Some(pending) = self.model.commands.pending.get_mut(&id) else { return };
        let tries = pending.tries;
        let delay = (RETRY_MS_MIN << tries.saturating_sub(1).min(6)).min(RETRY_MS_MAX);
        pending.phase = Phase::Due(now + delay.max(wait.unwrap_or_default().min(RETRY_MS_MAX)));
        // Whoever asks for patience has decided nothing; all else may have been done.
        pending.is_doubtful |= trouble != Trouble::Busy || tries > 1;
        self.note(Notice::OrderUnanswered(id, trouble, tries));
        if let Screen::Working { id: shown, patience, .. } = &mut self.model.screen
            && *shown == id
        {
            *patience = Patience::Again;
        }
    }

    pub(super) fn settle(&mut self, id: Uuid, settled: Settled) {
        self.note(Notice::OrderSettled(id, settled.clone()));
        let Some(pending) = self.model.commands.pending.get_mut(&id) else { return };
        pending.phase = Phase::Settling(settled.clone());
        let (visit, seen) = (pending.terms.visit.clone(), pending.seen.clone());
        self.effect(Effect::Settle { id, settled, seen });
        self.leave(visit);
    }

    /// The outcome stands in the outbox, or could not be written: then the same order would get the same answer again.
    pub(super) fn settled(&mut self, id: Uuid, is_written: bool) {
        let now = self.model.times.now;
        let Some(pending) = self.model.commands.pending.get_mut(&id) else { return };
        let Phase::Settling(settled) = &pending.phase else { return };
        if is_written {
            self.model.commands.pending.remove(&id);
            let first = self.model.commands.pending.values().map(|pending| pending.terms.after).min();
            self.model.commands.seen.forget_until(first);
            return;
        }
        pending.phase = Phase::Unwritten(settled.clone(), now + RETRY_MS_MAX);
        self.outbox_failed();
    }

    fn accepted(&mut self, id: Uuid, receipt: ReceiptFacts, settled: Settled) {
        if !self.shows(id) {
            self.told_or_news(id, settled, |_| Screen::Welcome);
            return;
        }
        let points_left = self.points_left(id, &receipt);
        self.account(id, &receipt, points_left);
        let print = self.print(&receipt, false);
        let is_reversal = receipt.is_reversal;
        let can_undo = !is_reversal;
        let finished = Finished { id, receipt, points_left, print, shown_at: self.model.times.now, can_undo };
        let screen = if is_reversal { Screen::Undone(finished) } else { Screen::Done(finished) };
        self.told_or_news(id, settled, |_| screen);
        self.poll_soon();
    }

    /// What the person before the screen can still spend: what the receipt says or, where its owner has left that out, what
    /// they could spend before. Of an order that was under way when they came, nobody can tell whether that holds it already.
    fn points_left(&self, id: Uuid, receipt: &ReceiptFacts) -> Option<i64> {
        let session = self.model.session.as_ref()?;
        let had = session.volunteer.as_ref()?.points_spendable;
        let left = if receipt.is_reversal { had + receipt.points } else { had - receipt.points };
        receipt.points_left.or_else(|| Some(left).filter(|left| *left >= 0 && session.under_way != Some(id)))
    }

    /// What the person before the screen has after it.
    fn account(&mut self, id: Uuid, receipt: &ReceiptFacts, points_left: Option<i64>) {
        let Some(session) = &mut self.model.session else { return };
        let Some(volunteer) = &mut session.volunteer else { return };
        if let Some(points) = points_left {
            volunteer.points_spendable = points;
        }
        // Where it was counted neither here nor there, the service says no to what is too much.
        if session.under_way != Some(id) {
            volunteer.count(receipt);
        }
    }

    /// Whether the screen waits for that order's outcome.
    pub(super) fn shows(&self, id: Uuid) -> bool {
        matches!(&self.model.screen, Screen::Working { id: shown, .. } | Screen::Unconfirmed { id: shown } if *shown == id)
    }

    /// How long the wait is, in words; and when it is honest to say that nobody knows.
    pub(super) fn watch_the_wait(&mut self) {
        let (now, limit) = (self.model.times.now, self.model.rules.patience_ms);
        let Screen::Working { id, since, patience } = &mut self.model.screen else { return };
        let (id, waited) = (*id, now - *since);
        if waited >= 1000 && *patience == Patience::Short {
            *patience = Patience::Long;
        }
        if waited >= limit {
            self.model.screen = Screen::Unconfirmed { id };
        }
    }
}

impl Wish {
    /// The order that it becomes.
    pub(super) fn order(&self, card: &Secret, station: &str) -> Order {
        Order::Redemption {
            card: card.clone(),
            station: station.to_owned(),
            lines: vec![OrderLine { sku: self.sku.clone(), pieces: self.pieces }],
            points_shown: self.points,
            attended_by: None,
        }
    }
}

impl Hitch {
    /// Of an answer that was no.
    pub(super) fn of(no: No) -> Self {
        match no {
            No::Refused(refusal) => Self::Refused(refusal),
            No::Trouble(trouble) => Self::Trouble(trouble),
            No::Denied => Self::Trouble(Trouble::Broken),
        }
    }
}
