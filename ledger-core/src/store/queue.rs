//! A queue whose worker can be told to end by anybody who has the queue, while others still hold it.

use std::sync::{PoisonError, RwLock};

use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;

use crate::fault::Fault;

/// A queue and whoever works on it.
#[derive(Debug)]
pub struct Queue<T> {
    /// `None` once it is closed.
    sender: RwLock<Option<mpsc::Sender<T>>>,
    /// `None` once it has ended, or if somebody else runs it.
    worker: Mutex<Option<JoinHandle<()>>>,
}

impl<T> Queue<T> {
    /// A queue into this channel. The worker ends when it has received everything and the channel is closed.
    pub fn new(sender: mpsc::Sender<T>, worker: Option<JoinHandle<()>>) -> Self {
        Self { sender: RwLock::new(Some(sender)), worker: Mutex::new(worker) }
    }

    /// Waits for room, and puts something in.
    ///
    /// # Errors
    /// [`Fault::Closed`].
    pub async fn send(&self, value: T) -> Result<(), Fault> {
        let sender = self.sender.read().unwrap_or_else(PoisonError::into_inner).clone();
        sender.ok_or(Fault::Closed)?.send(value).await.map_err(|_| Fault::Closed)
    }

    /// Whether nothing can be put in any more.
    pub fn is_closed(&self) -> bool {
        self.sender.read().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    /// Lets nothing more in, and waits until the worker has done all the rest. Whoever calls it meanwhile waits too.
    pub async fn close(&self) {
        self.sender.write().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(worker) = self.worker.lock().await.take() {
            // If it panicked, there is nothing left to wait for.
            let _ = worker.await;
        }
    }
}
