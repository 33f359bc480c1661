//! Reversals: a record's entries are taken back, whole or in part, in a record of their own.
//!
//! Whoever gave gets back into the very lots that the original took, the last one taken first. A lot that has expired
//! meanwhile, or would within 30 days, is replaced by one that has as long to run as the old one had when it was spent, at most
//! 30 days. So nobody loses anything by a purchase that is undone, and doing it again and again makes nothing live longer.
//!
//! Whoever got gives from the lots that they got, then from those that expire first, and nothing that a hold keeps. What has
//! expired of those lots is taken back from breakage, if it was swept there, and is never owed. What is missing may be owed, if the caller says so; otherwise the reversal is refused.
//!
//! Refused are, in this order: a position without a record (`unknown_record`), a reversal or a record without entries
//! (`not_reversible`), more than is left (`nothing_left_to_reverse`), and whatever a transaction is refused for. Frozen
//! accounts take reversals.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::expiry::{ask_swept, breakage, sweep, unswept};
use super::transaction::{Purpose, post};
use super::{Account, AccountId, Address, Entry, Leg, LegLots};
use crate::defect::Defect;
use crate::effect::{Effect, Effects, Fact};
use crate::object::objects_if_any;
use crate::proof::record::ReversalRow;
use crate::reject::Rejection;
use crate::row::row;
use crate::rule::{Halt, Moment, Rule, account, account_at};
use crate::slice::Unasked;
use crate::time::Day;
use crate::world::World;

/// What comes back has at most so long to run, in seconds, where its own lot has expired or soon will: 30 days.
pub const RETURNED_SECONDS_MAX: i64 = 30 * 86_400;

row! {
    /// An entry of an earlier record is taken back, or a part of it.
    journal "ledger_reversed_entries", ReversedEntryRow {
        /// The earlier record.
        reversed_position: i64,
        account: AccountId,
        /// The earlier entry's lot, 0 on an account without lots.
        lot: i64,
        /// Smallest units, debits positive: the opposite sign of the earlier entry.
        quantity: i64,
    }
}

/// A record with entries, as a reversal sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// Its position.
    pub position: i64,
    /// The day that it counts for.
    pub effective_day: Day,
    /// When what it took was given up, in UTC seconds: where a hold had reserved it, when that was placed.
    pub spent_at: i64,
    /// Whether it is a reversal itself.
    pub is_reversal: bool,
    /// What it is to the town.
    #[cfg(feature = "town")]
    pub of_town: crate::town::OfTown,
    /// Its entries.
    pub entries: Vec<Entry>,
    /// What was taken back so far, by account and lot: the opposite sign of the entries.
    pub undone: BTreeMap<(AccountId, i64), i64>,
}

impl Transaction {
    /// What is left of an entry, debits positive.
    fn left_of(&self, entry: &Entry) -> i64 {
        entry.quantity + self.undone.get(&(entry.account, entry.lot)).copied().unwrap_or(0)
    }

    /// What is left of each account, debits positive.
    pub fn left(&self) -> BTreeMap<AccountId, i64> {
        let mut left: BTreeMap<AccountId, i64> = BTreeMap::new();
        for entry in &self.entries {
            *left.entry(entry.account).or_default() += self.left_of(entry);
        }
        left.retain(|_, quantity| *quantity != 0);
        left
    }

    /// Which lots so much of an account is taken back from, and how much of each: those that were taken last, or, of what was
    /// given, those that expire first.
    fn parts(&self, account: &Account, quantity: i64) -> Vec<(i64, i64)> {
        let mut lots: Vec<(i64, i64)> = self
            .entries
            .iter()
            .filter(|entry| entry.account == account.id)
            .map(|entry| (entry.lot, self.left_of(entry).abs()))
            .collect();
        lots.sort_unstable();
        if quantity * account.class.normal_sign() > 0 {
            lots.reverse();
        }
        super::lot::take(lots, quantity.abs()).unwrap_or_default()
    }

    /// The lot into which what came from `lot` goes back at `now`.
    fn returned_to(&self, lot: i64, now: i64) -> i64 {
        if lot >= now + RETURNED_SECONDS_MAX {
            return lot;
        }
        // What had expired before it was taken has been swept: that it comes back is a grace of its own.
        let run = if lot > self.spent_at { lot - self.spent_at } else { RETURNED_SECONDS_MAX };
        now + run.min(RETURNED_SECONDS_MAX)
    }
}

/// A record of the present batch or of the one before, without its entries.
#[derive(Debug, Clone)]
pub struct RecentRecord {
    position: i64,
    effective_day: Day,
    spent_at: i64,
    is_reversal: bool,
    #[cfg(feature = "town")]
    of_town: crate::town::OfTown,
}

