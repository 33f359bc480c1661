//! The ledger's own two threads, each with a small runtime. On the first one its writer and what answers many callers at once run, and every connection is opened
//! there, since a socket belongs to the runtime in which it was opened. So callers may come from any runtime, and theirs may end
//! while the ledger goes on.

use std::sync::Arc;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::{JoinError, JoinHandle};

use super::conn::Conn;
use super::dialect::Engine;
use super::target::Target;
use crate::fault::Fault;

/// Runtimes that live as long as anybody has work in them.
#[derive(Debug)]
pub struct Home {
    /// `None` only while this is being dropped.
    runtime: Option<Runtime>,
    /// A batch is written here while the next one is decided. In one runtime of two threads, every command of a single caller, which
    /// has nothing beside it, would wake the other thread for nothing.
    writing: Option<Runtime>,
}

impl Home {
    /// Starts the runtime's threads, for a bank on this engine.
    ///
    /// # Errors
    /// [`Fault::Database`] if the system has no threads left.
    pub fn start(engine: Engine) -> Result<Arc<Self>, Fault> {
        let start = |name| {
            let mut builder = Builder::new_multi_thread();
            builder.worker_threads(1).thread_name(name).enable_time();
            if engine == Engine::Postgres {
                // Only a server is spoken to over a socket. A thread that need not listen to sockets is cheaper to wake.
                builder.enable_io();
            }
            let built = builder.build();
            built.map_err(|error| Fault::database(format!("no thread for the ledger: {error}")))
        };
        let (runtime, writing) = (start("ledger")?, start("ledger-writing")?);
        Ok(Arc::new(Self { runtime: Some(runtime), writing: Some(writing) }))
    }

    /// Where batches are written while the next one is decided.
    ///
    /// # Errors
    /// [`Fault::Closed`] if the runtime is going down.
    pub fn writing(&self) -> Result<Handle, Fault> {
        self.writing.as_ref().map(|writing| writing.handle().clone()).ok_or(Fault::Closed)
    }

    /// Starts work that goes on by itself. The runtime lives until it ends.
    ///
    /// # Errors
    /// [`Fault::Closed`] if the runtime is going down.
    pub fn start_work<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<JoinHandle<T>, Fault> {
        let runtime = self.runtime.as_ref().ok_or(Fault::Closed)?;
        let home = Arc::clone(self);
        Ok(runtime.spawn(async move {
            let outcome = work.await;
            drop(home);
            outcome
        }))
    }

    /// Does something here, and waits for it wherever the caller is.
    ///
    /// # Errors
    /// Those of the work.
    pub async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl Future<Output = Result<T, Fault>> + Send + 'static,
    ) -> Result<T, Fault> {
        self.start_work(work)?.await.unwrap_or_else(|error| Err(ended(error)))
    }

    /// Starts work that takes the processor for long. The runtime lives until it ends.
    ///
    /// # Errors
    /// [`Fault::Closed`] if the runtime is going down.
    pub fn start_blocking<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<JoinHandle<T>, Fault> {
        let runtime = self.runtime.as_ref().ok_or(Fault::Closed)?;
        let home = Arc::clone(self);
        Ok(runtime.spawn_blocking(move || {
            let outcome = work();
            drop(home);
            outcome
        }))
    }

    /// Waits for work that was started here.
    ///
    /// # Errors
    /// [`Fault::Closed`] if the runtime went down before.
    pub async fn joined<T>(work: JoinHandle<T>) -> Result<T, Fault> {
        work.await.map_err(ended)
    }

    /// Opens a connection.
    ///
    /// # Errors
    /// Those of [`Conn::open`].
    pub async fn open(self: &Arc<Self>, target: &Target) -> Result<Conn, Fault> {
        let target = target.clone();
        self.run(async move { Conn::open(&target, false).await }).await
    }
}

/// A panic goes on in whoever waits.
fn ended(error: JoinError) -> Fault {
    match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(_) => Fault::Closed,
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        for runtime in [self.runtime.take(), self.writing.take()].into_iter().flatten() {
            // Whoever drops the last of it may be in the middle of async code, where nobody may wait.
            runtime.shutdown_background();
        }
    }
}
