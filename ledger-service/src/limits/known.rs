//! Households from which somebody has logged in. A guesser who comes from everywhere slows all others on the web, but not them.
//!
//! Whoever logs in vouches for the household, so nobody gains much by a card of their own: it vouches for few households at a
//! time, and for few wrong PINs in a day.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use baoyulan_ledger::people::MemberId;

use super::guesses::{DAY, Guesses, locked};

/// How long a login vouches for a household.
const KNOWN_FOR: Duration = DAY.saturating_mul(30);
/// Each member vouches for the last so many households from which they have logged in.
const HOUSEHOLDS_MAX: usize = 4;
/// For so many wrong PINs in a day each member vouches, in all those households together.
const MISSES_PER_DAY: u32 = 10;

pub struct KnownHouseholds {
    vouched: Mutex<Vouched>,
    misses: Guesses<MemberId>,
}

#[derive(Default)]
struct Vouched {
    /// Who vouches for a household, and when they last logged in there.
    households: HashMap<IpAddr, HashMap<MemberId, Instant>>,
    /// The households for which a member vouches, the latest last.
    last: HashMap<MemberId, VecDeque<IpAddr>>,
}

impl Default for KnownHouseholds {
    fn default() -> Self {
        Self { vouched: Mutex::default(), misses: Guesses::within(DAY, MISSES_PER_DAY) }
    }
}

impl KnownHouseholds {
    /// Somebody has logged in from there.
    pub fn add(&self, household: IpAddr, member: MemberId, now: Instant) {
        let Vouched { households, last } = &mut *locked(&self.vouched);
        households.entry(household).or_default().insert(member, now);
        let last = last.entry(member).or_default();
        last.retain(|other| *other != household);
        last.push_back(household);
        if last.len() > HOUSEHOLDS_MAX
            && let Some(vouchers) = last.pop_front().and_then(|left| households.get_mut(&left))
        {
            vouchers.remove(&member);
        }
    }

    /// Whether that member has logged in from there.
    pub fn has(&self, household: IpAddr, member: MemberId, now: Instant) -> bool {
        let vouched = locked(&self.vouched);
        let since = vouched.households.get(&household).and_then(|vouchers| vouchers.get(&member));
        since.is_some_and(|since| is_recent(*since, now))
    }

    /// Somebody who vouches for one more wrong PIN from there.
    pub fn voucher(&self, household: IpAddr, now: Instant) -> Option<MemberId> {
        let vouched = locked(&self.vouched);
        let mut vouchers = vouched.households.get(&household)?.iter();
        let vouches =
            |(member, since): &(&MemberId, &Instant)| is_recent(**since, now) && self.misses.left(member, now).is_ok();
        vouchers.find(vouches).map(|(member, _)| *member)
    }

    /// Counts a wrong PIN for which a member vouches; `false` if they no longer do.
    pub fn count(&self, member: MemberId, now: Instant) -> bool {
        self.misses.count(member, now).is_ok()
    }

    pub fn take_back(&self, member: MemberId) {
        self.misses.take_back(&member);
    }

    pub fn forget(&self, now: Instant) {
        let Vouched { households, last } = &mut *locked(&self.vouched);
        households.retain(|_, vouchers| {
            vouchers.retain(|_, since| is_recent(*since, now));
            !vouchers.is_empty()
        });
        last.retain(|member, last| {
            last.retain(|household| households.get(household).is_some_and(|vouchers| vouchers.contains_key(member)));
            !last.is_empty()
        });
        self.misses.forget(now);
    }
}

fn is_recent(since: Instant, now: Instant) -> bool {
    now.saturating_duration_since(since) < KNOWN_FOR
}

#[cfg(test)]
mod tests {
    use super::*;

    fn household(number: u8) -> IpAddr {
        [192, 0, 2, number].into()
    }

    #[test]
    fn a_household_is_known_for_a_month() {
        let (known, now, hall, member) = (KnownHouseholds::default(), Instant::now(), household(1), MemberId(7));
        assert_eq!(known.voucher(hall, now), None);
        known.add(hall, member, now);
        assert_eq!(known.voucher(hall, now + KNOWN_FOR / 2), Some(member));
        assert!(known.has(hall, member, now) && !known.has(hall, member, now + KNOWN_FOR));
        assert!(!known.has(hall, MemberId(8), now) && !known.has(household(2), member, now));
        assert_eq!(known.voucher(hall, now + KNOWN_FOR), None);
        known.forget(now + KNOWN_FOR);
        let vouched = locked(&known.vouched);
        assert!(vouched.households.is_empty() && vouched.last.is_empty());
    }

    #[test]
    fn a_member_vouches_for_the_last_four_households_and_ten_wrong_pins_a_day() {
        let (known, now) = (KnownHouseholds::default(), Instant::now());
        let (one, other) = (MemberId(7), MemberId(8));
        known.add(household(1), other, now);
        for number in [1, 2, 3, 2, 4, 5, 6] {
            known.add(household(number), one, now);
        }
        let vouchers = [1, 2, 3, 4, 5, 6].map(|number| known.voucher(household(number), now));
        assert_eq!(vouchers, [Some(other), Some(one), None, Some(one), Some(one), Some(one)]);
        for _ in 0..MISSES_PER_DAY {
            assert!(known.count(one, now));
        }
        assert!(!known.count(one, now));
        assert_eq!([2, 6].map(|number| known.voucher(household(number), now)), [None, None]);
        // Neither another login nor another household gives them more.
        known.add(household(9), one, now);
        assert_eq!(known.voucher(household(9), now), None);
        assert_eq!(known.voucher(household(1), now), Some(other));
        known.take_back(one);
        assert_eq!(known.voucher(household(9), now), Some(one));
        assert_eq!(known.voucher(household(6), now + DAY), Some(one));
    }
}