/// An entry of such a record.
#[derive(Debug, Clone)]
pub struct RecentEntry {
    position: i64,
    entry: Entry,
}

impl World {
    /// Remembers a record that was applied, since it may be reversed before anybody can read it from the bank.
    ///
    /// # Errors
    /// [`Unasked`].
    pub fn remember(&mut self, position: i64, now: i64, effective_day: Day, effects: &Effects) -> Result<(), Unasked> {
        let (mut captured, mut is_expiry) = (None, false);
        for row in &effects.rows {
            if let Effect::Entry(entry) = row {
                self.recent_entries.push(RecentEntry { position, entry: entry.clone() });
            } else if let Effect::HoldEntry(row) = row {
                captured = Some(row.hold);
            } else if let Effect::Sweep(_) = row {
                is_expiry = true;
            }
        }
        // An expiry closes holds without capturing anything of them.
        let spent_at = match captured.filter(|_| !is_expiry) {
            Some(hold) => self.holds.get(&hold)?.map_or(now, |hold| hold.placed_at),
            None => now,
        };
        self.recent_records.push(RecentRecord {
            position,
            effective_day,
            spent_at,
            is_reversal: effects.reverses().is_some(),
            #[cfg(feature = "town")]
            of_town: crate::town::OfTown::of(effects),
        });
        // Somebody may have asked for it before it was there.
        let is_awaited = self.transactions.is_whole() || self.transactions.get(&position).is_ok();
        if is_awaited && let Some(transaction) = self.recent_transaction(position) {
            self.transactions.load(position, transaction);
        }
        if self.transactions.is_whole() {
            self.recent_records.truncate(0);
            self.recent_entries.truncate(0);
        }
        Ok(())
    }

    /// The record at a position, as it was posted; `None` if it is none of this batch or the one before.
    fn recent_transaction(&self, position: i64) -> Option<Transaction> {
        let found = self.recent_records.since(position, |record| record.position).next();
        let record = found.filter(|record| record.position == position)?.clone();
        let entries = self.recent_entries.since(position, |entry| entry.position);
        let entries = entries.take_while(|entry| entry.position == position).map(|entry| entry.entry.clone());
        let RecentRecord { position, effective_day, spent_at, is_reversal, .. } = record;
        Some(Transaction {
            position,
            effective_day,
            spent_at,
            is_reversal,
            #[cfg(feature = "town")]
            of_town: record.of_town,
            entries: entries.collect(),
            undone: BTreeMap::new(),
        })
    }
}

impl Fact for ReversedEntryRow {
    fn apply(&self, world: &mut World, _: i64) -> Result<(), Unasked> {
        if Defect::UndoneForgotten.is_on() {
            return Ok(());
        }
        world.transactions.update(&self.reversed_position, |transaction| {
            *transaction.undone.entry((self.account, self.lot)).or_default() += self.quantity;
        })
    }
}

impl World {
    /// Asks for the record at a position and for its accounts.
    pub(crate) fn ask_transaction(&mut self, position: i64) {
        if let Some(recent) = self.recent_transaction(position) {
            self.transactions.load(position, recent);
        }
        let Some(transaction) = self.transactions.ask(&position) else { return };
        let accounts: Vec<AccountId> = transaction.entries.iter().map(|entry| entry.account).collect();
        for account in accounts {
            self.ask_account_number(account);
        }
    }
}

/// The record that is to be reversed.
pub(crate) fn transaction_at(world: &World, position: i64) -> Result<&Transaction, Halt> {
    let found = world.transactions.get(&position)?.ok_or(Rejection::UnknownRecord { position })?;
    if found.is_reversal || found.entries.is_empty() {
        return Err(Rejection::NotReversible { position }.into());
    }
    Ok(found)
}

/// A reversal before it is posted.
#[derive(Debug, Default)]
pub(crate) struct Undoing {
    /// What moves, without what is owed.
    legs: Vec<Leg>,
    /// What breakage gives, where lots that had been given have expired and were swept.
    breakage: Vec<Leg>,
    /// What is taken back of the original, and what breakage has of its lots afterwards.
    undone: Vec<Effect>,
    /// How much each account was to give or to get, in smallest units.
    asked: BTreeMap<AccountId, i64>,
    /// What each account with lots could not give, in smallest units.
    pub(crate) owed: BTreeMap<AccountId, i64>,
}

