//! How often something may be asked: by each credential, and by each address for requests without one and for guesses.
//! Counted in memory, by each process for itself.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::config::LimitSettings;
use crate::problem::Problem;

pub struct Limits {
    credentials: DefaultKeyedRateLimiter<String>,
    guesses: DefaultKeyedRateLimiter<IpAddr>,
    addresses: DefaultKeyedRateLimiter<IpAddr>,
}

impl Limits {
    pub fn new(settings: &LimitSettings) -> Self {
        Self {
            credentials: RateLimiter::keyed(per_second(settings.credential_requests_per_second_max)),
            guesses: RateLimiter::keyed(per_minute(settings.guesses_per_minute_max)),
            addresses: RateLimiter::keyed(per_second(settings.address_requests_per_second_max)),
        }
    }

    /// Counts a request with this credential; 429 beyond the limit.
    pub fn credential(&self, code: &str) -> Result<(), Problem> {
        passed(self.credentials.check_key(&code.to_owned()))
    }

    /// Counts something that may have been a guess: a wrong token, a wrong PIN, a link that was used up; 429 beyond the limit.
    pub fn guess(&self, address: IpAddr) -> Result<(), Problem> {
        passed(self.guesses.check_key(&household(address)))
    }

    /// Counts a request from this address that shows no valid credential; 429 beyond the limit.
    pub fn address(&self, address: IpAddr) -> Result<(), Problem> {
        passed(self.addresses.check_key(&household(address)))
    }

    /// Forgets whoever has not asked for a while, so that the counts do not grow for ever.
    pub fn forget(&self) {
        forget(&self.credentials);
        forget(&self.guesses);
        forget(&self.addresses);
    }
}

fn forget<K: std::hash::Hash + Eq + Clone>(limiter: &DefaultKeyedRateLimiter<K>) {
    limiter.retain_recent();
    limiter.shrink_to_fit();
}

/// What stands for everybody behind one line: of IPv6, a line has 2⁶⁴ addresses.
fn household(address: IpAddr) -> IpAddr {
    const NETWORK: u128 = !0 << 64;
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & NETWORK)),
        address @ IpAddr::V4(_) => address,
    }
}

fn per_second(requests: NonZeroU32) -> Quota {
    Quota::per_second(requests).allow_burst(requests.saturating_mul(NonZeroU32::MIN.saturating_add(1)))
}

fn per_minute(requests: NonZeroU32) -> Quota {
    Quota::per_minute(requests)
}

fn passed(outcome: Result<(), governor::NotUntil<<DefaultClock as Clock>::Instant>>) -> Result<(), Problem> {
    outcome.map_err(|not_until| {
        let wait: Duration = not_until.wait_time_from(DefaultClock::default().now());
        Problem::too_many_requests(wait.as_secs().saturating_add(1))
    })
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
