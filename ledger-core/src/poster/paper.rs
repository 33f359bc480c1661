//! What a batch is decided and written on: the writer's own transaction, or one that a host has lent.

use crate::store::pen::{Interrupted, Pen};
use crate::store::{Conn, Rows, load_wanted};
use crate::world::World;

/// Whose transaction it is.
pub enum Paper<'a> {
    /// The writer's own. Full blocks of a large batch are written while the rest is decided.
    Own(&'a mut Pen),
    /// The host's. Nothing is written before all of the batch is decided.
    Host(&'a mut Conn),
}

impl Paper<'_> {
    /// Loads what the world has asked for.
    ///
    /// # Errors
    /// The engine's.
    pub async fn load(&mut self, world: &mut World) -> Result<(), Interrupted> {
        match self {
            Self::Own(pen) => load_wanted(pen.reading().await?, world).await?,
            Self::Host(conn) => load_wanted(conn, world).await?,
        }
        Ok(())
    }

    /// Starts to write the full blocks, if that is done piece by piece.
    ///
    /// # Errors
    /// The engine's.
    pub async fn write_ahead(&mut self, rows: &mut Rows) -> Result<(), Interrupted> {
        match self {
            Self::Own(pen) => pen.write_ahead(rows).await,
            Self::Host(_) => Ok(()),
        }
    }

    /// Starts to write the rows that are left, if blocks were written before.
    ///
    /// # Errors
    /// The engine's.
    pub async fn write_rest_ahead(&mut self, rows: &mut Rows) -> Result<(), Interrupted> {
        match self {
            Self::Own(pen) => pen.write_rest_ahead(rows).await,
            Self::Host(_) => Ok(()),
        }
    }
}