/// Takes back so much of each account: the opposite sign of what was posted, and no more than is left.
pub(crate) fn undo(
    world: &World,
    transaction: &Transaction,
    wanted: &[(AccountId, i64)],
    now: i64,
) -> Result<Undoing, Halt> {
    let left = transaction.left();
    if left.is_empty() {
        return Err(Rejection::NothingLeftToReverse { position: transaction.position }.into());
    }
    let mut undoing = Undoing::default();
    for (index, &(number, quantity)) in wanted.iter().enumerate() {
        if wanted[..index].iter().any(|(earlier, _)| *earlier == number) {
            return Err(Rejection::AccountRepeated { address: account(world, number)?.address.to_string() }.into());
        }
        let there = left.get(&number).copied().unwrap_or(0);
        if quantity.signum() * there.signum() > 0 || quantity.unsigned_abs() > there.unsigned_abs() {
            return Err(Rejection::NothingLeftToReverse { position: transaction.position }.into());
        }
        undoing.add(world, transaction, account(world, number)?, quantity, now)?;
    }
    Ok(undoing)
}

impl Undoing {
    fn add(
        &mut self,
        world: &World,
        transaction: &Transaction,
        account: &Account,
        quantity: i64,
        now: i64,
    ) -> Result<(), Halt> {
        let parts = transaction.parts(account, quantity);
        let reversed_position = transaction.position;
        self.undone.extend(parts.iter().map(|&(lot, part)| {
            let quantity = part * quantity.signum();
            Effect::ReversedEntry(ReversedEntryRow { reversed_position, account: account.id, lot, quantity })
        }));
        *self.asked.entry(account.id).or_default() += quantity.abs();
        let leg = Leg::new(account.id, quantity);
        if !account.lotted || quantity == 0 {
            self.legs.push(leg);
        } else if quantity * account.class.normal_sign() > 0 {
            let lots = parts.into_iter().map(|(lot, part)| (transaction.returned_to(lot, now), part)).collect();
            self.legs.push(Leg { lots: LegLots::Exactly(lots), ..leg });
        } else {
            self.give(world, account, &parts, now)?;
        }
        Ok(())
    }

    /// The account gives what it got: out of the same lots, from breakage what was swept of them, then out of the lots that expire
    /// first. What is still missing is owed.
    fn give(&mut self, world: &World, account: &Account, parts: &[(i64, i64)], now: i64) -> Result<(), Halt> {
        let sign = account.class.normal_sign();
        let mut taken: BTreeMap<i64, i64> = BTreeMap::new();
        let (mut missing, mut from_breakage) = (0, 0);
        for &(lot, part) in parts {
            let free = account.lots.get(&lot).copied().unwrap_or(0) - account.reserved_of(lot, now);
            let given = part.min(free.max(0));
            *taken.entry(lot).or_default() += given;
            let swept = if lot <= now { swept_of(world, account, lot)? } else { 0 };
            let back = swept.min(part - given);
            if back > 0 {
                self.undone.push(sweep(account.id, lot, -back, swept));
                from_breakage += back;
            }
            missing += part - given - back;
        }
        for (lot, free) in account.free_lots(now) {
            let there = taken.entry(lot).or_default();
            let given = missing.min(free - *there);
            *there += given;
            missing -= given;
        }
        taken.retain(|_, part| *part != 0);
        if missing > 0 {
            self.owed.insert(account.id, missing);
        }
        if from_breakage > 0 {
            let breakage = account_at(world, &breakage(world, &account.commodity)?)?;
            self.breakage.push(Leg::new(breakage, -from_breakage * sign));
        }
        let quantity: i64 = taken.values().sum();
        if quantity != 0 {
            let lots = taken.into_iter().map(|(lot, part)| (lot, -part)).collect();
            self.legs.push(Leg { lots: LegLots::Exactly(lots), ..Leg::new(account.id, -quantity * sign) });
        }
        Ok(())
    }

    /// Of what an account with lots gets back, so much goes elsewhere: what would expire first. If it is more than comes back, the
    /// account gives the rest.
    #[cfg(feature = "town")]
    pub(crate) fn keep_back(&mut self, account: &Account, mut quantity: i64, now: i64) {
        let Some(index) = self.legs.iter().position(|leg| leg.account == account.id) else { return };
        let leg = &mut self.legs[index];
        leg.quantity -= quantity * leg.quantity.signum();
        if let LegLots::Exactly(lots) = &mut leg.lots {
            lots.sort_unstable();
            for (_, part) in lots.iter_mut() {
                let kept = quantity.min(*part);
                (*part, quantity) = (*part - kept, quantity - kept);
            }
            let rest = super::lot::take(account.free_lots(now), quantity).unwrap_or_default();
            lots.extend(rest.into_iter().map(|(lot, part)| (lot, -part)));
        }
        if leg.quantity == 0 {
            self.legs.remove(index);
        }
    }

    /// Whether nothing of the original is left afterwards.
    #[cfg(feature = "town")]
    pub(crate) fn leaves_nothing(&self, transaction: &Transaction) -> bool {
        let left: i64 = transaction.left().values().map(|left| left.abs()).sum();
        self.asked.values().sum::<i64>() == left
    }

