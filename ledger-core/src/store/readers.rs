//! Connections for reading. They are opened when somebody needs one, kept for the
//! next reader, and dropped when they break.

use std::sync::{Arc, Mutex};

use tokio::sync::Semaphore;

use super::conn::{Conn, database};
use super::dialect::Engine;
use super::home::Home;
use super::host;
use super::record;
use super::target::Target;
use crate::fault::Fault;

/// Connections to one bank that readers share.
#[derive(Debug)]
pub struct Readers {
    home: Arc<Home>,
    target: Target,
    /// Whoever reads has one of these. Others wait for one, in the order in which they came.
    turns: Semaphore,
    connections_max: u32,
    idle: Mutex<Vec<Conn>>,
}

impl Readers {
    /// Prepares to read this bank over this many connections at most; opens none yet.
    pub fn new(home: Arc<Home>, target: Target, connections_max: usize) -> Self {
        // A semaphore has fewer permits than that.
        let connections_max = u32::try_from(connections_max).unwrap_or(u32::MAX / 16).min(u32::MAX / 16);
        let turns = Semaphore::new(connections_max as usize);
        Self { home, target, turns, connections_max, idle: Mutex::new(Vec::new()) }
    }

    /// Gives the readers a connection that is not counted yet, before anybody reads.
    pub fn keep(&self, conn: Conn) {
        if let Ok(mut idle) = self.idle.lock() {
            idle.push(conn);
        }
    }

    /// Waits for the readings that have begun, and closes the connections. From now on nothing is read. Call it after all others
    /// are closed.
    pub async fn close(&self) {
        let _all = self.turns.acquire_many(self.connections_max).await;
        self.turns.close();
        let idle = self.idle.lock().map(|mut idle| std::mem::take(&mut *idle)).unwrap_or_default();
        for conn in idle {
            conn.close().await;
        }
        #[cfg(feature = "sqlite")]
        if let Some(file) = self.target.file() {
            super::file::tidy(&self.target, file).await;
        }
    }

    /// Runs a reading, as soon as a connection is free. All its statements see the same state of the bank, which has grown
    /// from what was seen before. A reading must not wait for another one.
    ///
    /// # Errors
    /// The reading's, or the connection's.
    pub async fn read<T>(&self, reading: impl AsyncFnOnce(&mut Conn) -> Result<T, Fault>) -> Result<T, Fault> {
        self.read_after(Engine::begin_snapshot, reading).await
    }

    /// The same for a reading that finds all its rows by key, however many there are.
    ///
    /// # Errors
    /// The reading's, or the connection's.
    pub async fn read_by_keys<T>(&self, reading: impl AsyncFnOnce(&mut Conn) -> Result<T, Fault>) -> Result<T, Fault> {
        self.read_after(Engine::begin_snapshot_by_keys, reading).await
    }

    async fn read_after<T>(
        &self,
        begin_text: fn(Engine) -> &'static str,
        reading: impl AsyncFnOnce(&mut Conn) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let _turn = self.turns.acquire().await.map_err(|_| Fault::Closed)?;
        let kept = self.idle.lock().ok().and_then(|mut idle| idle.pop());
        // The server may have cut an idle connection, for example by restarting. Open a new one then.
        let kept = if let Some(conn) = kept { begin(conn, begin_text).await.ok() } else { None };
        let mut conn = match kept {
            Some(conn) => conn,
            None => begin(self.home.open(&self.target).await?, begin_text).await?,
        };
        // If the reading fails, drop the connection: its transaction ends with it.
        let outcome = reading(&mut conn).await?;
        conn.execute("COMMIT").await.map_err(database)?;
        // It is kept before the turn ends, so whoever is next takes it and opens no other.
        self.keep(conn);
        Ok(outcome)
    }

    /// Whether somebody holds the head, as soon as a connection is free.
    ///
    /// # Errors
    /// [`Fault::Closed`], [`Fault::Database`].
    pub async fn is_head_held(&self) -> Result<bool, Fault> {
        let _turn = self.turns.acquire().await.map_err(|_| Fault::Closed)?;
        let kept = self.idle.lock().ok().and_then(|mut idle| idle.pop());
        // The server may have cut it, as above.
        if let Some(mut conn) = kept
            && let Ok(is_held) = host::is_head_held(&mut conn, &self.target).await
        {
            self.keep(conn);
            return Ok(is_held);
        }
        let mut conn = self.home.open(&self.target).await?;
        let is_held = host::is_head_held(&mut conn, &self.target).await?;
        self.keep(conn);
        Ok(is_held)
    }
}

async fn begin(mut conn: Conn, begin_text: fn(Engine) -> &'static str) -> Result<Conn, Fault> {
    conn.execute(begin_text(conn.engine())).await.map_err(database)?;
    record::head(&mut conn).await?;
    Ok(conn)
}
