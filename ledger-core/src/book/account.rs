//! Accounts: where quantities are. An account has one commodity, a class with its normal side, a floor and a state.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Commodity;
use crate::text::is_code;

/// An account's number in its bank, from 0 in the order of opening.
pub type AccountId = i64;

/// A pseudonymous address, `member/<pseudonym>/points`: 1 to 120 characters of `[A-Za-z0-9._:/-]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address(String);

impl TryFrom<String> for Address {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(&text).ok_or("an address is 1 to 120 characters of [A-Za-z0-9._:/-]")
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.0
    }
}

impl Address {
    /// The address, or `None` where the text is not one.
    pub fn new(text: &str) -> Option<Self> {
        is_code(text, 120).then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The five classes of double entry. Debits are positive in every entry, so assets and expenses have positive
/// balances and the other three negative ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// What the bank has: stock.
    Asset,
    /// What the bank owes: points outstanding.
    Liability,
    /// What has been given to it: service time, the first stock.
    Equity,
    /// What it has gained: points redeemed or expired.
    Income,
    /// What it has given away: points granted, goods handed over.
    Expense,
}

impl Class {
    /// All classes, in the order of a trial balance.
    pub const ALL: [Self; 5] = [Self::Asset, Self::Liability, Self::Equity, Self::Income, Self::Expense];

    /// +1 where a debit makes the balance grow, −1 where a credit does.
    pub fn normal_sign(self) -> i64 {
        match self {
            Self::Asset | Self::Expense => 1,
            Self::Liability | Self::Equity | Self::Income => -1,
        }
    }

    /// The number that stands for the class in a row.
    pub fn number(self) -> i64 {
        match self {
            Self::Asset => 1,
            Self::Liability => 2,
            Self::Equity => 3,
            Self::Income => 4,
            Self::Expense => 5,
        }
    }

    /// The class of a row's number.
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.number() == number)
    }

    /// The name in a trial balance.
    pub fn name(self) -> &'static str {
        match self {
            Self::Asset => "asset",
            Self::Liability => "liability",
            Self::Equity => "equity",
            Self::Income => "income",
            Self::Expense => "expense",
        }
    }
}

/// Whether an account takes entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountState {
    /// Takes entries.
    Open,
    /// Takes none until it is opened again.
    Frozen,
    /// Takes none for ever; only an account with a balance of zero can be closed.
    Closed,
}

impl AccountState {
    /// The number that stands for the state in a row.
    pub fn number(self) -> i64 {
        match self {
            Self::Open => 1,
            Self::Frozen => 2,
            Self::Closed => 3,
        }
    }

    /// The state of a row's number.
    pub fn from_number(number: i64) -> Option<Self> {
        [Self::Open, Self::Frozen, Self::Closed].into_iter().find(|state| state.number() == number)
    }
}

/// A floor that no balance reaches: the account may go as far below zero as quantities go.
pub const NO_FLOOR: i64 = i64::MIN;

/// An account as the rules see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its number.
    pub id: AccountId,
    /// Its address.
    pub address: Address,
    /// Its class.
    pub class: Class,
    /// What it holds.
    pub commodity: Commodity,
    /// The lowest balance on its normal side, without exceptions; [`NO_FLOOR`] for none.
    pub floor: i64,
    /// Whether it holds its quantity in lots that expire.
    pub lotted: bool,
    /// Its state.
    pub state: AccountState,
    /// Sum of its entries: debits positive.
    pub balance: i64,
    /// The position of its last entry, −1 before the first.
    pub last_position: i64,
    /// What remains in each lot, by the first instant (UTC seconds) at which it can no longer be spent.
    pub lots: BTreeMap<i64, i64>,
}

impl Account {
    /// The balance on the account's normal side.
    pub fn normal_balance(&self) -> i64 {
        self.balance * self.class.normal_sign()
    }

    /// What can be spent at `now`: the lots that have not expired, or the balance of an account without lots.
    pub fn spendable(&self, now: i64) -> i64 {
        if self.lotted { super::lot::spendable(&self.lots, now) } else { self.normal_balance() }
    }
}
