//! Reads the journal's tree: its edge as it was at an earlier size, and whether a stored leaf is part of it.

use super::conn::{Conn, Read, key, read};
use crate::fault::Fault;
use crate::proof::merkle::{TILE_LEVELS, node_hash};
use crate::proof::{Digest, Frontier};
use crate::row::ColumnType::Integer;

const LEAVES: Read = read(
    "SELECT r.position, r.leaf FROM {keys} CROSS JOIN ledger_records r WHERE r.position = k.a ORDER BY 1",
    &[Integer],
);
const NODES: Read = read(
    "SELECT n.node, n.hash FROM {keys} CROSS JOIN ledger_nodes n WHERE n.level = k.a AND n.node = k.b ORDER BY 1",
    &[Integer, Integer],
);

pub(super) fn reads() -> Vec<Read> {
    vec![LEAVES, NODES]
}

/// The tree's edge when it had `size` leaves, from at most 256 hashes of each level that the bank stores. `None` if a hash
/// is missing.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn frontier_at(conn: &mut Conn, size: u64) -> Result<Option<Frontier>, Fault> {
    let mut peaks = Vec::new();
    let mut start = 0;
    for height in (0..u64::BITS).rev().filter(|height| size >> height & 1 == 1) {
        let level = height / TILE_LEVELS * TILE_LEVELS;
        let first = start >> level;
        let hashes = hashes(conn, level, first..first + (1 << (height - level))).await?;
        let Some(peak) = hashes.and_then(perfect_root) else { return Ok(None) };
        peaks.extend_from_slice(&peak);
        start += 1 << height;
    }
    Ok(Frontier::from_parts(size, &peaks))
}

/// How many leaves are read at once.
#[cfg(feature = "sqlite")]
const LEAVES_AT_ONCE: u64 = 4096;

/// Whether the journal had this root at that size, and the leaves that came after give the other root at the other size. No other
/// history does.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
#[cfg(feature = "sqlite")]
pub async fn has_grown(conn: &mut Conn, from: (u64, Digest), to: (u64, Digest)) -> Result<bool, Fault> {
    let Some(mut edge) = frontier_at(conn, from.0).await?.filter(|edge| edge.root() == from.1) else {
        return Ok(false);
    };
    while edge.size() < to.0 {
        let more = edge.size()..to.0.min(edge.size() + LEAVES_AT_ONCE);
        let Some(leaves) = hashes(conn, 0, more).await? else { return Ok(false) };
        leaves.into_iter().for_each(|leaf| edge.push(leaf, |_| ()));
    }
    Ok(edge.size() == to.0 && edge.root() == to.1)
}

/// Whether the leaf that is stored at a position is part of the tree with this edge: every tile above it has the root that
/// its hashes give, up to the edge.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn holds(conn: &mut Conn, position: u64, edge: &Frontier) -> Result<bool, Fault> {
    let mut level = TILE_LEVELS;
    while (position >> level) < edge.size() >> level {
        let tile = position >> level;
        let below = level - TILE_LEVELS;
        let first = tile << TILE_LEVELS;
        let children = hashes(conn, below, first..first + (1 << TILE_LEVELS)).await?.and_then(perfect_root);
        let stored = hashes(conn, level, tile..tile + 1).await?.and_then(perfect_root);
        if children.is_none() || children != stored {
            return Ok(false);
        }
        level += TILE_LEVELS;
    }
    Ok(position < edge.size() && frontier_at(conn, edge.size()).await?.as_ref() == Some(edge))
}

/// The hashes of neighbours on a level; `None` if one is missing.
async fn hashes(conn: &mut Conn, level: u32, nodes: std::ops::Range<u64>) -> Result<Option<Vec<Digest>>, Fault> {
    let count = nodes.clone().count();
    let rows = if level == 0 {
        conn.fetch(&LEAVES, nodes.map(|leaf| key![leaf as i64]).collect()).await?
    } else {
        conn.fetch(&NODES, nodes.map(|node| key![i64::from(level), node as i64]).collect()).await?
    };
    if rows.len() != count {
        return Ok(None);
    }
    rows.iter().map(|row| row.value(1, "a hash of the tree")).collect::<Result<_, _>>().map(Some)
}

/// The root over hashes whose number is a power of two.
fn perfect_root(mut hashes: Vec<Digest>) -> Option<Digest> {
    while hashes.len() > 1 {
        hashes = hashes.chunks_exact(2).map(|pair| node_hash(&pair[0], &pair[1])).collect();
    }
    hashes.pop()
}
