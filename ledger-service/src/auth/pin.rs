//! PINs: six digits, checked by Argon2id with a pepper that is not in the bank.
//!
//! A card number that nobody has gets the same answer as a wrong PIN, after the same time. After five wrong PINs in a row the
//! next try has to wait, and each further one twice as long; that, too, is the same for a card that nobody has.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::LazyLock;

use anyhow::Context;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use baoyulan_ledger::people::{CardNumber, CardState, MemberId};
use baoyulan_ledger::text::digits_as_typed;
use baoyulan_ledger::{Ledger, private};
use data_encoding::HEXLOWER;
use jiff::civil::Date;
use tokio::sync::{Mutex, Semaphore};

use crate::problem::Problem;

/// How many wrong PINs in a row are answered at once.
const MISSES_WITHOUT_DELAY: i64 = 5;
/// The first delay; each further wrong PIN doubles it.
const DELAY_SECONDS: i64 = 30;
const DELAY_SECONDS_MAX: i64 = 3600;
/// Wrong PINs are forgotten so long after the last one.
const MISSES_KEPT_SECONDS: i64 = 24 * 3600;
/// How many PINs are hashed at a time: each takes 19 MiB and a core.
static HASHES: Semaphore = Semaphore::const_new(2);

/// Of one card, one PIN is checked at a time, so guesses that are sent together are counted one after the other, and the sixth
/// waits like any other sixth. Cards share a lock with those that have the same remainder.
static TURNS: [Mutex<()>; 64] = [const { Mutex::const_new(()) }; 64];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The card or the PIN is wrong; it is not said which.
    Wrong,
    /// Too many PINs were wrong: the next try has to wait for so many seconds.
    Wait(i64),
    /// The PIN is right, but the card is blocked.
    Blocked,
}

/// Why a PIN is too easy to guess; `None` if it is not.
pub fn weakness(pin: &str) -> Option<&'static str> {
    if pin.len() != 6 || !pin.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some("a PIN has six digits");
    }
    let digits: Vec<i16> = pin.bytes().map(|byte| i16::from(byte - b'0')).collect();
    let steps: Vec<i16> = digits.windows(2).map(|pair| pair[1] - pair[0]).collect();
    if [-1, 0, 1].iter().any(|step| steps.iter().all(|found| found == step)) {
        return Some("a PIN must not be a run of digits, such as 123456 or 888888");
    }
    let number = |range: std::ops::Range<usize>| digits[range].iter().fold(0, |number, digit| number * 10 + digit);
    let is_date = |year, month, day: i16| {
        i8::try_from(month)
            .ok()
            .zip(i8::try_from(day).ok())
            .is_some_and(|(month, day)| Date::new(year, month, day).is_ok())
    };
    let is_birthday = is_date(2000 + number(0..2), number(2..4), number(4..6))
        || ((1900..2100).contains(&number(0..4)) && (1..=12).contains(&number(4..6)));
    is_birthday.then_some("a PIN must not be a birthday, such as 520314 or 195203")
}

fn read_pepper(ledger: &Ledger) -> std::io::Result<Vec<u8>> {
    let text = fs::read_to_string(ledger.key_folder().join(pepper_name(ledger)))?;
    HEXLOWER.decode(text.trim().as_bytes()).map_err(|error| std::io::Error::other(error.to_string()))
}

fn pepper_name(ledger: &Ledger) -> String {
    format!("{}.pin-pepper", ledger.bank().bank_id)
}

/// Reads the bank's pepper, and makes one if no PIN has been set yet. Fails if there are PINs but the pepper is gone.
async fn pepper(ledger: &Ledger) -> anyhow::Result<Vec<u8>> {
    let path = ledger.key_folder().join(pepper_name(ledger));
    match read_pepper(ledger) {
        Ok(pepper) => return Ok(pepper),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| format!("the pepper of the PINs, {}", path.display())),
    }
    if ledger.access().has_pins().await? {
        anyhow::bail!(
            "the pepper of the PINs, {}, is missing: restore it; a new one is never made silently",
            path.display()
        );
    }
    create_pepper(ledger.key_folder(), &path).with_context(|| format!("the pepper of the PINs, {}", path.display()))?;
    Ok(read_pepper(ledger)?)
}

