//! A transaction is a set of entries that sum to zero in each commodity. Checks first; what passes cannot fail.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::{Account, AccountId, AccountState, Address, Commodity, QUANTITY_MAX, lot};
use crate::defect::Defect;
use crate::effect::{Effect, Effects, Fact};
use crate::fault::Impossible;
use crate::object::objects;
use crate::reject::{Condition, Expected, Field, Rejection};
use crate::row::row;
use crate::rule::{Halt, Moment, Rule, account, account_at, require};
use crate::slice::Unasked;
use crate::world::World;

row! {
    /// An account moves, in one lot where it has lots: how much, and what was left.
    journal "ledger_entries", Entry {
        account: AccountId,
        /// `expires_at` of the lot (UTC seconds), 0 on an account without lots.
        lot: i64,
        /// Smallest units; debits positive.
        quantity: i64,
        /// The account's balance after this entry; debits positive.
        balance_after: i64,
        /// The position of the account's previous transaction, −1 for none: a statement walks back along it.
        previous: i64,
    }
}

impl Fact for Entry {
    fn apply(&self, world: &mut World, position: i64) -> Result<(), Unasked> {
        world.accounts.update(&self.account, |account| {
            account.begin_record(position);
            account.balance = self.balance_after;
            (account.last_position, account.version) = (position, position);
            if account.lotted {
                *account.lots.entry(self.lot).or_default() += self.quantity * account.class.normal_sign();
                account.changed_lots.push(self.lot);
            }
        })
    }
}

/// Posts a transaction: entries that sum to zero in each commodity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Post {
    /// Its entries, each account once. Their order is no part of what is sent.
    #[serde(deserialize_with = "objects")]
    pub entries: Vec<NewEntry>,
}

/// An entry to be posted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewEntry {
    /// The account.
    pub address: Address,
    /// Smallest units: debits positive, credits negative, never zero.
    pub quantity: i64,
    /// On an account with lots that grows: the first instant (UTC seconds) at which it can no longer be spent; later than
    /// now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
    /// On an account with lots that grows, instead of `expires_at`: it gets the lots that the transaction takes elsewhere in the
    /// commodity, in the order of the entries, soonest first.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub carry: bool,
    /// The least that the account may have afterwards, on its normal side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<i64>,
    /// The most that the account may have afterwards, on its normal side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<i64>,
    /// The position of the last record with an entry, a reservation or a state of the account; −1 for none. A later one means
    /// that the caller has seen an older state than there is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

impl NewEntry {
    /// An entry without conditions.
    pub fn new(address: Address, quantity: i64) -> Self {
        Self { address, quantity, expires_at: None, carry: false, minimum: None, maximum: None, version: None }
    }

    /// The same, into the lot that expires at that instant (UTC seconds).
    #[must_use]
    pub fn expiring_at(self, expires_at: i64) -> Self {
        Self { expires_at: Some(expires_at), ..self }
    }

    /// The same, into the lots that the transaction takes elsewhere, so a transfer keeps its lots.
    ///
    /// ```
    /// use baoyulan_ledger::book::Address;
    /// use baoyulan_ledger::command::{NewEntry, Post};
    ///
    /// let (anna, bert) = (Address::new("member/anna").unwrap(), Address::new("member/bert").unwrap());
    /// // Points are a liability: they grow by credits.
    /// let gift = Post { entries: vec![NewEntry::new(anna, 30), NewEntry::new(bert, -30).carrying()] };
    /// # assert!(gift.entries[1].carry);
    /// ```
    #[must_use]
    pub fn carrying(self) -> Self {
        Self { carry: true, ..self }
    }

    /// The same, if the account has at least so much afterwards, on its normal side.
    ///
    /// ```
    /// # use baoyulan_ledger::{book::Address, command::NewEntry};
    /// let rent = NewEntry::new(Address::new("till").unwrap(), -500).with_minimum(2_000);
    /// # assert_eq!(rent.minimum, Some(2_000));
    /// ```
    #[must_use]
    pub fn with_minimum(self, minimum: i64) -> Self {
        Self { minimum: Some(minimum), ..self }
    }

