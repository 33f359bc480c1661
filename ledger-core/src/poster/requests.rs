//! Requests of both sorts in one order: single commands and those that are posted together or not at all.

use tokio::sync::oneshot;

use super::{AtomicOutcome, BATCH_COMMANDS_MAX, Outcome, Poster, Queued, Reply, Sequence, Stopped, Submitted};
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

impl Part {
    async fn outcomes(self) -> Result<Vec<Outcome>, Fault> {
        Ok(match self {
            Self::Each(submitted) => submitted.outcomes().await?.into_iter().map(Outcome::One).collect(),
            Self::Atomic(submitted) => vec![Outcome::Atomic(submitted.outcome().await?)],
        })
    }
}

impl SubmittedRequests {
    /// Waits until all requests have durable outcomes: one for each, in their order.
    ///
    /// # Errors
    /// [`Stopped`] at the first request that a fault met, with the outcomes of those before it. Nothing behind one that was not
    /// posted was posted: send them again under the same ids.
    pub async fn outcomes(self) -> Result<Vec<Outcome>, Stopped<Outcome>> {
        let mut outcomes = Vec::new();
        for part in self.parts {
            match part.outcomes().await {
                Ok(more) => outcomes.extend(more),
                Err(fault) => return Err(Stopped { outcomes, fault }),
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
    pub async fn submit_atomic(
        &self,
        envelope: AtomicEnvelope,
        sequence: Option<Sequence>,
    ) -> Result<SubmittedAtomic, Fault> {
        let (answer, outcome) = oneshot::channel();
        let envelopes = envelope.into_envelopes();
        self.queue.send(Queued { envelopes, reply: Reply::Together(answer), sequence }).await?;
        Ok(SubmittedAtomic { outcome })
    }

    /// Puts requests into the queue, in this order, and returns before the writer decides them. Requests of other callers may
    /// come between them.
    ///
    /// # Errors
    /// [`Fault::Closed`].
    pub async fn submit_requests(
        &self,
        requests: Vec<Request>,
        sequence: &Sequence,
    ) -> Result<SubmittedRequests, Fault> {
        let mut parts = Vec::new();
        let mut singles: Vec<Envelope> = Vec::with_capacity(requests.len());
        for request in requests {
            match request {
                Request::One(envelope) => singles.push(*envelope),
                Request::Atomic(envelope) => {
                    self.submit_singles(&mut singles, &mut parts, sequence).await?;
                    parts.push(Part::Atomic(self.submit_atomic(envelope, Some(sequence.clone())).await?));
                }
            }
            if singles.len() == BATCH_COMMANDS_MAX {
                self.submit_singles(&mut singles, &mut parts, sequence).await?;
            }
        }
        self.submit_singles(&mut singles, &mut parts, sequence).await?;
        Ok(SubmittedRequests { parts })
    }

    async fn submit_singles(
        &self,
        singles: &mut Vec<Envelope>,
        parts: &mut Vec<Part>,
        sequence: &Sequence,
    ) -> Result<(), Fault> {
        if !singles.is_empty() {
            parts.push(Part::Each(self.submit(std::mem::take(singles), Some(sequence.clone())).await?));
        }
        Ok(())
    }
}
