//! PINs: six digits, checked by Argon2id with a pepper that is not in the bank.
//!
//! A card number that nobody has gets the same answer as a wrong PIN, after the same time. After five wrong PINs in a row the
//! next try has to wait, and each further one twice as long; that, too, is the same for a card that nobody has. A number whose
//! check digits are wrong gets that answer at once: everybody can compute them, and nobody needs to wait behind such numbers.
//!
//! The web and the stations each have their own count of a card's wrong PINs, and their own places for hashing, so whoever
//! guesses on the web keeps nobody waiting at a kiosk.

use std::net::IpAddr;
use std::sync::LazyLock;

use anyhow::Context;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use baoyulan_ledger::access::{Entrant, PinCheck};
use baoyulan_ledger::people::{CardNumber, CardState, Door, MemberId};
use baoyulan_ledger::text::digits_as_typed;
use baoyulan_ledger::{Fault, Ledger};
use tokio::sync::{Mutex, MutexGuard, Semaphore, SemaphorePermit};
use tracing::Instrument;

use super::pepper;
use crate::limits::Attempt;
use crate::problem::Problem;
use crate::state::App;

/// How many wrong PINs in a row are answered at once.
const MISSES_WITHOUT_DELAY: i64 = 5;
/// The first delay; each further wrong PIN doubles it.
const DELAY_SECONDS: i64 = 30;
const DELAY_SECONDS_MAX: i64 = 3600;
/// So many seconds after the last one, wrong PINs are forgotten.
const MISSES_KEPT_SECONDS: i64 = 24 * 3600;

/// Who typed a PIN, and where.
#[derive(Debug, Clone, Copy)]
pub enum Asker<'a> {
    /// Anybody, from this address.
    Web(IpAddr),
    /// Somebody at a station, whose kiosk or counter has shown this credential.
    Station(&'a str),
}

impl Asker<'_> {
    fn door(self) -> Door {
        match self {
            Self::Web(_) => Door::Web,
            Self::Station(_) => Door::Station,
        }
    }

    fn desk(self) -> &'static Desk {
        match self {
            Self::Web(_) => &WEB,
            Self::Station(_) => &STATION,
        }
    }

    /// Whether they have to wait because of other cards' wrong PINs.
    fn may_try(self, app: &App) -> Result<(), Problem> {
        match self {
            Self::Web(address) => app.limits().may_try_pin(address),
            Self::Station(credential) => app.limits().may_try_pin_at_station(credential),
        }
    }

    fn tries(self, app: &App) -> Result<Attempt, Problem> {
        match self {
            Self::Web(address) => app.limits().try_pin(address),
            Self::Station(credential) => app.limits().try_pin_at_station(credential),
        }
    }

    /// A number that is no card's guesses nobody's PIN, so on the web it keeps nobody else waiting.
    fn tries_no_card(self, app: &App) -> Result<(), Problem> {
        match self {
            Self::Web(address) => app.limits().ask_in_vain(address),
            Self::Station(credential) => app.limits().try_pin_at_station(credential).map(drop),
        }
    }

    /// Asking again and again while a card has to wait is no guess either.
    fn waits(self, app: &App) -> Result<(), Problem> {
        match self {
            Self::Web(address) => app.limits().ask_in_vain(address),
            Self::Station(_) => Ok(()),
        }
    }

    /// Whether the card's owner is where they have logged in before.
    fn is_at_home(self, app: &App, owner: Option<MemberId>) -> bool {
        match (self, owner) {
            (Self::Web(address), Some(owner)) => app.limits().has_logged_in(address, owner),
            (Self::Web(_), None) | (Self::Station(_), _) => false,
        }
    }
}

/// What a door's PINs wait for.
struct Desk {
    /// How many PINs are hashed at a time: each takes 19 MiB and a core.
    hashes: Semaphore,
    /// Of one card, one PIN is checked at a time, so guesses that are sent together are counted one after the other, and the
    /// sixth waits like any other sixth. Cards share a lock with those that have the same remainder.
    turns: [Mutex<()>; 64],
}

impl Desk {
    const fn new() -> Self {
        Self { hashes: Semaphore::const_new(2), turns: [const { Mutex::const_new(()) }; 64] }
    }

