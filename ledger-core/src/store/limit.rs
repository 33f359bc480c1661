//! Reads limits over time, all of them, and what is used of them.
//!
//! A usage that is kept and up to date is read as it is. Any other is counted: back along the account's own chain of
//! records, as far as the window reaches in which the last one was posted.

use std::collections::BTreeMap;

use super::conn::{Conn, Fetched, Read, key, read};
use super::{bank, latest, load_wanted};
use crate::book::limit::{LimitRow, SetLimit, Window};
use crate::book::usage::{Counts, LimitOfAccount, Moved, NEVER_COUNTED, Usage, UsageKey, count, limits_of};
use crate::book::{AccountId, Address, Class};
use crate::defect::Defect;
use crate::fault::Fault;
use crate::row::ColumnType::Integer;
use crate::row::Row;
use crate::world::World;

/// One statement, so that the usage, the account's last record and the journal's size are of one moment.
const KEPT: Read = read(
    "SELECT b.account, k.b, a.class, b.last_position, CAST(COALESCE(r.posted_at, 0) AS BIGINT), h.size, \
     CAST(COALESCE(u.started_at, 0) AS BIGINT), CAST(COALESCE(u.counted_to, -2) AS BIGINT), \
     CAST(COALESCE(u.used_in, 0) AS BIGINT), CAST(COALESCE(u.used_out, 0) AS BIGINT) \
     FROM {keys} CROSS JOIN ledger_balances b CROSS JOIN ledger_accounts a CROSS JOIN ledger_head h \
     LEFT JOIN ledger_records r ON r.position = b.last_position \
     LEFT JOIN ledger_limit_usages u ON u.account = b.account AND u.span = k.b \
     WHERE b.account = k.a AND a.account = k.a AND h.slot = 0",
    &[Integer, Integer],
);
// Keys: an account, the position from which on it is walked back, the first instant of the window, and the journal's size. The
// plan uses indices alone. A reversal without rows of its own is of an older version, and took back everything.
const MOVED: Read = read(
    "WITH RECURSIVE walk(account, position, since, size) AS (SELECT k.a, k.b, k.c, k.d FROM {keys} UNION ALL \
     SELECT w.account, (SELECT MIN(e.previous) FROM ledger_entries e WHERE e.position = w.position AND e.account = w.account), \
     w.since, w.size FROM walk w CROSS JOIN ledger_records d WHERE d.position = w.position AND d.posted_at >= w.since) \
     SELECT w.account, w.position, d.posted_at, d.kind, CAST(COALESCE(v.reversed_position, -1) AS BIGINT), \
     CAST((SELECT SUM(e.quantity) FROM ledger_entries e WHERE e.position = w.position AND e.account = w.account) AS BIGINT), \
     CAST(COALESCE((SELECT MIN(h.placed_at) FROM ledger_hold_entries t CROSS JOIN ledger_holds h \
     WHERE t.position = w.position AND t.account = w.account AND h.position = t.hold), d.posted_at) AS BIGINT), \
     CAST(COALESCE((SELECT SUM(u.quantity) FROM ledger_reversed_entries u \
     WHERE u.reversed_position = w.position AND u.account = w.account AND u.position < w.size), 0) AS BIGINT), \
     CAST((SELECT COUNT(*) FROM ledger_reversals o WHERE o.reversed_position = w.position AND o.position < w.size \
     AND NOT EXISTS (SELECT 1 FROM ledger_reversed_entries u \
     WHERE u.reversed_position = w.position AND u.position = o.position)) AS BIGINT) \
     FROM walk w CROSS JOIN ledger_records d LEFT JOIN ledger_reversals v ON v.position = d.position \
     WHERE d.position = w.position AND d.posted_at >= w.since ORDER BY w.account, w.position",
    &[Integer, Integer, Integer, Integer],
);

pub(super) fn reads() -> Vec<Read> {
    vec![latest::whole_read(LimitRow::table()), KEPT, MOVED]
}

/// The limits in force, in the order of their codes.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn in_force(conn: &mut Conn) -> Result<Vec<SetLimit>, Fault> {
    let limits = latest::whole(conn, |limit: &LimitRow| &limit.code).await?;
    Ok(limits.values().filter(|limit| limit.is_in_force()).filter_map(LimitRow::set).collect())
}

/// The limits that are of an account at `now`, each with what is used of it. `None` if there is no account at this address.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn of_account(conn: &mut Conn, address: &Address, now: i64) -> Result<Option<Vec<LimitOfAccount>>, Fault> {
    let mut world = World::partial();
    world.bank = bank::bank(conn).await?;
    load_whole(conn, &mut world).await?;
    // The address, then the account, then what it has used.
    loop {
        world.ask_account(address);
        if !world.wants() {
            break;
        }
        Box::pin(load_wanted(conn, &mut world)).await?;
    }
    let Some(account) = world.account(address)? else { return Ok(None) };
    Ok(Some(limits_of(&world, account, now)?))
}

