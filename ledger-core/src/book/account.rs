//! Accounts: where quantities are. An account has one commodity, a class with its normal side, a floor and a state.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::hold::{Held, free_lots, reserved_of};
use super::lot::ExpiresAt;
use super::milestone::Trail;
use super::{Commodity, QUANTITY_MAX};
#[cfg(feature = "store")]
use crate::defect::Defect;
use crate::effect::{Effect, Effects, Fact};
use crate::reject::{Expected, Field, Rejection};
use crate::row::{ColumnType, Sink, Source, Value, id, numbered, row};
use crate::rule::{Halt, Moment, Rule};
use crate::slice::Unasked;
use crate::text::is_code;
use crate::world::World;

id! {
    /// An account's number in its bank, from 0 in the order of opening.
    AccountId
}

/// A pseudonymous address, `member/<pseudonym>/points`: 1 to 120 characters of `[A-Za-z0-9._:/-]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Address(Arc<str>);

impl TryFrom<String> for Address {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(&text).ok_or("an address is 1 to 120 characters of [A-Za-z0-9._:/-]")
    }
}

impl Address {
    /// The address, or `None` where the text is not one.
    pub fn new(text: &str) -> Option<Self> {
        is_code(text, 120).then(|| Self(text.into()))
    }

    /// An address of the ledger's own, whose text is known to be one.
    #[cfg(feature = "town")]
    pub(crate) fn of_code(text: &str) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Value for Address {
    const TYPE: ColumnType = ColumnType::Text;

    fn put(&self, sink: &mut impl Sink) {
        sink.text(&self.0);
    }

    fn take(source: &mut impl Source) -> Option<Self> {
        source.text().and_then(Self::new)
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
    /// +1 where a debit makes the balance grow, −1 where a credit does.
    pub fn normal_sign(self) -> i64 {
        match self {
            Self::Asset | Self::Expense => 1,
            Self::Liability | Self::Equity | Self::Income => -1,
        }
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

numbered!(Class { Asset = 1, Liability = 2, Equity = 3, Income = 4, Expense = 5 });

/// Whether an account takes entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountState {
    /// Takes entries.
    Open,
    /// Takes none until it is opened again.
    Frozen,
    /// Takes none for ever; only an account with a balance of zero can be closed.
    Closed,
}

numbered!(AccountState { Open = 1, Frozen = 2, Closed = 3 });

/// A floor that no balance reaches: the account may go as far below zero as quantities go.
pub const NO_FLOOR: i64 = i64::MIN;

row! {
    /// An account is opened.
    journal "ledger_accounts", AccountRow {
        account: AccountId,
        address: Address,
        class: Class,
        commodity: Commodity,
        /// The lowest balance on its normal side; [`NO_FLOOR`] for none.
        floor: i64,
        /// What it holds expires, lot by lot.
        lotted: bool,
    }
}

row! {
    /// An account is frozen, opened again or closed. Without such a row it is open.
    journal "ledger_account_states", AccountStateRow {
        account: AccountId,
        state: AccountState,
    }
}

row! {
    /// An account's present state.
    state(1) "ledger_balances", BalanceRow {
        account: AccountId,
        /// Sum of its entries: smallest units, debits positive.
        quantity: i64,
        /// The position of its last entry, −1 before the first.
        last_position: i64,
        state: AccountState,
        /// The position of the last record with an entry, a reservation or a state of it, −1 for none.
        version: i64,
        /// How many records have entries of it, or change what holds have of it.
        records: i64,
        /// How many pieces of holds name it that are not captured or released yet.
        held_pieces: i64,
    }
}

row! {
    /// What remains in a lot of an account.
    state(2) "ledger_lots", LotRow {
        account: AccountId,
        /// The first instant at which it can no longer be spent, UTC seconds.
        expires_at: i64,
        /// Smallest units on the account's normal side.
        remaining: i64,
    }
}

/// An account as the rules see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its number.
    pub id: AccountId,
    /// Its address, for ever.
    pub address: Address,
    /// Its class, whose normal side is the side on which it grows.
    pub class: Class,
    /// What it holds.
    pub commodity: Commodity,
    /// The lowest balance on its normal side, without exceptions; [`NO_FLOOR`] for none.
    pub floor: i64,
    /// Whether it holds its quantity in lots that expire.
    pub lotted: bool,
    /// Whether it takes entries.
    pub state: AccountState,
    /// Sum of its entries: debits positive.
    pub balance: i64,
    /// The position of its last entry, −1 before the first.
    pub last_position: i64,
    /// The position of the last record with an entry, a reservation or a state of it, −1 for none.
    pub version: i64,
    /// How many records have entries of it, or change what holds have of it.
    pub records: i64,
    /// What remains in each lot, by the first instant (UTC seconds) at which it can no longer be spent.
    pub lots: BTreeMap<i64, i64>,
    /// The pieces of holds that name it, by hold and lot (0 on an account without lots), those of holds that have lapsed too.
    pub held: Held,
    /// Lots that have changed and are not written yet.
    #[doc(hidden)]
    pub changed_lots: Vec<i64>,
    /// Milestones that are not written yet.
    #[doc(hidden)]
    pub trail: Trail,
}

impl Account {
    /// An account as it is opened: empty.
    pub fn opened(row: &AccountRow) -> Self {
        Self {
            id: row.account,
            address: row.address.clone(),
            class: row.class,
            commodity: row.commodity.clone(),
            floor: row.floor,
            lotted: row.lotted,
            state: AccountState::Open,
            balance: 0,
            last_position: -1,
            version: -1,
            records: 0,
            lots: BTreeMap::new(),
            held: Held::new(),
            changed_lots: Vec::new(),
            trail: Trail::default(),
        }
    }

    /// The balance on the account's normal side.
    pub fn normal_balance(&self) -> i64 {
        self.balance * self.class.normal_sign()
    }

    /// What can be spent at `now`: the lots that have not expired, or the balance of an account without lots; less what holds
    /// reserve of it.
    pub fn spendable(&self, now: i64) -> i64 {
        if !self.lotted {
            return self.normal_balance() - self.reserved(now);
        }
        self.free_lots(now).map(|(_, free)| free).sum()
    }

    /// What has expired at `now` and no hold keeps from expiring.
    pub fn expired(&self, now: i64) -> i64 {
        self.lots.range(..=now).map(|(lot, remaining)| remaining - self.reserved_of(*lot, now)).sum()
    }

    /// What is free in each lot that has not expired at `now`, the one that expires first first.
    pub fn free_lots(&self, now: i64) -> impl Iterator<Item = (ExpiresAt, i64)> {
        free_lots(&self.lots, &self.held, self.class, now)
    }

    /// What holds reserve at `now` of the whole account, on its normal side.
    pub fn reserved(&self, now: i64) -> i64 {
        self.held.values().map(|piece| piece.reserved(self.class, now)).sum()
    }

    /// What holds reserve at `now` of a lot, on the account's normal side.
    pub fn reserved_of(&self, lot: ExpiresAt, now: i64) -> i64 {
        reserved_of(&self.held, self.class, lot, now)
    }

    /// Its present state and that of the lots that have changed, as they are written.
    #[cfg(feature = "store")]
    pub(crate) fn write_state(&mut self, rows: &mut crate::store::Rows) {
        self.pass_milestone();
        self.trail.write(rows);
        let Self { id, balance, last_position, state, version, records, .. } = *self;
        let held_pieces = self.held.len() as i64;
        let quantity = balance;
        if !Defect::BalanceNotWritten.is_on() {
            rows.push(&BalanceRow { account: id, quantity, last_position, state, version, records, held_pieces });
        }
        let mut changed = std::mem::take(&mut self.changed_lots);
        changed.sort_unstable();
        changed.dedup();
        for expires_at in changed {
            let remaining = self.lots.get(&expires_at).copied().unwrap_or(0);
            rows.push(&LotRow { account: id, expires_at, remaining });
        }
    }
}

impl Fact for AccountRow {
    fn apply(&self, world: &mut World, _: i64) -> Result<(), Unasked> {
        world.next_account = AccountId(self.account.0 + 1);
        world.addresses.put(self.address.clone(), self.account);
        #[cfg(feature = "town")]
        crate::people::debt::opened(world, self);
        world.accounts.put(self.account, Account::opened(self));
        Ok(())
    }
}

impl Fact for AccountStateRow {
    fn apply(&self, world: &mut World, position: i64) -> Result<(), Unasked> {
        world.accounts.update(&self.account, |account| {
            account.pass_milestone();
            account.state = self.state;
            account.version = position;
        })
    }
}

/// Opens an account. The same definition again changes nothing, and is no refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    /// Its address, not taken by another one.
    pub address: Address,
    /// Its class.
    pub class: Class,
    /// What it will hold; defined before.
    pub commodity: Commodity,
    /// The lowest balance on its normal side, zero or below; `None` for no floor.
    pub floor: Option<i64>,
    /// Whether what it holds expires, lot by lot. Such an account never goes below zero.
    pub lotted: bool,
}

impl NewAccount {
    /// An account that never goes below zero and holds no lots.
    pub fn new(address: Address, class: Class, commodity: Commodity) -> Self {
        Self { address, class, commodity, floor: Some(0), lotted: false }
    }

