//! How an order's end is told: on the screen to whom it belongs, else as news, by its number.
//!
//! It promises that nothing counts as told that nobody had the time to read: where the agent ends before, its next start
//! tells it.

use uuid::Uuid;

use super::commands::{News, Pending, Phase, Settled};
use super::effect::Effect;
use super::model::Screen;
use super::order::reference;
use super::turn::Turn;

/// How long an outcome that nobody touches stands on the screen until it counts as told, in milliseconds.
const READ_MS: i64 = 3000;
/// News that are shown at a time; older ones stay in the outbox.
const NEWS_MAX: usize = 8;
/// How an order ends that staff have looked up by hand.
const BY_HAND: &str = "by_hand";

impl Turn {
    /// Shows the outcome to whom it belongs, if they are still there; else it is told later.
    pub(super) fn told_or_news(&mut self, id: Uuid, settled: Settled, screen: impl FnOnce(Option<String>) -> Screen) {
        if self.shows(id) {
            self.model.screen = screen(Some(reference(id)));
            // A result is read, not touched: the time to read it begins now.
            self.model.times.touched_at = self.model.times.now;
            self.model.commands.shown.push((id, self.model.times.now));
            return;
        }
        let kind = self.model.commands.pending.get(&id).map_or("", |pending| pending.order.kind()).to_owned();
        self.tell_later(News { id, kind, settled });
    }

    /// What stood there long enough was told.
    pub(super) fn watch_the_telling(&mut self) {
        self.told_until(self.model.times.now - READ_MS);
    }

    /// Whoever presses something on the page has seen what it says.
    pub(super) fn told_by_press(&mut self) {
        self.told_until(self.model.times.now);
    }

    fn told_until(&mut self, time: i64) {
        let told: Vec<_> = self.model.commands.shown.extract_if(.., |(_, since)| *since <= time).collect();
        for (id, _) in told {
            self.effect(Effect::Told { id });
        }
    }

    pub(super) fn tell_later(&mut self, news: News) {
        let list = &mut self.model.commands.news;
        list.push(news);
        if list.len() > NEWS_MAX {
            list.remove(0);
        }
    }

    /// Staff have seen to what was told, and have looked up by hand what this device may not send.
    pub(super) fn dismiss(&mut self) {
        for news in std::mem::take(&mut self.model.commands.news) {
            self.effect(Effect::Told { id: news.id });
        }
        // What is being sent has an answer to come; it is looked at then.
        let is_by_hand = |pending: &Pending| match pending.phase {
            Phase::Foreign => true,
            Phase::Due(_) => pending.doubt.is_some(),
            Phase::Storing | Phase::Sending | Phase::Settling(_) | Phase::Unwritten(..) => false,
        };
        let is_foreign = |(id, pending): (&Uuid, &Pending)| is_by_hand(pending).then_some(*id);
        let foreign: Vec<Uuid> = self.model.commands.pending.iter().filter_map(is_foreign).collect();
        for id in foreign {
            let settled = Settled { receipt_number: String::new(), code: BY_HAND.to_owned() };
            self.settle(id, settled);
            self.effect(Effect::Told { id });
        }
    }
}
