//! The writer. It takes the commands that wait in a queue as one batch, decides them in memory,
//! writes them in one database transaction, and answers after the commit. It never waits for a batch
//! to fill: a single command is a batch too.
//!
//! | phase | statements | bounded by |
//! |---|---|---|
//! | load the small tables, when cold | 10 | the bank's stations, offers, units |
//! | load what the batch needs and the world lacks | at most 14 | commands × keys each |
//! | decide | none | |
//! | write | 1 for the head, and 1 per table and 1,024 rows | rows |
//! | look up answers for repeated ids | 1 | commands |
//!
//! The commit point is a compare-and-swap of the head. What the writer keeps in memory between batches was read at the
//! head that the write moves. If another process was first, the whole write fails, and the writer decides the batch
//! again under the lock.

mod batch;
mod gather;

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use crate::book::{AccountId, Address, Commodity, Entry};
use crate::clock::{Clock, Randomness};
use crate::command::Envelope;
use crate::fault::{Error, Fault};
use crate::proof::SigningKey;
use crate::reject::Rejection;
use crate::rule::Moment;
use crate::store::conn::database;
use crate::store::dialect::{Failure, failure_of};
use crate::store::pen::Pen;
use crate::store::record::{self, Head};
use crate::store::write::rollback;
use crate::store::{Conn, Target, cold};
use crate::world::World;
use batch::{Batch, Decided, Desk, Interrupted};

pub(crate) use batch::{AuditDetailRow, Journal, NodeRow, array};

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
}

/// The answer to a request: an outcome for each command, or one fault for all.
pub type Answer = Result<Vec<Result<Posted, Rejection>>, Fault>;

/// Commands that the writer answers together.
pub struct Request {
    /// The writer decides them in this order.
    pub envelopes: Vec<Envelope>,
    /// Takes the answer to the caller, and the commands back: memory is freed fastest by the thread that allocated it.
    pub answer: oneshot::Sender<(Answer, Vec<Envelope>)>,
}

/// Sends commands to the writer. Clones share the writer.
#[derive(Debug, Clone)]
pub struct Poster {
    queue: mpsc::Sender<Request>,
}

impl Poster {
    /// Starts a bank's writer on a task of its own. The task ends after the last clone of the poster is dropped.
    pub fn start(
        target: Target,
        conn: Conn,
        clock: Clock,
        randomness: Randomness,
        key: Arc<SigningKey>,
        warm_keys_max: usize,
    ) -> (Self, tokio::task::JoinHandle<()>) {
        let (poster, writer) = Self::unstarted(target, conn, clock, randomness, key, warm_keys_max);
        let closed = async {
            if let Some(conn) = writer.await {
                conn.close().await;
            }
        };
        (poster, tokio::spawn(closed))
    }

    /// Makes a poster and its writer, and leaves it to the caller to run the writer. When it ends, the writer returns
    /// its connection, so that a test can ask the engine what it has executed.
    pub fn unstarted(
        target: Target,
        conn: Conn,
        clock: Clock,
        randomness: Randomness,
        key: Arc<SigningKey>,
        warm_keys_max: usize,
    ) -> (Self, impl Future<Output = Option<Conn>> + Send) {
        let (queue, requests) = mpsc::channel(QUEUE_REQUESTS_MAX);
        let writer = Writer { target, conn: Some(conn), clock, randomness, key, warm_keys_max, warm: None };
        (Self { queue }, writer.run(requests))
    }

