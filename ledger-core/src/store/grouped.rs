//! Answers the questions of many callers with one statement. Whoever asks while a
//! statement runs gets an answer from the next one.
//!
//! The writer does the same with commands; here it serves the few queries that every request needs. Nothing is kept
//! between statements, so an answer is never older than its question. A thousand callers cost hardly more than one.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::conn::Conn;
use super::home::Home;
use super::queue::Queue;
use super::record;
use super::target::Target;
use crate::fault::Fault;

/// How many questions one statement answers.
const QUESTIONS_MAX: usize = 1024;

/// Runs the statement. It returns the answers by question, and leaves out questions that have no answer.
pub type Answering<Q, A> =
    for<'c> fn(&'c mut Conn, Vec<Q>) -> Pin<Box<dyn Future<Output = Result<HashMap<Q, A>, Fault>> + Send + 'c>>;

type Question<Q, A> = (Q, oneshot::Sender<Result<Option<A>, Fault>>);

/// Asks questions that share a statement with those of other callers.
#[derive(Debug)]
pub struct Grouped<Q, A> {
    questions: Queue<Question<Q, A>>,
}

impl<Q, A> Grouped<Q, A>
where
    Q: Clone + Eq + Hash + Send + Sync + 'static,
    A: Clone + Send + Sync + 'static,
{
    /// Starts a task that answers. It ends after this is dropped.
    ///
    /// # Errors
    /// [`Fault::Closed`].
    pub fn start(home: &Arc<Home>, target: Target, answering: Answering<Q, A>) -> Result<Self, Fault> {
        let (questions, waiting) = mpsc::channel(QUESTIONS_MAX);
        let answering = home.start_work(answer(target, answering, waiting))?;
        Ok(Self { questions: Queue::new(questions, Some(answering)) })
    }

    /// Waits until all questions are answered, and closes the connection. From now on nothing is answered.
    pub async fn close(&self) {
        self.questions.close().await;
    }

    /// Whether nothing is answered any more.
    #[cfg(feature = "town")]
    pub fn is_closed(&self) -> bool {
        self.questions.is_closed()
    }

    /// Asks a question and waits. `None` if it has no answer.
    ///
    /// # Errors
    /// [`Fault::Database`], [`Fault::Damaged`], [`Fault::Closed`].
    pub async fn ask(&self, question: Q) -> Result<Option<A>, Fault> {
        let (answer, answered) = oneshot::channel();
        self.questions.send((question, answer)).await?;
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
        // A station's devices all ask for the same credential; ask for it once.
        let keys: HashSet<&Q> = questions.iter().map(|(question, _)| question).collect();
        let keys: Vec<Q> = keys.into_iter().cloned().collect();
        let was_kept = kept.is_some();
        let mut outcome = ask_once(&target, answering, &mut kept, keys.clone()).await;
        if outcome.is_err() && was_kept {
            // The server may cut an idle connection. Ask again on a new one before you fail.
            outcome = ask_once(&target, answering, &mut kept, keys).await;
        }
        for (question, answer) in questions.drain(..) {
            // A caller who no longer waits needs no answer.
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

/// Asks on the kept connection, or on a new one. Keeps the connection if that succeeds.
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
    record::head(&mut conn).await?;
    let answers = answering(&mut conn, keys).await?;
    *kept = Some(conn);
    Ok(answers)
}
