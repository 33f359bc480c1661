//! Who takes part: members with their cards, units of the grid, teams, partners, stations.

pub mod card;
pub mod credential;
pub mod member;
pub mod place;

pub use card::{CardNumber, CardState};
pub use credential::{Credential, NewCredential, Role};
pub use member::{Member, MemberDetails, Pseudonym};
pub use place::{Partner, Station, Team, Unit};