    /// Posts commands in this order and waits for their outcomes. More than
    /// [`BATCH_COMMANDS_MAX`] go in several batches.
    ///
    /// # Errors
    /// One [`Fault`] for a whole batch. The batches before it stay posted.
    pub async fn post_all(&self, mut envelopes: Vec<Envelope>) -> Answer {
        let mut outcomes = Vec::with_capacity(envelopes.len());
        loop {
            let rest = envelopes.split_off(envelopes.len().min(BATCH_COMMANDS_MAX));
            outcomes.extend(self.request(envelopes).await?);
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
    pub async fn submit(&self, envelopes: Vec<Envelope>) -> Result<Submitted, Fault> {
        let (answer, outcome) = oneshot::channel();
        self.queue.send(Request { envelopes, answer }).await.map_err(|_| Fault::Closed)?;
        Ok(Submitted { outcome })
    }

    async fn request(&self, envelopes: Vec<Envelope>) -> Answer {
        self.submit(envelopes).await?.outcomes().await
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
        self.outcome.await.map_err(|_| Fault::Closed)?.0
    }
}

/// The only part of the program that writes to the journal.
struct Writer {
    target: Target,
    conn: Option<Conn>,
    clock: Clock,
    randomness: Randomness,
    key: Arc<SigningKey>,
    /// How many keys of each kind stay in memory.
    warm_keys_max: usize,
    /// What is known of the bank, and the head at which it was read.
    warm: Option<(World, Head)>,
}

enum Stopped {
    /// Another process moved the head first.
    Conflict,
    Broken(Fault),
}

impl From<Fault> for Stopped {
    fn from(fault: Fault) -> Self {
        Self::Broken(fault)
    }
}

impl Writer {
    async fn run(mut self, mut requests: mpsc::Receiver<Request>) -> Option<Conn> {
        while let Some(first) = requests.recv().await {
            let mut commands = first.envelopes.len();
            let mut batch = vec![first];
            while commands < BATCH_COMMANDS_MAX
                && let Ok(next) = requests.try_recv()
            {
                commands += next.envelopes.len();
                batch.push(next);
            }
            self.answer(batch).await;
        }
        self.conn
    }

    /// Posts the requests' commands, and answers after the commit.
    async fn answer(&mut self, requests: Vec<Request>) {
        let envelopes: Vec<&Envelope> = requests.iter().flat_map(|request| &request.envelopes).collect();
        let outcome = self.post(&envelopes).await;
        if outcome.is_err() {
            // The world may be half changed. Read everything again, on a new connection.
            self.warm = None;
            self.conn = None;
        }
        let mut outcomes = outcome.map(Vec::into_iter);
        for request in requests {
            let answer = match &mut outcomes {
                Ok(outcomes) => Ok(outcomes.by_ref().take(request.envelopes.len()).collect()),
                Err(fault) => Err(fault.clone()),
            };
            // A caller who no longer waits can ask again under the same id.
            let _ = request.answer.send((answer, request.envelopes));
        }
    }

    async fn post(&mut self, envelopes: &[&Envelope]) -> Answer {
        let decided = match self.attempt(envelopes, false).await {
            Err(Stopped::Conflict) => self.attempt(envelopes, true).await,
            outcome => outcome,
        };
        let decided = decided.map_err(|stopped| match stopped {
            Stopped::Broken(fault) => fault,
            Stopped::Conflict => Fault::damaged("a key is taken, and the journal does not know by whom"),
        })?;
        let mut conn = self.take_conn().await?;
        let answer = replay(&mut conn, decided).await?;
        self.conn = Some(conn);
        Ok(answer)
    }

    /// Takes the kept connection, or opens one.
    async fn take_conn(&mut self) -> Result<Conn, Fault> {
        if let Some(conn) = self.conn.take() {
            return Ok(conn);
        }
        let mut conn = Conn::open(&self.target, false).await?;
        conn.prefer_keys().await?;
        Ok(conn)
    }

    /// Loads, decides and writes. If `locked`, holds the lock that keeps all other writers out.
    /// Keeps the connection unless something broke.
    async fn attempt(&mut self, envelopes: &[&Envelope], locked: bool) -> Result<Vec<Decided>, Stopped> {
        let mut conn = self.take_conn().await?;
        if locked {
            self.warm = None;
            conn.execute(conn.engine().begin()).await.map_err(database)?;
            conn.execute(conn.engine().lock_head()).await.map_err(database)?;
        }
        let (mut world, head) = match self.warm.take() {
            Some(warm) => warm,
            None => cold(&mut conn).await?,
        };
        let now = self.clock.now().max(head.posted_at);
        let moment = Moment { now, position: head.frontier.size() as i64, audit_salt: [0; 16], pseudonym: [0; 10] };
        gather::gather(&mut conn, &mut world, envelopes, &moment, locked).await?;
        let desk = Desk { now, randomness: &self.randomness, key: &self.key, under_lock: locked };
        let mut pen = Pen::new(conn, locked);
        let outcome = match Batch::decide(&mut pen, &mut world, &head, envelopes, &desk).await {
            Ok(batch) => write(&mut pen, &head, batch, locked).await,
            Err(interrupted) => Err(interrupted),
        };
        let mut conn = pen.into_conn().await.ok_or(Fault::Closed)?;
        // THE COMMIT POINT: if the outcome is Ok, the batch is committed, and the rest only reports it.
        match outcome {
            Ok((head, decided)) => {
                world.settle(self.warm_keys_max);
                self.warm = Some((world, head));
                self.conn = Some(conn);
                Ok(decided)
            }
            Err(Interrupted::Broken(fault)) => Err(fault.into()),
            Err(Interrupted::NotWritten(error)) => {
                let stopped = stopped(&mut conn, error).await;
                self.conn = Some(conn);
                Err(stopped)
            }
            Err(Interrupted::Overtaken) => {
                self.conn = Some(conn);
                Err(Stopped::Conflict)
            }
        }
    }
}

/// Writes a decided batch. If there is nothing to write, makes sure that the commands
/// were refused at the bank's present head.
async fn write(pen: &mut Pen, from: &Head, batch: Batch, locked: bool) -> Result<(Head, Vec<Decided>), Interrupted> {
    let Batch { rows, head_move, head, decided, is_blank } = batch;
    if !is_blank {
        pen.finish(&head_move, rows).await?;
    } else if locked {
        pen.conn().await?.execute("COMMIT").await?;
    } else if record::head(pen.conn().await?).await? != *from {
        return Err(Interrupted::Overtaken);
    }
    Ok((head, decided))
}

/// Rolls a failed write back, and finds out what the failure means. If even the rollback fails, nobody can tell what
/// was committed until the ids are sent again.
async fn stopped(conn: &mut Conn, error: sqlx::Error) -> Stopped {
    let unknown = || Fault::OutcomeUnknown { reason: error.to_string() };
    if rollback(conn).await.is_err() {
        return Stopped::Broken(unknown());
    }
    match failure_of(&error) {
        Failure::Conflict => Stopped::Conflict,
        Failure::Refused => Stopped::Broken(database(error)),
        Failure::Unknown => Stopped::Broken(unknown()),
    }
}

/// Looks up the outcomes of ids that were settled earlier.
async fn replay(conn: &mut Conn, decided: Vec<Decided>) -> Answer {
    let settled = decided
        .iter()
        .filter_map(|decided| if let Decided::Settled(position) = decided { Some(*position) } else { None });
    // The batch is committed, so a failure here must not claim that nothing was changed.
    let replayed = record::posted(conn, settled.collect()).await;
    let replayed = replayed.map_err(|fault| Fault::OutcomeUnknown { reason: fault.to_string() })?;
    let outcome = |decided| match decided {
        Decided::Posted(posted) => Ok(Ok(posted)),
        Decided::Rejected(rejection) => Ok(Err(rejection)),
        Decided::Settled(position) => {
            let posted = replayed.get(&position).cloned();
            posted.map(Ok).ok_or_else(|| {
                Fault::damaged(format!("an id names position {position}, which the journal does not have"))
            })
        }
    };
    decided.into_iter().map(outcome).collect()
}

#[cfg(all(test, feature = "sqlite", feature = "town"))]
mod tests {
    use super::*;
    use crate::command::{Channel, Command};
    use crate::ledger::{Ledger, NewBank, Options};
    use crate::people::{SetStation, Unit};
    use crate::slice::Slice;

    fn unit() -> Envelope {
        let text = str::to_owned;
        let unit = Unit { code: text("U1"), parent: text(""), level: text("town"), name: text("it"), origin: text("") };
        Envelope::unkeyed("clerk-1", Channel::Host, Command::SetUnit(unit))
    }

    fn station() -> Envelope {
        let text = str::to_owned;
        let station = SetStation { code: text("S01"), unit: text("U1"), name: text("it"), origin: text("") };
        Envelope::unkeyed("clerk-1", Channel::Host, Command::SetStation(station))
    }

    /// Makes a writer whose world lacks the stations. Usually the world holds all stations, so the rules never ask for
    /// them; here they read something that nobody has asked for.
    #[expect(clippy::unwrap_used, reason = "a helper of tests: what fails here fails the test")]
    async fn writer_without_stations(url: &str, key: &Arc<SigningKey>) -> Writer {
        let target = Target::parse(url).unwrap();
        let mut conn = Conn::open(&target, false).await.unwrap();
        let (mut world, head) = cold(&mut conn).await.unwrap();
        world.town.stations = Slice::partial("stations");
        let (conn, key, warm) = (Some(conn), Arc::clone(key), Some((world, head)));
        let (clock, randomness) = (Clock::Machine, Randomness::System);
        Writer { target, conn, clock, randomness, key, warm_keys_max: WARM_KEYS_MAX, warm }
    }

    /// The writer never takes "not asked for" for "not there". The whole batch fails and nothing of it is written,
    /// neither before the faulty rule nor after it.
    #[tokio::test]
    async fn a_rule_that_reads_what_it_has_not_asked_for_fails_its_batch() {
        let folder = std::env::temp_dir().join(format!("poster-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir(&folder).unwrap();
        let url = format!("sqlite://{}/bank.db", folder.display());
        let ledger = Ledger::open(&url, Options::create(NewBank::of_town())).await.unwrap();
        let before = ledger.journal_head().await.unwrap();
        let kid = ledger.receipt_keys().await.unwrap().pop().unwrap();
        let key = crate::key_file::read(ledger.key_folder(), &ledger.bank().bank_id, kid.id()).unwrap();
        let key = Arc::new(key);

        let mut writer = writer_without_stations(&url, &key).await;
        let failing = tokio::spawn(async move {
            let outcome = writer.post(&[&unit(), &station(), &unit()]).await;
            (writer, outcome)
        });
        match failing.await {
            // A debug build panics, so that nobody overlooks the fault.
            Err(panicked) => assert!(cfg!(debug_assertions) && panicked.is_panic(), "{panicked}"),
            Ok((_, outcome)) => {
                let is_unasked = matches!(&outcome, Err(Fault::Unasked(unasked)) if unasked.slice == "stations");
                assert!(!cfg!(debug_assertions) && is_unasked, "{outcome:?}");
            }
        }
        assert_eq!(ledger.journal_head().await.unwrap(), before, "nothing was written");

        // Even in that world, a batch is written if its rules ask for all they read.
        let mut writer = writer_without_stations(&url, &key).await;
        let outcomes = writer.post(&[&unit()]).await.unwrap();
        assert_eq!(outcomes[0].as_ref().map(|posted| posted.position), Ok(1));
        // With the stations, the batch that failed is written too.
        let posted = ledger.post(station()).await.unwrap();
        assert_eq!(posted.position, 2);
        ledger.close().await;
        std::fs::remove_dir_all(folder).unwrap();
    }
}
