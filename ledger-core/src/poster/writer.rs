//! The writer's loop: one batch is committed while the next one is decided.
//!
//! The next batch is decided on top of the batch before, as if that were already committed, and stays open until it is:
//! whatever comes meanwhile still joins. No caller hears anything until their batch is committed. If a batch is not
//! committed, what was decided on top of it is void, and is decided again from what the bank holds.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::batch::{Decided, Desk, Draft, Group, Unit};
use super::source::Source;
use super::{BATCH_COMMANDS_MAX, Outcome, Posted, Queued};
use crate::defect::Defect;
use crate::fault::Fault;
use crate::store::conn::database;
use crate::store::dialect::{Failure, failure_of};
use crate::store::pen::{Commit, Committed, Interrupted, Pen};
use crate::store::record::{self, Head};
use crate::store::{Conn, Target, batch, cold};
use crate::world::World;

/// The only part of the program that writes to the journal.
pub struct Writer {
    desk: Desk,
    pen: Pen,
    /// How many keys of each kind stay in memory.
    warm_keys_max: usize,
    /// What is known of the bank, and the head after all batches that are decided. `None`: nothing is known, and the bank
    /// is read again.
    warm: Option<(World, Head)>,
    /// The batch that is being committed.
    before: Option<Closed>,
}

/// A batch that is decided and on its way to the disk.
struct Closed {
    requests: Vec<Queued>,
    decided: Vec<Decided>,
    commit: Commit,
}

impl Closed {
    /// Whether it holds commands whose outcome was settled earlier and has to be read.
    fn has_repeats(&self) -> bool {
        let is_repeat = |decided| matches!(decided, &Decided::Settled(_) | &Decided::SettledTogether(_));
        self.decided.iter().any(is_repeat)
    }
}

/// Why a batch is not committed, and whether it may be decided again.
enum Stopped {
    /// Another process moved the head first.
    Conflict,
    Broken(Fault),
}

impl Writer {
    /// Makes a writer that begins over this connection.
    pub fn new(target: Target, conn: Conn, desk: Desk, writing: Handle, warm_keys_max: usize) -> Self {
        Self { desk, pen: Pen::new(target, conn, writing), warm_keys_max, warm: None, before: None }
    }

    /// Answers the requests until nobody can send any more. Returns the connection.
    pub async fn run(mut self, mut queue: mpsc::Receiver<Queued>) -> Option<Conn> {
        while let Some(first) = self.first(&mut queue).await {
            self.batch(first, &mut queue).await;
        }
        let _ = self.finish().await;
        self.pen.into_conn().await
    }

    /// Waits for the next batch's first request. The batch before may be committed meanwhile.
    async fn first(&mut self, queue: &mut mpsc::Receiver<Queued>) -> Option<Queued> {
        while let Some(before) = &mut self.before {
            tokio::select! {
                biased;
                committed = before.commit.ended() => {
                    if let Ok(before) = self.committed(committed).await {
                        self.report(before).await;
                    }
                }
                first = queue.recv() => return first,
            }
        }
        queue.recv().await
    }

    /// Decides a batch and sends it on its way to the disk.
    async fn batch(&mut self, first: Queued, queue: &mut mpsc::Receiver<Queued>) {
        let nothing_is_pending = self.before.is_none();
        let mut requests = vec![first];
        match self.decide_beside(&mut requests, queue).await {
            Ok((commit, mut decided)) => {
                if Defect::AnsweredBeforeCommit.is_on() {
                    answer(std::mem::take(&mut requests), self.replay(std::mem::take(&mut decided)).await);
                }
                self.before = Some(Closed { requests, decided, commit });
            }
            Err(interrupted) if nothing_is_pending => match self.stopped(interrupted, false).await {
                Stopped::Conflict => self.alone(requests, true).await,
                Stopped::Broken(fault) => answer(requests, Err(fault)),
            },
            Err(interrupted) => {
                // It may have failed because the batch before did, or the connection for reading.
                let was_committed = self.finish().await.is_ok();
                let is_conflict = was_committed && matches!(interrupted, Interrupted::NotWritten(_));
                self.void(interrupted).await;
                self.alone(requests, is_conflict).await;
            }
        }
        // What is not committed must not be forgotten.
        if self.warm.as_ref().is_some_and(|(world, _)| world.overflows(self.warm_keys_max)) {
            let _ = self.finish().await;
            if let Some((world, _)) = &mut self.warm {
                world.evict(self.warm_keys_max);
            }
        }
    }

