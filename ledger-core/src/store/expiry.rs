//! Reads what is due: accounts with something in expired lots, and lapsed holds; and what breakage has of a lot.
//!
//! No index knows when lots expire, for every posting would pay for it. An expiry walks along the keys of the lots instead, a page
//! of account numbers at a time.

use super::conn::{Conn, Fetched, Read, key, read};
use crate::book::{AccountId, HoldId};
use crate::fault::Fault;
use crate::row::ColumnType::Integer;
use crate::world::World;

const SWEPT: Read = read(
    "SELECT s.account, s.lot, s.swept FROM {keys} CROSS JOIN ledger_sweeps s WHERE s.account = k.a AND s.lot = k.b \
     ORDER BY s.account, s.lot, s.position DESC",
    &[Integer, Integer],
);
const ACCOUNTS: Read = read(
    "SELECT DISTINCT l.account FROM {keys} CROSS JOIN ledger_lots l WHERE l.account >= k.a AND l.account < k.b \
     AND l.expires_at <= k.c AND l.remaining > 0 ORDER BY l.account",
    &[Integer, Integer, Integer],
);
// A hold is listed once, with the first of the accounts that are left in it.
const HOLDS: Read = read(
    "SELECT DISTINCT r.hold FROM {keys} CROSS JOIN ledger_hold_remainders r CROSS JOIN ledger_holds h \
     WHERE r.account >= k.a AND r.account < k.b AND r.remaining <> 0 AND h.position = r.hold AND h.until <= k.c \
     AND NOT EXISTS (SELECT 1 FROM ledger_hold_remainders o \
     WHERE o.hold = r.hold AND o.account < r.account AND o.remaining <> 0) ORDER BY r.hold",
    &[Integer, Integer, Integer],
);
const CLOSED: Read = read(
    "SELECT DISTINCT e.hold FROM {keys} CROSS JOIN ledger_hold_entries e WHERE e.position = k.a ORDER BY e.hold",
    &[Integer],
);

pub(super) fn reads() -> Vec<Read> {
    vec![SWEPT, ACCOUNTS, HOLDS, CLOSED]
}

/// Loads what breakage has of the lots that the world wants.
pub(super) async fn load(conn: &mut Conn, world: &mut World) -> Result<(), Fault> {
    let lots = world.swept.take_wanted_keys();
    for row in conn.fetch_by_keys(&SWEPT, lots.iter().map(|(account, lot)| key![*account, *lot]).collect()).await? {
        // The latest row of a lot comes first, and what is loaded stays.
        world.swept.load((AccountId(row.integer(0)), row.integer(1)), row.integer(2));
    }
    Ok(())
}

/// What may be due in a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DuePage {
    /// Accounts with something in expired lots, be it reserved or not, in the order of their numbers.
    pub accounts: Vec<AccountId>,
    /// Lapsed holds in which something is left, in the order of their numbers. Each is in one page alone.
    pub holds: Vec<HoldId>,
}

/// Reads what may be due at `until` (UTC seconds) of the accounts with the numbers from `first` on, before `end`.
///
/// # Errors
/// [`Fault::Database`].
pub async fn due_page(conn: &mut Conn, first: AccountId, end: AccountId, until: i64) -> Result<DuePage, Fault> {
    let page = || vec![key![first, end, until]];
    let accounts = conn.fetch(&ACCOUNTS, page()).await?;
    let holds = conn.fetch(&HOLDS, page()).await?;
    let number = |row: &Fetched| row.integer(0);
    Ok(DuePage {
        accounts: accounts.iter().map(number).map(AccountId).collect(),
        holds: holds.iter().map(number).map(HoldId).collect(),
    })
}

/// How many holds the records at these positions have closed.
///
/// # Errors
/// [`Fault::Database`].
pub async fn holds_closed(conn: &mut Conn, positions: &[i64]) -> Result<u64, Fault> {
    let rows = conn.fetch_by_keys(&CLOSED, positions.iter().map(|position| key![*position]).collect()).await?;
    Ok(rows.len() as u64)
}
