//! Over what a batch is decided: the writer's own transaction, one that a host has lent, or a mere reading.

use crate::store::pen::{Interrupted, Pen};
use crate::store::{Conn, Rows};

/// Where a batch reads what it needs, and where its rows go while it is being decided.
pub enum Source<'a> {
    /// It is written, and full blocks of it may be written ahead.
    Pen(&'a mut Pen),
    /// It is written in the host's transaction, once all of it is decided.
    Host(&'a mut Conn),
    /// It only shows what would happen: its rows are forgotten.
    Reader(&'a mut Conn),
}

impl Source<'_> {
    /// A connection over which to read what the batch needs.
    ///
    /// # Errors
    /// See [`Pen::reading`].
    pub async fn reading(&mut self) -> Result<&mut Conn, Interrupted> {
        match self {
            Self::Pen(pen) => pen.reading().await,
            Self::Host(conn) | Self::Reader(conn) => Ok(conn),
        }
    }

    /// Takes rows that are decided, as far as they need not be kept until the end.
    ///
    /// # Errors
    /// See [`Pen::write_ahead`].
    pub async fn write_ahead(&mut self, rows: &mut Rows) -> Result<(), Interrupted> {
        match self {
            Self::Pen(pen) => pen.write_ahead(rows).await,
            Self::Host(_) => Ok(()),
            Self::Reader(_) => {
                *rows = Rows::default();
                Ok(())
            }
        }
    }

    /// Starts to write the rows that are left, if blocks were written before.
    ///
    /// # Errors
    /// See [`Pen::write_rest_ahead`].
    pub async fn write_rest_ahead(&mut self, rows: &mut Rows) -> Result<(), Interrupted> {
        match self {
            Self::Pen(pen) => pen.write_rest_ahead(rows).await,
            Self::Host(_) | Self::Reader(_) => Ok(()),
        }
    }
}