    /// Decides the requests, and those that come while the batch before is being committed.
    async fn decide_beside(
        &mut self,
        requests: &mut Vec<Queued>,
        queue: &mut mpsc::Receiver<Queued>,
    ) -> Result<(Commit, Vec<Decided>), Interrupted> {
        let mut draft = self.begin(false).await?;
        let mut decided = 0;
        loop {
            take_waiting(requests, queue);
            turn_away(requests, decided);
            self.decide_requests(&mut draft, &requests[decided..]).await?;
            decided = requests.len();
            let Some(before) = &mut self.before else { return self.end(draft).await };
            tokio::select! {
                biased;
                committed = before.commit.ended() => {
                    let before = self.committed(committed).await?;
                    if before.has_repeats() {
                        // Their answers are read over the connection that has just committed.
                        self.report(before).await;
                        return self.end(draft).await;
                    }
                    let mut ended = self.end(draft).await;
                    // The disk has work again; only now there is time to answer.
                    if let Ok((commit, _)) = &mut ended {
                        commit.go_on();
                    }
                    self.report(before).await;
                    return ended;
                }
                Some(next) = queue.recv(), if draft.len() < BATCH_COMMANDS_MAX => requests.push(next),
            }
        }
    }

    /// Decides more requests of a batch. Once the batch before is committed, it is answered between two groups.
    async fn decide_requests(&mut self, draft: &mut Draft, requests: &[Queued]) -> Result<(), Interrupted> {
        if let Some(before) = &mut self.before {
            before.commit.go_on();
        }
        let units: Vec<Unit<'_>> = requests.iter().flat_map(Queued::units).collect();
        let now = draft.now(&self.desk)?;
        let mut rest = units.as_slice();
        while !rest.is_empty() {
            rest = self.group(draft, now)?.decide(rest).await?;
            if self.before.is_some() {
                // The commit may have no other thread to go on with.
                tokio::task::yield_now().await;
            }
            if self.before.as_ref().is_some_and(|before| before.commit.has_ended()) {
                self.finish().await?;
            }
        }
        Ok(())
    }

    /// Begins a batch at the head that is known, after reading the bank if none is.
    async fn begin(&mut self, under_lock: bool) -> Result<Draft, Interrupted> {
        if under_lock {
            self.warm = None;
            self.pen.lock().await?;
        }
        let warm = match self.warm.take() {
            Some(warm) => warm,
            None => cold(self.pen.reading().await?).await?,
        };
        let draft = Draft::begin(&warm.1, under_lock);
        self.warm = Some(warm);
        Ok(draft)
    }

    /// The commands that arrived together, and all it takes to decide them.
    fn group<'a>(&'a mut self, draft: &'a mut Draft, now: i64) -> Result<Group<'a>, Interrupted> {
        let Self { desk, pen, warm, .. } = self;
        // A batch that was given up leaves nothing known, and does not come here any more.
        let (world, _) = warm.as_mut().ok_or(Interrupted::Overtaken)?;
        Ok(Group { draft, world, source: Source::Pen(pen), desk, now })
    }

    /// Ends a batch and sends it on its way to the disk.
    async fn end(&mut self, draft: Draft) -> Result<(Commit, Vec<Decided>), Interrupted> {
        let (world, head) = self.warm.as_mut().ok_or(Interrupted::Overtaken)?;
        let (decision, head_after, decided) = draft.end(&mut Source::Pen(&mut self.pen), world).await?;
        *head = head_after;
        Ok((self.pen.commit(decision).await?, decided))
    }

    /// Waits until the batch before is committed, if there is one, and answers it.
    ///
    /// # Errors
    /// It is not committed: what was decided after it is void.
    async fn finish(&mut self) -> Result<(), Interrupted> {
        let Some(before) = &mut self.before else { return Ok(()) };
        let committed = before.commit.ended().await;
        let before = self.committed(committed).await?;
        self.report(before).await;
        Ok(())
    }

    /// Takes the connection back, and returns the batch before, to be answered. If it is not committed, it is decided again
    /// and answered here.
    ///
    /// # Errors
    /// What was decided after it is void.
    async fn committed(&mut self, (conn, outcome): Committed) -> Result<Closed, Interrupted> {
        self.pen.take_back(conn);
        let before = self.before.take().ok_or(Interrupted::Overtaken)?;
        let Err(interrupted) = outcome else { return Ok(before) };
        match self.stopped(interrupted, false).await {
            Stopped::Conflict => self.alone(before.requests, true).await,
            Stopped::Broken(fault) => answer(before.requests, Err(fault)),
        }
        Err(Interrupted::Overtaken)
    }

