//! Reads offers, how many pieces a station has left, and with how many its stock was opened.

use std::collections::BTreeMap;

use super::conn::{Conn, Read, key, read};
use super::latest;
use crate::fault::Fault;
use crate::row::ColumnType::Text;
use crate::row::Row;
use crate::shop::{Offer, OfferRow};
use crate::world::World;

/// An offer, and what a station has of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueItem {
    /// The version that is in force.
    pub offer: Offer,
    /// Pieces or places left at the station; `None` if the station has never had any.
    pub pieces_left: Option<i64>,
}

const CATALOGUE: Read = read(
    "SELECT o.sku, o.version, o.name, o.kind, o.points, o.cost_fen, o.monthly_limit, \
     CAST(COALESCE(b.quantity, -1) AS BIGINT) FROM {keys} CROSS JOIN ledger_offers o \
     LEFT JOIN ledger_accounts a ON a.address = 'station/' || k.a || '/stock/' || o.sku \
     LEFT JOIN ledger_balances b ON b.account = a.account ORDER BY o.version",
    &[Text],
);

/// Pieces by station and SKU.
pub type StockOpened = BTreeMap<String, BTreeMap<String, i64>>;

/// One record opens an account of stock and fills it.
const STOCK_OPENED: Read = read(
    "SELECT k.a, o.sku, CAST(COALESCE(e.quantity, 0) AS BIGINT) FROM {keys} CROSS JOIN ledger_offers o \
     INNER JOIN ledger_accounts a ON a.address = 'station/' || k.a || '/stock/' || o.sku \
     LEFT JOIN ledger_entries e ON e.position = a.position AND e.account = a.account",
    &[Text],
);

pub(super) fn reads() -> Vec<Read> {
    vec![latest::whole_read(OfferRow::table()), CATALOGUE, STOCK_OPENED]
}

/// Loads all offers into the world.
pub(super) async fn load_whole(conn: &mut Conn, world: &mut World) -> Result<(), Fault> {
    world.town.offers.load_whole(offers(conn).await?);
    Ok(())
}

/// Lists all offers by SKU, each in the version that is in force.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn offers(conn: &mut Conn) -> Result<BTreeMap<String, Offer>, Fault> {
    let rows = latest::whole(conn, |offer: &OfferRow| &offer.sku).await?;
    Ok(rows.into_iter().map(|(sku, row)| (sku, row.offer())).collect())
}

/// Lists all offers by SKU, each with the pieces that are left at a station.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn catalogue(conn: &mut Conn, station: &str) -> Result<Vec<CatalogueItem>, Fault> {
    let mut items = BTreeMap::new();
    for row in conn.fetch_by_keys(&CATALOGUE, vec![key![station.to_owned()]]).await? {
        let offer: OfferRow = row.row(0)?;
        let pieces_left = Some(row.integer(7)).filter(|pieces| *pieces >= 0);
        // Versions come in ascending order, so the last one stays.
        items.insert(offer.sku.clone(), CatalogueItem { offer: offer.offer(), pieces_left });
    }
    Ok(items.into_values().collect())
}

/// With how many pieces a station's stock was opened, by SKU. What it never had is left out.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn stock_opened(conn: &mut Conn, stations: &[&str]) -> Result<StockOpened, Fault> {
    let keys = stations.iter().map(|station| key![(*station).to_owned()]).collect();
    let mut opened: StockOpened = stations.iter().map(|station| ((*station).to_owned(), BTreeMap::new())).collect();
    for row in conn.fetch_by_keys(&STOCK_OPENED, keys).await? {
        opened.entry(row.text(0)).or_default().insert(row.text(1), row.integer(2));
    }
    Ok(opened)
}
