//! Reads teams. The world always holds all of them.

use super::conn::{Conn, Read};
use super::latest;
use crate::fault::Fault;
use crate::people::Team;
use crate::row::Row;
use crate::world::World;

pub(super) fn reads() -> Vec<Read> {
    vec![latest::whole_read(Team::table())]
}

/// Loads all teams into the world.
pub(super) async fn load_whole(conn: &mut Conn, world: &mut World) -> Result<(), Fault> {
    world.town.teams.load_whole(latest::whole(conn, |team: &Team| &team.code).await?);
    Ok(())
}
