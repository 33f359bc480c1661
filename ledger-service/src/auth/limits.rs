//! How often: per credential, and per address for what can be guessed. In memory, for one process.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::config::LimitSettings;
use crate::problem::Problem;

/// All limits of the service.
pub struct Limits {
    credentials: DefaultKeyedRateLimiter<String>,
    guesses: DefaultKeyedRateLimiter<IpAddr>,
    addresses: DefaultKeyedRateLimiter<IpAddr>,
}

impl Limits {
    /// Limits as they are set.
    pub fn new(settings: &LimitSettings) -> Self {
        Self {
            credentials: RateLimiter::keyed(per_second(settings.credential_requests_per_second_max)),
            guesses: RateLimiter::keyed(per_minute(settings.guesses_per_minute_max)),
            addresses: RateLimiter::keyed(per_second(settings.address_requests_per_second_max)),
        }
    }

    /// Counts a request with this credential.
    ///
    /// # Errors
    /// 429.
    pub fn credential(&self, code: &str) -> Result<(), Problem> {
        passed(self.credentials.check_key(&code.to_owned()))
    }

    /// Counts something that may have been a guess: a wrong token, a wrong PIN, a link that is none.
    ///
    /// # Errors
    /// 429.
    pub fn guess(&self, address: IpAddr) -> Result<(), Problem> {
        passed(self.guesses.check_key(&address))
    }

    /// Counts a request from this address that shows no credential.
    ///
    /// # Errors
    /// 429.
    pub fn address(&self, address: IpAddr) -> Result<(), Problem> {
        passed(self.addresses.check_key(&address))
    }

    /// Forgets who has not been here for a while, so that nothing grows for ever.
    pub fn forget(&self) {
        self.credentials.retain_recent();
        self.guesses.retain_recent();
        self.addresses.retain_recent();
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
