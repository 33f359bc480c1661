//! Double entry: commodities, amounts, accounts, lots and balanced transactions. Knows no people and no shops.

pub mod account;
pub mod amount;
pub mod commodity;
pub mod expiry;
pub mod hold;
pub mod limit;
pub mod lot;
pub mod milestone;
pub mod reversal;
pub mod transaction;
pub mod usage;

pub use account::{
    Account, AccountId, AccountRow, AccountState, AccountStateRow, Address, Class, NO_FLOOR, NewAccount,
    SetAccountState,
};
pub use amount::{QUANTITY_MAX, from_decimal, to_decimal};
pub use commodity::{Commodity, CommodityRow, DefineCommodity};
pub use expiry::{Expire, SweepRow};
pub use hold::{CaptureHold, CapturedEntry, Hold, HoldId, PlaceHold, ReleaseHold};
pub use limit::{LimitRow, LimitedAccounts, SetLimit, Side, Window};
pub use reversal::{Reverse, Transaction, UndoneEntry};
pub use transaction::{Entry, Leg, LegLots, NewEntry, Post};
