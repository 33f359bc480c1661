//! The writer's connection while a batch is decided. On SQLite, what fills a block of rows is written by a task of its own
//! while the next commands are decided, inside the one transaction that the head's move ends. The statements are those of a
//! batch that is written at its end, only earlier.

use tokio::task::JoinHandle;

use super::conn::Conn;
use super::dialect::Engine;
use super::rows::Rows;
use super::write::{self, HeadMove};

/// A connection with which one batch is written.
pub struct Pen {
    /// `None` only while a method is at work.
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
    /// A pen for a batch; `has_begun` where its transaction is open already, under the lock.
    pub fn new(conn: Conn, has_begun: bool) -> Self {
        Self { place: Some(Place::Here(conn)), has_begun, has_written: false }
    }

    /// Whether something was written ahead.
    pub fn has_written(&self) -> bool {
        self.has_written
    }

    /// The connection, once what is being written is written.
    ///
    /// # Errors
    /// The engine's, of what was being written. The connection is there all the same: [`Self::into_conn`].
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

    /// The connection, to roll back with or to keep; `None` where it broke.
    pub async fn into_conn(mut self) -> Option<Conn> {
        match self.place.take()? {
            Place::Here(conn) => Some(conn),
            Place::Writing(task) => task.await.ok().map(|(conn, _)| conn),
        }
    }

    /// Begins to write what fills whole blocks, if the engine takes a batch piece by piece.
    ///
    /// # Errors
    /// The engine's, of what was written before.
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
            // The task hands its first statement over before the next command is decided.
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// Writes the rest, moves the head and commits.
    ///
    /// # Errors
    /// The engine's; [`super::dialect::failure_of`] tells what it means.
    pub async fn finish(&mut self, head: &HeadMove, rows: Rows) -> Result<(), sqlx::Error> {
        let has_begun = self.has_begun;
        write::write(self.conn().await?, head, rows, has_begun).await
    }
}
