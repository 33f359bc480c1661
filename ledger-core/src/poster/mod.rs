//! The writer. It takes the commands that wait in a queue as one batch, decides them in memory,
//! writes them in one database transaction, and answers after the commit. While one batch is being committed, it decides
//! the next. It waits for that commit, but never for more commands: whatever has come by then is the batch.
//!
//! | phase | statements | bounded by |
//! |---|---|---|
//! | load the small tables, when cold | 10 | the bank's stations, offers, units |
//! | load what the batch needs and the world lacks | two dozen at most, of which most batches need five | the keys of its commands |
//! | decide | none, unless a command needs what one before it created | |
//! | write | on SQLite 1 for the head, and 1 per table and 1,024 rows; on PostgreSQL mostly 1 | rows |
//! | look up answers for repeated ids | 1 | commands |
//!
//! The commit point is a compare-and-swap of the head. What the writer keeps in memory between batches was read at the
//! head that the write moves. If another process was first, the whole write fails, and the writer decides the batch
//! again under the lock. What it has decided on top of that batch meanwhile is decided again too.

mod batch;
mod dry_run;
mod gather;
mod in_host;
mod requests;
mod sequence;
mod source;
mod together;
mod writer;

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use crate::book::{AccountId, Address, Commodity, Entry};
use crate::clock::{BankClock, Randomness};
use crate::command::Envelope;
use crate::fault::{Error, Fault};
use crate::proof::SigningKey;
use crate::reject::{AtomicRejected, Rejection};
use crate::store::{Conn, Home, Queue, Target};
use batch::Unit;
use writer::Writer;

pub(crate) use batch::{AuditDetailRow, Desk, Journal, NodeRow, array};
pub(crate) use dry_run::dry_run;
pub(crate) use in_host::post_in;
pub use in_host::{Pending, PendingAnswer};
pub use requests::{SubmittedAtomic, SubmittedRequests};
pub use sequence::Sequence;

/// How many commands a batch may have.
pub const BATCH_COMMANDS_MAX: usize = 8192;
/// How many requests the queue holds. Further callers wait until there is room.
const QUEUE_REQUESTS_MAX: usize = 8192;

/// How many keys of each kind the writer keeps in memory between batches, unless the host says otherwise.
pub const WARM_KEYS_MAX: usize = 100_000;

/// The outcome of a posted command. If you ask again under the same id, you get it again, built from the record's rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// The record's position in the journal, from 0.
    pub position: i64,
    /// When the record was posted, in UTC seconds.
    pub posted_at: i64,
    /// The receipt's signed token; only redemptions and their reversals have one.
    pub receipt: Option<String>,
    /// Sorted by account and lot.
    pub entries: Vec<PostedEntry>,
    /// The accounts that it touched without moving them, sorted by address.
    pub unmoved: Vec<UnmovedAccount>,
    /// Whether the id was used before, so that this is the earlier outcome.
    pub replayed: bool,
}

/// What a posted command moved in one account.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct PostedEntry {
    pub account: AccountId,
    pub address: Address,
    pub commodity: Commodity,
    /// When the lot expires, in UTC seconds; 0 on an account without lots.
    pub lot: i64,
    /// In smallest units; debits are positive.
    pub quantity: i64,
    /// The account's balance afterwards, in smallest units; debits are positive.
    pub balance_after: i64,
}

/// An account that a command opened, froze, thawed or closed, or of which it put something into a hold or freed it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnmovedAccount {
    /// The account's address.
    pub address: Address,
    /// Its balance, in smallest units; debits are positive.
    pub balance: i64,
}

impl PostedEntry {
    pub(crate) fn of(entry: &Entry, address: Address, commodity: Commodity) -> Self {
        let Entry { account, lot, quantity, balance_after, previous: _ } = *entry;
        Self { account, address, commodity, lot, quantity, balance_after }
    }
}

