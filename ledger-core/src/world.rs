//! What the rules see: the part of the bank that a command's decision depends on, in memory.
//!
//! A world that is whole and is given every effect is the whole bank: that is how rules are tested, and how a journal is
//! replayed. The writer's world holds what was asked for so far; a rule that reads anything else is stopped.

use jiff::tz::TimeZone;

use crate::bank::Bank;
use crate::book::limit::LimitRow;
use crate::book::reversal::{RecentEntry, RecentRecord};
use crate::book::usage::{Moved, Usage, UsageKey};
use crate::book::{Account, AccountId, Address, Commodity, Hold, HoldId, Transaction};
use crate::command::Key;
use crate::defect::Defect;
use crate::effect::{Effects, Fact};
use crate::proof::record::{AuditRow, BatchRow, IdRow, NoteRow, ReversalRow};
use crate::proof::{Chain, ChainId, Digest};
use crate::recent::Recent;
use crate::reject::AtomicRejected;
use crate::slice::{Unasked, slices};
#[cfg(feature = "town")]
use crate::town::Town;

/// What became of an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// SHA-256 of what was sent.
    pub content_hash: Digest,
    /// The position of its record, of the first where it has several; or why it was refused.
    pub outcome: Result<i64, AtomicRejected>,
}

slices! {
    /// See the module's head.
    World {
        /// Scales of commodities: their decimal places.
        commodities whole (): Commodity => i64;
        /// The ends of the chains of receipts.
        chains whole (): ChainId => Chain;
        /// Limits by their codes, those too that were removed.
        limits whole (): String => LimitRow;
        /// Limits in force by their places: addresses, and prefixes of addresses.
        limits_at whole (): String => Vec<LimitRow>;
        accounts warm 1: AccountId => Account;
        addresses warm 1: Address => AccountId;
        holds warm 2: HoldId => Hold;
        hold_codes warm 2: String => HoldId;
        /// What breakage has of a lot, by account and the instant at which the lot expired: smallest units, normal side.
        swept warm 1: (AccountId, i64) => i64;
        /// Records with entries, by position.
        transactions warm 5: i64 => Transaction;
        /// What is used of limits. Where it is out of date, it is counted again.
        usages warm 1: UsageKey => Usage;
        /// What became of ids. It may stay unknown: an id that was settled before makes the write fail as a conflict.
        settled warm 5: Key => Settled;
    } beside {
        /// `None` before it is founded.
        bank: Option<Bank> = None;
        /// The last records, which nobody can read from the bank yet; none in a whole world, which knows all transactions.
        recent_records: Recent<RecentRecord> = Recent::default();
        /// Their entries.
        recent_entries: Recent<RecentEntry> = Recent::default();
        /// What the last records have moved; in a whole world, all that ever moved.
        recently_moved: Recent<Moved> = Recent::default();
        /// The number that the next account gets.
        next_account: AccountId = AccountId(0);
        /// What a town's rules see.
        #[cfg(feature = "town")]
        town: Town = Town::new(false);
    }
}

/// What is beside the slices of a world that may be undone.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    next_account: AccountId,
    recent_records: usize,
    recent_entries: usize,
    recently_moved: usize,
}

impl World {
    /// A world that will be given everything there is.
    pub fn whole() -> Self {
        Self {
            #[cfg(feature = "town")]
            town: Town::new(true),
            ..Self::blank(true)
        }
    }

    /// A world that holds what was asked for, and the few things that are whole at any time.
    pub fn partial() -> Self {
        Self::blank(false)
    }

    /// Asks for the account of an address.
    pub fn ask_account(&mut self, address: &Address) {
        if let Some(account) = self.addresses.ask(address).copied() {
            self.ask_account_number(account);
        }
    }

    /// Asks for the account with this number, and for what is used of the limits that cover it. A rule that moves an account
    /// asks for it here.
    pub fn ask_account_number(&mut self, account: AccountId) {
        self.accounts.ask(&account);
        self.ask_usages(account);
    }

    /// The account of an address.
    ///
    /// # Errors
    /// [`Unasked`] where nobody has asked for it.
    pub fn account(&self, address: &Address) -> Result<Option<&Account>, Unasked> {
        match self.addresses.get(address)? {
            Some(account) => self.accounts.get(account),
            None => Ok(None),
        }
    }

    /// The bank's zone; UTC before it is founded.
    pub fn zone(&self) -> &TimeZone {
        static UTC: TimeZone = TimeZone::UTC;
        self.bank.as_ref().map_or(&UTC, |bank| &bank.zone)
    }

    /// The bank's issuer; empty before it is founded.
    pub fn issuer(&self) -> &str {
        self.bank.as_ref().map_or("", |bank| &bank.row.issuer)
    }

    /// Whether a town lives in the bank.
    pub fn is_town(&self) -> bool {
        self.bank.as_ref().is_some_and(|bank| bank.row.town)
    }