    /// Posts the requests as a batch of their own, while nothing else is being decided or committed; if another process
    /// is first, once more under the lock.
    async fn alone(&mut self, mut requests: Vec<Queued>, mut under_lock: bool) {
        turn_away(&mut requests, 0);
        if requests.is_empty() {
            return;
        }
        loop {
            let stopped = match self.attempt(&requests, under_lock).await {
                Ok(decided) => return answer(requests, self.replay(decided).await),
                Err(interrupted) => self.stopped(interrupted, under_lock).await,
            };
            let fault = match stopped {
                Stopped::Conflict if !under_lock => {
                    under_lock = true;
                    continue;
                }
                Stopped::Conflict => Fault::damaged("a key is taken by a row that the journal cannot account for"),
                Stopped::Broken(fault) => fault,
            };
            return answer(requests, Err(fault));
        }
    }

    async fn attempt(&mut self, requests: &[Queued], under_lock: bool) -> Result<Vec<Decided>, Interrupted> {
        let mut draft = self.begin(under_lock).await?;
        let units: Vec<Unit<'_>> = requests.iter().flat_map(Queued::units).collect();
        let now = draft.now(&self.desk)?;
        let mut rest = units.as_slice();
        while !rest.is_empty() {
            rest = self.group(&mut draft, now)?.decide(rest).await?;
        }
        let (mut commit, decided) = self.end(draft).await?;
        let (conn, outcome) = commit.ended().await;
        self.pen.take_back(conn);
        outcome.map(|()| decided)
    }

    /// Forgets a batch that was decided on top of one that was pending, after an interruption. The connection that writes
    /// is kept, unless it cannot be rolled back.
    async fn void(&mut self, interrupted: Interrupted) {
        if matches!(interrupted, Interrupted::Overtaken) {
            // The batch before was decided again, and the bank has been read anew for that.
            return;
        }
        self.warm = None;
        self.pen.drop_reader();
        // Whatever interrupted it, blocks of it may have been written ahead.
        if !self.pen.roll_back().await {
            self.pen.drop_conns();
        }
    }

    /// Gives up a batch that was interrupted, and finds out what that means. The world may be half changed, so the bank is
    /// read again.
    async fn stopped(&mut self, interrupted: Interrupted, under_lock: bool) -> Stopped {
        if !Defect::FailureRemembered.is_on() {
            self.warm = None;
        }
        let stopped = match interrupted {
            Interrupted::Overtaken => Stopped::Conflict,
            Interrupted::Broken(fault) => Stopped::Broken(fault),
            Interrupted::NotWritten(error) => {
                let is_rolled_back = self.pen.roll_back().await;
                let failure = failure_of(&error);
                if failure == Failure::ReadOnly {
                    self.pen.refused();
                }
                match failure {
                    Failure::Conflict if is_rolled_back => Stopped::Conflict,
                    Failure::GivenUp if is_rolled_back && !under_lock => Stopped::Conflict,
                    Failure::GivenUp | Failure::Held | Failure::Refused | Failure::ReadOnly | Failure::Damaged
                        if is_rolled_back =>
                    {
                        Stopped::Broken(database(error))
                    }
                    // Nobody can tell what was committed until the ids are sent again.
                    Failure::Conflict
                    | Failure::GivenUp
                    | Failure::Held
                    | Failure::Refused
                    | Failure::ReadOnly
                    | Failure::Damaged
                    | Failure::Unknown => Stopped::Broken(unknown(error)),
                }
            }
        };
        if let Stopped::Broken(fault) = &stopped {
            if matches!(fault, Fault::Damaged { .. }) {
                self.pen.damaged(fault);
            }
            self.pen.drop_conns();
        }
        stopped
    }

    /// Answers a batch that is committed.
    async fn report(&mut self, Closed { requests, decided, .. }: Closed) {
        answer(requests, self.replay(decided).await);
    }