impl Posted {
    /// How much of a commodity the command moved, in smallest units: the sum of its
    /// debits, which equals that of its credits.
    ///
    /// For an attendance this gives the minutes recorded and the points granted.
    pub fn moved(&self, commodity: &str) -> i64 {
        let of_commodity = self.entries.iter().filter(|entry| entry.commodity.as_str() == commodity);
        of_commodity.map(|entry| entry.quantity.max(0)).sum()
    }

    /// What each account that the command touched has afterwards, by address, in smallest units; debits are positive.
    ///
    /// It is what held right after this record, also when the answer is given again later.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// # let folder = tempfile::tempdir()?;
    /// # let url = format!("sqlite://{}/shop.db", folder.path().display());
    /// # use baoyulan_ledger::book::{Address, Class, Commodity};
    /// # use baoyulan_ledger::command::{Channel, Command, DefineCommodity, Envelope, NewAccount, NewEntry, Post};
    /// # use baoyulan_ledger::{Ledger, NewBank, Options};
    /// # let ledger = Ledger::open(&url, Options::create(NewBank::new("shop"))).await?;
    /// # let (till, sales) = (Address::new("till").unwrap(), Address::new("sales").unwrap());
    /// # let cent = Commodity::new("CENT").unwrap();
    /// # let accounts = [
    /// #     DefineCommodity { commodity: cent.clone(), scale: 2 }.into(),
    /// #     NewAccount::new(till.clone(), Class::Asset, cent.clone()).into(),
    /// #     NewAccount::new(sales.clone(), Class::Income, cent).into(),
    /// # ];
    /// # ledger.ensure("shop", accounts).await?;
    /// let sale = Post { entries: vec![NewEntry::new(till.clone(), 500), NewEntry::new(sales.clone(), -500)] };
    /// let posted = ledger.post(Envelope::unkeyed("till-1", Channel::Host, Command::Post(sale))).await?;
    /// assert_eq!(posted.balances(), [(&till, 500), (&sales, -500)].into());
    /// # ledger.close().await;
    /// # anyhow::Ok(()) })?;
    /// # anyhow::Ok(())
    /// ```
    pub fn balances(&self) -> BTreeMap<&Address, i64> {
        // Of an account that moves in several lots, the last entry says what it has.
        let moved = self.entries.iter().map(|entry| (&entry.address, entry.balance_after));
        let unmoved = self.unmoved.iter().map(|account| (&account.address, account.balance));
        unmoved.chain(moved).collect()
    }
}

/// The answer to a request: an outcome for each command, or one fault for all.
pub type Answer = Result<Vec<Result<Posted, Rejection>>, Fault>;

/// The answer to commands that are posted together or not at all: each command's own, or which of them was refused.
pub type AtomicOutcome = Result<Vec<Posted>, AtomicRejected>;

/// The answer to a [`crate::request::Request`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Of one command.
    One(Result<Posted, Rejection>),
    /// Of several commands.
    Atomic(AtomicOutcome),
}

impl Outcome {
    /// The same as the answer to several commands, of which there may be one.
    pub fn into_atomic(self) -> AtomicOutcome {
        match self {
            Self::One(Ok(posted)) => Ok(vec![posted]),
            Self::One(Err(rejection)) => Err(AtomicRejected { failed: 0, rejection }),
            Self::Atomic(outcome) => outcome,
        }
    }

    /// The answer to one command; `None` where there were several.
    fn into_one(self) -> Option<Result<Posted, Rejection>> {
        if let Self::One(outcome) = self { Some(outcome) } else { None }
    }
}

/// A fault met one of several batches. The batches before it stay posted, and nothing after it was sent, or it met the same fault.
#[derive(Debug, Clone)]
pub struct Stopped<O = Result<Posted, Rejection>> {
    /// The outcomes of the first commands, whole batches of them.
    pub outcomes: Vec<O>,
    /// What happened to the next batch. Send the commands again from there on, under the same ids.
    pub fault: Fault,
}

impl<O> std::fmt::Display for Stopped<O> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.outcomes.len() {
            0 => self.fault.fmt(formatter),
            known => write!(formatter, "the first {known} commands have their outcomes; then {}", self.fault),
        }
    }
}