    fn turn(&'static self, card: CardNumber) -> &'static Mutex<()> {
        &self.turns[usize::try_from(card.number()).unwrap_or_default() % self.turns.len()]
    }

    async fn place(&'static self) -> Result<SemaphorePermit<'static>, Problem> {
        self.hashes.acquire().await.map_err(|_| Problem::broken("pins"))
    }
}

static WEB: Desk = Desk::new();
static STATION: Desk = Desk::new();

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The card or the PIN is wrong; it is not said which.
    Wrong,
    /// Too many PINs were wrong: the next try has to wait for so many seconds.
    Wait(i64),
    /// The PIN is right, but the card is blocked.
    Blocked,
}

fn argon2(pepper: &[u8]) -> Option<Argon2<'_>> {
    Argon2::new_with_secret(pepper, Algorithm::Argon2id, Version::V0x13, Params::default()).ok()
}

/// The text that the bank keeps of a PIN, to check it later.
pub async fn verifier(ledger: &Ledger, pin: String) -> anyhow::Result<String> {
    let pepper = pepper::read_or_make(ledger).await?;
    hash(pepper, pin).await.context("the PIN cannot be hashed")
}

async fn hash(pepper: Vec<u8>, pin: String) -> Option<String> {
    let place = STATION.place().await.ok()?;
    let work = move || {
        let _place = place;
        argon2(&pepper)?.hash_password(pin.as_bytes()).ok().map(|hash| hash.to_string())
    };
    tokio::task::spawn_blocking(work).await.ok()?
}

/// The place is given back when the work is done, even if nobody waits for it any more.
async fn matches(place: SemaphorePermit<'static>, pepper: Vec<u8>, pin: String, verifier: String) -> bool {
    let work = move || {
        let _place = place;
        let verifier = PasswordHash::new(&verifier).ok()?;
        argon2(&pepper)?.verify_password(pin.as_bytes(), &verifier).ok()
    };
    tokio::task::spawn_blocking(work).await.ok().flatten().is_some()
}

/// A verifier that no PIN matches. A card number that nobody has is checked against it, so that the answer takes as long.
static NOBODYS: LazyLock<String> = LazyLock::new(|| {
    let made = argon2(&[0; 32]).and_then(|argon2| argon2.hash_password(b"no PIN has letters").ok());
    made.map(|hash| hash.to_string()).unwrap_or_default()
});

/// The member whose card and PIN these are, as somebody typed them. 429 if the asker must wait because of other cards' wrong PINs;
/// but whoever has logged in from there before gets in with the right one.
pub async fn check(app: &App, card: &str, pin: &str, asker: Asker<'_>) -> Result<Result<Entrant, Refused>, Problem> {
    let pin = digits_as_typed(pin);
    let Some(card) = CardNumber::parse(card) else {
        asker.tries_no_card(app)?;
        return Ok(Err(wrong(app, asker.door())));
    };
    let (ledger, door) = (app.ledger()?, asker.door());
    let turn = asker.desk().turn(card).lock().await;
    let now = ledger.running_now();
    let known = known(ledger, card, door, now).await?;
    let is_at_home = asker.is_at_home(app, known.member);
    let delay = delay_left(known.misses, known.last_miss_at, now);
    if !is_at_home || delay.is_some() {
        asker.may_try(app)?;
    }
    if let Some(seconds) = delay {
        asker.waits(app)?;
        return Ok(Err(Refused::Wait(seconds)));
    }
    let (pepper, verifier) = match known.verifier {
        Some(verifier) => (pepper::read(ledger).map_err(|error| pepper_gone(&error))?, verifier),
        None => (vec![0; 32], NOBODYS.clone()),
    };
    let place = asker.desk().place().await?;
    // A guess is counted before it is checked, and judged to the end even if the caller hangs up meanwhile: a wrong one counts, and
    // a right one does not.
    let (attempt, is_too_many) = match asker.tries(app) {
        Ok(attempt) => (attempt, None),
        Err(problem) if is_at_home => (Attempt::AtHome, Some(problem)),
        Err(problem) => return Err(problem),
    };
    let (pin, member, standing) = (pin.into_owned(), known.member, known.standing);
    let guess = Guess { card, door, pin, pepper, verifier, member, standing, now, attempt };
    let judged = tokio::spawn(judge(app.clone(), guess, place, turn).in_current_span());
    let judged = judged.await.map_err(|_| Problem::broken("pins"))??;
    match (judged, is_too_many) {
        // As to a card that nobody has.
        (Err(_), Some(problem)) => Err(problem),
        (judged, _) => Ok(judged),
    }
}

