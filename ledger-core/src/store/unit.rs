//! Reads units. The world always holds all of them.

use super::conn::{Conn, Read};
use super::latest;
use crate::fault::Fault;
use crate::people::Unit;
use crate::row::Row;
use crate::world::World;

pub(super) fn reads() -> Vec<Read> {
    vec![latest::whole_read(Unit::table())]
}

/// Loads all units into the world.
pub(super) async fn load_whole(conn: &mut Conn, world: &mut World) -> Result<(), Fault> {
    world.town.units.load_whole(latest::whole(conn, |unit: &Unit| &unit.code).await?);
    Ok(())
}
