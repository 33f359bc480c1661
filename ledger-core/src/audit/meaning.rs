//! What a record's command would have led to. The command is made again from the record's rows, and its own rule decides it on
//! the bank as it was; the rows must be the same.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::record::Record;
use crate::audit::{Difference, Replay, holds, postings};
use crate::bank::{
    self, BankRow, CLOCK_ACCEPTED_KIND, ClockAcceptedRow, FOUNDING_KIND, KeyRow, ROLLBACK_ACCEPTED_KIND,
};
use crate::book::reversal::{Reverse, UndoneEntry};
use crate::book::usage::judge;
use crate::book::{
    AccountId, CaptureHold, DefineCommodity, Expire, HoldId, NO_FLOOR, NewAccount, PlaceHold, Post, ReleaseHold,
    SetAccountState, SetLimit,
};
use crate::command::Command;
use crate::effect::{Effect, Effects};
use crate::proof::record::AuditRow;
use crate::row::{Row as _, Table};
use crate::rule::{Halt, Moment, Rule};
use crate::store::rows::TableRows;

const DEFINE_COMMODITY: &str = <DefineCommodity as Rule>::KIND;
const NEW_ACCOUNT: &str = <NewAccount as Rule>::KIND;
const SET_ACCOUNT_STATE: &str = <SetAccountState as Rule>::KIND;
const POST: &str = <Post as Rule>::KIND;
const REVERSE: &str = <Reverse as Rule>::KIND;
const EXPIRE: &str = <Expire as Rule>::KIND;
const SET_LIMIT: &str = <SetLimit as Rule>::KIND;
pub(super) const PLACE_HOLD: &str = <PlaceHold as Rule>::KIND;
pub(super) const CAPTURE_HOLD: &str = <CaptureHold as Rule>::KIND;
pub(super) const RELEASE_HOLD: &str = <ReleaseHold as Rule>::KIND;

/// The kinds of rows that only those commands make which are made again here.
const OF_KNOWN_COMMANDS: [i64; 25] =
    [1, 2, 3, 4, 5, 11, 12, 13, 16, 17, 18, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77];

/// Checks that a record has the rows that its command leads to. Returns them, where its command can be made again.
pub(super) fn check(replay: &Replay, record: &Record) -> Result<Option<Effects>, Difference> {
    if (&*record.own.kind == FOUNDING_KIND) != (record.position == 0) {
        return Err(record.differs("kind", &record.own.kind, "BANK at position 0, and nowhere else"));
    }
    let Some(mut effects) = decided(replay, record)? else {
        return match record.meaning().find(|row| OF_KNOWN_COMMANDS.contains(&row.kind())) {
            Some(row) => Err(Difference::at(record.position, (row.table().name, ""), "a row", "none")),
            None => Ok(None),
        };
    };
    effects.rows.sort_unstable();
    if !are_same(record, &effects.rows) {
        return Err(first_difference(record, effects.rows));
    }
    Ok(Some(effects))
}