/// A PIN that is counted and not checked yet.
struct Guess {
    card: CardNumber,
    door: Door,
    pin: String,
    pepper: Vec<u8>,
    verifier: String,
    /// Whose PIN it is if it is right, and how they stand.
    member: Option<MemberId>,
    standing: i64,
    /// UTC seconds.
    now: i64,
    attempt: Attempt,
}

async fn judge(
    app: App,
    guess: Guess,
    place: SemaphorePermit<'static>,
    _turn: MutexGuard<'static, ()>,
) -> Result<Result<Entrant, Refused>, Problem> {
    let Guess { card, door, pin, pepper, verifier, member, standing, now, attempt } = guess;
    let ledger = app.ledger()?;
    ledger.access().add_pin_miss(card, door, now, now - MISSES_KEPT_SECONDS).await?;
    let right = matches(place, pepper.clone(), pin, verifier).await;
    let Some(member) = member.filter(|_| right) else { return Ok(Err(wrong(&app, door))) };
    pepper::complete(ledger, &pepper);
    let account = ledger.volunteer_account(card).await?;
    if account.is_none_or(|account| account.card_state == CardState::Blocked) {
        // The web answers as to a wrong PIN. So it counts as one, or the counts would tell that it is right.
        if door == Door::Web {
            was_wrong(&app, door);
        }
        return Ok(Err(Refused::Blocked));
    }
    ledger.access().forget_pin_misses(card, door).await?;
    app.limits().pin_was_right(attempt);
    Ok(Ok(Entrant { member, standing }))
}

fn wrong(app: &App, door: Door) -> Refused {
    was_wrong(app, door);
    Refused::Wrong
}

fn was_wrong(app: &App, door: Door) {
    let name = match door {
        Door::Web => "web",
        Door::Station => "station",
    };
    metrics::counter!("points_bank_pin_misses_total", "door" => name).increment(1);
    app.limits().pin_missed();
}

/// What is known of the card at this door. A last miss that lies in the future, written by a clock that was wrong, is moved to
/// now: it delays nobody for longer than any other.
async fn known(ledger: &Ledger, card: CardNumber, door: Door, now: i64) -> Result<PinCheck, Fault> {
    let known = ledger.access().pin_check(card, door).await?;
    if known.last_miss_at <= now {
        return Ok(known);
    }
    ledger.access().mend_pin_misses(now).await?;
    Ok(PinCheck { last_miss_at: now, ..known })
}

fn pepper_gone(error: &std::io::Error) -> Problem {
    tracing::error!(code = "pepper_missing", reason = %error, "the pepper of the PINs cannot be read");
    Problem::unavailable("PINs cannot be checked at the moment; staff can help")
}

/// How many seconds of the delay are left after so many wrong PINs; `None` if the next one need not wait.
fn delay_left(misses: i64, last_miss_at: i64, now: i64) -> Option<i64> {
    let beyond = misses - MISSES_WITHOUT_DELAY;
    if beyond < 0 || now - last_miss_at >= MISSES_KEPT_SECONDS {
        return None;
    }
    let delay = DELAY_SECONDS.saturating_mul(1 << beyond.min(16)).min(DELAY_SECONDS_MAX);
    Some(last_miss_at + delay - now).filter(|left| *left > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_grows_and_ends() {
        assert_eq!(delay_left(4, 1000, 1000), None);
        assert_eq!(delay_left(5, 1000, 1000), Some(30));
        assert_eq!(delay_left(6, 1000, 1010), Some(50));
        assert_eq!(delay_left(6, 1000, 1060), None);
        assert_eq!(delay_left(40, 1000, 1000), Some(DELAY_SECONDS_MAX));
        assert_eq!(delay_left(40, 1000, 1000 + MISSES_KEPT_SECONDS), None);
    }

    #[tokio::test]
    async fn a_pin_is_right_with_its_pepper_alone() {
        let verifier = hash(vec![1; 32], "482913".to_owned()).await.unwrap();
        for (pepper, pin, right) in [(1, "482913", true), (2, "482913", false), (1, "482914", false)] {
            let place = STATION.place().await.unwrap();
            assert_eq!(matches(place, vec![pepper; 32], pin.to_owned(), verifier.clone()).await, right);
        }
        assert!(NOBODYS.starts_with("$argon2id$"));
    }
}
