//! Holds: transactions that have not happened yet. A hold keeps what it will take from anybody else, until it is captured or
//! released, or until its deadline passes.
//!
//! Refused are, in this order: a code that was used before (`hold_exists`), a deadline that is not within 366 days, and
//! whatever a transaction of the same entries is refused for. A capture or a release is refused where there is no such hold
//! (`unknown_hold`), where nothing is left in it (`hold_closed`), and from its deadline on (`hold_expired`); a capture also where
//! it asks for more than is left (`beyond_hold`), and for what would go into a lot that has expired (`lot_expired`).
//!
//! The deadline is judged when somebody looks. From then on a hold reserves nothing, whether or not a record says so.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::lot::ExpiresAt;
use super::transaction::{Purpose, post, resolve};
use super::{Account, AccountId, Address, Class, Entry, Leg, LegLots, NewEntry};
use crate::defect::Defect;
use crate::effect::{Effect, Effects, Fact};
use crate::fault::Impossible;
use crate::object::{objects, objects_if_any};
use crate::reject::{Expected, Field, Rejection};
use crate::row::{id, row};
use crate::rule::{Halt, Moment, Rule, account, account_at, code, require};
use crate::slice::Unasked;
use crate::text::is_code;
use crate::world::World;

id! {
    /// A hold's number: the position of the record that placed it.
    HoldId
}

/// How far ahead a deadline may be, in seconds: 366 days.
pub const HOLD_SECONDS_MAX: i64 = 366 * 86_400;

row! {
    /// A hold is placed.
    journal "ledger_holds", HoldRow {
        /// The caller's, unique in the bank for ever.
        code: String,
        /// UTC seconds.
        placed_at: i64,
        /// The first instant (UTC seconds) at which it no longer holds anything.
        until: i64,
    }
}

row! {
    /// An account, in one lot where it has lots, is put into a hold, or taken out of it.
    journal "ledger_hold_entries", HoldEntryRow {
        hold: HoldId,
        account: AccountId,
        /// `expires_at` of the lot (UTC seconds), 0 on an account without lots.
        lot: i64,
        /// Smallest units, debits positive: as it will be posted where the hold is placed, the opposite where it is captured or
        /// released.
        quantity: i64,
        /// What is left in the hold afterwards, debits positive.
        remaining: i64,
    }
}

row! {
    /// What is left of an account and lot in a hold.
    state(3) "ledger_hold_remainders", HoldRemainderRow {
        hold: HoldId,
        account: AccountId,
        lot: i64,
        /// Smallest units, debits positive.
        remaining: i64,
    }
}

/// A hold as the rules see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Its number.
    pub id: HoldId,
    /// The caller's code.
    pub code: String,
    /// When it was placed, in UTC seconds.
    pub placed_at: i64,
    /// The first instant (UTC seconds) at which it no longer holds anything.
    pub until: i64,
    /// What is left in it by account and lot: smallest units, debits positive.
    pub remaining: BTreeMap<(AccountId, i64), i64>,
}

impl Hold {
    /// Whether something is left in it, be it in time or not.
    pub fn is_open(&self) -> bool {
        self.remaining.values().any(|remaining| *remaining != 0)
    }

    /// Whether it holds something at `now` (UTC seconds).
    pub fn is_in_force(&self, now: i64) -> bool {
        self.until > now && self.is_open()
    }

    /// What is left of each account, debits positive.
    pub(super) fn accounts(&self) -> BTreeMap<AccountId, i64> {
        let mut accounts: BTreeMap<AccountId, i64> = BTreeMap::new();
        for ((account, _), remaining) in &self.remaining {
            *accounts.entry(*account).or_default() += remaining;
        }
        accounts.retain(|_, remaining| *remaining != 0);
        accounts
    }

    /// What is left of an account in each lot, the one that expires first first.
    fn lots_of(&self, account: AccountId) -> impl Iterator<Item = (i64, i64)> {
        self.remaining.range((account, i64::MIN)..=(account, i64::MAX)).map(|((_, lot), remaining)| (*lot, *remaining))
    }

    /// The rows that leave so much of each account and lot in it, as far as that differs.
    pub(super) fn rows_to(&self, left: impl Fn((AccountId, i64), i64) -> i64) -> Vec<Effect> {
        let changed = self.remaining.iter().filter_map(|(&(account, lot), &before)| {
            let remaining = left((account, lot), before);
            let row = HoldEntryRow { hold: self.id, account, lot, quantity: remaining - before, remaining };
            (remaining != before).then_some(Effect::HoldEntry(row))
        });
        changed.collect()
    }

