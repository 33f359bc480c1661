//! A transaction is a set of entries that sum to zero in each commodity. Checks first; what passes cannot fail.

use std::collections::BTreeMap;

use super::{Account, AccountId, AccountState, Address, Commodity, QUANTITY_MAX, lot};

/// One side of a transaction before it is posted: how much an account is debited (positive) or credited (negative).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leg {
    /// The account.
    pub account: AccountId,
    /// Smallest units; debits positive. Never zero.
    pub quantity: i64,
    /// On an account with lots: which lots, in smallest units on the account's normal side, growth positive.
    pub lots: LegLots,
}

/// Where a leg's quantity goes in an account with lots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LegLots {
    /// The account has no lots, or they are to be taken soonest first.
    Automatic,
    /// Into the lot that expires at that instant (UTC seconds).
    Into(i64),
    /// Into or out of exactly these lots.
    Exactly(Vec<(i64, i64)>),
}

/// One row of the ledger: an account, the lot it moved in (0 where the account has none), how much, and what was left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The account.
    pub account: AccountId,
    /// `expires_at` of the lot (UTC seconds), 0 on an account without lots.
    pub lot: i64,
    /// Smallest units; debits positive.
    pub quantity: i64,
    /// The account's balance after this entry; debits positive.
    pub balance_after: i64,
    /// The position of the account's previous transaction, −1 for none: a statement walks back along it.
    pub previous: i64,
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
    /// An account that does not exist.
    UnknownAccount(AccountId),
    /// An account that is frozen or closed.
    AccountNotOpen(Address),
    /// A commodity's legs do not sum to zero.
    Unbalanced(Commodity),
    /// An account would fall below its floor.
    BelowFloor(Address),
    /// The lots that have not expired hold too little; `expired` lies in lots that have.
    TooLittleInLots {
        /// The account.
        address: Address,
        /// What can be spent.
        spendable: i64,
        /// What has expired.
        expired: i64,
    },
    /// An account with lots grows and no lot was named.
    ExpiryRequired(Address),
    /// A lot was named on an account without lots, or lots that do not add up to the leg.
    LotsMismatch(Address),
}

/// The entries that post `legs` at `now`, in the order of account number and lot.
///
/// # Errors
/// The first [`Refusal`] that holds.
pub fn post<'a>(
    legs: &[Leg],
    now: i64,
    account_of: impl Fn(AccountId) -> Option<&'a Account>,
) -> Result<Vec<Entry>, Refusal> {
    if legs.is_empty() {
        return Err(Refusal::NoEntries);
    }
    let mut by_account = BTreeMap::new();
    let mut sums: BTreeMap<&Commodity, i128> = BTreeMap::new();
    for leg in legs {
        let account = account_of(leg.account).ok_or(Refusal::UnknownAccount(leg.account))?;
        if leg.quantity == 0 || leg.quantity.unsigned_abs() > QUANTITY_MAX.unsigned_abs() {
            return Err(Refusal::QuantityOutOfRange);
        }
        if account.state != AccountState::Open {
            return Err(Refusal::AccountNotOpen(account.address.clone()));
        }
        if by_account.insert(leg.account, (account, leg)).is_some() {
            return Err(Refusal::AccountRepeated(account.address.clone()));
        }
        *sums.entry(&account.commodity).or_default() += i128::from(leg.quantity);
    }
    if let Some((commodity, _)) = sums.iter().find(|(_, sum)| **sum != 0) {
        return Err(Refusal::Unbalanced((*commodity).clone()));
    }
    let mut entries = Vec::with_capacity(legs.len());
    for (account, leg) in by_account.values() {
        push_entries(&mut entries, account, leg, now)?;
    }
    Ok(entries)
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
    if shrinks && after * sign < account.floor {
        return Err(Refusal::BelowFloor(account.address.clone()));
    }
    Ok(())
}

/// The growth (negative: what is taken) of each lot, in the order of the lots.
fn lots_of(account: &Account, leg: &Leg, now: i64) -> Result<Vec<(i64, i64)>, Refusal> {
    let growth = leg.quantity * account.class.normal_sign();
    match &leg.lots {
        LegLots::Automatic if growth > 0 => Err(Refusal::ExpiryRequired(account.address.clone())),
        LegLots::Automatic => {
            let taken = lot::take(&account.lots, -growth, now).ok_or_else(|| {
                let spendable = account.spendable(now);
                Refusal::TooLittleInLots {
                    address: account.address.clone(),
                    spendable,
                    expired: account.normal_balance() - spendable,
                }
            })?;
            Ok(taken.into_iter().map(|(expires_at, part)| (expires_at, -part)).collect())
        }
        LegLots::Into(expires_at) if growth > 0 && *expires_at > 0 => Ok(vec![(*expires_at, growth)]),
        LegLots::Into(_) => Err(Refusal::LotsMismatch(account.address.clone())),
        LegLots::Exactly(lots) => {
            let mut merged: BTreeMap<i64, i64> = BTreeMap::new();
            for (expires_at, part) in lots {
                *merged.entry(*expires_at).or_default() += part;
            }
            merged.retain(|_, part| *part != 0);
            let possible =
                merged.iter().all(|(expires_at, part)| account.lots.get(expires_at).copied().unwrap_or(0) + part >= 0);
            if possible && merged.values().sum::<i64>() == growth {
                Ok(merged.into_iter().collect())
            } else {
                Err(Refusal::LotsMismatch(account.address.clone()))
            }
        }
    }
}
