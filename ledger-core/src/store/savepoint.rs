//! A part of a host's open transaction. It becomes part of the whole, or leaves no trace: after an error PostgreSQL takes nothing
//! more in a transaction, unless that goes back to a savepoint.

#[cfg(feature = "sqlite")]
use std::pin::pin;
#[cfg(feature = "sqlite")]
use std::sync::Arc;
#[cfg(feature = "sqlite")]
use std::task::{Context, Poll, Wake};
#[cfg(feature = "sqlite")]
use std::thread::{self, Thread};

use sqlx::AssertSqlSafe;

use super::conn::database;
#[cfg(feature = "sqlite")]
use super::dialect::Engine;
use super::lent::{HostConnection, Served};
use crate::defect::Defect;
use crate::fault::{Fault, Unfit};

const SET: &str = "SAVEPOINT points_bank";
const RELEASE: &str = "RELEASE SAVEPOINT points_bank";
const UNDO: &str = "ROLLBACK TO SAVEPOINT points_bank; RELEASE SAVEPOINT points_bank";

/// SQLite takes this only outside of a transaction, and then it changes nothing: the database of temporary tables has no such
/// level. A `SAVEPOINT` would begin a transaction where there is none.
#[cfg(feature = "sqlite")]
const REFUSED_IN_TRANSACTION: &str = "PRAGMA temp.synchronous = FULL";
/// What SQLite says of a statement that it does not take (`SQLITE_ERROR`).
#[cfg(feature = "sqlite")]
const REFUSED: &str = "1";

/// What PostgreSQL says of a savepoint outside of a transaction.
const NO_TRANSACTION: &str = "25P01";

/// A savepoint in a host's transaction, and the connection.
pub struct Savepoint<'h> {
    host: HostConnection<'h>,
    /// Whether what follows it can still be undone.
    is_open: bool,
}

impl<'h> Savepoint<'h> {
    /// Sets a savepoint.
    ///
    /// # Errors
    /// [`Fault::Unfit`] if there is no transaction; [`Fault::Database`].
    pub async fn set(host: HostConnection<'h>) -> Result<Self, Fault> {
        let mut savepoint = Self { host, is_open: false };
        #[cfg(feature = "sqlite")]
        if savepoint.host.engine() == Engine::Sqlite {
            match savepoint.execute(REFUSED_IN_TRANSACTION).await {
                Ok(()) => return Err(Unfit::NotBegun.into()),
                Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(REFUSED) => {}
                Err(error) => return Err(database(error)),
            }
        }
        savepoint.is_open = true;
        match savepoint.execute(SET).await {
            Ok(()) => Ok(savepoint),
            Err(error) => {
                savepoint.is_open = false;
                let code = error.as_database_error().and_then(|error| error.code());
                Err(if code.as_deref() == Some(NO_TRANSACTION) { Unfit::NotBegun.into() } else { database(error) })
            }
        }
    }

    /// Does a piece of work over the connection.
    pub async fn serve<T>(&mut self, served: Served, work: impl Future<Output = T>) -> T {
        self.host.serve(served, work).await
    }

    async fn execute(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        self.host.execute(AssertSqlSafe(sql.to_owned())).await
    }

    /// Keeps what was written since, or undoes it after a fault.
    ///
    /// # Errors
    /// The fault; or that of keeping it, and then the connection is gone and the transaction with it.
    pub async fn end<T>(mut self, outcome: Result<T, Fault>) -> Result<T, Fault> {
        let is_kept = outcome.is_ok() || Defect::SavepointKept.is_on();
        let ended = self.execute(if is_kept { RELEASE } else { UNDO }).await;
        self.is_open = false;
        if outcome.is_ok() {
            ended.map_err(database)?;
        }
        outcome
    }
}

impl Drop for Savepoint<'_> {
    /// Whoever stops waiting in the middle leaves a batch of which a part is written. On PostgreSQL that cannot be: a batch is one
    /// statement. On SQLite it is undone here: the engine works on a thread of its own, so waiting for it needs no runtime.
    fn drop(&mut self) {
        #[cfg(feature = "sqlite")]
        if self.is_open && self.host.engine() == Engine::Sqlite {
            // If this fails, the engine has given up the whole transaction.
            let _ = wait(self.execute(UNDO));
        }
    }
}

/// Waits on this thread for what goes on upon another one.
#[cfg(feature = "sqlite")]
fn wait<T>(work: impl Future<Output = T>) -> T {
    struct Waiting(Thread);
    impl Wake for Waiting {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let mut work = pin!(work);
    let waker = Arc::new(Waiting(thread::current())).into();
    let mut context = Context::from_waker(&waker);
    loop {
        match work.as_mut().poll(&mut context) {
            Poll::Ready(outcome) => return outcome,
            Poll::Pending => thread::park(),
        }
    }
}
