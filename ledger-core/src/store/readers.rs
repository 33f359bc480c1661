//! Connections for reading: made when needed, kept when done, dropped when broken.

use std::sync::Mutex;

use super::conn::{Conn, database};
use super::target::Target;
use crate::fault::Fault;

/// Idle connections that are kept.
const IDLE_MAX: usize = 8;

/// A few connections to one bank.
#[derive(Debug)]
pub struct Readers {
    target: Target,
    idle: Mutex<Vec<Conn>>,
}

impl Readers {
    /// Connections to that bank.
    pub fn new(target: Target) -> Self {
        Self { target, idle: Mutex::new(Vec::new()) }
    }

    /// Closes those that are idle.
    pub async fn close(&self) {
        let idle = self.idle.lock().map(|mut idle| std::mem::take(&mut *idle)).unwrap_or_default();
        for conn in idle {
            conn.close().await;
        }
    }

    /// Runs a reading, all of whose statements see the same state of the bank.
    ///
    /// # Errors
    /// The reading's own, or the connection's.
    pub async fn read<T>(&self, reading: impl AsyncFnOnce(&mut Conn) -> Result<T, Fault>) -> Result<T, Fault> {
        let kept = self.idle.lock().ok().and_then(|mut idle| idle.pop());
        // One that was cut while it was idle, as by a server that was started again, is no reason to fail.
        let kept = if let Some(conn) = kept { begin(conn).await.ok() } else { None };
        let mut conn = match kept {
            Some(conn) => conn,
            None => begin(Conn::open(&self.target, false).await?).await?,
        };
        // A connection whose reading failed is not kept: its transaction ends with it.
        let outcome = reading(&mut conn).await?;
        conn.execute("COMMIT").await.map_err(database)?;
        if let Ok(mut idle) = self.idle.lock()
            && idle.len() < IDLE_MAX
        {
            idle.push(conn);
        }
        Ok(outcome)
    }
}

async fn begin(mut conn: Conn) -> Result<Conn, Fault> {
    conn.execute(conn.engine().begin_snapshot()).await.map_err(database)?;
    Ok(conn)
}
