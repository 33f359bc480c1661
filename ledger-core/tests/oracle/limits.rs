//! Limits over time, once more: everything that ever moved is added up again for every question.

use baoyulan_ledger::Rejection;
use baoyulan_ledger::command::{Command, LimitedAccounts, SetLimit, Side, Window};

use super::calendar::{local_date, midnight};
use super::{Answer, Event, MOST, Opened, Oracle, code_ok, field, refuse_if};

/// Year, month and day with which a window begins.
fn first_day(window: Window, instant: i64) -> (i64, i64, i64) {
    let (year, month, day) = local_date(instant);
    match window {
        Window::Day => (year, month, day),
        Window::Month => (year, month, 1),
        Window::Year => (year, 1, 1),
    }
}

/// The first instant of a window.
pub fn start(window: Window, instant: i64) -> i64 {
    let (year, month, day) = first_day(window, instant);
    midnight(year, month, day)
}

/// The first day after a window, as `YYYY-MM-DD`.
fn end(window: Window, instant: i64) -> String {
    let (year, month, day) = first_day(window, instant);
    // No day has more than 25 hours; the month and the year are counted on.
    let (year, month, day) = match window {
        Window::Day => local_date(midnight(year, month, day) + 36 * 3600),
        Window::Month if month == 12 => (year + 1, 1, 1),
        Window::Month => (year, month + 1, 1),
        Window::Year => (year + 1, 1, 1),
    };
    format!("{year:04}-{month:02}-{day:02}")
}

fn on_side(side: Side, growth: i64) -> i64 {
    match side {
        Side::In if growth > 0 => growth,
        Side::Out if growth < 0 => -growth,
        Side::In | Side::Out => 0,
    }
}

impl Oracle {
    /// The limits that hold, by their codes.
    fn limits(&self) -> Vec<&SetLimit> {
        let mut all: Vec<&SetLimit> = Vec::new();
        for command in self.commands() {
            if let Command::SetLimit(set) = command {
                all.retain(|limit| limit.limit != set.limit);
                all.push(set);
            }
        }
        all.retain(|limit| limit.quantity != -1);
        all.sort_by(|one, other| one.limit.cmp(&other.limit));
        all
    }

    fn is_limited(limit: &SetLimit, account: &Opened) -> bool {
        match &limit.accounts {
            LimitedAccounts::One(address) => address.as_str() == account.address,
            LimitedAccounts::Each { commodity, prefix } => {
                commodity.as_str() == account.commodity && account.address.starts_with(prefix)
            }
        }
    }

    pub(super) fn set_limit(&self, blank: Event, set: &SetLimit) -> Answer {
        refuse_if(!code_ok(&set.limit, 64), field("limit"))?;
        refuse_if(set.quantity < -1 || set.quantity > MOST, field("quantity"))?;
        match &set.accounts {
            LimitedAccounts::One(address) => {
                let address = address.to_string();
                refuse_if(self.account(&address).is_none(), Rejection::UnknownAccount { address })?;
            }
            LimitedAccounts::Each { commodity, prefix } => {
                refuse_if(!code_ok(prefix, 120) || !prefix.ends_with('/'), field("accounts"))?;
                let commodity = commodity.as_str().to_owned();
                refuse_if(!self.knows_commodity(&commodity), Rejection::UnknownCommodity { commodity })?;
            }
        }
        Ok(blank)
    }

    fn event_at(&self, position: i64) -> &Event {
        self.events.iter().find(|event| event.position == position).unwrap()
    }

    /// When what an event moves of an account counts: where a hold had kept it, when that was placed.
    fn counted_at(&self, event: &Event, address: &str) -> i64 {
        let [(code, pieces)] = event.unheld.as_slice() else { return event.now };
        if pieces.iter().all(|(of, ..)| of != address) {
            return event.now;
        }
        let placing = self.events.iter().find(|event| event.placed.as_ref().is_some_and(|placed| placed.code == *code));
        placing.map_or(event.now, |placing| placing.now)
    }

    /// What was posted of a side in the window that begins at `since`, up to a position.
    pub fn posted_since(&self, address: &str, side: Side, window: Window, since: i64, up_to: i64) -> i64 {
        let sign = self.account(address).map_or(1, Opened::sign);
        let counts = |event: &Event| start(window, self.counted_at(event, address)) == since;
        let mut used = 0;
        for event in self.events.iter().filter(|event| event.position <= up_to) {
            match &event.undoes {
                None if counts(event) && !matches!(event.command, Some(Command::Expire(_))) => {
                    let moves = event.moves.iter().filter(|one| one.address == address);
                    used += moves.map(|one| on_side(side, one.quantity * sign)).sum::<i64>();
                }
                // What expired never counted, and so gives nothing back.
                Some((reversed, _)) if matches!(self.event_at(*reversed).command, Some(Command::Expire(_))) => {}
                Some((reversed, undone)) if counts(self.event_at(*reversed)) => {
                    let undone = undone.iter().filter(|(of, ..)| of == address);
                    used -= undone.map(|(.., quantity)| on_side(side, -quantity * sign)).sum::<i64>();
                }
                None | Some(_) => {}
            }
        }
        used
    }

    /// What open holds that are in time have of a side, of those that were placed in the window in which `now` lies.
    fn held_now(&self, address: &str, side: Side, window: Window, now: i64) -> i64 {
        let sign = self.account(address).map_or(1, Opened::sign);
        let mut held = 0;
        for event in &self.events {
            let Some(placed) = &event.placed else { continue };
            if placed.until > now && start(window, event.now) == start(window, now) {
                let left = self.left(&placed.code);
                held += left
                    .iter()
                    .filter(|(of, ..)| of == address)
                    .map(|(.., quantity)| on_side(side, quantity * sign))
                    .sum::<i64>();
            }
        }
        held
    }

    /// Whether what is about to happen passes a limit.
    pub(super) fn check_limits(&self, event: &Event) -> Result<(), Rejection> {
        if event.undoes.is_some() || matches!(event.command, Some(Command::Expire(_))) {
            return Ok(());
        }
        let taken_from_hold =
            |address: &str| event.unheld.iter().any(|(_, pieces)| pieces.iter().any(|(of, ..)| of == address));
        for account in self.accounts().chain(&event.opened) {
            let address = account.address.as_str();
            if taken_from_hold(address) {
                continue;
            }
            let moved = event.moves.iter().filter(|one| one.address == address).map(|one| one.quantity);
            let pieces = event.placed.iter().flat_map(|placed| &placed.pieces);
            let placed = pieces.filter(|(of, ..)| of == address).map(|(.., quantity)| *quantity);
            let growth = moved.chain(placed).sum::<i64>() * account.sign();
            for limit in self.limits().into_iter().filter(|limit| Self::is_limited(limit, account)) {
                let (side, window, now) = (limit.side, limit.window, event.now);
                let used = self.posted_since(address, side, window, start(window, now), event.position)
                    + self.held_now(address, side, window, now);
                let asked = on_side(side, growth);
                if asked > 0 && i128::from(used) + i128::from(asked) > i128::from(limit.quantity) {
                    return Err(Rejection::OverLimitInWindow {
                        limit: limit.limit.clone(),
                        address: address.to_owned(),
                        used,
                        asked,
                        quantity: limit.quantity,
                        ends_on: end(window, now),
                    });
                }
            }
        }
        Ok(())
    }
}
