//! The bank itself: its fixed facts, its keys, and its first record.

use jiff::tz::TimeZone;

use crate::effect::{Effect, Effects, Fact};
use crate::proof::Digest;
use crate::row::row;
use crate::slice::Unasked;
use crate::world::World;

row! {
    /// The bank's fixed facts: one row, at position 0.
    journal "ledger_bank", BankRow {
        /// Random, 32 hexadecimal digits; the private key's file is named after it.
        bank_id: String,
        /// For demonstration: it accepts a clock of the caller's.
        demo: bool,
        /// A town lives in it: it has points, minutes, accounts of its own, people, activities and offers.
        town: bool,
        /// The name on its receipts, at most 40 characters of a code.
        issuer: String,
        /// The journal's name, `<host>/journal`.
        origin: String,
        /// IANA name of the zone of its days, months and years.
        time_zone: String,
    }
}

row! {
    /// A public key of the bank's.
    journal "ledger_keys", KeyRow {
        /// The first 11 characters of its RFC 7638 thumbprint.
        kid: String,
        /// What it may sign: [`crate::proof::KeyPurpose::number`].
        purpose: i64,
        /// The 32 bytes of the Ed25519 public key.
        public_key: Digest,
        /// From when on it signs, UTC seconds.
        valid_from: i64,
        /// Until when, UTC seconds; `None` while it is in use.
        valid_until: Option<i64>,
    }
}

row! {
    /// Somebody has confirmed that the clock is right, though it is far ahead of the last record. The record's own time is
    /// what the clock said.
    journal "ledger_clock_acceptances", ClockAcceptedRow {
        /// When the record before it was posted, in UTC seconds.
        last_posted_at: i64,
    }
}

row! {
    /// Somebody goes on knowingly with a bank that had grown further. The records after it are others than those lost.
    journal "ledger_rollback_acceptances", RollbackAcceptedRow {
        /// How many records it had.
        size_seen: i64,
        /// The root of its tree at that size.
        root_seen: Digest,
        /// When the last of those records was posted, in UTC seconds.
        last_seen_at: i64,
    }
}

/// The bank's fixed facts, and its zone read from them.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Bank {
    pub row: BankRow,
    pub zone: TimeZone,
}

/// The four letters of the first record, which no command has.
pub const FOUNDING_KIND: &str = "BANK";
/// The four letters of a record that accepts the clock, which no command has.
pub const CLOCK_ACCEPTED_KIND: &str = "CLKA";
/// The four letters of a record that accepts a bank that was rolled back, which no command has.
pub const ROLLBACK_ACCEPTED_KIND: &str = "RLBA";

/// The letters of the records that no command writes, but whoever opens a bank.
pub const OPENING_KINDS: &[&str] = &[FOUNDING_KIND, CLOCK_ACCEPTED_KIND, ROLLBACK_ACCEPTED_KIND];

/// What founding a bank changes: the bank, its first key and, where a town is to live in it, what the town counts and the
/// accounts of its own.
pub fn found(bank: BankRow, key: KeyRow) -> Effects {
    #[cfg(feature = "town")]
    let of_town = if bank.town { crate::town::founding_rows() } else { Vec::new() };
    #[cfg(not(feature = "town"))]
    let of_town = [];
    Effects::of(vec![Effect::Bank(Box::new(bank)), Effect::Key(Box::new(key))]).and(of_town)
}

impl Fact for BankRow {
    fn apply(&self, world: &mut World, _: i64) -> Result<(), Unasked> {
        let zone = TimeZone::get(&self.time_zone).unwrap_or(TimeZone::UTC);
        world.bank = Some(Bank { row: self.clone(), zone });
        Ok(())
    }
}

impl Fact for ClockAcceptedRow {
    fn apply(&self, _: &mut World, _: i64) -> Result<(), Unasked> {
        Ok(())
    }
}

impl Fact for RollbackAcceptedRow {
    fn apply(&self, _: &mut World, _: i64) -> Result<(), Unasked> {
        Ok(())
    }
}

impl Fact for KeyRow {
    fn apply(&self, _: &mut World, _: i64) -> Result<(), Unasked> {
        Ok(())
    }
}