    /// The same, if the account has at most so much afterwards, on its normal side.
    ///
    /// ```
    /// # use baoyulan_ledger::{book::Address, command::NewEntry};
    /// let refill = NewEntry::new(Address::new("shelf").unwrap(), 40).with_maximum(100);
    /// # assert_eq!(refill.maximum, Some(100));
    /// ```
    #[must_use]
    pub fn with_maximum(self, maximum: i64) -> Self {
        Self { maximum: Some(maximum), ..self }
    }

    /// The same, if nothing has changed the account since the record at that position; −1 if nothing ever has.
    ///
    /// ```
    /// # use baoyulan_ledger::{book::Address, command::NewEntry};
    /// let correction = NewEntry::new(Address::new("till").unwrap(), -5).at_version(41);
    /// # assert_eq!(correction.version, Some(41));
    /// ```
    #[must_use]
    pub fn at_version(self, version: i64) -> Self {
        Self { version: Some(version), ..self }
    }

    fn lots(&self) -> LegLots {
        match (self.expires_at, self.carry) {
            (None, false) => LegLots::Automatic,
            (None, true) => LegLots::Carried,
            (Some(expires_at), false) => LegLots::Into(expires_at),
            // Nobody can do both.
            (Some(_), true) => LegLots::Exactly(Vec::new()),
        }
    }

    /// Whether the account is as it should be before this entry, which can be posted, and has what it should have afterwards.
    fn check(&self, world: &World) -> Result<(), Halt> {
        let Self { address, quantity, minimum, maximum, version, .. } = self;
        if minimum.is_none() && maximum.is_none() && version.is_none() {
            return Ok(());
        }
        let account = account(world, account_at(world, address)?)?;
        let after = (account.balance + quantity) * account.class.normal_sign();
        let conditions = [
            (Condition::Version, *version, account.version, version.is_none_or(|version| account.version == version)),
            (Condition::Minimum, *minimum, after, minimum.is_none_or(|minimum| after >= minimum)),
            (Condition::Maximum, *maximum, after, maximum.is_none_or(|maximum| after <= maximum)),
        ];
        let failed = conditions.into_iter().find(|(.., holds)| !holds);
        failed.map_or(Ok(()), |(condition, bound, found, _)| {
            let (address, bound) = (address.to_string(), bound.unwrap_or_default());
            Err(Rejection::ConditionFailed { address, condition, bound, found }.into())
        })
    }
}

/// The entries that the caller's entries come to, if they can be posted and their conditions hold.
pub(crate) fn resolve(world: &World, entries: &[NewEntry], now: i64) -> Result<Vec<Entry>, Halt> {
    let legs = entries.iter().map(|entry| {
        let account = account_at(world, &entry.address)?;
        Ok(Leg { lots: entry.lots(), ..Leg::new(account, entry.quantity) })
    });
    let legs: Vec<Leg> = legs.collect::<Result<_, Halt>>()?;
    let in_time = |entry: &NewEntry| entry.expires_at.is_none_or(|expires_at| expires_at > now);
    require(entries.iter().all(in_time), Field::ExpiresAt, Expected::LaterThanNow)?;
    let posted = post(&legs, now, |account| world.accounts.get(&account))?;
    entries.iter().try_for_each(|entry| entry.check(world))?;
    Ok(posted)
}

impl Rule for Post {
    const KIND: &'static str = "POST";

    fn named(&self) -> impl Iterator<Item = &Address> {
        self.entries.iter().map(|entry| &entry.address)
    }

    fn needs(&self, world: &mut World, _: &Moment) {
        for entry in &self.entries {
            world.ask_account(&entry.address);
        }
    }

    fn decide(&self, world: &World, moment: &Moment) -> Result<Effects, Halt> {
        let posted = resolve(world, &self.entries, moment.now)?;
        Ok(Effects::of(posted.into_iter().map(Effect::Entry).collect()))
    }
}

/// One side of a transaction before it is posted: how much an account is debited (positive) or credited (negative).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leg {
    /// The account.
    pub account: AccountId,
    /// Smallest units; debits positive. Never zero.
    pub quantity: i64,
    /// On an account with lots: which lots, in smallest units on the account's normal side, growth positive.
    pub lots: LegLots,
    /// What it is posted for.
    pub purpose: Purpose,
}

