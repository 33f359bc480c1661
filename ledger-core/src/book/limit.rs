//! Limits over time: how much may go into an account, or out of it, within a day, a month or a year.
//!
//! A limit is of one account, or of each account of a commodity whose address begins with a prefix: also of those that are
//! opened later. It is the gross sum of a side that counts: 30 in and 30 out is 30 each way. Whatever command moves the account
//! is judged by [`super::usage`], after all its own checks.
//!
//! Refused are, in this order: a code, a quantity or a prefix that is none (`invalid_field`), a commodity that is not defined
//! (`unknown_commodity`), and an account that does not exist (`unknown_account`). A limit replaces the one with the same code. The
//! same limit again changes nothing, and is no refusal; nor is one that is removed and was never set.

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::{Account, Address, Commodity, QUANTITY_MAX};
use crate::effect::{Effect, Effects, Fact};
use crate::object::Object;
use crate::reject::{Expected, Field, Rejection};
use crate::row::{numbered, row};
use crate::rule::{Halt, Moment, Rule, account_at, code, require};
use crate::slice::Unasked;
use crate::text::is_code;
use crate::time::{date_at, start_of_day};
use crate::world::World;

/// How long an address or a prefix of addresses may be.
const PLACE_LENGTH_MAX: usize = 120;

/// A side of an account, as its class sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// What makes the account grow.
    In,
    /// What lowers it.
    Out,
}

numbered!(Side { In = 1, Out = 2 });

impl Side {
    /// How much of a growth (negative: what is lowered) is on this side.
    pub fn part(self, growth: i64) -> i64 {
        match self {
            Self::In => growth.max(0),
            Self::Out => growth.saturating_neg().max(0),
        }
    }

    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Self::In => Self::Out,
            Self::Out => Self::In,
        }
    }
}

/// A stretch of the calendar in the bank's zone, at whose end a limit begins anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// A day.
    Day,
    /// A calendar month.
    Month,
    /// A calendar year.
    Year,
}

numbered!(Window { Day = 1, Month = 2, Year = 3 });

impl Window {
    fn first_day(self, date: Date) -> Date {
        match self {
            Self::Day => date,
            Self::Month => date.first_of_month(),
            Self::Year => date.first_of_year(),
        }
    }

    /// The first instant of the window in which an instant lies; both are UTC seconds.
    pub fn start(self, instant: i64, zone: &TimeZone) -> i64 {
        start_of_day(self.first_day(date_at(instant, zone)), zone)
    }

    /// The day with which the window ends in which an instant (UTC seconds) lies: the first one of the next window.
    pub fn end(self, instant: i64, zone: &TimeZone) -> Date {
        let first = self.first_day(date_at(instant, zone));
        let next = match self {
            Self::Day => first.checked_add(1.day()),
            Self::Month => first.checked_add(1.month()),
            Self::Year => first.checked_add(1.year()),
        };
        next.unwrap_or(Date::MAX)
    }
}

row! {
    /// A limit, as it is from here on.
    journal "ledger_limits", LimitRow {
        /// The caller's.
        code: String,
        /// Empty where it is of one account.
        commodity: String,
        /// The account's address; of each account of the commodity, the prefix of theirs, which ends in `/`.
        place: String,
        side: Side,
        window "span": Window,
        /// Smallest units; −1 where the limit is removed.
        quantity: i64,
    }
}

impl LimitRow {
    /// The command that leads to it, if one does.
    #[cfg(feature = "store")]
    pub(crate) fn set(&self) -> Option<SetLimit> {
        let Self { code, commodity, place, side, window, quantity } = self.clone();
        let accounts = if commodity.is_empty() {
            LimitedAccounts::One(Address::new(&place)?)
        } else {
            LimitedAccounts::Each { commodity: Commodity::new(&commodity)?, prefix: place }
        };
        Some(SetLimit { limit: code, accounts, side, window, quantity })
    }

    /// Whether it holds.
    pub fn is_in_force(&self) -> bool {
        self.quantity >= 0
    }

    /// Whether it is of this account, at whose place it was found.
    fn covers(&self, account: &Account) -> bool {
        if self.commodity.is_empty() {
            self.place == account.address.as_str()
        } else {
            self.commodity == account.commodity.as_str()
        }
    }
}

impl Fact for LimitRow {
    fn apply(&self, world: &mut World, _: i64) -> Result<(), Unasked> {
        if let Some(before) = world.limits.get(&self.code)?.map(|before| before.place.clone()) {
            world.limits_at.update_or_default(before, |limits| limits.retain(|limit| limit.code != self.code))?;
        }
        if self.is_in_force() {
            world.limits_at.update_or_default(self.place.clone(), |limits| limits.push(self.clone()))?;
        }
        world.limits.put(self.code.clone(), self.clone());
        Ok(())
    }
}

