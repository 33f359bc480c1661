//! Connections for reading. They are opened when somebody needs one, kept for the
//! next reader, and dropped when they break.

use std::sync::Mutex;

use super::conn::{Conn, database};
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

    /// Gives the readers a connection.
    pub fn keep(&self, conn: Conn) {
        if let Ok(mut idle) = self.idle.lock()
            && idle.len() < IDLE_MAX
        {
            idle.push(conn);
        }
    }

    /// Closes the connections that nobody is using. Call it after all others are closed.
    pub async fn close(&self) {
        let idle = self.idle.lock().map(|mut idle| std::mem::take(&mut *idle)).unwrap_or_default();
        for conn in idle {
            conn.close().await;
        }
        #[cfg(feature = "sqlite")]
        if let Some(file) = self.target.file() {
            super::file::tidy(&self.target, file).await;
        }
    }

    /// Runs a reading. All its statements see the same state of the bank.
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
        self.keep(conn);
        Ok(outcome)
    }
}

async fn begin(mut conn: Conn) -> Result<Conn, Fault> {
    conn.execute(conn.engine().begin_snapshot()).await.map_err(database)?;
    Ok(conn)
}
