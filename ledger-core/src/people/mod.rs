//! Who takes part: members with their cards and PINs, who may act, and where: units of the grid, teams, partners, stations.

pub mod balance_choice;
pub mod card;
pub mod credential;
pub(crate) mod debt;
pub mod member;
pub mod partner;
pub mod pin;
pub mod station;
pub mod team;
pub mod unit;
pub mod weak_pin;

pub use balance_choice::{BalanceChoiceRow, BalanceOnReceipts, ChooseBalance};
pub use card::{CardNumber, CardState, CardStateRow, SetCardState};
pub use credential::{Credential, NewCredential, RevokeCredential, Role};
pub use member::{Member, MemberDetails, MemberId, MemberRow, PersonRow, Pseudonym, SetMember};
pub use partner::Partner;
pub use pin::{Door, PinRow, SetPin};
pub use station::{SetStation, StationId, StationRow};
pub use team::Team;
pub use unit::Unit;
pub use weak_pin::WeakPin;
