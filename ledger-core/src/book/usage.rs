//! What is used of limits: how much went into an account and out of it, in the window in which it last moved.
//!
//! Every command that moves an account is judged here, after its own rule has decided, so no rule can forget a limit. The first
//! account by its number, and of that the first limit by its code, is the one that a refusal names (`over_limit_in_window`).
//!
//! What is true of a [`Usage`] of an account that was last moved by the record at `counted_to`:
//!
//! - Its window is the one in which that record was posted. An earlier window is over: nothing more is judged in it, and nobody
//!   asks what was used of it.
//! - It is the sum, side by side, of what the account's records up to there have moved, as far as they count in that window. A
//!   posting counts when it is posted; a capture when its hold was placed; reversals and expiries never count. What reversals
//!   take back of a record that counts in the window is taken off, also where it is owed and the account does not move.
//! - It depends on nothing else, and so on no limit: whether there was one at the time makes no difference. One whose
//!   `counted_to` is before the account's last record is out of date, and is counted again from the journal. That is how what
//!   was used before a limit was set counts. A reversal that takes something back of an account and does not move it leaves a
//!   usage that is out of date, [`Usage::NONE`].
//! - What open holds have of the account is no part of it. That is judged when somebody looks, like the deadline: a hold counts
//!   as long as it is in time, in the window in which it was placed, with what is left in it.
//!
//! A usage is kept for accounts that a limit covers, and for these alone.

use std::collections::BTreeMap;

#[cfg(feature = "store")]
use jiff::civil::Date;

#[cfg(feature = "store")]
use super::limit::SetLimit;
use super::limit::{LimitRow, Side, Window, covering};
use super::{Account, AccountId, Transaction};
use crate::defect::Defect;
use crate::effect::{Effect, Effects};
use crate::reject::Rejection;
use crate::row::row;
use crate::rule::{Halt, Moment};
use crate::slice::Unasked;
use crate::world::World;

row! {
    /// What was used of an account's day, month or year when its last record was posted.
    state(2) "ledger_limit_usages", UsageRow {
        account: AccountId,
        window "span": Window,
        /// The window's first instant, UTC seconds.
        started_at: i64,
        /// The position of the last record with entries of the account.
        counted_to: i64,
        /// What went in, in smallest units.
        used_in: i64,
        /// What went out, in smallest units.
        used_out: i64,
    }
}

/// Of which account, and by which part of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub struct UsageKey {
    pub account: AccountId,
    pub window: Window,
}

/// What was used: see the module's head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "they are those of the row")]
pub struct Usage {
    pub started_at: i64,
    pub counted_to: i64,
    pub used_in: i64,
    pub used_out: i64,
}

impl Usage {
    /// Of an account that has never moved; of any other, one that is out of date.
    pub const NONE: Self = Self { started_at: i64::MIN, counted_to: -1, used_in: 0, used_out: 0 };

    /// What was used of a side in the window that began at `started_at` (UTC seconds), the last one or a later one.
    fn of(&self, side: Side, started_at: i64) -> i64 {
        match side {
            _ if started_at > self.started_at => 0,
            Side::In => self.used_in,
            Side::Out => self.used_out,
        }
    }

    /// What is used after a record that was posted in the window which began at `started_at`, and has made the account grow by
    /// so much (negative: lowered it).
    fn after(self, position: i64, started_at: i64, counts: Counts, growth: i64) -> Self {
        let moved = Self { counted_to: position, ..self };
        let moved =
            if started_at > self.started_at { Self { started_at, used_in: 0, used_out: 0, ..moved } } else { moved };
        match counts {
            Counts::At(instant) if growth > 0 => moved.with(Side::In, growth, instant),
            Counts::At(instant) => moved.with(Side::Out, -growth, instant),
            // The account need not move for it.
            Counts::BackTo(instant) if growth > 0 => self.with(Side::Out, -growth, instant),
            Counts::BackTo(instant) => self.with(Side::In, growth, instant),
            Counts::Never => moved,
        }
    }

    /// The same with so much more on a side, if it counts in this window.
    fn with(mut self, side: Side, part: i64, counted_at: i64) -> Self {
        let used = match side {
            Side::In => &mut self.used_in,
            Side::Out => &mut self.used_out,
        };
        if counted_at >= self.started_at {
            *used = used.saturating_add(part);
        }
        self
    }

