//! The passing of time: polls, retries, and visits that nobody goes on with.

use super::effect::Effect;
use super::model::{Link, Overlay, Preference, Screen};
use super::turn::Turn;

impl Turn {
    /// It is that time. A clock that is set back stops nothing, and wipes nobody's visit.
    pub(super) fn tick(&mut self, now: i64) {
        self.model.times.now = now.max(self.model.times.now);
        self.watch_the_link();
        self.send_due();
        self.watch_the_wait();
        self.watch_the_telling();
        self.watch_the_question();
        self.watch_the_undo();
        self.watch_for_idleness();
        self.watch_the_visit();
    }

    fn watch_the_link(&mut self) {
        let times = self.model.times;
        if self.model.link == Link::Online && times.now - times.heard_at > self.model.rules.online_ms {
            self.missed(super::answer::Trouble::NoAnswer);
        }
        if times.poll_at <= times.now && self.model.link != Link::Revoked && self.model.commands.is_read {
            self.poll();
        }
    }

    /// Whoever takes their time stays known to the service.
    fn watch_the_visit(&mut self) {
        if self.model.times.keep_at > self.model.times.now || self.model.link != Link::Online {
            return;
        }
        if let Some(visit) = self.model.visit().cloned() {
            self.keep_later();
            self.effect(Effect::KeepVisit { visit });
        }
    }

    fn watch_the_question(&mut self) {
        let now = self.model.times.now;
        if let Some(question) = self.model.screen.question_mut() {
            question.is_slow |= now - question.asked_at >= 1000;
        }
    }

    fn watch_the_undo(&mut self) {
        let (now, limit) = (self.model.times.now, self.model.rules.undo_ms);
        if let Screen::Done(finished) | Screen::UndoCheck(finished) = &mut self.model.screen {
            finished.can_undo &= now - finished.shown_at < limit;
            if !finished.can_undo
                && let Screen::UndoCheck(finished) = &self.model.screen
            {
                self.model.screen = Screen::Done(finished.clone());
            }
        }
    }

    /// Warns, counts down, and in the end wipes.
    fn watch_for_idleness(&mut self) {
        let idle_ms = self.model.times.now - self.model.times.touched_at;
        let left_ms = self.model.rules.idle_warning_ms + self.model.rules.idle_countdown_ms - idle_ms;
        if !self.model.is_occupied() {
            if left_ms <= 0 {
                self.model.preference = Preference::default();
            }
        } else if left_ms <= 0 {
            self.end_session("idle");
        } else if idle_ms >= self.model.rules.idle_warning_ms {
            self.model.overlay = Some(Overlay::Idle { seconds: (left_ms + 999) / 1000 });
        }
    }
}