/// What a leg is posted for, and so what is asked of its account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A transaction: the account is open, and what it gives is free and above its floor.
    Posting,
    /// A hold's capture: the account is open. What it gives was judged when the hold was placed.
    Capture,
    /// A reversal or an expiry: the same as a transaction, and a frozen account takes it too.
    Correction,
}

/// Where a leg's quantity goes in an account with lots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LegLots {
    /// The account has no lots, or they are to be taken soonest first.
    Automatic,
    /// Into the lot that expires at that instant (UTC seconds).
    Into(i64),
    /// Into the lots that other legs take from, in the order of the legs.
    Carried,
    /// Into or out of exactly these lots.
    Exactly(Vec<(i64, i64)>),
}

impl Leg {
    /// A leg without lots, or with lots taken soonest first.
    pub fn new(account: AccountId, quantity: i64) -> Self {
        Self { account, quantity, lots: LegLots::Automatic, purpose: Purpose::Posting }
    }

    fn is_in_range(&self) -> bool {
        self.quantity != 0 && self.quantity.unsigned_abs() <= QUANTITY_MAX.unsigned_abs()
    }
}

/// The entries that post the legs on the world's accounts, as effects.
pub(crate) fn entries(world: &World, legs: &[Leg], now: i64) -> Result<Vec<Effect>, Halt> {
    entries_with(legs, now, |account| world.accounts.get(&account))
}

/// The entries that post the legs, as effects, on accounts that the caller looks up.
pub(crate) fn entries_with<'a>(
    legs: &[Leg],
    now: i64,
    account_of: impl Fn(AccountId) -> Result<Option<&'a Account>, Unasked>,
) -> Result<Vec<Effect>, Halt> {
    Ok(post(legs, now, account_of)?.into_iter().map(Effect::Entry).collect())
}

/// Why legs are not a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// There are no legs.
    NoEntries,
    /// A leg of zero, or beyond the range of quantities.
    QuantityOutOfRange,
    /// An account occurs twice.
    AccountRepeated(Address),
    /// An account was not asked for.
    Unasked(Unasked),
    /// A leg names an account that does not exist, though its rule has looked it up.
    UnknownAccount(AccountId),
    /// An account that is frozen or closed.
    AccountNotOpen(Address),
    /// A commodity's legs do not sum to zero.
    Unbalanced(Commodity),
    /// More was to be taken from an account than there was above its floor, or in its lots that have not expired.
    BelowFloor {
        /// The account.
        address: Address,
        /// What could have been taken.
        available: i64,
        /// What was to be taken.
        asked: i64,
    },
    /// An account with lots grows and no lot was named.
    ExpiryRequired(Address),
    /// A lot was named on an account without lots, or lots that do not add up to the leg.
    LotsMismatch(Address),
}

impl From<Refusal> for Halt {
    fn from(refusal: Refusal) -> Self {
        let text = |address: Address| address.to_string();
        let rejection = match refusal {
            Refusal::Unasked(unasked) => return unasked.into(),
            Refusal::UnknownAccount(account) => {
                return Impossible::new(format!("account {account} does not exist")).into();
            }
            Refusal::NoEntries => Rejection::NoEntries,
            Refusal::QuantityOutOfRange => Rejection::QuantityOutOfRange,
            Refusal::AccountRepeated(address) => Rejection::AccountRepeated { address: text(address) },
            Refusal::AccountNotOpen(address) => Rejection::AccountNotOpen { address: text(address) },
            Refusal::Unbalanced(commodity) => Rejection::Unbalanced { commodity: commodity.as_str().to_owned() },
            Refusal::BelowFloor { address, available, asked } => {
                Rejection::BelowFloor { address: text(address), available, asked }
            }
            Refusal::ExpiryRequired(address) => Rejection::ExpiryRequired { address: text(address) },
            Refusal::LotsMismatch(address) => Rejection::LotsMismatch { address: text(address) },
        };
        rejection.into()
    }
}