    /// The rows of what is left in it.
    #[cfg(feature = "store")]
    pub(crate) fn write_state(&self, rows: &mut crate::store::Rows) {
        for (&(account, lot), &remaining) in &self.remaining {
            rows.push(&HoldRemainderRow { hold: self.id, account, lot, remaining });
        }
    }
}

/// What is left of an account and lot in a hold, as the account sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldPiece {
    /// When the hold was placed, UTC seconds.
    pub placed_at: i64,
    /// The hold's deadline.
    pub until: i64,
    /// Smallest units, debits positive.
    pub remaining: i64,
}

impl HeldPiece {
    /// What it reserves at `now` of an account of this class, on the normal side: nothing where the account will grow.
    pub fn reserved(self, class: Class, now: i64) -> i64 {
        if self.until > now { (-self.remaining * class.normal_sign()).max(0) } else { 0 }
    }
}

/// What holds have of an account, by hold and lot (0 on an account without lots).
pub type Held = BTreeMap<(HoldId, i64), HeldPiece>;

/// What holds reserve at `now` of a lot of an account of this class, on its normal side.
pub fn reserved_of(held: &Held, class: Class, lot: ExpiresAt, now: i64) -> i64 {
    held.iter().filter(|((_, of), _)| *of == lot).map(|(_, piece)| piece.reserved(class, now)).sum()
}

/// What is free at `now` in each lot that has not expired, the one that expires first first.
pub fn free_lots<'a>(
    lots: &'a BTreeMap<ExpiresAt, i64>,
    held: &'a Held,
    class: Class,
    now: i64,
) -> impl Iterator<Item = (ExpiresAt, i64)> + 'a {
    let first = if Defect::ExpiredIsSpendable.is_on() { now } else { now + 1 };
    let held = if Defect::LotTakenTwice.is_on() { const { &Held::new() } } else { held };
    lots.range(first..).map(move |(lot, remaining)| (*lot, remaining - reserved_of(held, class, *lot, now)))
}

impl Fact for HoldRow {
    fn apply(&self, world: &mut World, position: i64) -> Result<(), Unasked> {
        let Self { code, placed_at, until } = self.clone();
        let id = HoldId(position);
        world.hold_codes.put(code.clone(), id);
        world.holds.put(id, Hold { id, code, placed_at, until, remaining: BTreeMap::new() });
        Ok(())
    }
}

impl Fact for HoldEntryRow {
    fn apply(&self, world: &mut World, position: i64) -> Result<(), Unasked> {
        let Self { hold, account, lot, quantity, remaining } = *self;
        let (mut placed_at, mut until) = (0, 0);
        world.holds.update(&hold, |hold| {
            (placed_at, until) = (hold.placed_at, hold.until);
            hold.remaining.insert((account, lot), remaining);
        })?;
        world.accounts.update(&account, |account| {
            account.begin_record(position);
            if remaining == 0 {
                account.held.remove(&(hold, lot));
            } else {
                account.held.insert((hold, lot), HeldPiece { placed_at, until, remaining });
            }
            // An account that the hold will raise feels nothing of it.
            let of_hold = if remaining == 0 { -quantity } else { remaining };
            if of_hold * account.class.normal_sign() < 0 {
                account.version = position;
            }
        })
    }
}

impl World {
    /// Asks for a hold and the accounts that are left in it. What is no code is no hold's.
    pub(crate) fn ask_hold(&mut self, code: &str) {
        if !is_code(code, 64) {
            return;
        }
        let Some(id) = self.hold_codes.ask(code).copied() else { return };
        let Some(accounts) = self.holds.ask(&id).map(Hold::accounts) else { return };
        for account in accounts.keys() {
            self.ask_account_number(*account);
        }
    }

    /// The hold with this code.
    ///
    /// # Errors
    /// [`Unasked`] where nobody has asked for it.
    pub fn hold(&self, code: &str) -> Result<Option<&Hold>, Unasked> {
        match self.hold_codes.get(code)? {
            Some(id) => self.holds.get(id),
            None => Ok(None),
        }
    }
}

