//! Reads stations. The world always holds all of them.

use std::collections::BTreeMap;

use super::conn::{Conn, Read};
use super::latest;
use crate::fault::Fault;
use crate::people::StationRow;
use crate::row::Row;
use crate::world::World;

pub(super) fn reads() -> Vec<Read> {
    vec![latest::whole_read(StationRow::table())]
}

/// Loads all stations into the world.
pub(super) async fn load_whole(conn: &mut Conn, world: &mut World) -> Result<(), Fault> {
    world.town.stations.load_whole(stations(conn).await?);
    Ok(())
}

/// Lists all stations by code.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn stations(conn: &mut Conn) -> Result<BTreeMap<String, StationRow>, Fault> {
    latest::whole(conn, |station: &StationRow| &station.code).await
}