    /// What changes: the entries, with `more` of them where what is owed is charged, and what is taken back of the original.
    ///
    /// # Errors
    /// [`Rejection::BelowFloor`] where something is missing that nobody may owe.
    pub(crate) fn effects<'a>(
        self,
        transaction: &Transaction,
        more: impl IntoIterator<Item = Leg>,
        now: i64,
        account_of: impl Fn(AccountId) -> Result<Option<&'a Account>, Unasked>,
    ) -> Result<Effects, Halt> {
        if let Some((debtor, missing)) = self.owed.first_key_value() {
            let address = account_of(*debtor)?.map(|account| account.address.to_string()).unwrap_or_default();
            let asked = self.asked.get(debtor).copied().unwrap_or(0);
            return Err(Rejection::BelowFloor { address, available: asked - missing, asked }.into());
        }
        let mut legs = self.legs;
        for leg in self.breakage.into_iter().chain(more) {
            // An earning that had settled an older debt gives rise to that one again, beside the new one.
            match legs.iter_mut().find(|of| of.account == leg.account) {
                Some(of) => of.quantity += leg.quantity,
                None => legs.push(leg),
            }
        }
        legs.iter_mut().for_each(|leg| leg.purpose = Purpose::Correction);
        let entries = post(&legs, now, account_of)?;
        let reversal = Effect::Reversal(ReversalRow { reversed_position: transaction.position });
        let effects = Effects::of(entries.into_iter().map(Effect::Entry).collect()).and(self.undone).and([reversal]);
        Ok(Effects { effective_day: Some(transaction.effective_day), ..effects })
    }
}

/// What breakage has of a lot. It has nothing where what expired on both sides of a commodity has always come to nothing.
fn swept_of(world: &World, account: &Account, lot: i64) -> Result<i64, Halt> {
    let swept = world.swept.get(&(account.id, lot))?.copied().unwrap_or(0);
    let is_there = swept > 0 && world.addresses.has(&breakage(world, &account.commodity)?)?;
    Ok(if is_there { swept } else { 0 })
}

/// Takes back what an earlier record has posted, whole or in part. It counts for the day for which that counted.
///
/// ```
/// use baoyulan_ledger::command::{Command, Reverse};
///
/// let mistake = Command::Reverse(Reverse { position: 41, entries: None });
/// # assert_eq!(mistake.kind(), "REVS");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reverse {
    /// The record's position.
    pub position: i64,
    /// What is taken back: balanced, of the record's accounts, each with the opposite sign and at most what is left. All that is
    /// left where there are none.
    #[serde(default, deserialize_with = "objects_if_any", skip_serializing_if = "Option::is_none")]
    pub entries: Option<Vec<UndoneEntry>>,
}

/// What is taken back of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UndoneEntry {
    /// The account.
    pub address: Address,
    /// Smallest units, debits positive: the opposite sign of what was posted.
    pub quantity: i64,
}

impl Reverse {
    /// How much is wanted of each account.
    fn wanted(&self, world: &World, transaction: &Transaction) -> Result<Vec<(AccountId, i64)>, Halt> {
        let Some(entries) = &self.entries else {
            return Ok(transaction.left().into_iter().map(|(account, left)| (account, -left)).collect());
        };
        entries.iter().map(|entry| Ok((account_at(world, &entry.address)?, entry.quantity))).collect()
    }
}

impl Rule for Reverse {
    const KIND: &'static str = "REVS";

    fn needs(&self, world: &mut World, moment: &Moment) {
        world.ask_transaction(self.position);
        #[cfg(feature = "town")]
        crate::town::ask_for_reversal(world, self.position, moment);
        for entry in self.entries.iter().flatten() {
            world.ask_account(&entry.address);
        }
        ask_swept(world, self.position, moment.now);
    }

    fn decide(&self, world: &World, moment: &Moment) -> Result<Effects, Halt> {
        let transaction = transaction_at(world, self.position)?;
        let wanted = self.wanted(world, transaction)?;
        #[cfg(feature = "town")]
        if let Some(redemption) = crate::town::reversed_redemption(self, transaction)? {
            return redemption.decide(world, moment);
        }
        let undoing = undo(world, transaction, &wanted, moment.now)?;
        #[cfg(feature = "town")]
        if let crate::town::OfTown::Attendance { member, activity } = transaction.of_town {
            let member = crate::people::card::member_at(world, member)?;
            return crate::earn::reversal::effects(world, transaction, (member, activity), undoing, moment);
        }
        let effects = undoing.effects(transaction, [], moment.now, |account| world.accounts.get(&account))?;
        let unswept = unswept(world, transaction, &effects)?;
        Ok(effects.and(unswept))
    }
}