    /// Makes the outcomes of a batch that is committed, and looks up those of ids that were settled earlier.
    async fn replay(&mut self, decided: Vec<Decided>) -> Result<Vec<Outcome>, Fault> {
        let settled = self.settled(&decided).await?;
        let outcome = |decided| {
            Ok(match decided {
                Decided::Posted(posted) => Outcome::One(Ok(posted)),
                Decided::Rejected(rejection) => Outcome::One(Err(rejection)),
                Decided::Settled(position) => Outcome::One(Ok(settled.one(position)?)),
                Decided::Together(outcome) => Outcome::Atomic(outcome),
                Decided::SettledTogether(first) => Outcome::Atomic(Ok(settled.together(first)?)),
            })
        };
        decided.into_iter().map(outcome).collect()
    }

    /// Reads what was posted under ids that were settled earlier.
    async fn settled(&mut self, decided: &[Decided]) -> Result<Earlier, Fault> {
        let (mut ones, mut firsts) = (Vec::new(), Vec::new());
        for decided in decided {
            match decided {
                Decided::Settled(position) => ones.push(*position),
                Decided::SettledTogether(first) => firsts.push(*first),
                Decided::Posted(_) | Decided::Rejected(_) | Decided::Together(_) => {}
            }
        }
        if ones.is_empty() && firsts.is_empty() {
            return Ok(Earlier::default());
        }
        let read = match self.pen.reading().await {
            Ok(conn) => Earlier::read(conn, ones, firsts).await.map_err(Interrupted::from),
            Err(interrupted) => Err(interrupted),
        };
        // The batch is committed, so a failure here must not claim that nothing was changed.
        read.map_err(|interrupted| {
            self.pen.drop_conns();
            unknown(interrupted)
        })
    }
}

/// What was posted under ids that were settled earlier.
#[derive(Default)]
struct Earlier {
    posted: HashMap<i64, Posted>,
    /// How many records were posted together, by the first one's position.
    records: HashMap<i64, i64>,
}

impl Earlier {
    async fn read(conn: &mut Conn, ones: Vec<i64>, firsts: Vec<i64>) -> Result<Self, Fault> {
        let records = batch::records(conn, &firsts).await?;
        let together = records.iter().flat_map(|(first, records)| *first..first + records);
        let positions = ones.into_iter().chain(together).collect();
        Ok(Self { posted: record::posted(conn, positions).await?, records })
    }

    fn one(&self, position: i64) -> Result<Posted, Fault> {
        self.posted.get(&position).cloned().ok_or_else(|| record::missing(position))
    }

    fn together(&self, first: i64) -> Result<Vec<Posted>, Fault> {
        let records = *self.records.get(&first).ok_or_else(|| record::missing(first))?;
        (first..first + records).map(|position| self.one(position)).collect()
    }
}

/// Nobody can tell whether it was committed, because of this error.
fn unknown(error: impl std::error::Error + Send + Sync + 'static) -> Fault {
    Fault::OutcomeUnknown { reason: error.to_string(), source: Some(Arc::new(error)) }
}

/// Adds the requests that wait, as long as the batch has room.
fn take_waiting(requests: &mut Vec<Queued>, queue: &mut mpsc::Receiver<Queued>) {
    let mut commands: usize = requests.iter().map(|request| request.envelopes.len()).sum();
    while commands < BATCH_COMMANDS_MAX
        && let Ok(next) = queue.try_recv()
    {
        commands += next.envelopes.len();
        requests.push(next);
    }
}

/// Answers those of the requests from `first` on that stand, in their sequence, behind one that a fault has met.
fn turn_away(requests: &mut Vec<Queued>, first: usize) {
    let new = requests.split_off(first);
    requests.extend(new.into_iter().filter_map(Queued::unless_stopped));
}

/// Gives each request the outcomes of its commands.
fn answer(requests: Vec<Queued>, outcomes: Result<Vec<Outcome>, Fault>) {
    let mut outcomes = outcomes.map(Vec::into_iter);
    for request in requests {
        request.answer(&mut outcomes);
    }
}

#[cfg(all(test, feature = "sqlite", feature = "town"))]
mod tests {
    use crate::store::Queue;

    use tokio::sync::oneshot;
    use tokio::task::JoinHandle;

    use super::super::{Answer, NodeRow, Poster, Reply, Stopped, WARM_KEYS_MAX};
    use super::*;
    use crate::book::{AccountState, Address};
    use crate::clock::{BankClock, Clock, LastRecord, Randomness};
    use crate::command::{Channel, Command, Envelope, Key, SetAccountState};
    use crate::ledger::{Ledger, NewBank, Options};
    use crate::people::{SetStation, Unit};
    use crate::reject::Rejection;
    use crate::slice::Slice;
    use crate::store::Rows;