/// The limits that are of an account, in the order of their codes.
pub(super) fn covering<'a>(world: &'a World, account: &Account) -> Result<Vec<&'a LimitRow>, Unasked> {
    let address = account.address.as_str();
    let inner = &address[..address.len() - 1];
    let prefixes = inner.match_indices('/').map(|(slash, _)| &address[..=slash]);
    let mut covering: Vec<&LimitRow> = Vec::new();
    for place in prefixes.chain([address]) {
        let limits = world.limits_at.get(place)?.map_or(&[][..], Vec::as_slice);
        covering.extend(limits.iter().filter(|limit| limit.covers(account)));
    }
    covering.sort_unstable_by(|one, other| one.code.cmp(&other.code));
    Ok(covering)
}

/// The accounts that a limit is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, from = "SentAccounts")]
pub enum LimitedAccounts {
    /// One, which exists.
    One(Address),
    /// Each by itself, also those that are opened later.
    Each {
        /// What they hold.
        commodity: Commodity,
        /// With what their addresses begin; it ends in `/`.
        prefix: String,
    },
}

/// The same as it is read: a struct of its own knows which members it has.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected an address, or an object of `commodity` and `prefix`")]
enum SentAccounts {
    One(Address),
    Each(Object<SentEach>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SentEach {
    commodity: Commodity,
    prefix: String,
}

impl From<SentAccounts> for LimitedAccounts {
    fn from(sent: SentAccounts) -> Self {
        match sent {
            SentAccounts::One(address) => Self::One(address),
            SentAccounts::Each(Object(SentEach { commodity, prefix })) => Self::Each { commodity, prefix },
        }
    }
}

/// Sets how much may go into accounts, or out of them, within a stretch of the calendar; or removes such a limit.
///
/// ```
/// use baoyulan_ledger::book::Commodity;
/// use baoyulan_ledger::command::{Command, LimitedAccounts, SetLimit, Side, Window};
///
/// // Nobody's wallet gives more than 500 points a day. What was given earlier today counts.
/// let wallets = LimitedAccounts::Each { commodity: Commodity::new("POINT").unwrap(), prefix: "wallet/".to_owned() };
/// let limit = "wallet-out".to_owned();
/// let set = SetLimit { limit, accounts: wallets, side: Side::Out, window: Window::Day, quantity: 500 };
/// let remove = set.clone().removed();
/// # assert_eq!((remove.quantity, Command::SetLimit(set).kind()), (-1, "LIMT"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetLimit {
    /// The caller's code for it.
    pub limit: String,
    /// Of which accounts it is.
    pub accounts: LimitedAccounts,
    /// Which side of them.
    pub side: Side,
    /// After what time it begins anew.
    pub window: Window,
    /// How much of that side there may be in a window, in smallest units; −1 removes the limit.
    pub quantity: i64,
}

impl SetLimit {
    /// Removes the limit.
    #[must_use]
    pub fn removed(self) -> Self {
        Self { quantity: -1, ..self }
    }

    fn row(&self) -> LimitRow {
        let (commodity, place) = match &self.accounts {
            LimitedAccounts::One(address) => (String::new(), address.to_string()),
            LimitedAccounts::Each { commodity, prefix } => (commodity.as_str().to_owned(), prefix.clone()),
        };
        let Self { limit: code, side, window, quantity, .. } = self.clone();
        LimitRow { code, commodity, place, side, window, quantity }
    }
}

impl Rule for SetLimit {
    const KIND: &'static str = "LIMT";

    fn needs(&self, world: &mut World, _: &Moment) {
        if let LimitedAccounts::One(address) = &self.accounts {
            world.addresses.ask(address);
        }
    }

    fn decide(&self, world: &World, _: &Moment) -> Result<Effects, Halt> {
        code(Field::Limit, &self.limit)?;
        require((-1..=QUANTITY_MAX).contains(&self.quantity), Field::Quantity, Expected::QuantityOrMinusOne)?;
        match &self.accounts {
            LimitedAccounts::One(address) => drop(account_at(world, address)?),
            LimitedAccounts::Each { commodity, prefix } => {
                let is_prefix = is_code(prefix, PLACE_LENGTH_MAX) && prefix.ends_with('/');
                require(is_prefix, Field::Accounts, Expected::Prefix120)?;
                if !world.commodities.has(commodity)? {
                    return Err(Rejection::UnknownCommodity { commodity: commodity.as_str().to_owned() }.into());
                }
            }
        }
        let row = self.row();
        let stands = world.limits.get(&self.limit)? == Some(&row);
        Ok(Effects::of(if stands { Vec::new() } else { vec![Effect::Limit(row)] }))
    }
}