    #[cfg(feature = "store")]
    pub(crate) fn row(&self, key: UsageKey) -> UsageRow {
        let Self { started_at, counted_to, used_in, used_out } = *self;
        UsageRow { account: key.account, window: key.window, started_at, counted_to, used_in, used_out }
    }
}

/// The kinds of records that never count, beside reversals: expiries.
pub(crate) const NEVER_COUNTED: [&str; 1] = [<super::Expire as crate::rule::Rule>::KIND];

/// In which window something counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Counts {
    /// An entry, in the window in which this instant lies (UTC seconds).
    At(i64),
    /// What a reversal takes back of a record that counts in the window in which this instant lies. The entries that it posts for
    /// it never count.
    BackTo(i64),
    /// An entry, in no window.
    #[default]
    Never,
}

/// What a record has moved on an account, or taken back of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// The record's position.
    pub position: i64,
    /// When it was posted, UTC seconds.
    pub posted_at: i64,
    /// The account.
    pub account: AccountId,
    /// Smallest units, debits positive.
    pub quantity: i64,
    /// In which window it counts.
    pub counts: Counts,
}

/// The usage of an account after further records, in their order. `sign` is that of the account's normal side.
pub(crate) fn count<'a>(
    world: &World,
    key: UsageKey,
    from: Usage,
    sign: i64,
    moved: impl IntoIterator<Item = &'a Moved>,
) -> Usage {
    moved.into_iter().filter(|moved| moved.account == key.account).fold(from, |usage, moved| {
        let started_at = key.window.start(moved.posted_at, world.zone());
        usage.after(moved.position, started_at, moved.counts, moved.quantity * sign)
    })
}

/// How a record counts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counting {
    /// When it was posted, UTC seconds.
    posted_at: i64,
    /// In which window its entries count.
    counts: Counts,
    /// When what it takes back counted, UTC seconds; `None` where that never did.
    back_to: Option<i64>,
    /// When the hold was placed out of which it takes something, UTC seconds; and the hold's accounts.
    captured: Option<(i64, Vec<AccountId>)>,
    /// What is used afterwards, of accounts that are covered by limits.
    usages: Vec<(UsageKey, Usage)>,
}

impl Counting {
    fn of(world: &World, effects: &Effects, moment: &Moment, kind: &str) -> Result<Self, Unasked> {
        let reversed = match effects.reverses() {
            Some(position) => world.transactions.get(&position)?,
            None => None,
        };
        let never_counts = reversed.is_some() || NEVER_COUNTED.contains(&kind);
        let counts = if never_counts { Counts::Never } else { Counts::At(moment.now) };
        let back_to = match reversed {
            Some(transaction) if !is_expiry(world, transaction)? => Some(transaction.spent_at),
            Some(_) | None => None,
        };
        // An expiry closes holds, and what it posts beside that is none of theirs.
        let closes_alone = NEVER_COUNTED.contains(&kind);
        let rows = effects.rows.iter().filter(|_| !closes_alone);
        let pieces = rows.filter_map(|row| if let Effect::HoldEntry(row) = row { Some(row) } else { None });
        let taken = pieces.filter(|row| row.hold.0 != moment.position);
        let mut captured: Option<(i64, Vec<AccountId>)> = None;
        for row in taken {
            let Some(hold) = world.holds.get(&row.hold)? else { continue };
            captured.get_or_insert_with(|| (hold.placed_at, Vec::new())).1.push(row.account);
        }
        Ok(Self { posted_at: moment.now, counts, back_to, captured, usages: Vec::new() })
    }

    /// When the hold was placed out of which the record takes something of this account.
    fn placed_at(&self, account: AccountId) -> Option<i64> {
        self.captured.as_ref().filter(|(_, accounts)| accounts.contains(&account)).map(|(placed_at, _)| *placed_at)
    }

    fn counts_of(&self, account: AccountId) -> Counts {
        let placed_at = self.placed_at(account).filter(|_| !Defect::CaptureCountsAgain.is_on());
        placed_at.map_or(self.counts, Counts::At)
    }
}

