//! How often something may be asked: by each credential, and by each address for requests without one and for guesses.
//! Counted in memory, by each process for itself.
//!
//! [`guesses`] counts guesses. Only wrong ones count, so forty people who log in from one hall do not stop each other.

mod guesses;
mod known;

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use baoyulan_ledger::people::MemberId;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use self::guesses::{Alarm, DAY, Guesses, MINUTE, WINDOW};
use self::known::KnownHouseholds;
use crate::config::LimitSettings;
use crate::problem::Problem;

/// So many wrong PINs a minute of one household count against the web's limit, and then the household waits: it takes several
/// to fill it. A card's five leave room for one more, so a neighbour who types the right PIN need not wait.
const MISSES_PER_HOUSEHOLD: u32 = 6;
/// So many wrong PINs a minute one credential may have checked. Each keeps the stations' PINs waiting for a moment.
const MISSES_PER_CREDENTIAL: u32 = 60;
/// So often a day a member may choose whether receipts say what is left: each choice is a record for ever.
const CHOICES_PER_DAY: u32 = 10;

pub struct Limits {
    credentials: DefaultKeyedRateLimiter<String>,
    addresses: DefaultKeyedRateLimiter<IpAddr>,
    /// Wrong tokens and links, by household.
    guesses: Guesses<IpAddr>,
    /// Wrong PINs on the web, by household.
    pins: Guesses<IpAddr>,
    /// Numbers that are no card's, and cards that have to wait, by household: nobody's PIN is guessed so.
    in_vain: Guesses<IpAddr>,
    /// Receipts that were asked for by number alone, by household.
    numbers: Guesses<IpAddr>,
    /// Wrong PINs on the web for which nobody vouches, from everywhere.
    web: Guesses<()>,
    /// Each household's share of those.
    shares: Guesses<IpAddr>,
    known: KnownHouseholds,
    /// Wrong PINs at stations, by credential.
    stations: Guesses<String>,
    /// How often members have changed their minds about what receipts say.
    choices: Guesses<MemberId>,
    alarm: Alarm,
}

impl Limits {
    pub fn new(settings: &LimitSettings) -> Self {
        Self {
            credentials: RateLimiter::keyed(per_second(settings.credential_requests_per_second_max)),
            addresses: RateLimiter::keyed(per_second(settings.address_requests_per_second_max)),
            guesses: Guesses::per_minute(settings.guesses_per_minute_max),
            pins: Guesses::per_minute(settings.guesses_per_minute_max),
            in_vain: Guesses::per_minute(settings.guesses_per_minute_max),
            numbers: Guesses::per_minute(settings.guesses_per_minute_max),
            web: Guesses::per_minute(settings.web_misses_per_minute_max),
            shares: Guesses::within(MINUTE, MISSES_PER_HOUSEHOLD),
            known: KnownHouseholds::default(),
            stations: Guesses::within(MINUTE, MISSES_PER_CREDENTIAL),
            choices: Guesses::within(DAY, CHOICES_PER_DAY),
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
    /// guesses a token. Whoever does keeps nobody from logging in.
    pub fn guess(&self, address: IpAddr) -> Result<(), Problem> {
        self.guesses.count(household(address), Instant::now()).map_err(wait)
    }

    /// Counts a question for a receipt by its number alone; 429 beyond the limit. Whoever asks keeps nobody from logging in.
    pub fn look_up(&self, address: IpAddr) -> Result<(), Problem> {
        self.numbers.count(household(address), Instant::now()).map_err(wait)
    }

    /// Counts a number that is no card's, or a card that is asked for although it has to wait; 429 beyond the limit.
    pub fn ask_in_vain(&self, address: IpAddr) -> Result<(), Problem> {
        self.in_vain.count(household(address), Instant::now()).map_err(wait)
    }

    /// 429 if so many PINs from this address were wrong that one on the web must wait; or, if nobody who has logged in from
    /// there vouches for it, if too many PINs on the web were. Counts nothing.
    pub fn may_try_pin(&self, address: IpAddr) -> Result<(), Problem> {
        let (household, now) = (household(address), Instant::now());
        if self.known.voucher(household, now).is_none() {
            self.shares.left(&household, now).map_err(wait)?;
            self.web.left(&(), now).map_err(wait)?;
        }
        self.pins.left(&household, now).map_err(wait)
    }

    /// Whether this member has logged in from there. Then a neighbour who guesses does not keep them from doing so again.
    pub fn has_logged_in(&self, address: IpAddr, member: MemberId) -> bool {
        self.known.has(household(address), member, Instant::now())
    }

    /// Counts a PIN on the web as wrong before it is checked, so that it also counts if the caller hangs up; 429 beyond the
    /// limits. If it turns out to be right, [take it back](Self::pin_was_right).
    pub fn try_pin(&self, address: IpAddr) -> Result<Attempt, Problem> {
        self.may_try_pin(address)?;
        let (household, now) = (household(address), Instant::now());
        self.pins.count(household, now).map_err(wait)?;
        let voucher = self.known.voucher(household, now).filter(|member| self.known.count(*member, now));
        if voucher.is_none() {
            self.shares.count(household, now).map_err(wait)?;
            self.web.count((), now).map_err(wait)?;
        }
        Ok(Attempt::Web { household, voucher })
    }

    /// 429 if so many PINs were wrong that this credential had checked that it must wait. Counts nothing.
    pub fn may_try_pin_at_station(&self, credential: &str) -> Result<(), Problem> {
        self.stations.left(&credential.to_owned(), Instant::now()).map_err(wait)
    }

    /// Counts a PIN at a station as [`Self::try_pin`] does one on the web.
    pub fn try_pin_at_station(&self, credential: &str) -> Result<Attempt, Problem> {
        self.stations.count(credential.to_owned(), Instant::now()).map_err(wait)?;
        Ok(Attempt::Station(credential.to_owned()))
    }

    /// Takes back a PIN that was counted as wrong.
    pub fn pin_was_right(&self, attempt: Attempt) {
        match attempt {
            Attempt::Web { household, voucher } => {
                self.pins.take_back(&household);
                match voucher {
                    Some(member) => self.known.take_back(member),
                    None => {
                        self.shares.take_back(&household);
                        self.web.take_back(&());
                    }
                }
            }
            Attempt::Station(credential) => self.stations.take_back(&credential),
            Attempt::AtHome => {}
        }
    }

    /// Counts that a member changes what their receipts say; 429 beyond the limit.
    pub fn choose(&self, member: MemberId) -> Result<(), Problem> {
        self.choices.count(member, Instant::now()).map_err(wait)
    }

    /// Remembers that a member has logged in from there.
    pub fn logged_in(&self, address: IpAddr, member: MemberId) {
        self.known.add(household(address), member, Instant::now());
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
        self.pins.forget(now);
        self.in_vain.forget(now);
        self.numbers.forget(now);
        self.shares.forget(now);
        self.stations.forget(now);
        self.choices.forget(now);
        self.known.forget(now);
        self.alarm.settle(now);
    }
}

/// A PIN that counts as wrong until it is known to be right.
#[must_use]
pub enum Attempt {
    /// On the web, from a household; against the limit of everybody, or of the member who vouches for it.
    Web { household: IpAddr, voucher: Option<MemberId> },
    /// At a station, with a credential.
    Station(String),
    /// On the web, from where its owner has logged in before: the card's own count is all that counts.
    AtHome,
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