    fn unit_of(code: &str) -> Envelope {
        let text = str::to_owned;
        let unit = Unit { code: text(code), parent: text(""), level: text("town"), name: text("it"), origin: text("") };
        Envelope::unkeyed("clerk-1", Channel::Host, Command::SetUnit(unit))
    }

    fn unit() -> Envelope {
        unit_of("U1")
    }

    fn station() -> Envelope {
        let text = str::to_owned;
        let station = SetStation { code: text("S01"), unit: text("U1"), name: text("it"), origin: text("") };
        Envelope::unkeyed("clerk-1", Channel::Host, Command::SetStation(station))
    }

    /// Puts commands into a writer's hands as one request.
    fn request(envelopes: Vec<Envelope>) -> (Queued, oneshot::Receiver<(Answer, Vec<Envelope>)>) {
        let (answer, answered) = oneshot::channel();
        (Queued { envelopes, reply: Reply::Each(answer), sequence: None }, answered)
    }

    /// A bank in a folder of its own, and a writer beside the bank's own one.
    struct Bank {
        folder: std::path::PathBuf,
        url: String,
        ledger: Ledger,
    }

    #[expect(clippy::unwrap_used, reason = "a helper of tests: what fails here fails the test")]
    impl Bank {
        async fn new() -> Self {
            let folder = std::env::temp_dir().join(format!("writer-{}", uuid::Uuid::now_v7()));
            std::fs::create_dir(&folder).unwrap();
            let url = format!("sqlite://{}/bank.db", folder.display());
            let ledger = Ledger::open(&url, Options::create(NewBank::of_town("baoyulan"))).await.unwrap();
            Self { folder, url, ledger }
        }

        async fn conn(&self) -> Conn {
            Conn::open(&Target::parse(&self.url).unwrap(), false).await.unwrap()
        }

        async fn writer(&self) -> Writer {
            let kid = self.ledger.receipt_keys().await.unwrap().pop().unwrap();
            let key = crate::key_file::read(self.ledger.key_folder(), &self.ledger.bank().bank_id, kid.id()).unwrap();
            let clock =
                BankClock::new(Clock::Fixed(0), Arc::default(), LastRecord { posted_at: 0, is_of_demo: true }, 0);
            let desk = Desk { clock, randomness: Randomness::System, key: Arc::new(key), moves_reserved: false };
            Writer::new(Target::parse(&self.url).unwrap(), self.conn().await, desk, Handle::current(), WARM_KEYS_MAX)
        }

        async fn writer_without_stations(&self) -> Writer {
            let mut writer = self.writer().await;
            let (mut world, head) = cold(&mut self.conn().await).await.unwrap();
            world.town.stations = Slice::partial("stations");
            writer.warm = Some((world, head));
            writer
        }

        async fn remove(self) {
            self.ledger.close().await;
            std::fs::remove_dir_all(self.folder).unwrap();
        }
    }

    fn run(writer: Writer) -> (Poster, JoinHandle<Option<Conn>>) {
        let (queue, requests) = mpsc::channel(1);
        (Poster { queue: Arc::new(Queue::new(queue, None)) }, tokio::spawn(writer.run(requests)))
    }

    /// The positions or rejections in an answer.
    #[expect(clippy::unwrap_used, reason = "a helper of tests: what fails here fails the test")]
    async fn outcomes(answered: oneshot::Receiver<(Answer, Vec<Envelope>)>) -> Vec<Result<i64, Rejection>> {
        let (answer, _) = answered.await.unwrap();
        answer.unwrap().into_iter().map(|outcome| outcome.map(|posted| posted.position)).collect()
    }

    /// A station stands in a unit. Both commands are decided before either is committed, and nobody is answered before that.
    #[tokio::test]
    async fn a_batch_is_decided_on_what_the_one_before_will_have_led_to() {
        let bank = Bank::new().await;
        let mut writer = bank.writer().await;
        let (_queue, mut requests) = mpsc::channel(1);
        let (first, mut first_answered) = request(vec![unit()]);
        let (second, mut second_answered) = request(vec![station()]);

        // Nobody follows the commit yet, so it does not go on.
        writer.batch(first, &mut requests).await;
        assert!(first_answered.try_recv().is_err(), "answered before the commit");
        writer.batch(second, &mut requests).await;
        assert!(second_answered.try_recv().is_err(), "answered before the commit");
        writer.finish().await.unwrap();

        assert_eq!(outcomes(first_answered).await, [Ok(1)]);
        assert_eq!(outcomes(second_answered).await, [Ok(2)]);
        drop(writer);
        bank.remove().await;
    }