/// Whether a record is an expiry: nothing else takes from a lot that had expired by then.
fn is_expiry(world: &World, transaction: &Transaction) -> Result<bool, Unasked> {
    for entry in transaction.entries.iter().filter(|entry| entry.lot > 0 && entry.lot <= transaction.spent_at) {
        let account = world.accounts.get(&entry.account)?;
        if account.is_some_and(|account| entry.quantity * account.class.normal_sign() < 0) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What a record does to an account, debits positive.
#[derive(Debug, Clone, Copy, Default)]
struct Movement {
    /// What it posts; nothing where it has no entry of the account.
    posted: Option<i64>,
    /// What it puts into the hold that it places.
    placed: i64,
    /// What it takes back of an earlier record.
    taken_back: i64,
}

fn movements(effects: &Effects, position: i64) -> BTreeMap<AccountId, Movement> {
    let mut movements: BTreeMap<AccountId, Movement> = BTreeMap::new();
    for row in &effects.rows {
        if let Effect::Entry(entry) = row {
            *movements.entry(entry.account).or_default().posted.get_or_insert(0) += entry.quantity;
        } else if let Effect::ReversedEntry(row) = row {
            movements.entry(row.account).or_default().taken_back += row.quantity;
        } else if let Effect::HoldEntry(row) = row
            && row.hold.0 == position
        {
            movements.entry(row.account).or_default().placed += row.quantity;
        }
    }
    movements
}

/// Refuses what passes a limit; otherwise the effects, with what is used afterwards.
pub(crate) fn judge(world: &World, mut effects: Effects, moment: &Moment, kind: &str) -> Result<Effects, Halt> {
    effects.counting = Counting::of(world, &effects, moment, kind)?;
    if world.has_limits() {
        for (account, movement) in movements(&effects, moment.position) {
            if movement.posted.is_none() && movement.taken_back != 0 {
                let out_of_date = |window: &Window| (UsageKey { account, window: *window }, Usage::NONE);
                effects.counting.usages.extend(Window::ALL.iter().map(out_of_date));
                continue;
            }
            let usages = match world.accounts.get(&account) {
                Ok(Some(account)) => judge_account(world, account, movement, &effects.counting, moment)?,
                // It is opened by this very record, or nobody has asked for it.
                unknown => match opened(&effects, account) {
                    Some(account) => judge_account(world, &account, movement, &effects.counting, moment)?,
                    None => unknown.map(|_| Vec::new())?,
                },
            };
            effects.counting.usages.extend(usages);
        }
    }
    Ok(effects)
}

fn opened(effects: &Effects, account: AccountId) -> Option<Account> {
    let opened = |row: &Effect| if let Effect::Account(row) = row { Some(Account::opened(row)) } else { None };
    effects.rows.iter().filter_map(opened).find(|opened| opened.id == account)
}

fn judge_account(
    world: &World,
    account: &Account,
    movement: Movement,
    counting: &Counting,
    moment: &Moment,
) -> Result<Vec<(UsageKey, Usage)>, Halt> {
    let sign = account.class.normal_sign();
    let (counts, posted) = (counting.counts_of(account.id), movement.posted.map(|posted| posted * sign));
    let is_judged = matches!(counting.counts, Counts::At(_)) && counting.placed_at(account.id).is_none();
    let asked = if is_judged { posted.unwrap_or(0) + movement.placed * sign } else { 0 };
    let mut usages: Vec<(UsageKey, Usage)> = Vec::new();
    for limit in covering(world, account)? {
        let started_at = limit.window.start(moment.now, world.zone());
        let usage = usage(world, account, limit.window)?;
        check(world, account, limit, limit.side.part(asked), &usage, moment.now)?;
        let key = UsageKey { account: account.id, window: limit.window };
        if let Some(growth) = posted.filter(|_| usages.iter().all(|(known, _)| *known != key)) {
            let moved = usage.after(moment.position, started_at, counts, growth);
            let back_to = counting.back_to.map_or(Counts::Never, Counts::BackTo);
            usages.push((key, moved.after(moment.position, started_at, back_to, movement.taken_back * sign)));
        }
    }
    Ok(usages)
}

fn check(
    world: &World,
    account: &Account,
    limit: &LimitRow,
    asked: i64,
    usage: &Usage,
    now: i64,
) -> Result<(), Rejection> {
    let used = used(world, account, limit, usage, now);
    if asked == 0 || asked <= limit.quantity.saturating_sub(used) {
        return Ok(());
    }
    Err(Rejection::OverLimitInWindow {
        limit: limit.code.clone(),
        address: account.address.to_string(),
        used,
        asked,
        quantity: limit.quantity,
        ends_on: limit.window.end(now, world.zone()).to_string(),
    })
}

/// What is used of a limit at `now`: what was posted, and what holds that are in time have set aside, on the limit's side and in
/// the window in which `now` lies.
fn used(world: &World, account: &Account, limit: &LimitRow, usage: &Usage, now: i64) -> i64 {
    let started_at = limit.window.start(now, world.zone());
    let held = account.held.values().filter(|piece| piece.until > now && piece.placed_at >= started_at);
    let held: i64 = held.map(|piece| limit.side.part(piece.remaining * account.class.normal_sign())).sum();
    usage.of(limit.side, started_at).saturating_add(held)
}

/// A limit that is of an account, and how it stands with it.
#[cfg(feature = "store")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitOfAccount {
    /// The limit, as it was set.
    pub limit: SetLimit,
    /// What is used of it, in smallest units: what was posted in this window, and what open holds have set aside in it.
    pub used: i64,
    /// The day, in the bank's zone, from which on it begins anew.
    pub ends_on: Date,
}

/// The limits that are of an account at `now`, in the order of their codes.
#[cfg(feature = "store")]
pub(crate) fn limits_of(world: &World, account: &Account, now: i64) -> Result<Vec<LimitOfAccount>, Unasked> {
    let of_account = |row: &LimitRow| {
        let Some(limit) = row.set() else { return Ok(None) };
        let used = used(world, account, row, &usage(world, account, row.window)?, now);
        Ok(Some(LimitOfAccount { limit, used, ends_on: row.window.end(now, world.zone()) }))
    };
    covering(world, account)?.into_iter().filter_map(|row| of_account(row).transpose()).collect()
}

/// What was used of an account.
fn usage(world: &World, account: &Account, window: Window) -> Result<Usage, Unasked> {
    if account.last_position < 0 {
        return Ok(Usage::NONE);
    }
    let key = UsageKey { account: account.id, window };
    match known(world, account, key) {
        Some(usage) => Ok(usage),
        // A world that is whole has seen every record.
        None if world.usages.is_whole() => {
            Ok(count(world, key, Usage::NONE, account.class.normal_sign(), world.moved_since(0)))
        }
        None => Err(world.usages.unasked()),
    }
}

/// The usage, where it is known and up to date.
fn known(world: &World, account: &Account, key: UsageKey) -> Option<Usage> {
    world.usages.peek(&key).copied().filter(|usage| usage.counted_to >= account.last_position)
}

impl World {
    fn has_limits(&self) -> bool {
        !self.limits.is_empty()
    }

    /// Asks for what is used of the limits that cover an account, once that is known itself.
    pub(crate) fn ask_usages(&mut self, account: AccountId) {
        if !self.has_limits() {
            return;
        }
        let Some(account) = self.accounts.peek(&account).filter(|account| account.last_position >= 0) else { return };
        let covering = covering(self, account).unwrap_or_default();
        let keys = covering.iter().map(|limit| UsageKey { account: account.id, window: limit.window });
        let wanted: Vec<UsageKey> = keys.filter(|key| known(self, account, *key).is_none()).collect();
        for key in wanted {
            self.usages.ask_more(key, (), |(), ()| {});
        }
    }

    /// What the last records have moved from a position on.
    pub(crate) fn moved_since(&self, position: i64) -> impl Iterator<Item = &Moved> {
        self.recently_moved.since(position, |moved| moved.position)
    }

    /// Remembers what a record has moved, and what is used afterwards.
    pub(crate) fn remember_moved(&mut self, position: i64, effects: &Effects) {
        let counting = &effects.counting;
        for (key, usage) in &counting.usages {
            self.usages.put(*key, *usage);
        }
        let posted_at = counting.posted_at;
        for row in &effects.rows {
            let (account, quantity, counts) = match (row, counting.back_to) {
                (Effect::Entry(entry), _) => (entry.account, entry.quantity, counting.counts_of(entry.account)),
                (Effect::ReversedEntry(row), Some(back_to)) => (row.account, row.quantity, Counts::BackTo(back_to)),
                _ => continue,
            };
            self.recently_moved.push(Moved { position, posted_at, account, quantity, counts });
        }
    }
}