    /// Applies what a command changes; `token` is the digest of its receipt. Its rule has checked all of it: nothing here
    /// is refused.
    ///
    /// # Errors
    /// [`Unasked`] where it changes what nobody has asked for. The world is then of no use any more.
    pub fn apply(&mut self, position: i64, effects: &Effects, token: Option<Digest>) -> Result<(), Unasked> {
        for row in &effects.rows {
            row.apply(self, position)?;
        }
        self.remember_moved(position, effects);
        if let Some(erasable) = &effects.erasable {
            erasable.apply(self);
        }
        if let (Some(draft), Some(token)) = (&effects.receipt, token) {
            let digest = if Defect::ChainStandsStill.is_on() { draft.receipt.previous } else { token };
            self.chains.put(draft.chain, Chain { year: draft.year, number: draft.number, digest });
            #[cfg(feature = "town")]
            crate::shop::redemption::remember(self, position, effects, draft, token);
        }
        Ok(())
    }

    /// A new batch begins, which has changed nothing yet.
    pub fn begin_batch(&mut self) {
        self.slices_begin_batch();
        self.recent_records.begin_batch();
        self.recent_entries.begin_batch();
        if !self.usages.is_whole() {
            self.recently_moved.begin_batch();
        }
        #[cfg(feature = "town")]
        self.town.slices_begin_batch();
    }

    /// What changes from here on may be undone: end with [`Self::keep`], or with [`Self::undo`], which takes what this returns.
    pub fn begin_undoable(&mut self) -> Mark {
        self.slices_begin_undoable();
        #[cfg(feature = "town")]
        self.town.slices_begin_undoable();
        Mark {
            next_account: self.next_account,
            recent_records: self.recent_records.len(),
            recent_entries: self.recent_entries.len(),
            recently_moved: self.recently_moved.len(),
        }
    }

    /// Keeps what has changed.
    pub fn keep(&mut self) {
        self.slices_keep();
        #[cfg(feature = "town")]
        self.town.slices_keep();
    }

    /// Makes the world what it was at [`Self::begin_undoable`], which has returned this mark.
    pub fn undo(&mut self, mark: Mark) {
        self.slices_undo();
        #[cfg(feature = "town")]
        self.town.slices_undo();
        if !Defect::NumberNotGivenBack.is_on() {
            self.next_account = mark.next_account;
        }
        self.recent_records.truncate(mark.recent_records);
        self.recent_entries.truncate(mark.recent_entries);
        self.recently_moved.truncate(mark.recently_moved);
    }

    /// Whether more than `keys_max` keys of a kind are known.
    pub fn overflows(&self, keys_max: usize) -> bool {
        #[cfg(feature = "town")]
        if self.town.slices_overflow(keys_max) {
            return true;
        }
        self.slices_overflow(keys_max)
    }

    /// Forgets the kinds of which more than `keys_max` keys are known: what is needed again is read again. Only what is
    /// committed may be forgotten.
    pub fn evict(&mut self, keys_max: usize) {
        self.evict_slices(keys_max);
        self.recent_records = Recent::default();
        self.recent_entries = Recent::default();
        #[cfg(feature = "town")]
        self.town.evict_slices(keys_max);
    }

    /// Whether the store has something to look up.
    pub fn wants(&self) -> bool {
        #[cfg(feature = "town")]
        if self.town.slices_want() {
            return true;
        }
        self.slices_want()
    }

    /// Every state that a batch has changed, once, as it is at the end.
    #[cfg(feature = "store")]
    pub(crate) fn write_states(&mut self, rows: &mut crate::store::Rows) {
        for account in self.accounts.changed() {
            self.accounts.change_quietly(&account, |account| account.write_state(rows));
        }
        for hold in self.holds.changed().into_iter().filter(|_| !Defect::HeldNotWritten.is_on()) {
            if let Some(hold) = self.holds.peek(&hold) {
                hold.write_state(rows);
            }
        }
        for key in self.usages.changed() {
            if let Some(usage) = self.usages.peek(&key) {
                rows.push(&usage.row(key));
            }
        }
        for chain in self.chains.changed() {
            if let Some(end) = self.chains.peek(&chain) {
                rows.push(&end.row(chain));
            }
        }
        #[cfg(feature = "town")]
        self.town.write_states(rows);
    }
}

impl Fact for IdRow {
    fn apply(&self, world: &mut World, position: i64) -> Result<(), Unasked> {
        let key = Key { credential: self.credential.clone(), id: uuid::Uuid::from_bytes(self.id) };
        world.settled.put(key, Settled { content_hash: self.content_hash, outcome: Ok(position) });
        Ok(())
    }
}

impl Fact for NoteRow {
    fn apply(&self, _: &mut World, _: i64) -> Result<(), Unasked> {
        Ok(())
    }
}

/// What the rows of its entries say is applied with each of them.
impl Fact for ReversalRow {
    fn apply(&self, _: &mut World, _: i64) -> Result<(), Unasked> {
        Ok(())
    }
}

impl Fact for BatchRow {
    fn apply(&self, _: &mut World, _: i64) -> Result<(), Unasked> {
        Ok(())
    }
}

impl Fact for AuditRow {
    fn apply(&self, _: &mut World, _: i64) -> Result<(), Unasked> {
        Ok(())
    }
}
