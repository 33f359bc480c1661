//! What somebody holds for a receipt, types for its number, or gives for a bank's keys.

use std::sync::LazyLock;

use baoyulan_ledger::language::Language;
use baoyulan_ledger::proof::key::{JsonWebKey, JsonWebKeySet};
use baoyulan_ledger::proof::receipt::{TOKEN_LENGTH_MAX, token_as_typed};
use baoyulan_ledger::proof::typed::Typed;
use baoyulan_ledger::proof::{Receipt, ReceiptError, ReceiptNumber, SigningKey, VerifyingKey};
use baoyulan_ledger::text::{code_as_typed, half_width, is_unseen};
use data_encoding::BASE64URL_NOPAD;
use jiff::tz::TimeZone;

/// Two receipts of the journal in `tests/vectors`, and the key that it signed them with.
const ISSUED: [&str; 2] = [
    include_str!("../../../tests/fuzz/corpus/receipts/redemption"),
    include_str!("../../../tests/fuzz/corpus/receipts/reversal"),
];
const KEYS: &str = include_str!("../../../tests/fuzz/corpus/receipts/keys.json");

/// Codes that stations may have, some of which look like labels, dates or a part of another one.
const STATIONS: [&str; 8] = ["S01", "s02", "01", "A", "A-26", "No.S01", "EAST-1", "2026"];

static ISSUERS_KEYS: LazyLock<Vec<VerifyingKey>> = LazyLock::new(|| {
    let keys: JsonWebKeySet = serde_json::from_str(KEYS).unwrap();
    keys.keys.iter().map(|key| key.key().unwrap()).collect()
});

static OWN_KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_seed(&[7; 32]));

/// Only what the bank issued is accepted, and in no other spelling; a number is found only where somebody typed it; a key is
/// read as it was written.
pub fn receipts(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for token in [&*text, &token_as_typed(&text)] {
        only_what_was_issued_is_accepted(token);
        a_payload_has_one_spelling(token);
    }
    what_is_signed_has_one_spelling(bytes);
    a_number_has_one_spelling(&text);
    what_is_found_was_typed(&text);
    keys_are_read_as_they_are_written(bytes);
}

fn only_what_was_issued_is_accepted(token: &str) {
    let accepted = Receipt::verify(token, &ISSUERS_KEYS).is_ok();
    assert_eq!(accepted, ISSUED.contains(&token), "accepted: {token}");
}

/// Whoever has the token of their own bank need not check its signature.
fn a_payload_has_one_spelling(token: &str) {
    if let Some(receipt) = Receipt::read_unverified(token) {
        let again = receipt.sign(&OWN_KEY);
        assert_eq!(again.split('.').nth(1), token.split('.').nth(1), "{receipt:?}");
    }
}

/// Behind a right signature the payload alone decides.
fn what_is_signed_has_one_spelling(payload: &[u8]) {
    let token = signed(payload);
    match Receipt::verify(&token, std::slice::from_ref(OWN_KEY.public())) {
        Ok(receipt) => {
            assert_eq!((receipt.sign(&OWN_KEY), receipt.token_length()), (token.clone(), token.len()));
            assert!(ReceiptNumber::parse(&receipt.number).is_some_and(|number| number.to_string() == receipt.number));
            assert!(!receipt.words(Language::English, &TimeZone::UTC).is_empty());
        }
        Err(ReceiptError::TooLong) => assert!(token.len() > TOKEN_LENGTH_MAX),
        Err(error) => assert_eq!(error, ReceiptError::MalformedPayload),
    }
}

fn signed(payload: &[u8]) -> String {
    // Every token of a key begins with the same header.
    static HEADER: LazyLock<String> = LazyLock::new(|| {
        let token = Receipt::read_unverified(ISSUED[0]).unwrap().sign(&OWN_KEY);
        token.split('.').next().unwrap().to_owned()
    });
    let signed = format!("{}.{}", *HEADER, BASE64URL_NOPAD.encode(payload));
    let signature = BASE64URL_NOPAD.encode(&OWN_KEY.sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

fn a_number_has_one_spelling(text: &str) {
    let Some(number) = ReceiptNumber::parse(text) else { return };
    assert_eq!(number.to_string(), code_as_typed(text));
    // What is typed without anything beside it is found, unless it could be two numbers. At a gap among digits nobody guesses.
    let is_in_one_piece = text.split_whitespace().count() == 1;
    if is_in_one_piece && number.station.chars().all(char::is_alphanumeric) && number.to_string().len() <= 24 {
        let found = Typed::read(text);
        let Typed::Number(found) = &found else { panic!("{number} is {found:?}") };
        assert_eq!(found.at_one_of([number.station.as_str()].into_iter()), Some(number));
    }
}

fn what_is_found_was_typed(text: &str) {
    let typed: String = text.chars().filter(|character| !is_unseen(*character) || character.is_whitespace()).collect();
    let typed: Vec<char> = typed.chars().map(half_width).collect();
    match Typed::read(text) {
        Typed::Token(token) => assert!(letters(&typed).contains(&letters(&token.chars().collect::<Vec<_>>()))),
        Typed::Number(number) => {
            for station in STATIONS {
                let found = number.at_one_of([station].into_iter());
                assert!(found.as_ref().is_none_or(|found| is_typed(found, &typed)), "nobody typed {found:?}");
            }
        }
        Typed::Nothing => assert_eq!(letters(&typed), ""),
        Typed::Unread | Typed::Several | Typed::Incomplete => {}
    }
}

/// ASCII letters and digits alone: the parts of codes, numbers and tokens.
fn letters(text: &[char]) -> String {
    text.iter().filter(|character| character.is_ascii_alphanumeric()).collect::<String>().to_ascii_uppercase()
}

/// Whether somewhere in a text stand the station, the year and the number, each of them whole.
fn is_typed(number: &ReceiptNumber, text: &[char]) -> bool {
    let station_and_year = format!("{}{:02}", number.station, number.year % 100);
    let station_and_year = letters(&station_and_year.chars().collect::<Vec<_>>());
    let is_digit = |at: usize| text.get(at).is_some_and(char::is_ascii_digit);
    let starts = (0..text.len()).filter(|start| is_digit(*start) && (*start == 0 || !is_digit(start - 1)));
    starts.into_iter().any(|start| {
        let digits: String = text[start..].iter().take_while(|character| character.is_ascii_digit()).collect();
        digits.parse() == Ok(number.number) && letters(&text[..start]).ends_with(&station_and_year)
    })
}

fn keys_are_read_as_they_are_written(bytes: &[u8]) {
    let Ok(set) = serde_json::from_slice::<JsonWebKeySet>(bytes) else { return };
    let written = serde_json::to_vec(&set).unwrap();
    assert_eq!(serde_json::from_slice::<JsonWebKeySet>(&written).unwrap(), set);
    for (written, key) in set.keys.iter().filter_map(|written| Some((written, written.key()?))) {
        let again = JsonWebKey::of(&key);
        assert_eq!((again.x, again.kid), (written.x.clone(), written.kid.clone()));
    }
}
