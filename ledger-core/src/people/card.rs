//! Card numbers: an 8-digit member number and two check digits.

use serde::{Deserialize, Serialize};

use super::member::{Member, MemberId};
use crate::effect::{Effect, Effects, Fact};
use crate::fault::Impossible;
use crate::reject::Rejection;
use crate::row::{ColumnType, Sink, Source, Value, numbered, row};
use crate::rule::{Halt, Moment, Rule, set};
use crate::slice::Unasked;
use crate::text::digits_as_typed;
use crate::world::World;

/// A card number whose check digits are right: 10 digits, the last two being the ISO/IEC 7064 MOD 97-10 check digits
/// of the first eight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CardNumber(i64);

impl CardNumber {
    /// Reads 10 digits as people write, paste and scan them (see [`crate::text`]); `None` where there are others, or the check
    /// digits are wrong.
    ///
    /// ```
    /// # use baoyulan_ledger::people::CardNumber;
    /// assert!(CardNumber::parse("1000186983").is_some());
    /// assert_eq!(CardNumber::parse(" 1000 1869 83"), CardNumber::parse("1000186983"));
    /// assert!(CardNumber::parse("1000186938").is_none()); // two digits swapped
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let text = digits_as_typed(text);
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

impl Value for CardNumber {
    const TYPE: ColumnType = ColumnType::Integer;

    fn put(&self, sink: &mut impl Sink) {
        sink.integer(self.0);
    }

    fn take(source: &mut impl Source) -> Option<Self> {
        source.integer().and_then(Self::from_number)
    }
}

/// Whether a card may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardState {
    /// May be used.
    Active,
    /// Reported lost or stolen: it spends nothing until it is active again.
    Blocked,
}

numbered!(CardState { Active = 1, Blocked = 2 });

row! {
    /// A member's card is blocked, or active again. Without such a row it is active.
    journal "ledger_card_states", CardStateRow {
        member: MemberId,
        state: CardState,
    }
}

impl Fact for CardStateRow {
    fn apply(&self, world: &mut World, _: i64) -> Result<(), Unasked> {
        world.town.members.update(&self.member, |member| member.card_state = self.state)
    }
}

/// Blocks a card, or makes it active again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetCardState {
    /// The card number.
    pub card: String,
    /// Its new state.
    pub state: CardState,
}

impl Rule for SetCardState {
    const KIND: &'static str = "CARD";

    fn needs(&self, world: &mut World, _: &Moment) {
        ask_member(world, &self.card);
    }

    fn decide(&self, world: &World, _: &Moment) -> Result<Effects, Halt> {
        let member = member_of(world, &self.card)?;
        let row = CardStateRow { member: member.id, state: self.state };
        let card = card_as_typed(&self.card)?.to_string();
        set(Some(&member.card_state), &self.state, &card, || Effect::CardState(row))
    }
}

/// Asks for the member of a card: their number, once it is known.
pub(crate) fn ask_member(world: &mut World, card: &str) -> Option<MemberId> {
    let member = world.town.cards.ask(&CardNumber::parse(card)?).copied()?;
    world.town.members.ask(&member);
    Some(member)
}

/// The card that a command names, however it was typed.
pub(crate) fn card_as_typed(card: &str) -> Result<CardNumber, Rejection> {
    CardNumber::parse(card).ok_or(Rejection::CardCheckDigits)
}

/// The member whose card this is.
pub(crate) fn member_of<'a>(world: &'a World, card: &str) -> Result<&'a Member, Halt> {
    member_of_card(world, card_as_typed(card)?)?.ok_or_else(|| Rejection::UnknownCard.into())
}

/// The member whose card this is, if anybody has it.
pub(crate) fn member_of_card(world: &World, card: CardNumber) -> Result<Option<&Member>, Halt> {
    match world.town.cards.get(&card)? {
        Some(member) => Ok(Some(member_at(world, *member)?)),
        None => Ok(None),
    }
}

/// The member whom a row of the bank names, and who therefore exists.
pub(crate) fn member_at(world: &World, member: MemberId) -> Result<&Member, Halt> {
    let found = world.town.members.get(&member)?;
    found.ok_or_else(|| Impossible::new(format!("member {member} does not exist")).into())
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
    fn only_ten_digits_are_a_card() {
        for text in ["", "100018698", "10001869833", "+000186983", "1000186983.", "١٠٠٠١٨٦٩٨٣"] {
            assert_eq!(CardNumber::parse(text), None, "{text:?}");
        }
    }
}
