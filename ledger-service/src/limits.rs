//! How often something may be asked: by each credential, and by each address for requests without one and for guesses.
//! Counted in memory, by each process for itself.
//!
//! [`guesses`] counts guesses. Only wrong ones count, so forty people who log in from one hall do not stop each other.

mod guesses;

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use self::guesses::{Alarm, Guesses, KnownHouseholds, WINDOW};
use crate::config::LimitSettings;
use crate::problem::Problem;

pub struct Limits {
    credentials: DefaultKeyedRateLimiter<String>,
    addresses: DefaultKeyedRateLimiter<IpAddr>,
    /// Wrong tokens, PINs and links, by household.
    guesses: Guesses<IpAddr>,
    /// Wrong PINs on the web, from everywhere.
    web: Guesses<()>,
    known: KnownHouseholds,
    alarm: Alarm,
}

impl Limits {
    pub fn new(settings: &LimitSettings) -> Self {
        Self {
            credentials: RateLimiter::keyed(per_second(settings.credential_requests_per_second_max)),
            addresses: RateLimiter::keyed(per_second(settings.address_requests_per_second_max)),
            guesses: Guesses::per_minute(settings.guesses_per_minute_max),
            web: Guesses::per_minute(settings.web_misses_per_minute_max),
            known: KnownHouseholds::default(),
            alarm: Alarm::at(settings.misses_alarm),
        }
    }

    /// Counts a request with this credential; 429 beyond the limit.
    pub fn credential(&self, code: &str) -> Result<(), Problem> {
        passed(self.credentials.check_key(&code.to_owned()))
    }

    /// Counts a request from this address that shows no valid credential; 429 beyond the limit.
    pub fn address(&self, address: IpAddr) -> Result<(), Problem> {
        passed(self.addresses.check_key(&household(address)))
    }

    /// Counts a wrong guess: a token, or a link that was used up; 429 beyond the limit. Right ones are not asked about, for nobody
    /// guesses a token.
    pub fn guess(&self, address: IpAddr) -> Result<(), Problem> {
        self.guesses.count(household(address), Instant::now()).map_err(wait)
    }

    /// 429 if so many guesses from this address were wrong that a PIN on the web must wait, or if everybody's together were, unless
    /// somebody has logged in from this address before. Counts nothing.
    pub fn may_try_pin(&self, address: IpAddr) -> Result<(), Problem> {
        let now = Instant::now();
        if !self.is_known(address) {
            self.web.left(&(), now).map_err(wait)?;
        }
        self.guesses.left(&household(address), now).map_err(wait)
    }

    /// Counts a PIN on the web as wrong before it is checked, so that it also counts if the caller hangs up; 429 beyond the
    /// limits. If it turns out to be right, [take it back](Self::pin_was_right).
    pub fn try_pin(&self, address: IpAddr) -> Result<(), Problem> {
        self.may_try_pin(address)?;
        self.guess(address)?;
        if !self.is_known(address) {
            self.web.count((), Instant::now()).map_err(wait)?;
        }
        Ok(())
    }

    /// Takes back what [`Self::try_pin`] has counted.
    pub fn pin_was_right(&self, address: IpAddr) {
        self.guesses.take_back(&household(address));
        if !self.is_known(address) {
            self.web.take_back(&());
        }
    }

    /// Remembers that somebody has logged in from there.
    pub fn logged_in(&self, address: IpAddr) {
        self.known.add(household(address), Instant::now());
    }

    fn is_known(&self, address: IpAddr) -> bool {
        self.known.has(household(address), Instant::now())
    }

    /// Counts a wrong PIN at any door. One too many in ten minutes raises the alarm: a line in the log, which names no card, and
    /// a metric.
    pub fn pin_missed(&self) {
        if self.alarm.count(Instant::now()) {
            tracing::warn!(
                misses = self.alarm.misses(),
                minutes = WINDOW.as_secs() / 60,
                "many PINs were wrong, over all cards: somebody may be guessing"
            );
        }
    }

    /// Forgets whoever has not asked for a while, so that the counts do not grow for ever.
    pub fn forget(&self) {
        let now = Instant::now();
        forget(&self.credentials);
        forget(&self.addresses);
        self.guesses.forget(now);
        self.known.forget(now);
        self.alarm.settle(now);
    }
}

fn forget<K: std::hash::Hash + Eq + Clone>(limiter: &DefaultKeyedRateLimiter<K>) {
    limiter.retain_recent();
    limiter.shrink_to_fit();
}

/// What stands for everybody behind one line: of IPv6, a line has 2⁶⁴ addresses.
pub fn household(address: IpAddr) -> IpAddr {
    const NETWORK: u128 = !0 << 64;
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & NETWORK)),
        address @ IpAddr::V4(_) => address,
    }
}

fn per_second(requests: NonZeroU32) -> Quota {
    Quota::per_second(requests).allow_burst(requests.saturating_mul(NonZeroU32::MIN.saturating_add(1)))
}

fn passed(outcome: Result<(), governor::NotUntil<<DefaultClock as Clock>::Instant>>) -> Result<(), Problem> {
    outcome.map_err(|not_until| wait(not_until.wait_time_from(DefaultClock::default().now())))
}

fn wait(wait: Duration) -> Problem {
    Problem::too_many_requests(wait.as_secs().saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_line_are_one() {
        let same = |one: &str, other: &str| household(one.parse().unwrap()) == household(other.parse().unwrap());
        assert!(same("2001:db8:0:1::1", "2001:db8:0:1:ffff::2"));
        assert!(!same("2001:db8:0:1::1", "2001:db8:0:2::1"));
        assert!(same("::ffff:192.0.2.1", "192.0.2.1"));
        assert!(!same("192.0.2.1", "192.0.2.2"));
    }
}