impl<O: std::fmt::Debug> std::error::Error for Stopped<O> {}

/// For callers who need no outcomes unless all are known. They never hear that nothing was changed if something was.
impl<O> From<Stopped<O>> for Fault {
    fn from(Stopped { outcomes, fault }: Stopped<O>) -> Self {
        fault.after(outcomes.len())
    }
}

impl From<Stopped> for Error {
    fn from(stopped: Stopped) -> Self {
        Self::Fault(stopped.into())
    }
}

/// Commands that the writer answers together.
#[derive(Debug)]
pub struct Queued {
    /// The writer decides them in this order.
    pub envelopes: Vec<Envelope>,
    /// Who waits for the answer.
    pub reply: Reply,
    /// What it is part of, if of anything.
    pub sequence: Option<Sequence>,
}

/// Takes an answer to the caller.
#[derive(Debug)]
pub enum Reply {
    /// Each command has an outcome of its own. The commands go back, too: memory is freed fastest by the thread that
    /// allocated it.
    Each(oneshot::Sender<(Answer, Vec<Envelope>)>),
    /// All are posted, or none is.
    Together(oneshot::Sender<Result<AtomicOutcome, Fault>>),
}

impl Queued {
    /// What is decided at once.
    fn units(&self) -> impl Iterator<Item = Unit<'_>> {
        let together = match self.reply {
            Reply::Each(_) => 1,
            Reply::Together(_) => self.envelopes.len().max(1),
        };
        self.envelopes.chunks(together)
    }

    /// Itself; or, if a fault has met what stands before it in its sequence, nothing: it is answered with the same fault.
    fn unless_stopped(self) -> Option<Self> {
        match self.sequence.as_ref().and_then(Sequence::stopped) {
            None => Some(self),
            Some(fault) => {
                self.answer(&mut Err(fault));
                None
            }
        }
    }

    /// Gives the caller what is theirs of a batch's outcomes.
    fn answer(self, outcomes: &mut Result<std::vec::IntoIter<Outcome>, Fault>) {
        let Self { envelopes, reply, sequence } = self;
        if let (Some(sequence), Err(fault)) = (sequence, &outcomes) {
            sequence.stop(fault);
        }
        // A caller who no longer waits can ask again under the same id.
        match reply {
            Reply::Each(answer) => {
                let own = match outcomes {
                    Ok(outcomes) => Ok(outcomes.by_ref().take(envelopes.len()).filter_map(Outcome::into_one).collect()),
                    Err(fault) => Err(fault.clone()),
                };
                let _ = answer.send((own, envelopes));
            }
            Reply::Together(answer) => {
                let own = match outcomes {
                    Ok(_) if envelopes.is_empty() => Ok(Ok(Vec::new())),
                    Ok(outcomes) => outcomes.next().map(Outcome::into_atomic).ok_or(Fault::Closed),
                    Err(fault) => Err(fault.clone()),
                };
                let _ = answer.send(own);
            }
        }
    }
}

/// Sends commands to the writer. Clones share the writer.
#[derive(Debug, Clone)]
pub struct Poster {
    queue: Arc<Queue<Queued>>,
}

impl Poster {
    /// Starts a bank's writer on a task of its own, in the ledger's runtime. The task ends after [`Self::close`], or when the
    /// last clone of the poster is dropped.
    ///
    /// # Errors
    /// [`Fault::Closed`].
    pub fn start(
        home: &Arc<Home>,
        target: Target,
        conn: Conn,
        desk: Desk,
        warm_keys_max: usize,
    ) -> Result<Self, Fault> {
        let (queue, writing) = queue_and_writer(target, conn, desk, home.writing()?, warm_keys_max);
        let worker = home.start_work(async {
            if let Some(conn) = writing.await {
                conn.close().await;
            }
        })?;
        Ok(Self { queue: Arc::new(Queue::new(queue, Some(worker))) })
    }

