//! A receipt that somebody presents, as a number or as a whole: what was typed or scanned, and what the bank says of it.
//!
//! Two receipts may carry one number: after a restore from an old backup, or with a stolen key. So a whole receipt is compared
//! with the stored one, byte for byte; its number only leads to the place where it would be.

use baoyulan_ledger::proof::receipt::{ReceiptKind, STATION_LENGTH_MAX, token_as_typed, token_digest};
use baoyulan_ledger::proof::{Digest, Receipt, ReceiptNumber};
use baoyulan_ledger::store::chain::IssuedReceipt;
use baoyulan_ledger::text::{is_code, is_code_character};

use crate::problem::Problem;
use crate::state::App;

/// What somebody typed, pasted or scanned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presented {
    Nothing,
    Number(TypedNumber),
    /// A token, whole or not: it has a full stop.
    Token(String),
}

/// A receipt's number as people write it: in any case, perhaps without the noughts in front.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypedNumber {
    station: String,
    year: i64,
    number: i64,
}

impl Presented {
    /// Reads what is in a field. A whole address may be pasted, of which the part after `#` counts; chats and mail programs
    /// break long lines; and a Chinese keyboard writes wide letters, digits and dashes.
    pub fn read(text: &str) -> Self {
        let held = token_as_typed(text);
        let held = without_label(&held);
        if let Some(number) = TypedNumber::read(held) {
            Self::Number(number)
        } else if held.contains('.') {
            Self::Token(held.to_owned())
        } else {
            Self::Nothing
        }
    }
}

/// What stands behind a label that was typed along, such as 回执号：. Padding stays: a padded token is not what was signed.
fn without_label(held: &str) -> &str {
    let bare = held.trim_matches(|character| !is_code_character(character) && character != '=');
    if held.starts_with(bare) { bare } else { bare.trim_start_matches(':') }
}

impl TypedNumber {
    /// `None` where the text is not `<station>-<yy>-<number>`.
    pub fn read(text: &str) -> Option<Self> {
        let (rest, number) = text.rsplit_once('-')?;
        let (station, year) = rest.rsplit_once('-')?;
        let digits = |text: &str, lengths: std::ops::RangeInclusive<usize>| {
            lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !is_code(station, STATION_LENGTH_MAX) || !digits(year, 2..=2) || !digits(number, 1..=18) {
            return None;
        }
        let year = 2000 + year.parse::<i64>().ok()?;
        Some(Self { station: station.to_owned(), year, number: number.parse().ok()? })
    }

    /// The number under the station's own spelling of its code; `None` where no station has it.
    async fn of_a_station(&self, app: &App) -> Result<Option<ReceiptNumber>, Problem> {
        let stations = app.ledger()?.station_names().await?;
        let alike = || stations.keys().find(|code| code.eq_ignore_ascii_case(&self.station));
        let station = stations.get_key_value(&self.station).map(|(code, _)| code).or_else(alike);
        Ok(station.map(|code| ReceiptNumber { station: code.clone(), year: self.year, number: self.number }))
    }
}

/// A receipt that the bank has, with what it says.
pub struct Held {
    pub issued: IssuedReceipt,
    pub receipt: Receipt,
}

/// How it stands with a receipt that the bank has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The redemption has not been reversed.
    Stands,
    /// The redemption has been reversed.
    Reversed,
    /// It is the receipt of a reversal.
    Reversal,
}

impl Held {
    fn of(issued: IssuedReceipt) -> Result<Self, Problem> {
        let receipt = Receipt::read_unverified(&issued.token).ok_or_else(|| Problem::broken("damaged"))?;
        Ok(Self { issued, receipt })
    }

    pub fn standing(&self) -> Standing {
        match (self.receipt.kind, self.issued.reversed) {
            (ReceiptKind::Reversal, _) => Standing::Reversal,
            (ReceiptKind::Redemption, true) => Standing::Reversed,
            (ReceiptKind::Redemption, false) => Standing::Stands,
        }
    }

    /// The number of the receipt that reverses this one, or that this one reverses.
    pub fn other(&self) -> Option<String> {
        let other = self.issued.reversed_by.as_ref().or(self.issued.reverses.as_ref());
        other.map(ToString::to_string)
    }
}

/// The receipt of that number. Numbers can be guessed, so whoever asks here counts what was asked.
pub async fn by_number(app: &App, number: &TypedNumber) -> Result<Option<Held>, Problem> {
    match number.of_a_station(app).await? {
        Some(number) => app.ledger()?.issued_receipt(&number).await?.map(Held::of).transpose(),
        None => Ok(None),
    }
}

/// The receipt of that id (the SHA-256 of its token), which stands under that number; `None` where another one stands there.
pub async fn by_id(app: &App, number: &ReceiptNumber, id: &Digest) -> Result<Option<Held>, Problem> {
    let issued = app.ledger()?.issued_receipt(number).await?;
    issued.filter(|issued| token_digest(&issued.token) == *id).map(Held::of).transpose()
}

/// The same of a number that somebody typed.
pub async fn by_typed_id(app: &App, number: &TypedNumber, id: &Digest) -> Result<Option<Held>, Problem> {
    match number.of_a_station(app).await? {
        Some(number) => by_id(app, &number, id).await,
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_as_people_write_it() {
        let expected = Presented::Number(TypedNumber { station: "S01".to_owned(), year: 2026, number: 123 });
        for text in [
            "S01-26-000123",
            " S01-26-000123\r\n",
            "S01-26-123",
            "S01 - 26 - 000123",
            "Ｓ０１－２６－０００１２３",
            "S01—26—000123",
            "\u{feff}S01\u{2011}26\u{200b}-000123\u{3000}",
            "https://points.example/v#S01-26-000123",
            "回执号 S01-26-000123",
            "回执号：S01-26-000123。",
        ] {
            assert_eq!(Presented::read(text), expected, "{text:?}");
        }
        assert!(matches!(Presented::read("s01-26-000123"), Presented::Number(number) if number.station == "s01"));
    }

    #[test]
    fn what_is_no_number_is_a_token_or_nothing() {
        for text in ["", " \n", "\u{feff}", "https://points.example/v#"] {
            assert_eq!(Presented::read(text), Presented::Nothing, "{text:?}");
        }
        for text in ["S01-2026-000123", "26-000123", "S01-26-", "东紫园-26-000123", "S01 26 000002", "000002"] {
            assert_eq!(Presented::read(text), Presented::Nothing, "{text:?}");
        }
        for (text, token) in [("https://points.example/v#a.b\n.c", "a.b.c"), ("a.b.c", "a.b.c"), ("回执：a.b", "a.b")]
        {
            assert_eq!(Presented::read(text), Presented::Token(token.to_owned()), "{text:?}");
        }
    }
}
