//! Reads limits over time, all of them, and what is used of them.
//!
//! A usage that is kept and up to date is read as it is. Any other is counted: back along the account's own chain of
//! records, as far as the window reaches in which the last one was posted.

use std::collections::BTreeMap;

use super::conn::{Conn, Fetched, Read, key, read};
use super::latest;
use crate::book::limit::{LimitRow, Window};
use crate::book::usage::{Counts, Moved, Usage, UsageKey, count};
use crate::book::{AccountId, Class};
use crate::fault::Fault;
use crate::row::ColumnType::Integer;
use crate::row::Row;
use crate::world::World;

/// One statement, so that the usage and the account's last record are of one moment.
const KEPT: Read = read(
    "SELECT b.account, k.b, a.class, b.last_position, CAST(COALESCE(r.posted_at, 0) AS BIGINT), \
     CAST(COALESCE(u.started_at, 0) AS BIGINT), CAST(COALESCE(u.counted_to, -2) AS BIGINT), \
     CAST(COALESCE(u.used_in, 0) AS BIGINT), CAST(COALESCE(u.used_out, 0) AS BIGINT) \
     FROM {keys} CROSS JOIN ledger_balances b CROSS JOIN ledger_accounts a \
     LEFT JOIN ledger_records r ON r.position = b.last_position \
     LEFT JOIN ledger_limit_usages u ON u.account = b.account AND u.span = k.b \
     WHERE b.account = k.a AND a.account = k.a",
    &[Integer, Integer],
);
// An account, the position from which on it is walked back, and the first instant of the window. The plan uses primary keys
// alone. A record gives back to when the reversed one counted; what a hold has placed counts then.
const MOVED: Read = read(
    "WITH RECURSIVE walk(account, position, since) AS (SELECT k.a, k.b, k.c FROM {keys} UNION ALL \
     SELECT w.account, (SELECT MIN(e.previous) FROM ledger_entries e WHERE e.position = w.position AND e.account = w.account), \
     w.since FROM walk w CROSS JOIN ledger_records d WHERE d.position = w.position AND d.posted_at >= w.since) \
     SELECT w.account, w.position, d.posted_at, \
     CAST((SELECT SUM(e.quantity) FROM ledger_entries e WHERE e.position = w.position AND e.account = w.account) AS BIGINT), \
     CAST(COALESCE((SELECT MIN(h.placed_at) FROM ledger_hold_entries t CROSS JOIN ledger_holds h \
     WHERE t.position = w.position AND t.account = w.account AND h.position = t.hold), -1) AS BIGINT), \
     CAST(COALESCE(o.position, -1) AS BIGINT), CAST(COALESCE(o.posted_at, -1) AS BIGINT), \
     CAST(COALESCE((SELECT MIN(h.placed_at) FROM ledger_hold_entries t CROSS JOIN ledger_holds h \
     WHERE t.position = o.position AND t.account = w.account AND h.position = t.hold), -1) AS BIGINT) \
     FROM walk w CROSS JOIN ledger_records d LEFT JOIN ledger_reversals v ON v.position = d.position \
     LEFT JOIN ledger_records o ON o.position = v.reversed_position \
     WHERE d.position = w.position AND d.posted_at >= w.since ORDER BY w.account, w.position",
    &[Integer, Integer, Integer],
);

pub(super) fn reads() -> Vec<Read> {
    vec![latest::whole_read(LimitRow::table()), KEPT, MOVED]
}

/// Loads all limits into the world.
pub(super) async fn load_whole(conn: &mut Conn, world: &mut World) -> Result<(), Fault> {
    let limits = latest::whole(conn, |limit: &LimitRow| &limit.code).await?;
    let mut at: BTreeMap<String, Vec<LimitRow>> = BTreeMap::new();
    for limit in limits.values().filter(|limit| limit.is_in_force()) {
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
        let usage = found.remove(&key).unwrap_or(Usage::NONE);
        let Some(account) = world.accounts.peek(&key.account) else { continue };
        let usage = if account.last_position > usage.counted_to {
            count(world, key, usage, account.class.normal_sign(), world.recently_moved.iter())
        } else {
            usage
        };
        world.usages.load_more(key, usage, |known, found| {
            if found.counted_to > known.counted_to {
                *known = found;
            }
        });
    }
    Ok(())
}

/// What was used up to the last record that the bank has of each account.
async fn in_bank(conn: &mut Conn, world: &World, keys: &[UsageKey]) -> Result<BTreeMap<UsageKey, Usage>, Fault> {
    let mut found = BTreeMap::new();
    let mut walks: Vec<(UsageKey, Class, i64, i64)> = Vec::new();
    for row in conn.fetch_by_keys(&KEPT, keys.iter().map(|key| key![key.account, key.window]).collect()).await? {
        let key = UsageKey { account: AccountId(row.integer(0)), window: row.value(1, "a limit's span")? };
        let (last_position, posted_at) = (row.integer(3), row.integer(4));
        let kept = Usage {
            started_at: row.integer(5),
            counted_to: row.integer(6),
            used_in: row.integer(7),
            used_out: row.integer(8),
        };
        if kept.counted_to == last_position {
            found.insert(key, kept);
        } else if last_position >= 0 {
            walks.push((
                key,
                row.value(2, "an account's class")?,
                last_position,
                key.window.start(posted_at, world.zone()),
            ));
        }
    }
    for window in Window::ALL {
        let walks: Vec<_> = walks.iter().filter(|(key, ..)| key.window == *window).collect();
        let keys = walks.iter().map(|(key, _, last_position, since)| key![key.account, *last_position, *since]);
        let mut moved: BTreeMap<AccountId, Vec<Moved>> = BTreeMap::new();
        for row in conn.fetch_by_keys(&MOVED, keys.collect()).await? {
            moved.entry(AccountId(row.integer(0))).or_default().push(moved_by(&row));
        }
        for (key, class, ..) in walks {
            let moved = moved.get(&key.account).map_or(&[][..], Vec::as_slice);
            found.insert(*key, count(world, *key, Usage::NONE, class.normal_sign(), moved));
        }
    }
    Ok(found)
}

fn moved_by(row: &Fetched) -> Moved {
    let (posted_at, placed_at) = (row.integer(2), row.integer(4));
    let (reversed, reversed_posted_at, reversed_placed_at) = (row.integer(5), row.integer(6), row.integer(7));
    let counts = match reversed {
        0.. if reversed_placed_at >= 0 => Counts::BackTo(reversed_placed_at),
        0.. => Counts::BackTo(reversed_posted_at),
        _ if placed_at >= 0 => Counts::At(placed_at),
        _ => Counts::At(posted_at),
    };
    Moved { position: row.integer(1), posted_at, account: AccountId(row.integer(0)), quantity: row.integer(3), counts }
}
