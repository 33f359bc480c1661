//! Credentials: who may act, and where. The token is shown by its owner and kept nowhere; the bank has its hash.

use serde::{Deserialize, Serialize};

use super::member::MemberId;
use crate::proof::Digest;

/// What its owner is to the bank. What each may do is decided at the edge, by one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sees their own account.
    Volunteer,
    /// Serves at a station's counter.
    Teller,
    /// Runs activities and imports.
    Coordinator,
    /// Everything.
    Administrator,
    /// A station's kiosk.
    Device,
}

impl Role {
    /// All roles, in the order of their numbers.
    pub const ALL: [Self; 5] = [Self::Volunteer, Self::Teller, Self::Coordinator, Self::Administrator, Self::Device];

    /// The number that stands for the role in a row.
    pub fn number(self) -> i64 {
        match self {
            Self::Volunteer => 1,
            Self::Teller => 2,
            Self::Coordinator => 3,
            Self::Administrator => 4,
            Self::Device => 5,
        }
    }

    /// The role that a row holds.
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.number() == number)
    }

    /// Whether it acts at one named station and nowhere else.
    pub fn needs_station(self) -> bool {
        matches!(self, Self::Teller | Self::Device)
    }
}

/// A credential as the bank keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// Its code: the scope of the ids that it sends.
    pub code: String,
    /// Whom the records name.
    pub actor: String,
    /// The role.
    pub role: Role,
    /// The only station where it may act, its code; empty for all.
    pub station: String,
    /// Of a volunteer's credential, whose; else −1.
    pub member: MemberId,
    /// SHA-256 of the token.
    pub token_hash: Digest,
    /// From when on, UTC seconds.
    pub valid_from: i64,
    /// The first instant at which it is none any more; −1 for no end.
    pub valid_until: i64,
    /// Whether it was taken back.
    pub revoked: bool,
}

impl Credential {
    /// Whether it may be used at that instant.
    pub fn is_valid(&self, now: i64) -> bool {
        !self.revoked && (self.valid_until < 0 || now < self.valid_until)
    }
}

/// A credential that is to be issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewCredential {
    /// Its code, not taken yet.
    pub code: String,
    /// Whom the records are to name, a code.
    pub actor: String,
    /// The role.
    pub role: Role,
    /// The only station where it may act; empty for all. A teller and a device need one.
    pub station: String,
    /// A volunteer's own card number; empty for everybody else.
    pub card: String,
    /// SHA-256 of the token.
    pub token_hash: Digest,
    /// The first instant at which it is none any more, UTC seconds.
    pub valid_until: Option<i64>,
}
