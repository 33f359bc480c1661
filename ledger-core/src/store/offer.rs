//! Offers, and what a station has of them.

use std::collections::BTreeMap;

use super::conn::{Conn, Read, key, read};
use super::latest;
use crate::fault::Fault;
use crate::row::ColumnType::Text;
use crate::row::Row;
use crate::shop::{Offer, OfferRow};
use crate::world::World;

/// What a station has to offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueItem {
    /// The offer, in the version in force.
    pub offer: Offer,
    /// Pieces or places left at the station; `None` where its stock was never opened.
    pub pieces_left: Option<i64>,
}

const CATALOGUE: Read = read(
    "SELECT o.sku, o.version, o.name, o.kind, o.points, o.cost_fen, o.monthly_limit, \
     CAST(COALESCE(b.quantity, -1) AS BIGINT) FROM {keys} CROSS JOIN ledger_offers o \
     LEFT JOIN ledger_accounts a ON a.address = 'station/' || k.a || '/stock/' || o.sku \
     LEFT JOIN ledger_balances b ON b.account = a.account ORDER BY o.version",
    &[Text],
);

pub(super) fn reads() -> Vec<Read> {
    vec![latest::whole_read(OfferRow::table()), CATALOGUE]
}

/// Loads all of them.
pub(super) async fn load_whole(conn: &mut Conn, world: &mut World) -> Result<(), Fault> {
    for (sku, offer) in offers(conn).await? {
        world.town.offers.load(sku, offer);
    }
    Ok(())
}

/// All offers by SKU, in the version in force.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn offers(conn: &mut Conn) -> Result<BTreeMap<String, Offer>, Fault> {
    let rows = latest::whole(conn, |offer: &OfferRow| &offer.sku).await?;
    Ok(rows.into_iter().map(|(sku, row)| (sku, row.offer())).collect())
}

/// All offers and what is left of each at a station, by SKU.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn catalogue(conn: &mut Conn, station: &str) -> Result<Vec<CatalogueItem>, Fault> {
    let mut items = BTreeMap::new();
    for row in conn.fetch_by_keys(&CATALOGUE, vec![key![station.to_owned()]]).await? {
        let offer: OfferRow = row.row(0)?;
        let pieces_left = Some(row.integer(7)).filter(|pieces| *pieces >= 0);
        // Versions come in their order: the latest is in force.
        items.insert(offer.sku.clone(), CatalogueItem { offer: offer.offer(), pieces_left });
    }
    Ok(items.into_values().collect())
}