/// What the command leads to; `None` where nothing here makes it again.
fn decided(replay: &Replay, record: &Record) -> Result<Option<Effects>, Difference> {
    match &*record.own.kind {
        FOUNDING_KIND => founding(record).map(Some),
        CLOCK_ACCEPTED_KIND => {
            let row = ClockAcceptedRow { last_posted_at: replay.posted_at };
            Ok(Some(Effects::of(vec![Effect::ClockAccepted(row)])))
        }
        ROLLBACK_ACCEPTED_KIND => {
            // Nobody knows what was lost but who accepted it.
            let accepted = record.meaning().filter(|row| matches!(row, Effect::RollbackAccepted(_))).take(1);
            Ok(Some(Effects::of(accepted.cloned().collect())))
        }
        DEFINE_COMMODITY | NEW_ACCOUNT if record.meaning().next().is_none() => Ok(Some(Effects::default())),
        DEFINE_COMMODITY => replay.decide(record, |row| {
            let Effect::Commodity(row) = row else { return None };
            Some(Command::DefineCommodity(DefineCommodity { commodity: row.commodity.clone(), scale: row.scale }))
        }),
        NEW_ACCOUNT => replay.decide(record, |row| {
            let Effect::Account(row) = row else { return None };
            let floor = Some(row.floor).filter(|floor| *floor != NO_FLOOR);
            let (address, commodity) = (row.address.clone(), row.commodity.clone());
            Some(Command::OpenAccount(NewAccount { address, class: row.class, commodity, floor, lotted: row.lotted }))
        }),
        SET_ACCOUNT_STATE => replay.decide(record, |row| {
            let Effect::AccountState(row) = row else { return None };
            let address = replay.world.accounts.peek(&row.account)?.address.clone();
            Some(Command::SetAccountState(SetAccountState { address, state: row.state }))
        }),
        POST => postings::posting(replay, record).map(Some),
        REVERSE => reversal(replay, record).map(Some),
        EXPIRE => replay.decide_command(record, &Command::Expire(expiry(replay, record))).map(Some),
        SET_LIMIT if record.meaning().next().is_none() => Ok(Some(Effects::default())),
        SET_LIMIT => replay.decide(record, |row| {
            let Effect::Limit(row) = row else { return None };
            row.set().map(Command::SetLimit)
        }),
        PLACE_HOLD | CAPTURE_HOLD | RELEASE_HOLD => holds::decided(replay, record).map(Some),
        #[cfg(feature = "town")]
        _ => crate::audit::town::decided(replay, record),
        #[cfg(not(feature = "town"))]
        _ => Ok(None),
    }
}

impl Replay {
    /// Decides the command that the first fitting row gives.
    pub(super) fn decide(
        &self,
        record: &Record,
        command: impl Fn(&Effect) -> Option<Command>,
    ) -> Result<Option<Effects>, Difference> {
        match record.meaning().find_map(command) {
            Some(command) => self.decide_command(record, &command).map(Some),
            None => Err(record.differs("kind", &record.own.kind, "the letters of a command with these rows")),
        }
    }

    /// Decides a command on the bank as it was.
    pub(super) fn decide_command(&self, record: &Record, command: &Command) -> Result<Effects, Difference> {
        let (now, position) = (record.own.posted_at, record.position);
        let moment = Moment { now, position, audit_salt: [0; 16], pseudonym: [0; 10] };
        command.decide(&self.world, &moment).map_err(|halt| refused(record, &halt))
    }
}

/// The command would not have been accepted.
pub(super) fn refused(record: &Record, halt: &Halt) -> Difference {
    record.differs("kind", format!("{}, accepted", record.own.kind), format!("a refusal: {halt}"))
}

/// A reversal says which entries it takes back. That of a redemption says it in lines, and its command takes all that is left.
fn reversal(replay: &Replay, record: &Record) -> Result<Effects, Difference> {
    let reversed = record.rows.iter().find_map(|row| if let Effect::Reversal(row) = row { Some(row) } else { None });
    let Some(position) = reversed.map(|row| row.reversed_position) else {
        return Err(record.differs("kind", &record.own.kind, "the letters of a command with these rows"));
    };
    let mut sums: BTreeMap<AccountId, i64> = BTreeMap::new();
    for row in &record.rows {
        let Effect::ReversedEntry(row) = row else { continue };
        let sum = sums.entry(row.account).or_default();
        *sum = sum.saturating_add(row.quantity);
    }
    let entry = |(account, quantity): (AccountId, i64)| {
        let address = replay.world.accounts.peek(&account)?.address.clone();
        Some(UndoneEntry { address, quantity })
    };
    let entries = record.receipt.is_none().then(|| sums.into_iter().filter_map(entry).collect());
    replay.decide_command(record, &Command::Reverse(Reverse { position, entries }))
}

