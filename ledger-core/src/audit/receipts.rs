//! Receipts: each is signed with a key of the journal's, follows its station's last one, and says what its record says.

use std::collections::HashMap;
use std::num::NonZero;

use crate::audit::Difference;
use crate::audit::feed::Feed;
use crate::audit::record::Record;
use crate::audit::town::Town;
use crate::bank::KeyRow;
use crate::effect::{Effect, Effects, kinds};
use crate::people::StationId;
use crate::proof::chain::ReceiptRow;
use crate::proof::receipt::first_link;
use crate::proof::{Chain, KeyPurpose, Receipt, ReceiptDraft, ReceiptError, ReceiptNumber, VerifyingKey};
use crate::row::{Row as _, Table};
use crate::store::audit::{Holds, Window};
use crate::store::rows::TableRows;
use crate::time::date_at;
use crate::world::World;

const TABLE: &str = "ledger_receipts";

/// A receipt and the place of the key that has signed it, or why it is none.
type Verified = Result<(usize, Receipt), ReceiptError>;

/// The keys that the journal has made known, and the receipts that come next.
#[derive(Debug, Default)]
pub(super) struct Receipts {
    /// Keys that stand in the table. Whether a record has made one known is known once that record is reached.
    keys: Vec<(KeyRow, VerifyingKey)>,
    /// Which of them a record has made known.
    known: Vec<KeyRow>,
    /// By position.
    verified: HashMap<i64, Verified>,
}

impl Receipts {
    /// Verifies the signatures of a window, on all processors: nothing else takes as long.
    pub(super) fn verify(&mut self, window: &Window, feeds: &[Feed]) {
        let key_table = KeyRow::table();
        for (number, sheet) in &window.sheets {
            if std::ptr::eq(sheet.table, key_table) {
                self.read_keys(sheet);
            }
            if feeds[*number].stream.holds == Holds::Receipt {
                self.verify_sheet(sheet);
            }
        }
    }

    fn read_keys(&mut self, sheet: &TableRows) {
        for row in 0..sheet.len() {
            let Ok(row) = sheet.row::<KeyRow>(row, 1) else { continue };
            if let Some(key) = VerifyingKey::from_bytes(&row.public_key) {
                self.keys.push((row, key));
            }
        }
    }

    fn verify_sheet(&mut self, sheet: &TableRows) {
        let rows = (0..sheet.len()).filter_map(|row| sheet.row::<ReceiptRow>(row, 0).ok());
        let rows: Vec<ReceiptRow> = rows.collect();
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
        let share = rows.len().div_ceil(threads).max(64);
        let keys = &self.keys;
        let verify = |rows: &[ReceiptRow]| -> Vec<(i64, Verified)> {
            rows.iter().map(|row| (row.position, verified(&row.token, keys))).collect()
        };
        let all: Vec<(i64, Verified)> = std::thread::scope(|scope| {
            let (first, rest) = rows.split_at(share.min(rows.len()));
            let others: Vec<_> = rest.chunks(share).map(|rows| scope.spawn(move || verify(rows))).collect();
            let mut all = verify(first);
            for other in others {
                all.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            }
            all
        });
        self.verified.extend(all);
    }

    /// Checks the receipt of a record. `decided` is what its command leads to, where that is known.
    pub(super) fn check(
        &mut self,
        world: &World,
        town: &Town,
        record: &Record,
        decided: Option<&Effects>,
    ) -> Result<Option<ReceiptDraft>, Difference> {
        self.learn(record)?;
        let draft = decided.map(|decided| decided.receipt.as_deref());
        let differs = |column, found: &str, expected: &str| {
            Err(Difference::at(record.position, (TABLE, column), found, expected))
        };
        let row = match (&record.receipt, draft) {
            (None, Some(Some(_))) => return differs("", "no row", "one"),
            (Some(_), Some(None)) => return differs("", "a row", "none"),
            (None, _) => return Ok(None),
            (Some(row), _) => row,
        };
        let receipt = match self.verified.remove(&record.position) {
            Some(Ok((key, receipt))) => {
                self.check_key(record, key)?;
                receipt
            }
            Some(Err(error)) => return differs("token", &error.to_string(), "a receipt of this bank's"),
            None => return differs("token", "one that cannot be read", "a receipt of this bank's"),
        };
        let next = next(world, town, record, row, receipt)?;
        match draft {
            Some(Some(draft)) if *draft != next => Err(says(record, &next.receipt, &draft.receipt)),
            _ => Ok(Some(next)),
        }
    }

