//! Requests of both sorts in one order: single commands and those that are posted together or not at all.

use tokio::sync::oneshot;

use super::{AtomicOutcome, BATCH_COMMANDS_MAX, Outcome, Poster, Queued, Reply, Submitted};
use crate::command::Envelope;
use crate::fault::Fault;
use crate::request::{AtomicEnvelope, Request};

/// Commands in the queue that are posted together or not at all.
#[derive(Debug)]
pub struct SubmittedAtomic {
    outcome: oneshot::Receiver<Result<AtomicOutcome, Fault>>,
}

impl SubmittedAtomic {
    /// Waits until the outcome is durable.
    ///
    /// # Errors
    /// A [`Fault`].
    pub async fn outcome(self) -> Result<AtomicOutcome, Fault> {
        self.outcome.await.map_err(|_| Fault::outcome_unknown("the writer has stopped"))?
    }
}

/// Requests in the queue, whose outcomes you can wait for.
#[derive(Debug)]
pub struct SubmittedRequests {
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    Each(Submitted),
    Atomic(SubmittedAtomic),
}

impl SubmittedRequests {
    /// Waits until all requests have durable outcomes: one for each, in their order.
    ///
    /// # Errors
    /// The first [`Fault`]. What became of the requests can be asked by their ids.
    pub async fn outcomes(self) -> Result<Vec<Outcome>, Fault> {
        let mut outcomes = Vec::new();
        for part in self.parts {
            match part {
                Part::Each(submitted) => outcomes.extend(submitted.outcomes().await?.into_iter().map(Outcome::One)),
                Part::Atomic(submitted) => outcomes.push(Outcome::Atomic(submitted.outcome().await?)),
            }
        }
        Ok(outcomes)
    }
}

impl Poster {
    /// Puts commands into the queue that are posted together or not at all, and returns before the writer decides them.
    ///
    /// # Errors
    /// [`Fault::Closed`].
    pub async fn submit_atomic(&self, envelope: AtomicEnvelope) -> Result<SubmittedAtomic, Fault> {
        let (answer, outcome) = oneshot::channel();
        let envelopes = envelope.into_envelopes();
        self.queue.send(Queued { envelopes, reply: Reply::Together(answer) }).await?;
        Ok(SubmittedAtomic { outcome })
    }

    /// Puts requests into the queue, in this order, and returns before the writer decides them. Requests of other callers may
    /// come between them.
    ///
    /// # Errors
    /// [`Fault::Closed`].
    pub async fn submit_requests(&self, requests: Vec<Request>) -> Result<SubmittedRequests, Fault> {
        let mut parts = Vec::new();
        let mut singles: Vec<Envelope> = Vec::with_capacity(requests.len());
        for request in requests {
            match request {
                Request::One(envelope) => singles.push(*envelope),
                Request::Atomic(envelope) => {
                    self.submit_singles(&mut singles, &mut parts).await?;
                    parts.push(Part::Atomic(self.submit_atomic(envelope).await?));
                }
            }
            if singles.len() == BATCH_COMMANDS_MAX {
                self.submit_singles(&mut singles, &mut parts).await?;
            }
        }
        self.submit_singles(&mut singles, &mut parts).await?;
        Ok(SubmittedRequests { parts })
    }

    async fn submit_singles(&self, singles: &mut Vec<Envelope>, parts: &mut Vec<Part>) -> Result<(), Fault> {
        if !singles.is_empty() {
            parts.push(Part::Each(self.submit(std::mem::take(singles)).await?));
        }
        Ok(())
    }
}