/// Loads all limits into the world.
pub(super) async fn load_whole(conn: &mut Conn, world: &mut World) -> Result<(), Fault> {
    let limits = latest::whole(conn, |limit: &LimitRow| &limit.code).await?;
    let mut at: BTreeMap<String, Vec<LimitRow>> = BTreeMap::new();
    for limit in limits.values().filter(|limit| limit.is_in_force() && !Defect::LimitNotLoaded.is_on()) {
        at.entry(limit.place.clone()).or_default().push(limit.clone());
    }
    world.limits.load_whole(limits);
    world.limits_at.load_whole(at);
    Ok(())
}

/// Loads the usages that the world wants: what the bank knows, and what this batch and the one before have moved since.
pub(super) async fn load(conn: &mut Conn, world: &mut World) -> Result<(), Fault> {
    let keys = world.usages.take_wanted_keys();
    let mut found = in_bank(conn, world, &keys).await?;
    for key in keys {
        // An account that this batch has opened is in no table yet.
        let (usage, size) = found.remove(&key).unwrap_or((Usage::NONE, 0));
        let Some(account) = world.accounts.peek(&key.account) else { continue };
        let usage = count(world, key, usage, account.class.normal_sign(), world.moved_since(size));
        world.usages.load_more(key, usage, |known, found| {
            if found.counted_to > known.counted_to {
                *known = found;
            }
        });
    }
    Ok(())
}

/// What has to be counted again, from the account's last record on.
struct Walk {
    key: UsageKey,
    class: Class,
    last_position: i64,
    /// The first instant of the window in which that was posted.
    since: i64,
    /// How many records the journal has.
    size: i64,
}

/// What was used up to the last record that the bank has of each account, and how many records it has.
async fn in_bank(conn: &mut Conn, world: &World, keys: &[UsageKey]) -> Result<BTreeMap<UsageKey, (Usage, i64)>, Fault> {
    let mut found = BTreeMap::new();
    let mut walks: Vec<Walk> = Vec::new();
    for row in conn.fetch_by_keys(&KEPT, keys.iter().map(|key| key![key.account, key.window]).collect()).await? {
        let key = UsageKey { account: AccountId(row.integer(0)), window: row.value(1, "a limit's span")? };
        let (last_position, posted_at, size) = (row.integer(3), row.integer(4), row.integer(5));
        let kept = Usage {
            started_at: row.integer(6),
            counted_to: row.integer(7),
            used_in: row.integer(8),
            used_out: row.integer(9),
        };
        let since = key.window.start(posted_at, world.zone());
        if last_position < 0 {
            found.insert(key, (Usage::NONE, size));
        } else if kept.counted_to == last_position {
            found.insert(key, (kept, size));
        } else {
            walks.push(Walk { key, class: row.value(2, "an account's class")?, last_position, since, size });
        }
    }
    for window in Window::ALL {
        let walks: Vec<&Walk> = walks.iter().filter(|walk| walk.key.window == *window).collect();
        let moved = walked(conn, &walks).await?;
        for Walk { key, class, size, .. } in walks {
            let moved = moved.get(&key.account).map_or(&[][..], Vec::as_slice);
            found.insert(*key, (count(world, *key, Usage::NONE, class.normal_sign(), moved), *size));
        }
    }
    Ok(found)
}

/// What was moved in windows of one kind, by account.
async fn walked(conn: &mut Conn, walks: &[&Walk]) -> Result<BTreeMap<AccountId, Vec<Moved>>, Fault> {
    let keys = walks.iter().map(|walk| key![walk.key.account, walk.last_position, walk.since, walk.size]).collect();
    let mut moved: BTreeMap<AccountId, Vec<Moved>> = BTreeMap::new();
    for row in conn.fetch_by_keys(&MOVED, keys).await? {
        moved.entry(AccountId(row.integer(0))).or_default().extend(moved_by(&row));
    }
    Ok(moved)
}

/// What a record has moved, and what was taken back of that.
fn moved_by(row: &Fetched) -> impl Iterator<Item = Moved> {
    let (account, position, posted_at) = (AccountId(row.integer(0)), row.integer(1), row.integer(2));
    let never_counts = row.integer(4) >= 0 || NEVER_COUNTED.contains(&row.text(3).as_str());
    let (quantity, counted_at) = (row.integer(5), row.integer(6));
    let taken_back = if row.integer(8) > 0 { -quantity } else { row.integer(7) };
    let counts = if never_counts { Counts::Never } else { Counts::At(counted_at) };
    let moved = Moved { position, posted_at, account, quantity, counts };
    let back = Moved { quantity: taken_back, counts: Counts::BackTo(counted_at), ..moved };
    [moved].into_iter().chain((taken_back != 0 && !never_counts).then_some(back))
}