    /// Whether the account is the one that this opens, whatever has become of it.
    pub fn is_definition_of(&self, account: &Account) -> bool {
        let Account { id, address, class, commodity, floor, lotted, .. } = account;
        let row = AccountRow {
            account: *id,
            address: address.clone(),
            class: *class,
            commodity: commodity.clone(),
            floor: *floor,
            lotted: *lotted,
        };
        self.row(*id) == row
    }

    /// The row that opens it under this number.
    pub(crate) fn row(&self, account: AccountId) -> AccountRow {
        AccountRow {
            account,
            address: self.address.clone(),
            class: self.class,
            commodity: self.commodity.clone(),
            floor: self.floor.unwrap_or(NO_FLOOR),
            lotted: self.lotted,
        }
    }
}

impl Rule for NewAccount {
    const KIND: &'static str = "ACCT";

    fn named(&self) -> impl Iterator<Item = &Address> {
        std::iter::once(&self.address)
    }

    fn needs(&self, world: &mut World, _: &Moment) {
        world.ask_account(&self.address);
    }

    fn decide(&self, world: &World, _: &Moment) -> Result<Effects, Halt> {
        if !world.commodities.has(&self.commodity)? {
            return Err(Rejection::UnknownCommodity { commodity: self.commodity.as_str().to_owned() }.into());
        }
        if self.floor.is_some_and(|floor| !(-QUANTITY_MAX..=0).contains(&floor)) || self.lotted && self.floor != Some(0)
        {
            return Err(Rejection::field(Field::Floor, Expected::ZeroOrLess).into());
        }
        match world.account(&self.address)? {
            None => Ok(Effects::of(vec![Effect::Account(self.row(world.next_account))])),
            Some(account) if self.is_definition_of(account) => Ok(Effects::of(Vec::new())),
            Some(_) => Err(Rejection::AccountExists { address: self.address.to_string() }.into()),
        }
    }
}

/// Freezes an account, opens it again, or closes an empty one for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetAccountState {
    /// The account.
    pub address: Address,
    /// Its new state.
    pub state: AccountState,
}

impl Rule for SetAccountState {
    const KIND: &'static str = "ACST";

    fn named(&self) -> impl Iterator<Item = &Address> {
        std::iter::once(&self.address)
    }

    fn needs(&self, world: &mut World, _: &Moment) {
        world.ask_account(&self.address);
    }

    fn decide(&self, world: &World, moment: &Moment) -> Result<Effects, Halt> {
        let Self { address, state } = self;
        let text = address.to_string();
        let account = world.account(address)?.ok_or_else(|| Rejection::UnknownAccount { address: text.clone() })?;
        if account.state == *state {
            return Err(Rejection::AlreadyRegistered { code_of: text }.into());
        }
        if account.state == AccountState::Closed {
            return Err(Rejection::AccountNotOpen { address: text }.into());
        }
        if *state == AccountState::Closed && account.balance != 0 {
            return Err(Rejection::AccountNotEmpty { address: text, quantity: account.normal_balance() }.into());
        }
        if *state == AccountState::Closed && account.held.values().any(|piece| piece.until > moment.now) {
            return Err(Rejection::AccountInHold { address: text }.into());
        }
        Ok(Effects::of(vec![Effect::AccountState(AccountStateRow { account: account.id, state: *state })]))
    }
}