    /// Another process is first. The batch before is decided again, and so is what was decided on it.
    #[tokio::test]
    async fn both_batches_are_decided_again_if_another_process_was_first() {
        let bank = Bank::new().await;
        let mut writer = bank.writer().await;
        let (_queue, mut requests) = mpsc::channel(1);
        let (first, first_answered) = request(vec![unit()]);
        let (second, second_answered) = request(vec![station()]);

        writer.batch(first, &mut requests).await;
        let posted = bank.ledger.post(unit_of("U2")).await.unwrap();
        assert_eq!(posted.position, 1);
        writer.batch(second, &mut requests).await;
        writer.finish().await.unwrap();

        assert_eq!(outcomes(first_answered).await, [Ok(2)]);
        assert_eq!(outcomes(second_answered).await, [Ok(3)]);
        drop(writer);
        bank.remove().await;
    }

    /// The unit is never committed, so there is no station in it either.
    #[tokio::test]
    async fn what_was_decided_on_a_batch_that_failed_is_void() {
        let bank = Bank::new().await;
        let mut writer = bank.writer().await;
        let (_queue, mut requests) = mpsc::channel(1);
        let noted = Envelope { reason: "a note goes into a table of its own".to_owned(), ..unit() };
        let (first, first_answered) = request(vec![noted]);
        let (second, second_answered) = request(vec![station()]);

        writer.batch(first, &mut requests).await;
        bank.conn().await.execute("ALTER TABLE ledger_notes RENAME TO elsewhere").await.unwrap();
        writer.batch(second, &mut requests).await;
        writer.finish().await.unwrap();

        let (answer, _) = first_answered.await.unwrap();
        assert!(matches!(answer, Err(Fault::OutcomeUnknown { .. })), "{answer:?}");
        let refused = outcomes(second_answered).await;
        assert_eq!(refused, [Err(Rejection::UnknownUnit { unit: "U1".to_owned() })]);
        drop(writer);
        bank.remove().await;
    }

    /// A batch of refusals alone does not move the head, so nothing else would tell the writer that it was never written.
    #[tokio::test]
    async fn a_refusal_that_was_not_stored_is_not_remembered() {
        let bank = Bank::new().await;
        let mut writer = bank.writer().await;
        let (_queue, mut requests) = mpsc::channel(1);
        let id = uuid::Uuid::now_v7();
        let keyed = || Envelope { key: Some(Key { credential: "till-1".into(), id }), ..station() };
        let (first, first_answered) = request(vec![keyed()]);
        let (again, answered_again) = request(vec![keyed()]);

        writer.batch(first, &mut requests).await;
        bank.conn().await.execute("ALTER TABLE ledger_outcomes RENAME TO elsewhere").await.unwrap();
        writer.finish().await.unwrap_err();
        let (answer, _) = first_answered.await.unwrap();
        assert!(matches!(answer, Err(Fault::OutcomeUnknown { .. })), "{answer:?}");

        bank.conn().await.execute("ALTER TABLE elsewhere RENAME TO ledger_outcomes").await.unwrap();
        writer.batch(again, &mut requests).await;
        writer.finish().await.unwrap();
        assert_eq!(outcomes(answered_again).await, [Err(Rejection::UnknownUnit { unit: "U1".to_owned() })]);
        let refusals = "SELECT COUNT(*) FROM ledger_outcomes WHERE refused_at IS NOT NULL";
        assert_eq!(bank.conn().await.fetch_text(refusals).await.unwrap()[0].integer(0), 1, "what is told is stored");
        drop(writer);
        bank.remove().await;
    }

