//! Connections for reading. They are opened when somebody needs one, kept for the
//! next reader, and dropped when they break.

use std::sync::Mutex;

use super::conn::{Conn, database};
use super::record;
use super::target::Target;
use crate::fault::Fault;

/// How many idle connections are kept.
const IDLE_MAX: usize = 8;

/// Connections to one bank that readers share.
#[derive(Debug)]
pub struct Readers {
    target: Target,
    idle: Mutex<Vec<Conn>>,
}

impl Readers {
    /// Prepares to read this bank; opens no connection yet.
    pub fn new(target: Target) -> Self {
        Self { target, idle: Mutex::new(Vec::new()) }
    }

    /// Closes the connections that nobody is using.
    pub async fn close(&self) {
        let idle = self.idle.lock().map(|mut idle| std::mem::take(&mut *idle)).unwrap_or_default();
        for conn in idle {
            conn.close().await;
        }
    }

    /// Runs a reading. All its statements see the same state of the bank, which has grown from what was seen before.
    ///
    /// # Errors
    /// The reading's, or the connection's.
    pub async fn read<T>(&self, reading: impl AsyncFnOnce(&mut Conn) -> Result<T, Fault>) -> Result<T, Fault> {
        let kept = self.idle.lock().ok().and_then(|mut idle| idle.pop());
        // The server may have cut an idle connection, for example by restarting. Open a new one then.
        let kept = if let Some(conn) = kept { begin(conn).await.ok() } else { None };
        let mut conn = match kept {
            Some(conn) => conn,
            None => begin(Conn::open(&self.target, false).await?).await?,
        };
        // If the reading fails, drop the connection: its transaction ends with it.
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
    record::head(&mut conn).await?;
    Ok(conn)
}