    /// Makes a poster and its writer, and leaves it to the caller to run the writer. When it ends, the writer returns
    /// its connection, so that a test can ask the engine what it has executed.
    pub fn unstarted(
        target: Target,
        conn: Conn,
        clock: BankClock,
        randomness: Randomness,
        key: Arc<SigningKey>,
        warm_keys_max: usize,
    ) -> (Self, impl Future<Output = Option<Conn>> + Send) {
        let desk = Desk { clock, randomness, key, moves_reserved: false };
        let (queue, writing) = queue_and_writer(target, conn, desk, Handle::current(), warm_keys_max);
        (Self { queue: Arc::new(Queue::new(queue, None)) }, writing)
    }

    /// Lets no more commands in, and waits until the writer has answered all the rest and closed its connections.
    pub async fn close(&self) {
        self.queue.close().await;
    }

    /// Whether no commands are let in any more.
    pub fn is_closed(&self) -> bool {
        self.queue.is_closed()
    }

    /// Posts commands in this order and waits for their outcomes. More than
    /// [`BATCH_COMMANDS_MAX`] go in several batches.
    ///
    /// # Errors
    /// [`Stopped`] at the first batch that a fault meets, with the outcomes of the batches before it.
    pub async fn post_all(&self, mut envelopes: Vec<Envelope>) -> Result<Vec<Result<Posted, Rejection>>, Stopped> {
        let mut outcomes = Vec::with_capacity(envelopes.len());
        loop {
            let rest = envelopes.split_off(envelopes.len().min(BATCH_COMMANDS_MAX));
            match self.request(envelopes).await {
                Ok(more) => outcomes.extend(more),
                Err(fault) => return Err(Stopped { outcomes, fault }),
            }
            if rest.is_empty() {
                return Ok(outcomes);
            }
            envelopes = rest;
        }
    }

    /// Puts commands into the queue, in the order of the calls, and returns before the writer decides them.
    ///
    /// # Errors
    /// [`Fault::Closed`].
    pub async fn submit(&self, envelopes: Vec<Envelope>, sequence: Option<Sequence>) -> Result<Submitted, Fault> {
        let (answer, outcome) = oneshot::channel();
        self.queue.send(Queued { envelopes, reply: Reply::Each(answer), sequence }).await?;
        Ok(Submitted { outcome })
    }

    async fn request(&self, envelopes: Vec<Envelope>) -> Answer {
        self.submit(envelopes, None).await?.outcomes().await
    }

    /// Posts one command and waits for its outcome.
    ///
    /// # Errors
    /// [`Error::Rejected`] or [`Error::Fault`].
    pub async fn post(&self, envelope: Envelope) -> Result<Posted, Error> {
        let outcomes = self.post_all(vec![envelope]).await?;
        let outcome = outcomes.into_iter().next().ok_or(Fault::Closed)?;
        Ok(outcome?)
    }
}

/// A queue, and the writer that takes from it until it ends.
fn queue_and_writer(
    target: Target,
    conn: Conn,
    desk: Desk,
    writing: Handle,
    warm_keys_max: usize,
) -> (mpsc::Sender<Queued>, impl Future<Output = Option<Conn>> + Send) {
    let (queue, requests) = mpsc::channel(QUEUE_REQUESTS_MAX);
    (queue, Writer::new(target, conn, desk, writing, warm_keys_max).run(requests))
}

/// Commands in the queue, whose outcomes you can wait for.
#[derive(Debug)]
pub struct Submitted {
    outcome: oneshot::Receiver<(Answer, Vec<Envelope>)>,
}

impl Submitted {
    /// Waits until the commands have durable outcomes.
    ///
    /// # Errors
    /// One [`Fault`] for all of them.
    pub async fn outcomes(self) -> Answer {
        // The writer answers whatever it has taken, even while the ledger is being closed.
        let stopped = |_| Fault::outcome_unknown("the writer has stopped");
        self.outcome.await.map_err(stopped)?.0
    }
}
