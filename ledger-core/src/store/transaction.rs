//! Reads transactions that may be reversed: their entries, and what was taken back of them so far.

use std::collections::BTreeMap;

#[cfg(feature = "town")]
use super::conn::Fetched;
use super::conn::{Conn, Read, key, read};
use crate::book::{AccountId, Entry, Transaction};
#[cfg(feature = "town")]
use crate::earn::ActivityId;
use crate::fault::Fault;
#[cfg(feature = "town")]
use crate::people::MemberId;
#[cfg(feature = "town")]
use crate::proof::ReceiptNumber;
use crate::row::ColumnType::Integer;
#[cfg(feature = "town")]
use crate::town::OfTown;
use crate::world::World;

const RECORDS: Read = read(
    "SELECT d.position, d.effective_day, CAST(COALESCE(v.reversed_position, -1) AS BIGINT), \
     CAST(COALESCE((SELECT h.placed_at FROM ledger_hold_entries t CROSS JOIN ledger_holds h \
     WHERE t.position = d.position AND d.kind <> 'EXPR' AND h.position = t.hold LIMIT 1), d.posted_at) AS BIGINT), \
     CAST(COALESCE(a.member, -1) AS BIGINT), CAST(COALESCE(a.activity, -1) AS BIGINT), \
     CAST(COALESCE(r.station, -1) AS BIGINT), CAST(COALESCE(r.year, 0) AS BIGINT), CAST(COALESCE(r.number, 0) AS BIGINT) \
     FROM {keys} CROSS JOIN ledger_records d LEFT JOIN ledger_reversals v ON v.position = d.position \
     LEFT JOIN ledger_attendances a ON a.position = d.position LEFT JOIN ledger_receipts r ON r.position = d.position \
     WHERE d.position = k.a",
    &[Integer],
);
const ENTRIES: Read = read(
    "SELECT e.position, e.account, e.lot, e.quantity, e.balance_after, e.previous \
     FROM {keys} CROSS JOIN ledger_entries e WHERE e.position = k.a ORDER BY e.position, e.account, e.lot",
    &[Integer],
);
const UNDONE: Read = read(
    "SELECT v.reversed_position, CAST(COALESCE(u.account, -1) AS BIGINT), CAST(COALESCE(u.lot, 0) AS BIGINT), \
     CAST(COALESCE(u.quantity, 0) AS BIGINT) FROM {keys} CROSS JOIN ledger_reversals v LEFT JOIN ledger_reversed_entries u \
     ON u.reversed_position = v.reversed_position AND u.position = v.position WHERE v.reversed_position = k.a",
    &[Integer],
);

pub(super) fn reads() -> Vec<Read> {
    vec![RECORDS, ENTRIES, UNDONE]
}

/// What the record is to the town.
#[cfg(feature = "town")]
fn of_town(world: &World, row: &Fetched) -> OfTown {
    let (member, activity) = (MemberId(row.integer(4)), ActivityId(row.integer(5)));
    if member.0 >= 0 {
        return OfTown::Attendance { member, activity };
    }
    let (station, year, number) = (row.integer(6), row.integer(7), row.integer(8));
    let station = world.town.stations.values().find(|known| known.station.0 == station);
    station.map_or(OfTown::Nothing, |station| {
        OfTown::Redemption(ReceiptNumber { station: station.code.clone(), year, number })
    })
}

/// Loads the transactions that the world wants.
pub(super) async fn load(conn: &mut Conn, world: &mut World) -> Result<(), Fault> {
    let positions = world.transactions.take_wanted_keys();
    let keys = || positions.iter().map(|position| key![*position]).collect();
    let mut found: BTreeMap<i64, Transaction> = BTreeMap::new();
    for row in conn.fetch_by_keys(&RECORDS, keys()).await? {
        let position = row.integer(0);
        let (effective_day, is_reversal, spent_at) = (row.integer(1), row.integer(2) >= 0, row.integer(3));
        let transaction = Transaction {
            position,
            effective_day,
            spent_at,
            is_reversal,
            #[cfg(feature = "town")]
            of_town: of_town(world, &row),
            entries: Vec::new(),
            undone: BTreeMap::new(),
        };
        found.insert(position, transaction);
    }
    for row in conn.fetch_by_keys(&ENTRIES, keys()).await? {
        if let Some(transaction) = found.get_mut(&row.integer(0)) {
            transaction.entries.push(row.row::<Entry>(1)?);
        }
    }
    for row in conn.fetch_by_keys(&UNDONE, keys()).await? {
        let Some(transaction) = found.get_mut(&row.integer(0)) else { continue };
        let place = (AccountId(row.integer(1)), row.integer(2));
        if place.0.0 < 0 {
            // A reversal of an older version, which was always one of everything.
            let all = transaction.entries.iter().map(|entry| ((entry.account, entry.lot), -entry.quantity));
            transaction.undone = all.collect();
        } else {
            *transaction.undone.entry(place).or_default() += row.integer(3);
        }
    }
    for (position, transaction) in found {
        world.transactions.load(position, transaction);
    }
    Ok(())
}