    /// What the second batch needs has to be read, and there is no second connection to be had: it waits for the first.
    #[tokio::test]
    async fn without_a_second_connection_a_batch_waits_for_the_one_before() {
        let bank = Bank::new().await;
        let mut writer = bank.writer().await;
        let (_queue, mut requests) = mpsc::channel(1);
        let (first, first_answered) = request(vec![unit()]);
        let unknown = Command::SetAccountState(SetAccountState {
            address: Address::new("nobody/points").unwrap(),
            state: AccountState::Frozen,
        });
        let (second, second_answered) = request(vec![station(), Envelope::unkeyed("clerk-1", Channel::Host, unknown)]);

        writer.batch(first, &mut requests).await;
        writer.pen.lose_reader().unwrap();
        writer.batch(second, &mut requests).await;
        writer.finish().await.unwrap();

        assert_eq!(outcomes(first_answered).await, [Ok(1)]);
        let outcomes = outcomes(second_answered).await;
        assert_eq!(outcomes[0], Ok(2));
        assert!(matches!(outcomes[1], Err(Rejection::UnknownAccount { .. })), "{outcomes:?}");
        drop(writer);
        bank.remove().await;
    }

    /// The answer to a repeated id is read over the connection that has just committed.
    #[tokio::test]
    async fn without_a_second_connection_a_repeated_id_gets_its_answer() {
        let bank = Bank::new().await;
        let mut writer = bank.writer().await;
        let (_queue, mut requests) = mpsc::channel(1);
        let id = uuid::Uuid::now_v7();
        let keyed = || Envelope { key: Some(Key { credential: "till-1".into(), id }), ..unit() };
        let (first, first_answered) = request(vec![keyed()]);
        let (again, answered_again) = request(vec![keyed()]);
        let (last, last_answered) = request(vec![station()]);

        writer.batch(first, &mut requests).await;
        writer.pen.lose_reader().unwrap();
        writer.batch(again, &mut requests).await;
        writer.batch(last, &mut requests).await;
        writer.finish().await.unwrap();

        assert_eq!(outcomes(first_answered).await, [Ok(1)]);
        assert_eq!(outcomes(answered_again).await, [Ok(1)]);
        assert_eq!(outcomes(last_answered).await, [Ok(2)]);
        drop(writer);
        bank.remove().await;
    }

    /// Its first block was written ahead when something else broke. Nothing of it gets into the next commit.
    #[tokio::test]
    async fn what_was_written_ahead_goes_with_its_batch() {
        let bank = Bank::new().await;
        let mut writer = bank.writer().await;
        let (_queue, mut requests) = mpsc::channel(1);
        let mut rows = Rows::default();
        (0..1024).for_each(|node| rows.push(&NodeRow { level: 8, node, hash: [0; 32] }));
        writer.pen.write_ahead(&mut rows).await.unwrap();
        writer.void(Fault::Closed.into()).await;

        let (first, answered) = request(vec![unit()]);
        writer.batch(first, &mut requests).await;
        writer.finish().await.unwrap();
        assert_eq!(outcomes(answered).await, [Ok(1)]);
        let nodes = bank.conn().await.fetch_text("SELECT COUNT(*) FROM ledger_nodes").await.unwrap();
        assert_eq!(nodes[0].integer(0), 0);
        drop(writer);
        bank.remove().await;
    }

    /// The writer never takes "not asked for" for "not there". The whole batch fails and nothing of it is written,
    /// neither before the faulty rule nor after it. Usually the world holds all stations, so the rules never ask for them;
    /// here they read something that nobody has asked for.
    #[tokio::test]
    async fn a_rule_that_reads_what_it_has_not_asked_for_fails_its_batch() {
        let bank = Bank::new().await;
        let before = bank.ledger.journal_head().await.unwrap();

        let writer = bank.writer_without_stations().await;
        let (poster, writing) = run(writer);
        let outcome = poster.post_all(vec![unit(), station(), unit()]).await;
        drop(poster);
        match writing.await {
            // A debug build panics, so that nobody overlooks the fault.
            Err(panicked) => assert!(cfg!(debug_assertions) && panicked.is_panic(), "{panicked}"),
            Ok(_) => {
                let is_unasked = matches!(&outcome, Err(Stopped { fault: Fault::Unasked(unasked), .. }) if unasked.slice == "stations");
                assert!(!cfg!(debug_assertions) && is_unasked, "{outcome:?}");
            }
        }
        assert_eq!(bank.ledger.journal_head().await.unwrap(), before, "nothing was written");

        // Even in that world, a batch is written if its rules ask for all they read.
        let (poster, _) = run(bank.writer_without_stations().await);
        let outcomes = poster.post_all(vec![unit()]).await.unwrap();
        assert_eq!(outcomes[0].as_ref().map(|posted| posted.position), Ok(1));
        // With the stations, the batch that failed is written too.
        assert_eq!(bank.ledger.post(station()).await.unwrap().position, 2);
        bank.remove().await;
    }
}
