//! Milestones: what an account was at some of its records, so that it can be known at any other without reading all of them.
//!
//! Every 64th record of an account is one. A milestone always says where the chain of entries goes on. It also notes the lots
//! and the pieces of holds, if there are not too many of them; it is *whole* then. "Too many" is more than the largest power of
//! two that divides the record's number: an account with 64 lots notes them every 64 records, one with 1,000 every 1,024.
//! So a record is followed by one such row on average at most, and whoever looks back from a whole milestone to the one before
//! meets at most 64 records, or twice as many as there were lots and pieces.

use super::account::Account;
use super::hold::HoldId;
use super::{AccountId, Class};
use crate::row::row;

/// How many records of an account lie from one milestone to the next.
pub const MILESTONE_RECORDS: i64 = 64;

row! {
    /// What an account was after one of its records.
    state(2) "ledger_milestones", MilestoneRow {
        account: AccountId,
        /// Of that record.
        position: i64,
        /// Which of the account's records it is, from 1.
        records: i64,
        /// Sum of its entries: smallest units, debits positive.
        quantity: i64,
        /// The position of its last entry, −1 before the first.
        last_position: i64,
        /// The position of the last record with an entry, a reservation or a state of it, −1 for none.
        version: i64,
        /// Whether its lots and the pieces of holds are noted.
        whole: bool,
    }
}

row! {
    /// What an account had in a lot at a whole milestone; empty lots are left out.
    state(3) "ledger_milestone_lots", MilestoneLotRow {
        account: AccountId,
        position: i64,
        /// The first instant at which it can no longer be spent, UTC seconds.
        expires_at: i64,
        /// Smallest units on the account's normal side.
        remaining: i64,
    }
}

row! {
    /// What a hold had reserved of an account at a whole milestone, in time or not.
    state(4) "ledger_milestone_holds", MilestoneHoldRow {
        account: AccountId,
        position: i64,
        hold: HoldId,
        /// `expires_at` of the lot (UTC seconds), 0 on an account without lots.
        lot: i64,
        /// Smallest units, debits positive.
        remaining: i64,
    }
}

/// How far an account's milestones are noted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trail {
    /// The position of the record that was counted last.
    counted: Option<i64>,
    /// That record is a milestone, and more of its rows may follow.
    is_due: bool,
    /// What is not written yet; mostly nothing, and accounts are looked up all the time, so it takes no room among them.
    passed: Option<Box<Passed>>,
}

/// Milestones that have been passed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Passed {
    milestones: Vec<MilestoneRow>,
    lots: Vec<MilestoneLotRow>,
    holds: Vec<MilestoneHoldRow>,
}

impl Trail {
    /// Whether the account's record with this number notes so many lots and pieces.
    fn is_whole(records: i64, noted: usize) -> bool {
        i64::try_from(noted).is_ok_and(|noted| noted <= records & -records)
    }

    /// Adds the milestones that have been passed, and forgets them.
    #[cfg(feature = "store")]
    pub(super) fn write(&mut self, rows: &mut crate::store::Rows) {
        let Some(passed) = self.passed.take() else { return };
        passed.milestones.iter().for_each(|row| rows.push(row));
        passed.lots.iter().for_each(|row| rows.push(row));
        passed.holds.iter().for_each(|row| rows.push(row));
    }
}

/// Whether what is left in a hold, debits positive, is taken from an account of this class; otherwise it will grow.
pub fn is_reserved(class: Class, remaining: i64) -> bool {
    remaining * class.normal_sign() < 0
}

impl Account {
    /// Counts the record at this position, before its first row changes the account.
    pub(super) fn begin_record(&mut self, position: i64) {
        if self.trail.counted == Some(position) {
            return;
        }
        self.pass_milestone();
        self.records += 1;
        self.trail.counted = Some(position);
        self.trail.is_due = self.records % MILESTONE_RECORDS == 0;
    }

    /// Notes what the account is, if its last record is a milestone: all rows of that record have been applied.
    pub(super) fn pass_milestone(&mut self) {
        let Some(position) = self.trail.counted.filter(|_| self.trail.is_due) else { return };
        self.trail.is_due = false;
        let Self { id: account, balance: quantity, last_position, version, records, class, .. } = *self;
        let lots = self.lots.iter().filter(|(_, remaining)| **remaining != 0);
        let lots = lots.map(|(&expires_at, &remaining)| MilestoneLotRow { account, position, expires_at, remaining });
        let holds = self.held.iter().filter(|(_, piece)| is_reserved(class, piece.remaining));
        let holds = holds.map(|(&(hold, lot), piece)| {
            let remaining = piece.remaining;
            MilestoneHoldRow { account, position, hold, lot, remaining }
        });
        let whole = Trail::is_whole(records, lots.clone().count() + holds.clone().count());
        let passed = self.trail.passed.get_or_insert_default();
        if whole {
            passed.lots.extend(lots);
            passed.holds.extend(holds);
        }
        passed.milestones.push(MilestoneRow { account, position, records, quantity, last_position, version, whole });
    }
}
