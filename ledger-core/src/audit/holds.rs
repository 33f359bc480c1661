//! Holds: what a record puts into one or takes out of it goes on from what was left.

use std::collections::BTreeMap;

use crate::audit::entries::entries;
use crate::audit::meaning::{CAPTURE_HOLD, PLACE_HOLD};
use crate::audit::postings::{Piece, resolved};
use crate::audit::record::Record;
use crate::audit::{Difference, Replay};
use crate::book::hold::{CapturedEntry, HoldEntryRow, HoldRow};
use crate::book::{AccountId, CaptureHold, HoldId, QUANTITY_MAX, ReleaseHold};
use crate::command::Command;
use crate::effect::{Effect, Effects};
use crate::row::Row as _;
use crate::world::World;

/// What a record puts into holds or takes out of them.
fn moves(rows: &[Effect]) -> impl Iterator<Item = &HoldEntryRow> {
    rows.iter().filter_map(|row| if let Effect::HoldEntry(row) = row { Some(row) } else { None })
}

/// Checks the rows about holds of any record: each goes on from what was left, and nothing but a placing adds.
pub(super) fn check(world: &World, position: i64, rows: &[Effect]) -> Result<(), Difference> {
    let table = HoldEntryRow::table().name;
    for row in moves(rows) {
        let differs = |column, found: i64, expected: String| {
            let place = format!("position {position}, hold {}, account {}, lot {}", row.hold, row.account, row.lot);
            Err(Difference { row: place, ..Difference::at(position, (table, column), found, expected) })
        };
        let is_in_range = |number: i64| number.unsigned_abs() <= QUANTITY_MAX.unsigned_abs();
        if row.quantity == 0 || !is_in_range(row.quantity) {
            return differs("quantity", row.quantity, format!("±1 to ±{QUANTITY_MAX}"));
        }
        if world.accounts.peek(&row.account).is_none() {
            return differs("account", row.account.0, "an account of the bank".to_owned());
        }
        let before = match world.holds.peek(&row.hold) {
            Some(hold) => hold.remaining.get(&(row.account, row.lot)).copied().unwrap_or(0),
            None if row.hold.0 == position => 0,
            None => return differs("hold", row.hold.0, "the number of a hold".to_owned()),
        };
        if row.remaining != before + row.quantity {
            return differs("remaining", row.remaining, (before + row.quantity).to_string());
        }
        if row.hold.0 != position
            && (row.remaining.signum() * before.signum() < 0 || row.remaining.abs() > before.abs())
        {
            return differs("remaining", row.remaining, format!("between 0 and {before}"));
        }
    }
    Ok(())
}

/// What a command about a hold leads to.
pub(super) fn decided(replay: &Replay, record: &Record) -> Result<Effects, Difference> {
    if &*record.own.kind == PLACE_HOLD {
        return placed(replay, record);
    }
    let hold = moves(&record.rows).map(|row| row.hold).next();
    let Some(hold) = hold.and_then(|hold| replay.world.holds.peek(&hold)) else {
        return Err(record.differs("kind", &record.own.kind, "the letters of a command with these rows"));
    };
    let code = hold.code.clone();
    let command = if &*record.own.kind == CAPTURE_HOLD {
        let mut left = hold.remaining.clone();
        left.extend(moves(&record.rows).map(|row| ((row.account, row.lot), row.remaining)));
        let (entries, keep_rest) = (captured(replay, record), left.values().any(|remaining| *remaining != 0));
        Command::CaptureHold(CaptureHold { hold: code, entries: Some(entries), keep_rest })
    } else {
        Command::ReleaseHold(ReleaseHold { hold: code })
    };
    replay.decide_command(record, &command)
}

/// What is captured of each account.
fn captured(replay: &Replay, record: &Record) -> Vec<CapturedEntry> {
    let mut sums: BTreeMap<AccountId, i64> = BTreeMap::new();
    for entry in entries(&record.rows) {
        *sums.entry(entry.account).or_default() += entry.quantity;
    }
    let entry = |(account, quantity): (AccountId, i64)| {
        let address = replay.world.accounts.peek(&account)?.address.clone();
        Some(CapturedEntry { address, quantity })
    };
    sums.into_iter().filter_map(entry).collect()
}

/// A placing reserves what a posting of the same entries would move. Its deadline is checked with its command.
fn placed(replay: &Replay, record: &Record) -> Result<Effects, Difference> {
    let pieces = moves(&record.rows);
    let pieces: Vec<Piece> =
        pieces.map(|row| Piece { account: row.account, lot: row.lot, quantity: row.quantity }).collect();
    let reserved = resolved(replay, record, HoldEntryRow::table().name, &pieces)?;
    let hold = record.rows.iter().find_map(|row| if let Effect::Hold(row) = row { Some(row) } else { None });
    let missing = || Difference::at(record.position, (HoldRow::table().name, ""), "no row", "one");
    let HoldRow { code, until, .. } = hold.ok_or_else(missing)?.clone();
    let now = record.own.posted_at;
    let differs = |column, found: &str, expected: &str| {
        Err(Difference::at(record.position, (HoldRow::table().name, column), crate::text::shown(found), expected))
    };
    if !crate::text::is_code(&code, 64) || replay.world.hold_codes.peek(code.as_str()).is_some() {
        return differs("code", &code, "a code that no other hold has");
    }
    if until <= now || until - now > crate::book::hold::HOLD_SECONDS_MAX {
        return differs("until", &until.to_string(), "an instant of the 366 days after the record");
    }
    let pieces = reserved.into_iter().map(|entry| {
        let (account, lot, quantity) = (entry.account, entry.lot, entry.quantity);
        Effect::HoldEntry(HoldEntryRow { hold: HoldId(record.position), account, lot, quantity, remaining: quantity })
    });
    Ok(Effects::of(vec![Effect::Hold(HoldRow { code, placed_at: now, until })]).and(pieces))
}
