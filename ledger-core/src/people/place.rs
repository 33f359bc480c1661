//! Where people belong and where they spend: units of the grid, teams, partners, stations.

use serde::{Deserialize, Serialize};

/// A station's number: the position of the record that opened it.
pub type StationId = i64;

/// The last receipt of a station, to which the next is chained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// Calendar year of the last receipt in the bank's zone; 0 before the first.
    pub year: i64,
    /// Its number in that year; 0 before the first.
    pub number: i64,
    /// SHA-256 of its token; of `pbr1/<issuer>/<station>` before the first.
    pub digest: [u8; 32],
}

/// A station as the rules see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Station {
    /// Its number.
    pub id: StationId,
    /// Its code, `S01`.
    pub code: String,
    /// Its chain of receipts.
    pub chain: Chain,
}

/// A unit of the four-level grid; organisational only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// Its code.
    pub code: String,
    /// The unit above it; empty for the town.
    pub parent: String,
    /// town, community, grid or building_group.
    pub level: String,
    /// Its name.
    pub name: String,
    /// `seed` where the town named it, `placeholder` where it is to be replaced.
    pub origin: String,
}

/// A sub-team or an action group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Team {
    /// Its code.
    pub code: String,
    /// sub_team or action_group.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its motto; may be empty.
    pub motto: String,
    /// `seed` or `placeholder`.
    pub origin: String,
}

/// A partner or organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partner {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// `seed` or `placeholder`.
    pub origin: String,
}