/// An expiry says what went out of which lots, and which holds it closed. It reached at least as far as these.
fn expiry(replay: &Replay, record: &Record) -> Expire {
    let (mut until, mut accounts, mut holds) = (i64::MIN, BTreeSet::new(), BTreeSet::new());
    for row in &record.rows {
        if let Effect::Sweep(row) = row {
            accounts.insert(row.account);
            until = until.max(row.lot);
        } else if let Effect::HoldEntry(row) = row {
            holds.insert(row.hold);
            until = until.max(replay.world.holds.peek(&row.hold).map_or(until, |hold| hold.until));
        }
    }
    let holds: Vec<HoldId> = holds.into_iter().collect();
    Expire { until, accounts: accounts.into_iter().collect(), holds }
}

/// The effects, with what is used of limits afterwards.
pub(super) fn counted(replay: &Replay, record: &Record, effects: Effects) -> Result<Effects, Difference> {
    let (now, position) = (record.own.posted_at, record.position);
    let moment = Moment { now, position, audit_salt: [0; 16], pseudonym: [0; 10] };
    judge(&replay.world, effects, &moment, &record.own.kind).map_err(|halt| refused(record, &halt))
}

fn founding(record: &Record) -> Result<Effects, Difference> {
    let bank = record.rows.iter().find_map(|row| if let Effect::Bank(row) = row { Some(row) } else { None });
    let key = record.rows.iter().find_map(|row| if let Effect::Key(row) = row { Some(row) } else { None });
    let missing = |table: &'static Table| Difference::at(record.position, (table.name, ""), "no row", "one");
    let bank = bank.ok_or_else(|| missing(BankRow::table()))?;
    let key = key.ok_or_else(|| missing(KeyRow::table()))?;
    if jiff::tz::TimeZone::get(&bank.time_zone).is_err() {
        let found = crate::text::shown(&bank.time_zone);
        return Err(Difference::at(record.position, (BankRow::table().name, "time_zone"), found, "a time zone"));
    }
    Ok(bank::found((**bank).clone(), (**key).clone()))
}

/// Whether a record has the rows that it should have. The digest of something erasable is checked with what it is of.
fn are_same(record: &Record, expected: &[Effect]) -> bool {
    let mut found = record.meaning();
    let are_pairs = expected.iter().all(|expected| match (found.next(), expected) {
        (Some(Effect::Audit(found)), Effect::Audit(expected)) => found.subject == expected.subject,
        (found, expected) => found == Some(expected),
    });
    are_pairs && found.next().is_none()
}

/// The first row that is another.
fn first_difference(record: &Record, expected: Vec<Effect>) -> Difference {
    let without_digest = |mut row: Effect| {
        if let Effect::Audit(AuditRow { digest, .. }) = &mut row {
            *digest = [0; 32];
        }
        row
    };
    let mut expected: Vec<Effect> = expected.into_iter().map(without_digest).collect();
    expected.sort_unstable();
    let mut found: Vec<Effect> = record.meaning().cloned().map(without_digest).collect();
    found.sort_unstable();
    let place = found.iter().zip(&expected).position(|(found, expected)| found != expected);
    let place = place.unwrap_or_else(|| found.len().min(expected.len()));
    let alone = |row: &Effect| alone(record.position, row);
    match (found.get(place), expected.get(place)) {
        (Some(found), Some(expected)) if found.kind() == expected.kind() => {
            let (found, expected) = (alone(found), alone(expected));
            Difference::between(&found, 0, &expected, 0).unwrap_or_else(|| Difference::extra(&found, 0))
        }
        (Some(found), Some(expected)) if found < expected => Difference::extra(&alone(found), 0),
        (_, Some(expected)) => Difference::missing(&alone(expected), 0),
        (Some(found), None) => Difference::extra(&alone(found), 0),
        (None, None) => record.differs("", "rows", "other rows"),
    }
}

/// A row of a record in its columns.
fn alone(position: i64, row: &Effect) -> TableRows {
    let mut rows = TableRows::new(row.table());
    let mut filling = rows.filling();
    crate::row::Sink::integer(&mut filling, position);
    row.put(&mut filling);
    rows
}
