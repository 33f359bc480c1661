//! Card numbers: an 8-digit member number and two check digits.

use serde::{Deserialize, Serialize};

/// A card number whose check digits are right: 10 digits, the last two being the ISO/IEC 7064 MOD 97-10 check digits
/// of the first eight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CardNumber(i64);

impl CardNumber {
    /// Reads 10 ASCII digits; `None` where there are others, or the check digits are wrong.
    ///
    /// ```
    /// # use baoyulan_ledger::people::CardNumber;
    /// assert!(CardNumber::parse("1000186983").is_some());
    /// assert!(CardNumber::parse("1000186938").is_none()); // two digits swapped
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 10 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let number: i64 = text.parse().ok()?;
        (number % 100 == check_digits(number / 100)).then_some(Self(number))
    }

    /// The card of a member number of up to 8 digits.
    pub fn of_member_number(number: i64) -> Option<Self> {
        (0..100_000_000).contains(&number).then(|| Self(number * 100 + check_digits(number)))
    }

    /// The ten digits as a number.
    pub fn number(self) -> i64 {
        self.0
    }

    /// The card whose number a row holds.
    pub fn from_number(number: i64) -> Option<Self> {
        (0..10_000_000_000)
            .contains(&number)
            .then_some(Self(number))
            .filter(|card| number % 100 == check_digits(card.0 / 100))
    }
}

impl std::fmt::Display for CardNumber {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:010}", self.0)
    }
}

/// ISO/IEC 7064 MOD 97-10: what makes `number` followed by its two check digits ≡ 1 (mod 97).
fn check_digits(number: i64) -> i64 {
    98 - number * 100 % 97
}

/// Whether a card may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardState {
    /// May be used.
    Active,
    /// Reported lost or stolen: spends nothing until it is active again.
    Blocked,
}

impl CardState {
    /// The number that stands for the state in a row.
    pub fn number(self) -> i64 {
        match self {
            Self::Active => 1,
            Self::Blocked => 2,
        }
    }

    /// The state of a row's number.
    pub fn from_number(number: i64) -> Option<Self> {
        [Self::Active, Self::Blocked].into_iter().find(|state| state.number() == number)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn detects_every_single_error_and_every_swap(number in 0_i64..100_000_000, place in 0_usize..10, digit in 0_u8..10, gap in 1_usize..3) {
            let card = CardNumber::of_member_number(number).unwrap();
            let text = card.to_string();
            prop_assert_eq!(CardNumber::parse(&text), Some(card));

            let mut wrong = text.clone().into_bytes();
            wrong[place] = b'0' + digit;
            let wrong = String::from_utf8(wrong).unwrap();
            prop_assert_eq!(CardNumber::parse(&wrong).is_some(), wrong == text);

            let mut swapped = text.clone().into_bytes();
            let other = (place + gap) % 10;
            swapped.swap(place, other);
            let swapped = String::from_utf8(swapped).unwrap();
            if place + gap < 10 {
                prop_assert_eq!(CardNumber::parse(&swapped).is_some(), swapped == text);
            }
        }
    }

    #[test]
    fn only_ten_ascii_digits_are_a_card() {
        for text in
            ["", "100018698", "10001869833", " 1000186983", "１０００１８６９８３", "1000186983\n", "+000186983"]
        {
            assert_eq!(CardNumber::parse(text), None, "{text:?}");
        }
    }
}
