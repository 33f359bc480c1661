//! The pepper: 32 random bytes with which every PIN is hashed. They stand in the key folder and not in the bank, so a stolen bank
//! alone lets nobody try PINs.
//!
//! The file `<bank>.pin-pepper` holds the bytes in hexadecimal, and after a blank the first 16 hexadecimal digits of
//! SHA-256(the bank's id, the bytes): the pepper of another bank would make every right PIN a wrong one. Files of earlier versions
//! have no such digits; they get them once a PIN was right with the pepper.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use anyhow::Context as _;
use baoyulan_ledger::proof::sha256;
use baoyulan_ledger::{Ledger, ordinary, private};
use data_encoding::HEXLOWER;

/// How many bytes it has.
const LENGTH: usize = 32;

/// Reads the bank's pepper.
///
/// # Errors
/// There is no such file, it cannot be read, or it does not hold this bank's pepper.
pub fn read(ledger: &Ledger) -> io::Result<Vec<u8>> {
    let bytes = ordinary::read(&ledger.key_folder().join(name(ledger)))?;
    parse(&String::from_utf8_lossy(&bytes), &ledger.bank().bank_id).map_err(io::Error::other)
}

/// Reads the bank's pepper, and makes one if no PIN has been set yet.
///
/// # Errors
/// There are PINs but the pepper is gone; or those of [`read`].
pub async fn read_or_make(ledger: &Ledger) -> anyhow::Result<Vec<u8>> {
    let path = ledger.key_folder().join(name(ledger));
    let what = || format!("the pepper of the PINs, {}", path.display());
    match read(ledger) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        outcome => return outcome.with_context(what),
    }
    if ledger.access().has_pins().await? {
        anyhow::bail!("{}, is missing: restore it; a new one is never made silently", what());
    }
    make(ledger, &path).with_context(what)?;
    read(ledger).with_context(what)
}

/// Adds the digits to a file of an earlier version, now that a PIN was right with this pepper. Where the folder takes no writes,
/// the file stays as it is.
pub fn complete(ledger: &Ledger, proved: &[u8]) {
    let path = ledger.key_folder().join(name(ledger));
    let is_earlier =
        ordinary::read(&path).is_ok_and(|found| found.trim_ascii_end() == HEXLOWER.encode(proved).as_bytes());
    if is_earlier && let Err(error) = private::put(&path, text(proved, &ledger.bank().bank_id).as_bytes()) {
        tracing::info!(reason = %error, "the pepper of the PINs keeps the form of an earlier version");
    }
}

fn name(ledger: &Ledger) -> String {
    format!("{}.pin-pepper", ledger.bank().bank_id)
}

/// If two processes make one at the same time, both use the one that came first.
fn make(ledger: &Ledger, path: &Path) -> anyhow::Result<()> {
    let mut random = [0; LENGTH];
    getrandom::fill(&mut random)
        .map_err(|error| anyhow::anyhow!("the operating system gives no random bytes: {error}"))?;
    let own = path.with_extension(format!("pin-pepper.{}", std::process::id()));
    let made = write_as(&own, path, &text(&random, &ledger.bank().bank_id));
    // On a full disk nothing of it stays.
    let removed = fs::remove_file(&own);
    made.and(removed)?;
    Ok(fs::File::open(ledger.key_folder())?.sync_all()?)
}

/// Writes the text under a name of its own, and gives it the final one unless that is taken.
fn write_as(own: &Path, path: &Path, text: &str) -> io::Result<()> {
    let mut file = private::create(own)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    match fs::hard_link(own, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        outcome => outcome,
    }
}

fn text(pepper: &[u8], bank_id: &str) -> String {
    format!("{} {}\n", HEXLOWER.encode(pepper), check(pepper, bank_id))
}

fn check(pepper: &[u8], bank_id: &str) -> String {
    HEXLOWER.encode(&sha256(&[bank_id.as_bytes(), pepper])[..8])
}

fn parse(text: &str, bank_id: &str) -> Result<Vec<u8>, String> {
    let mut words = text.split_whitespace();
    let pepper = words.next().and_then(|word| HEXLOWER.decode(word.as_bytes()).ok());
    let pepper = pepper.filter(|pepper| pepper.len() == LENGTH).ok_or("it does not hold 32 bytes in hexadecimal")?;
    match words.next() {
        Some(found) if found != check(&pepper, bank_id) => Err("it is the pepper of another bank".to_owned()),
        Some(_) | None => Ok(pepper),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pepper_is_its_banks_own_and_whole() {
        let (pepper, bank) = ([7; LENGTH], "b".repeat(32));
        assert_eq!(parse(&text(&pepper, &bank), &bank), Ok(pepper.to_vec()));
        assert_eq!(parse(&HEXLOWER.encode(&pepper), &bank), Ok(pepper.to_vec()), "of an earlier version");
        assert!(parse(&text(&pepper, &"a".repeat(32)), &bank).unwrap_err().contains("another bank"));
        for broken in ["", " ", "ab", &HEXLOWER.encode(&pepper)[2..], "zz"] {
            assert!(parse(broken, &bank).is_err(), "{broken:?}");
        }
    }
}