/// The entries that post `legs` at `now`, in the order of account number and lot.
///
/// # Errors
/// The first [`Refusal`] that holds.
pub fn post<'a>(
    legs: &[Leg],
    now: i64,
    account_of: impl Fn(AccountId) -> Result<Option<&'a Account>, Unasked>,
) -> Result<Vec<Entry>, Refusal> {
    if legs.is_empty() {
        return Err(Refusal::NoEntries);
    }
    let legs = &*carried(legs, now, &account_of)?;
    let mut by_account: Vec<(&Account, &Leg)> = Vec::with_capacity(legs.len());
    // Few commodities in a transaction: looking through them beats a map.
    let mut sums: Vec<(&Commodity, i128)> = Vec::with_capacity(2);
    for leg in legs {
        let found = account_of(leg.account).map_err(Refusal::Unasked)?;
        let account = found.ok_or(Refusal::UnknownAccount(leg.account))?;
        if !leg.is_in_range() {
            return Err(Refusal::QuantityOutOfRange);
        }
        let is_taken = match account.state {
            AccountState::Open => true,
            AccountState::Frozen => leg.purpose == Purpose::Correction || Defect::FrozenIsOpen.is_on(),
            AccountState::Closed => false,
        };
        if !is_taken {
            return Err(Refusal::AccountNotOpen(account.address.clone()));
        }
        match by_account.binary_search_by_key(&leg.account, |(account, _)| account.id) {
            Ok(_) => return Err(Refusal::AccountRepeated(account.address.clone())),
            Err(place) => by_account.insert(place, (account, leg)),
        }
        match sums.iter_mut().find(|(commodity, _)| **commodity == account.commodity) {
            Some((_, sum)) => *sum += i128::from(leg.quantity),
            None => sums.push((&account.commodity, i128::from(leg.quantity))),
        }
    }
    // The first by its code is named, whatever the order of the legs.
    if let Some((commodity, _)) = sums.iter().filter(|(_, sum)| *sum != 0).min_by_key(|(commodity, _)| *commodity) {
        return Err(Refusal::Unbalanced((*commodity).clone()));
    }
    let mut entries = Vec::with_capacity(legs.len());
    for (account, leg) in by_account {
        push_entries(&mut entries, account, leg, now)?;
    }
    Ok(entries)
}

/// The legs, with the lots of those that carry what others take. What there is not enough to carry is left as it is, and refused
/// with its account.
fn carried<'l, 'a>(
    legs: &'l [Leg],
    now: i64,
    account_of: impl Fn(AccountId) -> Result<Option<&'a Account>, Unasked>,
) -> Result<Cow<'l, [Leg]>, Refusal> {
    // Quantities beyond the range are refused as such.
    if legs.iter().all(|leg| leg.lots != LegLots::Carried) || !legs.iter().all(Leg::is_in_range) {
        return Ok(Cow::Borrowed(legs));
    }
    let find = |leg: &Leg| account_of(leg.account).map_err(Refusal::Unasked);
    // Of each commodity, the lots that are taken, in the order of the legs.
    let mut taken: Vec<(Commodity, VecDeque<(i64, i64)>)> = Vec::new();
    for leg in legs {
        let Some(account) = find(leg)?.filter(|account| account.lotted && leg.lots == LegLots::Automatic) else {
            continue;
        };
        let quantity = -leg.quantity * account.class.normal_sign();
        let lots =
            if quantity > 0 { lot::take(account.free_lots(now), quantity).unwrap_or_default() } else { Vec::new() };
        match taken.iter_mut().find(|(commodity, _)| *commodity == account.commodity) {
            Some((_, all)) => all.extend(lots),
            None => taken.push((account.commodity.clone(), lots.into())),
        }
    }
    let mut legs = legs.to_vec();
    for leg in legs.iter_mut().filter(|leg| leg.lots == LegLots::Carried) {
        let Some(account) = find(leg)?.filter(|account| account.lotted) else { continue };
        let Some((_, lots)) = taken.iter_mut().find(|(commodity, _)| *commodity == account.commodity) else { continue };
        if let Some(part) = take_first(lots, leg.quantity * account.class.normal_sign()) {
            leg.lots = LegLots::Exactly(part);
        }
    }
    Ok(Cow::Owned(legs))
}

