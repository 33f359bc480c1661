//! What a scanned code is: a card, a work card, a receipt, or none of ours.

use baoyulan_ledger::people::CardNumber;
use baoyulan_ledger::proof::{Receipt, ReceiptNumber};

use super::answer::Scan;
use super::secret::Secret;

/// Reads a code. A card's QR holds the ten digits, a work card's its token, a receipt's the address to check it at.
pub fn read(text: &str) -> Scan {
    let text = text.trim();
    if CardNumber::parse(text).is_some() {
        return Scan::Card(Secret::new(text));
    }
    if is_token(text) {
        return Scan::WorkCard(Secret::new(text));
    }
    if ReceiptNumber::parse(text).is_some() {
        return Scan::Receipt(text.to_owned(), None);
    }
    // Its number leads to the receipt that the service has, which must be this very one.
    let token = text.rsplit_once('#').map_or(text, |(_, token)| token);
    match Receipt::read_unverified(token) {
        Some(receipt) => Scan::Receipt(receipt.number, Some(token.to_owned())),
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
mod tests {
    use super::*;

    #[test]
    fn codes_are_told_apart() {
        assert_eq!(read("1000157592\n"), Scan::Card(Secret::new("1000157592")));
        assert_eq!(read("1000157529"), Scan::Unknown);
        assert!(matches!(read("pb_t01_abcdef"), Scan::WorkCard(_)));
        assert_eq!(read("S01-26-000042"), Scan::Receipt("S01-26-000042".to_owned(), None));
        for other in ["", "https://points.example/v#x.y.z", "6901234567892", "pb_<script>"] {
            assert_eq!(read(other), Scan::Unknown, "{other}");
        }
    }
}
