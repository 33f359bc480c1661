//! What a scanned code is: a card, a work card, a receipt, or none of ours.

use baoyulan_ledger::people::CardNumber;
use baoyulan_ledger::proof::Receipt;
use baoyulan_ledger::proof::typed::Typed;
use baoyulan_ledger::text::code_as_typed;

use super::answer::Scan;
use super::secret::Secret;

/// Reads a code, as [`baoyulan_ledger::text`] reads what people type. The QR code of a card holds its ten digits, that of a work
/// card a token, that of a receipt the address at which it is checked. A receipt's number and its token are found as at `/v`.
pub fn read(text: &str) -> Scan {
    if let Some(card) = CardNumber::parse(text) {
        return Scan::Card(Secret::new(card.to_string()));
    }
    let code = code_as_typed(text);
    if is_token(&code) {
        return Scan::WorkCard(Secret::new(&*code));
    }
    match Typed::read(text) {
        Typed::Number(number) => Scan::Number(number),
        Typed::Incomplete => Scan::Incomplete,
        Typed::Token(token) => receipt(token),
        Typed::Nothing | Typed::Unread | Typed::Several => Scan::Unknown,
    }
}

/// Its number leads to the receipt that the service has, which must be this very one.
fn receipt(token: String) -> Scan {
    match Receipt::read_unverified(&token) {
        Some(receipt) => Scan::Receipt(receipt.number, token),
        None => Scan::Unknown,
    }
}

/// Whether it has the form of a credential's token.
pub fn is_token(text: &str) -> bool {
    let plain =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
    text.len() <= 200 && text.starts_with("pb_") && plain(text)
}

#[cfg(test)]
#[path = "../../../tests/src/spellings.rs"]
mod spellings;

#[cfg(test)]
mod tests {
    use super::spellings::{NOT_DIGITS, of_code, of_digits};
    use super::*;

    /// The number that was read, as the station writes it.
    fn number_at(text: &str, station: &str) -> Option<String> {
        match read(text) {
            Scan::Number(number) => number.at_one_of([station].into_iter()).map(|number| number.to_string()),
            Scan::Card(_) | Scan::WorkCard(_) | Scan::Receipt(..) | Scan::Incomplete | Scan::Unknown => None,
        }
    }

    #[test]
    fn every_spelling_of_a_code_is_read() {
        for card in of_digits("1000157592") {
            assert_eq!(read(&card), Scan::Card(Secret::new("1000157592")), "{card:?}");
        }
        for wrong in NOT_DIGITS {
            assert_eq!(read(&format!("1000157592{wrong}")), Scan::Unknown, "{wrong}");
        }
        for token in of_code("pb_t01_abcdef") {
            assert_eq!(read(&token), Scan::WorkCard(Secret::new("pb_t01_abcdef")), "{token:?}");
        }
        for number in of_code("S01-26-000042") {
            assert_eq!(number_at(&number, "S01"), Some("S01-26-000042".to_owned()), "{number:?}");
        }
        for number in ["s01-26-000042", "No. S01-26-000042", "S01-26-42", "S01 - 26 - 42", "回执号：S01—26—000042。"]
        {
            assert_eq!(number_at(number, "S01"), Some("S01-26-000042".to_owned()), "{number:?}");
            assert_eq!(number_at(number, "S02"), None, "{number:?}");
        }
    }

    #[test]
    fn codes_are_told_apart() {
        assert_eq!(read("1000157592\n"), Scan::Card(Secret::new("1000157592")));
        assert_eq!(read("1000157529"), Scan::Unknown);
        assert!(matches!(read("pb_t01_abcdef"), Scan::WorkCard(_)));
        assert!(matches!(read("S01-26-000042"), Scan::Number(_)));
        for other in ["", "https://points.example/v#x.y.z", "6901234567892", "pb_<script>"] {
            assert_eq!(read(other), Scan::Unknown, "{other}");
        }
    }
}