/// Takes a quantity from the front of a list of lots; `None` if it is not there, or nothing is to be taken.
fn take_first(lots: &mut VecDeque<(i64, i64)>, quantity: i64) -> Option<Vec<(i64, i64)>> {
    let held: i128 = lots.iter().map(|(_, part)| i128::from(*part)).sum();
    if quantity <= 0 || held < i128::from(quantity) {
        return None;
    }
    let (mut missing, mut taken) = (quantity, Vec::new());
    while let Some((expires_at, part)) = lots.front_mut().filter(|_| missing > 0) {
        let piece = missing.min(*part);
        taken.push((*expires_at, piece));
        (missing, *part) = (missing - piece, *part - piece);
        if *part == 0 {
            lots.pop_front();
        }
    }
    Some(taken)
}

/// The entries of one leg: one, or one for each lot it moves in.
fn push_entries(entries: &mut Vec<Entry>, account: &Account, leg: &Leg, now: i64) -> Result<(), Refusal> {
    let sign = account.class.normal_sign();
    let after = account
        .balance
        .checked_add(leg.quantity)
        .filter(|after| after.unsigned_abs() <= QUANTITY_MAX.unsigned_abs())
        .ok_or(Refusal::QuantityOutOfRange)?;
    if account.lotted {
        let mut balance_after = account.balance;
        for (lot, growth) in lots_of(account, leg, now)? {
            balance_after += growth * sign;
            entries.push(Entry {
                account: account.id,
                lot,
                quantity: growth * sign,
                balance_after,
                previous: account.last_position,
            });
        }
    } else {
        if leg.lots != LegLots::Automatic {
            return Err(Refusal::LotsMismatch(account.address.clone()));
        }
        entries.push(Entry {
            account: account.id,
            lot: 0,
            quantity: leg.quantity,
            balance_after: after,
            previous: account.last_position,
        });
    }
    let shrinks = leg.quantity * sign < 0;
    let is_judged = shrinks && leg.purpose != Purpose::Capture;
    let reserved = if is_judged { account.reserved(now) } else { 0 };
    if is_judged && after * sign - reserved < account.floor {
        let available = account.normal_balance() - reserved - account.floor;
        return Err(Refusal::BelowFloor { address: account.address.clone(), available, asked: leg.quantity.abs() });
    }
    Ok(())
}

/// The growth (negative: what is taken) of each lot, in the order of the lots.
fn lots_of(account: &Account, leg: &Leg, now: i64) -> Result<Vec<(i64, i64)>, Refusal> {
    let growth = leg.quantity * account.class.normal_sign();
    match &leg.lots {
        LegLots::Automatic if growth > 0 => Err(Refusal::ExpiryRequired(account.address.clone())),
        LegLots::Automatic => {
            let taken = lot::take(account.free_lots(now), -growth).ok_or_else(|| Refusal::BelowFloor {
                address: account.address.clone(),
                available: account.spendable(now),
                asked: -growth,
            })?;
            Ok(taken.into_iter().map(|(expires_at, part)| (expires_at, -part)).collect())
        }
        LegLots::Into(expires_at) if growth > 0 && *expires_at > 0 => Ok(vec![(*expires_at, growth)]),
        LegLots::Into(_) | LegLots::Carried => Err(Refusal::LotsMismatch(account.address.clone())),
        LegLots::Exactly(lots) => {
            let mut merged: BTreeMap<i64, i64> = BTreeMap::new();
            for (expires_at, part) in lots {
                *merged.entry(*expires_at).or_default() += part;
            }
            merged.retain(|_, part| *part != 0);
            let left = |lot: &i64| {
                let reserved = if leg.purpose == Purpose::Capture { 0 } else { account.reserved_of(*lot, now) };
                account.lots.get(lot).copied().unwrap_or(0) - reserved
            };
            let possible = merged.iter().all(|(lot, part)| *part >= 0 || left(lot) + part >= 0);
            if possible && merged.values().sum::<i64>() == growth {
                Ok(merged.into_iter().collect())
            } else {
                Err(Refusal::LotsMismatch(account.address.clone()))
            }
        }
    }
}
