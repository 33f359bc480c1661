//! Members: a pseudonym and two accounts in the ledger; the person's details stand beside it and can be erased.

use serde::{Deserialize, Serialize};

use super::CardState;
use crate::book::{AccountId, Address};
use crate::text::base32;

/// A member's number: the position of the record that registered them.
pub type MemberId = i64;

/// A member's random name in the ledger: neither card number nor name can be told from it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pseudonym(String);

impl Pseudonym {
    /// 16 characters of Crockford's base32 from 80 random bits.
    pub fn from_random(random: [u8; 10]) -> Self {
        Self(base32(random))
    }

    /// The pseudonym that a row holds.
    pub fn from_row(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address of one of the member's accounts.
    pub fn address(&self, account: &str) -> Option<Address> {
        Address::new(&format!("member/{}/{account}", self.0))
    }
}

/// A member as the rules see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Their number.
    pub id: MemberId,
    /// Their pseudonym.
    pub pseudonym: Pseudonym,
    /// Their account of points.
    pub points: AccountId,
    /// Their account of service minutes.
    pub minutes: AccountId,
    /// Whether their card may be used.
    pub card_state: CardState,
}

/// What is known of the person: kept outside the journal, so that it can be erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberDetails {
    /// Name.
    pub name: String,
    /// Sex, as the town writes it; may be empty.
    pub sex: String,
    /// Year of birth; 0 where it is not known.
    pub birth_year: i64,
    /// Sub-team, its code; may be empty.
    pub team: String,
    /// Action group, its code; may be empty.
    pub action_group: String,
    /// Grid; may be empty.
    pub grid: String,
    /// Building group; may be empty.
    pub building_group: String,
    /// Station nearest to home, its code; may be empty.
    pub home_station: String,
    /// The day on which the person agreed to be registered, `YYYY-MM-DD`.
    pub consent_on: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pseudonym_is_its_eighty_bits_in_base32() {
        assert_eq!(Pseudonym::from_random([0; 10]).as_str(), "0000000000000000");
        assert_eq!(Pseudonym::from_random([0xff; 10]).as_str(), "zzzzzzzzzzzzzzzz");
        assert_eq!(Pseudonym::from_random([0, 0, 0, 0, 0, 0, 0, 0, 0, 33]).as_str(), "0000000000000011");
    }
}
