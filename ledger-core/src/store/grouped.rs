//! Questions of many callers answered by one statement: who asks while a statement runs is answered by the next one.
//!
//! The same trick as the writer's, for the few readings that every request needs. Nothing is kept between statements, so
//! an answer is never older than its question. One caller pays one statement, a thousand pay hardly more.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::pin::Pin;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::conn::Conn;
use super::target::Target;
use crate::fault::Fault;

/// Questions in one statement, at most.
const QUESTIONS_MAX: usize = 1024;

/// The statement: answers by question; a question without an answer has none.
pub type Answering<Q, A> =
    for<'c> fn(&'c mut Conn, Vec<Q>) -> Pin<Box<dyn Future<Output = Result<HashMap<Q, A>, Fault>> + Send + 'c>>;

type Question<Q, A> = (Q, oneshot::Sender<Result<Option<A>, Fault>>);

/// The door to a statement.
#[derive(Debug)]
pub struct Grouped<Q, A> {
    questions: mpsc::Sender<Question<Q, A>>,
    answering: JoinHandle<()>,
}

impl<Q, A> Grouped<Q, A>
where
    Q: Clone + Eq + Hash + Send + Sync + 'static,
    A: Clone + Send + Sync + 'static,
{
    /// Starts answering; ends once the door is dropped.
    pub fn start(target: Target, answering: Answering<Q, A>) -> Self {
        let (questions, waiting) = mpsc::channel(QUESTIONS_MAX);
        Self { questions, answering: tokio::spawn(answer(target, answering, waiting)) }
    }

    /// Answers what was asked, and closes the connection that is kept.
    pub async fn close(self) {
        drop(self.questions);
        // One that panicked has answered nobody since; there is nothing left to wait for.
        let _ = self.answering.await;
    }

    /// Asks.
    ///
    /// # Errors
    /// [`Fault::Database`], [`Fault::Damaged`], [`Fault::Closed`].
    pub async fn ask(&self, question: Q) -> Result<Option<A>, Fault> {
        let (answer, answered) = oneshot::channel();
        self.questions.send((question, answer)).await.map_err(|_| Fault::Closed)?;
        answered.await.map_err(|_| Fault::Closed)?
    }
}

async fn answer<Q: Clone + Eq + Hash, A: Clone>(
    target: Target,
    answering: Answering<Q, A>,
    mut waiting: mpsc::Receiver<Question<Q, A>>,
) {
    let mut kept = None;
    let mut questions = Vec::new();
    while waiting.recv_many(&mut questions, QUESTIONS_MAX).await > 0 {
        // What many ask at once, as a station's devices do of their one credential, is asked once.
        let keys: HashSet<&Q> = questions.iter().map(|(question, _)| question).collect();
        let keys: Vec<Q> = keys.into_iter().cloned().collect();
        let was_kept = kept.is_some();
        let mut outcome = ask_once(&target, answering, &mut kept, keys.clone()).await;
        if outcome.is_err() && was_kept {
            // A connection that was cut while it was idle is no reason to fail: it is asked again on a new one.
            outcome = ask_once(&target, answering, &mut kept, keys).await;
        }
        for (question, answer) in questions.drain(..) {
            // Who no longer waits needs no answer.
            let _ = answer.send(match &outcome {
                Ok(answers) => Ok(answers.get(&question).cloned()),
                Err(fault) => Err(fault.clone()),
            });
        }
    }
    if let Some(conn) = kept {
        conn.close().await;
    }
}

/// Asks on the kept connection, or a new one; keeps it if that went well.
async fn ask_once<Q, A>(
    target: &Target,
    answering: Answering<Q, A>,
    kept: &mut Option<Conn>,
    keys: Vec<Q>,
) -> Result<HashMap<Q, A>, Fault> {
    let mut conn = match kept.take() {
        Some(conn) => conn,
        None => {
            let mut conn = Conn::open(target, false).await?;
            conn.prefer_keys().await?;
            conn
        }
    };
    let answers = answering(&mut conn, keys).await?;
    *kept = Some(conn);
    Ok(answers)
}
