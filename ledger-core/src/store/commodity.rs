//! Reads commodities. The world always holds all of them.

use super::conn::{Conn, Read, all};
use crate::book::CommodityRow;
use crate::fault::Fault;
use crate::world::World;

const COMMODITIES: Read = all("SELECT commodity, scale FROM ledger_commodities");

pub(super) fn reads() -> Vec<Read> {
    vec![COMMODITIES]
}

/// Lists all commodities.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn commodities(conn: &mut Conn) -> Result<Vec<CommodityRow>, Fault> {
    conn.fetch(&COMMODITIES, Vec::new()).await?.iter().map(|row| row.row(0)).collect()
}

/// Loads all commodities into the world.
pub(super) async fn load_whole(conn: &mut Conn, world: &mut World) -> Result<(), Fault> {
    let all = commodities(conn).await?.into_iter().map(|CommodityRow { commodity, scale }| (commodity, scale));
    world.commodities.load_whole(all);
    Ok(())
}
