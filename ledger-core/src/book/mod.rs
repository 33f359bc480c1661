//! Double entry: commodities, amounts, accounts, lots and balanced transactions. Knows no people and no shops.

pub mod account;
pub mod amount;
pub mod commodity;
pub mod hold;
pub mod lot;
pub mod milestone;
pub mod reversal;
pub mod transaction;

pub use account::{
    Account, AccountId, AccountRow, AccountState, AccountStateRow, Address, Class, NO_FLOOR, NewAccount,
    SetAccountState,
};
pub use amount::{QUANTITY_MAX, from_decimal, to_decimal};
pub use commodity::{Commodity, CommodityRow, DefineCommodity};
pub use hold::{CaptureHold, CapturedEntry, Hold, HoldId, PlaceHold, ReleaseHold};
pub use reversal::{Reverse, Transaction, UndoneEntry};
pub use transaction::{Entry, Leg, LegLots, NewEntry, Post};
