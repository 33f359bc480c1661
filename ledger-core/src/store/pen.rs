//! The writer's connection while it decides a batch. On SQLite, a task of its own writes every full
//! block of rows while the next commands are decided. The head's move ends the transaction as always;
//! the statements are the same, only earlier.

use tokio::task::JoinHandle;

use super::conn::Conn;
use super::dialect::Engine;
use super::rows::Rows;
use super::write::{self, HeadMove};

/// A connection that writes one batch.
pub struct Pen {
    /// `None` only while a method runs.
    place: Option<Place>,
    /// Whether the batch's transaction is open.
    has_begun: bool,
    has_written: bool,
}

enum Place {
    Here(Conn),
    Writing(JoinHandle<(Conn, Result<(), sqlx::Error>)>),
}

impl Pen {
    /// Makes a pen for a batch. `has_begun` says that the transaction is open already, under the lock.
    pub fn new(conn: Conn, has_begun: bool) -> Self {
        Self { place: Some(Place::Here(conn)), has_begun, has_written: false }
    }

    /// Whether rows were written ahead.
    pub fn has_written(&self) -> bool {
        self.has_written
    }

    /// Waits for what is being written, and lends the connection.
    ///
    /// # Errors
    /// The engine's, if a write failed. You can still get the connection from [`Self::into_conn`].
    pub async fn conn(&mut self) -> Result<&mut Conn, sqlx::Error> {
        let written = match self.place.take() {
            Some(Place::Writing(task)) => {
                let (conn, written) = task.await.map_err(|_| sqlx::Error::WorkerCrashed)?;
                self.place = Some(Place::Here(conn));
                written
            }
            place => {
                self.place = place;
                Ok(())
            }
        };
        written?;
        match &mut self.place {
            Some(Place::Here(conn)) => Ok(conn),
            _ => Err(sqlx::Error::WorkerCrashed),
        }
    }

    /// Returns the connection, to keep it or to roll back; `None` if it broke.
    pub async fn into_conn(mut self) -> Option<Conn> {
        match self.place.take()? {
            Place::Here(conn) => Some(conn),
            Place::Writing(task) => task.await.ok().map(|(conn, _)| conn),
        }
    }

    /// Starts to write the full blocks, if the engine takes a batch piece by piece.
    ///
    /// # Errors
    /// The engine's, if an earlier write failed.
    pub async fn write_ahead(&mut self, rows: &mut Rows) -> Result<(), sqlx::Error> {
        if !rows.fill_a_block() {
            return Ok(());
        }
        if self.conn().await?.engine() != Engine::Sqlite {
            return Ok(());
        }
        let blocks = rows.take_blocks();
        self.has_written = true;
        let begins = !std::mem::replace(&mut self.has_begun, true);
        if let Some(Place::Here(mut conn)) = self.place.take() {
            self.place = Some(Place::Writing(tokio::spawn(async move {
                let written = write::blocks(&mut conn, blocks, begins).await;
                (conn, written)
            })));
            // Let the task hand its first statement over before the next command is decided.
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// Writes the remaining rows, moves the head and commits.
    ///
    /// # Errors
    /// The engine's. [`super::dialect::failure_of`] says what it means.
    pub async fn finish(&mut self, head: &HeadMove, rows: Rows) -> Result<(), sqlx::Error> {
        let has_begun = self.has_begun;
        write::write(self.conn().await?, head, rows, has_begun).await
    }
}