/// The hold that is to be captured or released.
fn hold_in_force<'a>(world: &'a World, hold: &str, now: i64) -> Result<&'a Hold, Halt> {
    code(Field::Hold, hold)?;
    let found = world.hold(hold)?.ok_or_else(|| Rejection::UnknownHold { hold: hold.to_owned() })?;
    if !found.is_open() {
        return Err(Rejection::HoldClosed { hold: hold.to_owned() }.into());
    }
    if found.until <= now && !(Defect::DeadlineIncluded.is_on() && found.until == now) {
        return Err(Rejection::HoldExpired { hold: hold.to_owned() }.into());
    }
    Ok(found)
}

/// Places a hold: entries that sum to zero in each commodity, as they may be posted later.
///
/// Accounts that the entries would lower are reserved. Accounts that they would raise feel nothing, but must exist and be open.
///
/// ```
/// use baoyulan_ledger::book::Address;
/// use baoyulan_ledger::command::{CaptureHold, Command, NewEntry, PlaceHold, ReleaseHold};
///
/// let (buyer, shop) = (Address::new("buyer/points").unwrap(), Address::new("shop/points").unwrap());
/// let entries = vec![NewEntry::new(buyer.clone(), 30), NewEntry::new(shop.clone(), -30)];
/// let reserve = Command::PlaceHold(PlaceHold { hold: "order-7".to_owned(), entries, until: 1_781_500_000 });
/// // A third of it is delivered now; the rest stays reserved.
/// let deliver = CaptureHold::all("order-7").of([(buyer, 10), (shop, -10)]).keeping_rest();
/// let cancel = Command::ReleaseHold(ReleaseHold { hold: "order-7".to_owned() });
/// # assert!(deliver.keep_rest);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlaceHold {
    /// The caller's code for it, unique in the bank for ever.
    pub hold: String,
    /// What it will post, each account once. Their order is no part of what is sent. Conditions are judged now, as if they were
    /// posted.
    #[serde(deserialize_with = "objects")]
    pub entries: Vec<NewEntry>,
    /// The first instant (UTC seconds) at which it no longer holds anything: later than now, by at most 366 days.
    pub until: i64,
}

impl Rule for PlaceHold {
    const KIND: &'static str = "HOLD";

    fn named(&self) -> impl Iterator<Item = &Address> {
        self.entries.iter().map(|entry| &entry.address)
    }

    fn needs(&self, world: &mut World, _: &Moment) {
        if is_code(&self.hold, 64) {
            world.hold_codes.ask(self.hold.as_str());
        }
        for entry in &self.entries {
            world.ask_account(&entry.address);
        }
    }

    fn decide(&self, world: &World, moment: &Moment) -> Result<Effects, Halt> {
        let Self { hold, entries, until } = self;
        let Moment { now, position, .. } = *moment;
        code(Field::Hold, hold)?;
        if world.hold_codes.has(hold.as_str())? {
            return Err(Rejection::HoldExists { hold: hold.clone() }.into());
        }
        require(*until > now, Field::Until, Expected::LaterThanNow)?;
        require(until - now <= HOLD_SECONDS_MAX, Field::Until, Expected::Days366)?;
        let pieces = resolve(world, entries, now)?;
        let placed = Effect::Hold(HoldRow { code: hold.clone(), placed_at: now, until: *until });
        let pieces = pieces.into_iter().map(|Entry { account, lot, quantity, .. }| {
            Effect::HoldEntry(HoldEntryRow { hold: HoldId(position), account, lot, quantity, remaining: quantity })
        });
        Ok(Effects::of(vec![placed]).and(pieces))
    }
}

/// Posts what a hold has reserved, or a part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaptureHold {
    /// The hold's code.
    pub hold: String,
    /// What is posted: balanced, the hold's accounts and signs, on each no more than is left. All that is left where there are
    /// none.
    #[serde(default, deserialize_with = "objects_if_any", skip_serializing_if = "Option::is_none")]
    pub entries: Option<Vec<CapturedEntry>>,
    /// Whether what is not posted stays in the hold. Otherwise it is released in the same record.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keep_rest: bool,
}

/// What is captured of an account in a hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CapturedEntry {
    /// The account.
    pub address: Address,
    /// Smallest units: debits positive, credits negative, never zero. Of an account with lots, the lots that expire first.
    pub quantity: i64,
}