/// If two processes make one at the same time, both use the one that came first.
fn create_pepper(folder: &Path, path: &Path) -> anyhow::Result<()> {
    let mut random = [0; 32];
    getrandom::fill(&mut random)
        .map_err(|error| anyhow::anyhow!("the operating system gives no random bytes: {error}"))?;
    let own = path.with_extension(format!("pin-pepper.{}", std::process::id()));
    let mut file = private::create(&own)?;
    file.write_all(HEXLOWER.encode(&random).as_bytes())?;
    file.sync_all()?;
    match fs::hard_link(&own, path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(error.into()),
        _ => {}
    }
    fs::remove_file(&own)?;
    Ok(fs::File::open(folder)?.sync_all()?)
}

fn argon2(pepper: &[u8]) -> Option<Argon2<'_>> {
    Argon2::new_with_secret(pepper, Algorithm::Argon2id, Version::V0x13, Params::default()).ok()
}

/// The text that the bank keeps of a PIN, to check it later.
pub async fn verifier(ledger: &Ledger, pin: String) -> anyhow::Result<String> {
    let pepper = pepper(ledger).await?;
    hash(pepper, pin).await.context("the PIN cannot be hashed")
}

async fn hash(pepper: Vec<u8>, pin: String) -> Option<String> {
    let _one_of_few = HASHES.acquire().await.ok()?;
    let work = move || argon2(&pepper)?.hash_password(pin.as_bytes()).ok().map(|hash| hash.to_string());
    tokio::task::spawn_blocking(work).await.ok()?
}

async fn matches(pepper: Vec<u8>, pin: String, verifier: String) -> bool {
    let Ok(_one_of_few) = HASHES.acquire().await else { return false };
    let work = move || {
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

/// The member whose card and PIN these are, as somebody typed them.
pub async fn check(ledger: &Ledger, card: &str, pin: &str) -> Result<Result<MemberId, Refused>, Problem> {
    let pin = digits_as_typed(pin);
    // Delays are in real time, for the clock of a demonstration may stand still.
    let now = jiff::Timestamp::now().as_second();
    let Some(card) = CardNumber::parse(card) else {
        // The caller can compute the check digits, so only the time must not give anything away.
        matches(vec![0; 32], pin.into_owned(), NOBODYS.clone()).await;
        return Ok(Err(Refused::Wrong));
    };
    let group = usize::try_from(card.number()).unwrap_or_default() % TURNS.len();
    let _turn = TURNS[group].lock().await;
    let known = ledger.access().pin_check(card).await?;
    if let Some(seconds) = delay_left(known.misses, known.last_miss_at, now) {
        return Ok(Err(Refused::Wait(seconds)));
    }
    // A guess is counted before it is checked, so it also counts if the caller hangs up meanwhile.
    ledger.access().add_pin_miss(card, now, now - MISSES_KEPT_SECONDS).await?;
    let (pepper, verifier) = match known.verifier {
        Some(verifier) => (read_pepper(ledger).map_err(|error| pepper_gone(&error))?, verifier),
        None => (vec![0; 32], NOBODYS.clone()),
    };
    let right = matches(pepper, pin.into_owned(), verifier).await;
    let Some(member) = known.member.filter(|_| right) else { return Ok(Err(Refused::Wrong)) };
    ledger.access().forget_pin_misses(card).await?;
    let blocked = ledger.volunteer_account(card).await?.is_none_or(|account| account.card_state == CardState::Blocked);
    Ok(if blocked { Err(Refused::Blocked) } else { Ok(member) })
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
    fn weak_pins_are_told() {
        for weak in ["12345", "1234567", "12345x", "123456", "987654", "000000", "520314", "195203", "200012"] {
            assert!(weakness(weak).is_some(), "{weak}");
        }
        for good in ["482913", "907214", "135792", "131313", "990199"] {
            assert_eq!(weakness(good), None, "{good}");
        }
    }

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
        assert!(matches(vec![1; 32], "482913".to_owned(), verifier.clone()).await);
        assert!(!matches(vec![2; 32], "482913".to_owned(), verifier.clone()).await);
        assert!(!matches(vec![1; 32], "482914".to_owned(), verifier).await);
        assert!(NOBODYS.starts_with("$argon2id$"));
    }
}
