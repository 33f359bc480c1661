//! Reads partners. The world always holds all of them.

use super::conn::{Conn, Read};
use super::latest;
use crate::fault::Fault;
use crate::people::Partner;
use crate::row::Row;
use crate::world::World;

pub(super) fn reads() -> Vec<Read> {
    vec![latest::whole_read(Partner::table())]
}

/// Loads all partners into the world.
pub(super) async fn load_whole(conn: &mut Conn, world: &mut World) -> Result<(), Fault> {
    world.town.partners.load_whole(latest::whole(conn, |partner: &Partner| &partner.code).await?);
    Ok(())
}