    /// Remembers the keys that a record has made known. So far that is the first one alone: what its rows may be is checked
    /// elsewhere.
    fn learn(&mut self, record: &Record) -> Result<(), Difference> {
        for row in &record.rows {
            let Effect::Key(key) = row else { continue };
            let of_bytes = VerifyingKey::from_bytes(&key.public_key);
            if of_bytes.is_none_or(|of_bytes| of_bytes.id() != key.kid) {
                let expected = "the thumbprint of its public key";
                return Err(Difference::at(record.position, (key_table().name, "kid"), &key.kid, expected));
            }
            self.known.push(KeyRow::clone(key));
        }
        Ok(())
    }

    /// The key must sign receipts, and be in use at that time.
    fn check_key(&self, record: &Record, key: usize) -> Result<(), Difference> {
        let at = record.own.posted_at;
        let key = &self.keys[key].0;
        let is_in_use = key.valid_from <= at && key.valid_until.is_none_or(|until| at < until);
        if self.known.contains(key) && key.purpose == KeyPurpose::Receipt.number() && is_in_use {
            return Ok(());
        }
        let expected = "a key for receipts that the journal has made known, and that is in use";
        Err(Difference::at(record.position, (TABLE, "token"), format!("the key {}", key.kid), expected))
    }
}

fn key_table() -> &'static Table {
    kinds().into_iter().find(|(kind, _)| *kind == 2).map_or(KeyRow::table(), |(_, table)| table)
}

fn verified(token: &str, keys: &[(KeyRow, VerifyingKey)]) -> Verified {
    let mut outcome = Err(ReceiptError::UnknownKey);
    for (place, (_, key)) in keys.iter().enumerate() {
        match Receipt::verify(token, std::slice::from_ref(key)) {
            Ok(receipt) => return Ok((place, receipt)),
            Err(ReceiptError::UnknownKey) => {}
            Err(error) => outcome = Err(error),
        }
    }
    outcome
}

/// The place of a receipt in its chain, which must be the next one.
fn next(
    world: &World,
    town: &Town,
    record: &Record,
    row: &ReceiptRow,
    receipt: Receipt,
) -> Result<ReceiptDraft, Difference> {
    let differs =
        |column, found: i64, expected: String| Err(Difference::at(record.position, (TABLE, column), found, expected));
    let Some(station) = town.station(StationId(row.chain.0)) else {
        return differs("station", row.chain.0, "the number of a station".to_owned());
    };
    let end = world.chains.peek(&row.chain).cloned();
    let end = end.unwrap_or_else(|| Chain { year: 0, number: 0, digest: first_link(world.issuer(), station) });
    let year = i64::from(date_at(record.own.posted_at, world.zone()).year());
    if row.year != year {
        return differs("year", row.year, year.to_string());
    }
    let number = end.next_number(year);
    if row.number != number {
        return differs("number", row.number, number.to_string());
    }
    let printed = ReceiptNumber { station: station.to_owned(), year, number }.to_string();
    let expected = Receipt {
        issuer: world.issuer().to_owned(),
        number: printed,
        issued_at: record.own.posted_at,
        station: station.to_owned(),
        position: record.position,
        previous: end.digest,
        ..receipt.clone()
    };
    if receipt != expected {
        return Err(says(record, &receipt, &expected));
    }
    Ok(ReceiptDraft { chain: row.chain, year, number, receipt })
}

/// What a receipt says that it should not.
fn says(record: &Record, found: &Receipt, expected: &Receipt) -> Difference {
    let hex = |digest: &[u8; 32]| data_encoding::HEXLOWER.encode(digest);
    let told = |receipt: &Receipt| {
        [
            ("iss", receipt.issuer.clone()),
            ("knd", format!("{:?}", receipt.kind)),
            ("rno", receipt.number.clone()),
            ("iat", receipt.issued_at.to_string()),
            ("stn", receipt.station.clone()),
            ("seq", receipt.position.to_string()),
            ("sub", receipt.subject.clone()),
            ("ln", format!("{:?}", receipt.lines)),
            ("pts", receipt.points.to_string()),
            ("bal", receipt.balance.map_or_else(|| "none".to_owned(), |balance| balance.to_string())),
            ("prv", hex(&receipt.previous)),
            ("ref", receipt.reference.as_ref().map_or_else(|| "none".to_owned(), hex)),
        ]
    };
    let pairs = told(found).into_iter().zip(told(expected));
    let (found, expected) = pairs
        .filter(|(found, expected)| found != expected)
        .map(|((name, found), (_, expected))| (format!("{name} {found}"), format!("{name} {expected}")))
        .next()
        .unwrap_or_default();
    Difference::at(record.position, (TABLE, "token"), found, expected)
}
