//! Reads redemptions: what can be reversed, how many pieces somebody had in a month, and what was handed over.

use std::collections::{BTreeMap, HashMap};

use super::conn::{Conn, Fetched, Read, key, read};
use crate::fault::Fault;
use crate::people::MemberId;
use crate::proof::receipt::token_digest;
use crate::row::ColumnType::{Integer, Text};
use crate::shop::{PiecesHadKey, Redemption, RedemptionLineRow};
use crate::world::World;

const RECEIPTS: Read = read(
    "SELECT r.station, r.year, r.number, r.position, r.token, CAST(COALESCE(u.reversed_position, -1) AS BIGINT) \
     FROM {keys} CROSS JOIN ledger_receipts r LEFT JOIN ledger_reversals u ON u.position = r.position \
     WHERE r.station = k.a AND r.year = k.b AND r.number = k.c",
    &[Integer, Integer, Integer],
);
const LINES: Read = read(
    "SELECT l.position, l.line, l.member, l.station, l.month, l.sku, l.offer_version, l.pieces, l.points_each \
     FROM {keys} CROSS JOIN ledger_redemption_lines l WHERE l.position = k.a ORDER BY l.position, l.line",
    &[Integer],
);
const PIECES_HAD: Read = read(
    "SELECT h.member, h.sku, h.month, h.pieces FROM {keys} CROSS JOIN ledger_pieces_had h \
     WHERE h.member = k.a AND h.sku = k.b AND h.month = k.c",
    &[Integer, Text, Integer],
);
const PIECES_HAD_IN_MONTH: Read = read(
    "SELECT h.sku, h.pieces FROM {keys} CROSS JOIN ledger_pieces_had h \
     WHERE h.member = k.a AND h.month = k.b AND h.pieces <> 0",
    &[Integer, Integer],
);
const REDEEMED: Read = read(
    "SELECT l.position, o.name, l.pieces, l.points_each, l.sku FROM {keys} CROSS JOIN ledger_redemption_lines l \
     CROSS JOIN ledger_offers o WHERE l.position = k.a AND o.sku = l.sku AND o.version = l.offer_version \
     ORDER BY l.position, l.line",
    &[Integer],
);

pub(super) fn reads() -> Vec<Read> {
    vec![RECEIPTS, LINES, PIECES_HAD, PIECES_HAD_IN_MONTH, REDEEMED]
}

/// Loads the redemptions and the monthly pieces that the world wants.
pub(super) async fn load(conn: &mut Conn, world: &mut World) -> Result<(), Fault> {
    let pieces_had = world.town.pieces_had.take_wanted_keys();
    let keys = pieces_had.into_iter().map(|wanted| key![wanted.member, wanted.sku, wanted.month]).collect();
    for row in conn.fetch_by_keys(&PIECES_HAD, keys).await? {
        let key = PiecesHadKey { member: MemberId(row.integer(0)), sku: row.text(1), month: row.integer(2) };
        world.town.pieces_had.load(key, row.integer(3));
    }
    redemptions(conn, world).await
}

async fn redemptions(conn: &mut Conn, world: &mut World) -> Result<(), Fault> {
    let mut asked = BTreeMap::new();
    for number in world.town.redemptions.take_wanted_keys() {
        if let Some(station) = world.town.stations.get(&number.station)? {
            asked.insert((station.station.0, number.year, number.number), number);
        }
    }
    let keys = asked.keys().map(|(station, year, number)| key![*station, *year, *number]).collect();
    let receipts = conn.fetch_by_keys(&RECEIPTS, keys).await?;
    let positions = || receipts.iter().map(|row| key![row.integer(3)]).collect();
    let lines = by_position(conn.fetch_by_keys(&LINES, positions()).await?);
    for row in &receipts {
        let key = (row.integer(0), row.integer(1), row.integer(2));
        let Some(number) = asked.get(&key) else { continue };
        let redemption = redemption(row, &lines)?;
        world.town.redemptions.load(number.clone(), redemption);
    }
    Ok(())
}

/// Rows by the position in their first column.
fn by_position(rows: Vec<Fetched>) -> HashMap<i64, Vec<Fetched>> {
    let mut all: HashMap<i64, Vec<Fetched>> = HashMap::new();
    for row in rows {
        all.entry(row.integer(0)).or_default().push(row);
    }
    all
}

fn redemption(row: &Fetched, lines: &HashMap<i64, Vec<Fetched>>) -> Result<Redemption, Fault> {
    let position = row.integer(3);
    let lines: Vec<RedemptionLineRow> = lines.get(&position).into_iter().flatten().map(|row| row.row(1)).collect::<Result<_, _>>()?;
    let first = lines.first().ok_or_else(|| Fault::damaged(format!("redemption {position} has no lines")))?;
    Ok(Redemption {
        position,
        posted_at: row.integer(7),
        member: first.member,
        station: first.station,
        month: first.month,
        lines: lines.iter().map(RedemptionLineRow::redeemed).collect(),
        token: token_digest(&row.text(4)),
        is_reversal: row.integer(5) >= 0,
    })
}

/// How many pieces a member has had in a month (`year × 12 + month − 1`), by SKU.
/// Offers of which all came back are left out.
///
/// # Errors
/// [`Fault::Database`].
pub async fn pieces_had(conn: &mut Conn, member: MemberId, month: i64) -> Result<BTreeMap<String, i64>, Fault> {
    let rows = conn.fetch(&PIECES_HAD_IN_MONTH, vec![key![member, month]]).await?;
    Ok(rows.iter().map(|row| (row.text(0), row.integer(1))).collect())
}

/// A line of a redemption, with the name that the offer had then.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct RedeemedItem {
    pub sku: String,
    pub name: String,
    /// How many pieces; negative in a reversal.
    pub pieces: i64,
    pub points_each: i64,
}

/// Lists what the redemptions and reversals at these positions moved, each line with its position.
///
/// # Errors
/// [`Fault::Database`].
pub async fn redeemed(conn: &mut Conn, positions: &[i64]) -> Result<Vec<(i64, RedeemedItem)>, Fault> {
    let rows = conn.fetch_by_keys(&REDEEMED, positions.iter().map(|position| key![*position]).collect()).await?;
    let item = |row: &Fetched| {
        let (name, pieces, points_each) = (row.text(1), row.integer(2), row.integer(3));
        (row.integer(0), RedeemedItem { sku: row.text(4), name, pieces, points_each })
    };
    Ok(rows.iter().map(item).collect())
}
