//! Reads holds and what is left in them.

use super::conn::{Conn, Fetched, Read, key, read};
use crate::book::hold::{HeldPiece, Hold, HoldId, HoldRemainderRow};
use crate::book::{AccountId, Address, Class, Commodity};
use crate::fault::Fault;
use crate::row::ColumnType::{Integer, Text};
use crate::world::World;

const BY_CODE: Read = read(
    "SELECT h.position, h.code, h.placed_at, h.until FROM {keys} CROSS JOIN ledger_holds h WHERE h.code = k.a",
    &[Text],
);
const BY_NUMBER: Read = read(
    "SELECT h.position, h.code, h.placed_at, h.until FROM {keys} CROSS JOIN ledger_holds h WHERE h.position = k.a",
    &[Integer],
);
const REMAINDERS: Read = read(
    "SELECT r.hold, r.account, r.lot, r.remaining FROM {keys} CROSS JOIN ledger_hold_remainders r WHERE r.hold = k.a",
    &[Integer],
);
const OF_ACCOUNT: Read = read(
    "SELECT r.account, r.hold, r.lot, h.until, r.remaining FROM {keys} CROSS JOIN ledger_hold_remainders r \
     CROSS JOIN ledger_holds h WHERE r.account = k.a AND r.remaining <> 0 AND h.position = r.hold",
    &[Integer],
);

// The rows of the record that placed it have all that was ever put in.
const PLACED: Read = read(
    "SELECT x.account, x.lot, x.quantity, a.address, a.class, a.commodity FROM {keys} CROSS JOIN ledger_hold_entries x \
     CROSS JOIN ledger_accounts a WHERE x.position = k.a AND x.hold = k.a AND a.account = x.account \
     ORDER BY x.account, x.lot",
    &[Integer],
);

pub(super) fn reads() -> Vec<Read> {
    vec![BY_CODE, BY_NUMBER, REMAINDERS, OF_ACCOUNT, PLACED]
}

/// A hold, with everything that was put into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedHold {
    /// The hold, with what is left in it.
    pub hold: Hold,
    /// What was put in, by account number and lot.
    pub pieces: Vec<PlacedPiece>,
}

/// What a hold has of an account, in one lot where it has lots.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct PlacedPiece {
    pub address: Address,
    pub class: Class,
    pub commodity: Commodity,
    /// `expires_at` of the lot (UTC seconds), 0 on an account without lots.
    pub lot: i64,
    /// What was put in: smallest units, debits positive, as it will be posted.
    pub placed: i64,
    /// What is left of it, debits positive.
    pub remaining: i64,
}

/// Finds a hold by its code. `None` if there is none.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn placed_hold(conn: &mut Conn, code: &str) -> Result<Option<PlacedHold>, Fault> {
    let Some(hold) = holds(conn, &[code.to_owned()], &[]).await?.pop() else { return Ok(None) };
    let piece = |row: &Fetched| {
        let (account, lot) = (AccountId(row.integer(0)), row.integer(1));
        Ok(PlacedPiece {
            address: row.value(3, "an address")?,
            class: row.value(4, "an account's class")?,
            commodity: row.value(5, "a commodity")?,
            lot,
            placed: row.integer(2),
            remaining: hold.remaining.get(&(account, lot)).copied().unwrap_or(0),
        })
    };
    let pieces = conn.fetch(&PLACED, vec![key![hold.id]]).await?.iter().map(piece).collect::<Result<_, Fault>>()?;
    Ok(Some(PlacedHold { hold, pieces }))
}

/// Loads the holds that the world wants, by code or by number.
pub(super) async fn load(conn: &mut Conn, world: &mut World) -> Result<(), Fault> {
    let codes = world.hold_codes.take_wanted_keys();
    let numbers = world.holds.take_wanted_keys();
    for hold in holds(conn, &codes, &numbers).await? {
        world.hold_codes.learn(hold.code.clone(), Some(hold.id));
        world.hold_codes.load(hold.code.clone(), hold.id);
        world.holds.load(hold.id, hold);
    }
    Ok(())
}

/// Finds holds by code and by number. Those that do not exist are left out.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn holds(conn: &mut Conn, codes: &[String], numbers: &[HoldId]) -> Result<Vec<Hold>, Fault> {
    let mut rows = conn.fetch_by_keys(&BY_CODE, codes.iter().map(|code| key![*code]).collect()).await?;
    rows.extend(conn.fetch_by_keys(&BY_NUMBER, numbers.iter().map(|number| key![*number]).collect()).await?);
    let mut holds: Vec<Hold> = rows.iter().map(hold).collect();
    holds.sort_unstable_by_key(|hold| hold.id);
    holds.dedup_by_key(|hold| hold.id);
    for row in conn.fetch_by_keys(&REMAINDERS, holds.iter().map(|hold| key![hold.id]).collect()).await? {
        let HoldRemainderRow { hold, account, lot, remaining } = row.row(0)?;
        if let Ok(index) = holds.binary_search_by_key(&hold, |hold| hold.id) {
            holds[index].remaining.insert((account, lot), remaining);
        }
    }
    Ok(holds)
}

fn hold(row: &Fetched) -> Hold {
    let (id, code) = (HoldId(row.integer(0)), row.text(1));
    Hold { id, code, placed_at: row.integer(2), until: row.integer(3), remaining: Default::default() }
}

/// What holds have of these accounts: the account, hold and lot, and the piece.
pub(super) async fn pieces_of(
    conn: &mut Conn,
    accounts: impl IntoIterator<Item = AccountId>,
) -> Result<Vec<(AccountId, (HoldId, i64), HeldPiece)>, Fault> {
    let keys = accounts.into_iter().map(|account| key![account]).collect();
    let rows = conn.fetch_by_keys(&OF_ACCOUNT, keys).await?;
    let piece = |row: &Fetched| {
        let piece = HeldPiece { until: row.integer(3), remaining: row.integer(4) };
        (AccountId(row.integer(0)), (HoldId(row.integer(1)), row.integer(2)), piece)
    };
    Ok(rows.iter().map(piece).collect())
}