impl CaptureHold {
    /// Posts all that is left in it.
    pub fn all(hold: &str) -> Self {
        Self { hold: hold.to_owned(), entries: None, keep_rest: false }
    }

    /// Posts so much of each of these accounts, and releases the rest.
    #[must_use]
    pub fn of(self, entries: impl IntoIterator<Item = (Address, i64)>) -> Self {
        let entries = entries.into_iter().map(|(address, quantity)| CapturedEntry { address, quantity });
        Self { entries: Some(entries.collect()), ..self }
    }

    /// The same, and the rest stays in the hold.
    #[must_use]
    pub fn keeping_rest(self) -> Self {
        Self { keep_rest: true, ..self }
    }

    /// What is to be captured of each account.
    fn wanted(&self, world: &World, hold: &Hold) -> Result<Vec<(AccountId, i64)>, Halt> {
        let left = hold.accounts();
        let Some(entries) = &self.entries else { return Ok(left.into_iter().collect()) };
        let wanted = entries.iter().map(|CapturedEntry { address, quantity }| {
            let account = account_at(world, address)?;
            let (remaining, asked) = (left.get(&account).copied().unwrap_or(0), *quantity);
            if asked.signum() * remaining.signum() < 0 || asked.unsigned_abs() > remaining.unsigned_abs() {
                return Err(Rejection::BeyondHold { address: address.to_string(), remaining, asked }.into());
            }
            Ok((account, asked))
        });
        wanted.collect()
    }
}

/// The leg that captures so much of an account, the lots that expire first first.
fn captured_leg(account: &Account, hold: &Hold, quantity: i64, now: i64) -> Result<Leg, Halt> {
    let leg = Leg { purpose: Purpose::Capture, ..Leg::new(account.id, quantity) };
    if !account.lotted {
        return Ok(leg);
    }
    let sign = quantity.signum();
    let held = hold.lots_of(account.id).map(|(lot, remaining)| (lot, remaining * sign));
    let taken = super::lot::take(held, quantity * sign)
        .ok_or_else(|| Impossible::new(format!("hold {} has less of account {} than it says", hold.id, account.id)))?;
    let grows = quantity * account.class.normal_sign() > 0;
    if grows && taken.iter().any(|(lot, _)| *lot <= now) {
        return Err(Rejection::LotExpired { address: account.address.to_string() }.into());
    }
    let growth = if grows { 1 } else { -1 };
    let lots = taken.into_iter().map(|(lot, part)| (lot, part * growth)).collect();
    Ok(Leg { lots: LegLots::Exactly(lots), ..leg })
}

impl Rule for CaptureHold {
    const KIND: &'static str = "HCAP";

    fn needs(&self, world: &mut World, _: &Moment) {
        world.ask_hold(&self.hold);
        for entry in self.entries.iter().flatten() {
            world.ask_account(&entry.address);
        }
    }

    fn decide(&self, world: &World, moment: &Moment) -> Result<Effects, Halt> {
        let hold = hold_in_force(world, &self.hold, moment.now)?;
        let wanted = self.wanted(world, hold)?;
        let leg = |(number, quantity)| captured_leg(account(world, number)?, hold, quantity, moment.now);
        let legs: Vec<Leg> = wanted.into_iter().map(leg).collect::<Result<_, Halt>>()?;
        let posted = post(&legs, moment.now, |account| world.accounts.get(&account))?;
        let captured: BTreeMap<(AccountId, i64), i64> =
            posted.iter().map(|entry| ((entry.account, entry.lot), entry.quantity)).collect();
        let left = |place, remaining| {
            if self.keep_rest { remaining - captured.get(&place).copied().unwrap_or(0) } else { 0 }
        };
        let rows = hold.rows_to(left);
        Ok(Effects::of(posted.into_iter().map(Effect::Entry).collect()).and(rows))
    }
}

/// Frees what is left in a hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseHold {
    /// The hold's code.
    pub hold: String,
}

impl Rule for ReleaseHold {
    const KIND: &'static str = "HREL";

    fn needs(&self, world: &mut World, _: &Moment) {
        world.ask_hold(&self.hold);
    }

    fn decide(&self, world: &World, moment: &Moment) -> Result<Effects, Halt> {
        let hold = hold_in_force(world, &self.hold, moment.now)?;
        Ok(Effects::of(hold.rows_to(|_, _| 0)))
    }
}
