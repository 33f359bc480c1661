//! SIGKILL in the middle of everything. A counter is killed again and again while it works. Unanswered commands are
//! sent once more under their ids, and in the end each has happened once or not at all.

#![expect(clippy::unwrap_used, reason = "helpers of tests: what fails here fails the test")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use bank_tests::bank::{NOON, TestBank, activity, attendance, cards, keyed, post_all, redeem, reference_town};
use bank_tests::counter::{Answer, Counter, Dice, Outcome, soak_factor};
use bank_tests::journal::{Tables, assert_whole};
use baoyulan_ledger::book::Address;
use baoyulan_ledger::command::{
    CaptureHold, Command, NewEntry, PlaceHold, Post, ReleaseHold, Reverse, ReverseRedemption,
};
use baoyulan_ledger::people::CardNumber;
use baoyulan_ledger::proof::Receipt;
use baoyulan_ledger::store::migrate::MIGRATIONS;
use baoyulan_ledger::{Ledger, Rejection};
use sqlx::{Connection, PgConnection, Row};
use uuid::Uuid;

/// How many times one run kills.
const KILLS: usize = 50;
/// How many commands are under way while a counter lives: some in one batch,
/// some in the queue, some still on their way.
const UNDER_WAY: usize = 96;
/// How many answered ids each new counter is asked about again.
const ASKED_AGAIN: usize = 8;
/// How many activities have attendances.
const ACTIVITIES: usize = 60;
/// How many points each rich member has at first.
const RICHES: i64 = 100_000_000;

fn counter(bank: &TestBank) -> Counter {
    let counter = Counter::start(env!("CARGO_BIN_EXE_counter_worker"), "post", bank);
    assert_eq!(counter.line(), "ready");
    counter
}

fn activity_code(index: usize) -> String {
    format!("C{index:04}")
}

/// The activities' days: one a day, from March on.
fn activity_day(index: usize) -> String {
    format!("2026-{:02}-{:02}", 3 + index / 20, 1 + index % 20)
}

fn granted(address: &Address, points: i64, expires_at: i64) -> Command {
    let granted = Address::new("expense/points-granted").unwrap();
    let entries = vec![NewEntry::new(granted, points), NewEntry::new(address.clone(), -points).expiring_at(expires_at)];
    Command::Post(Post { entries })
}

/// Makes the town and its activities, and gives points to everybody but the last. Returns their accounts of points.
async fn rich_town(ledger: &Ledger) -> Vec<Address> {
    reference_town(ledger).await;
    let activities = (0..ACTIVITIES).map(|index| {
        let day = activity_day(index);
        Command::SetActivity(activity(
            &activity_code(index),
            "elder",
            &format!("{day}T09:00"),
            &format!("{day}T11:00"),
            false,
        ))
    });
    post_all(ledger, activities).await;
    let mut addresses = Vec::new();
    for card in cards() {
        let statement = ledger.volunteer_statement(CardNumber::parse(&card).unwrap()).await.unwrap().unwrap();
        addresses.push(statement.points.address);
    }
    post_all(ledger, addresses[..5].iter().map(|address| granted(address, RICHES, NOON + 100_000_000))).await;
    addresses
}

/// What the database says about an id: its record's position, or the rejection.
type Stored = Result<i64, Rejection>;

/// Everything that was sent and answered, and what must come of it.
struct Run<'a> {
    bank: &'a TestBank,
    dice: Dice,
    points: Vec<Address>,
    /// How many records the bank had at first.
    size_before: i64,
    sent: Vec<Command>,
    unanswered: BTreeSet<usize>,
    answered: HashMap<usize, Outcome>,
    /// What the database said about the unanswered ids right after a kill.
    found: HashMap<usize, Option<Stored>>,
    receipts: Vec<String>,
    kills: usize,
    committed: usize,
    uncommitted: usize,
}

/// The id of the command that was sent as number `index`.
fn id_of(index: usize) -> Uuid {
    Uuid::from_u128(index as u128 + 1)
}

fn index_of(id: &[u8]) -> usize {
    u128::from_be_bytes(id.try_into().unwrap()) as usize - 1
}

impl Run<'_> {
    /// Picks anything that can happen at a station, including some things that the rules reject.
    fn command(&mut self) -> Command {
        let cards = cards();
        let dice = &mut self.dice;
        let rich = dice.roll(5);
        match dice.roll(30) {
            20..=29 => self.of_books(rich),
            0..=9 => redeem(&cards[rich], "S01", "V01", 1 + dice.roll(3) as i64),
            10 => redeem(&cards[rich], "S02", "G01", 1),
            11 => redeem(&cards[rich], "S02", "G10", 1),
            12 => redeem(&cards[5], "S01", "V01", 1),
            13 => granted(&self.points[5], 1 + dice.roll(5) as i64, NOON + 1000),
            14..=15 => {
                let expires_at = NOON + *dice.of(&[1000, 2000, 300_000_000]);
                granted(&self.points[rich], 1 + dice.roll(50) as i64, expires_at)
            }
            16 => {
                let index = dice.roll(ACTIVITIES);
                let day = activity_day(index);
                let (check_in, check_out) = (format!("{day}T09:00"), format!("{day}T11:00"));
                attendance(&activity_code(index), &cards[rich], &check_in, &check_out, "good")
            }
            _ => {
                // A receipt that a volunteer still holds; some are already reversed.
                let receipt =
                    if self.receipts.is_empty() { "S01-26-000001".to_owned() } else { dice.of(&self.receipts).clone() };
                Command::ReverseRedemption(ReverseRedemption::whole(&receipt))
            }
        }
    }

    /// Picks a hold, what becomes of one, or a reversal of anything.
    fn of_books(&mut self, rich: usize) -> Command {
        let (points, redeemed) = (self.points[rich].clone(), Address::new("income/points-redeemed").unwrap());
        let dice = &mut self.dice;
        let hold = format!("h-{}", dice.roll(60));
        match dice.roll(10) {
            0..=3 => {
                let quantity = 1 + dice.roll(20) as i64;
                let entries = vec![NewEntry::new(points, quantity), NewEntry::new(redeemed, -quantity)];
                Command::PlaceHold(PlaceHold { hold, entries, until: NOON + 86_400 })
            }
            4..=5 => Command::CaptureHold(CaptureHold::all(&hold)),
            6 => Command::CaptureHold(CaptureHold::all(&hold).of([(points, 1), (redeemed, -1)]).keeping_rest()),
            7 => Command::ReleaseHold(ReleaseHold { hold }),
            _ => {
                let position = self.size_before + dice.roll(self.sent.len().max(1)) as i64;
                Command::Reverse(Reverse { position, entries: None })
            }
        }
    }

    fn send_new(&mut self, counter: &mut Counter) {
        let command = self.command();
        let index = self.sent.len();
        counter.send(id_of(index), &command);
        self.sent.push(command);
        self.unanswered.insert(index);
    }

    /// Compares an answer with all that is known about its id. Returns whether it is the id's first answer.
    fn take(&mut self, answer: Answer) -> bool {
        let index = index_of(answer.id.as_bytes());
        let outcome = answer.outcome.unwrap();
        let accepted = outcome.is_ok();
        if let Some(known) = self.answered.get(&index) {
            assert_eq!(known, &outcome, "an id has one outcome: {index}");
            assert_eq!(answer.replayed, accepted, "{index}");
            return false;
        }
        let found = self.found.remove(&index).flatten();
        if let Some(stored) = &found {
            let told = outcome.as_ref().map(|(position, _)| *position).map_err(Clone::clone);
            assert_eq!(&told, stored, "what was committed before the kill is what is told after it: {index}");
        }
        assert_eq!(answer.replayed, found.is_some() && accepted, "{index}: {found:?}");
        if let (Command::Redeem(_), Ok((_, receipt))) = (&self.sent[index], &outcome) {
            let receipt = Receipt::read_unverified(receipt.as_ref().unwrap()).unwrap();
            self.receipts.push(receipt.number);
        }
        assert!(self.unanswered.remove(&index), "{index} was not asked for");
        self.answered.insert(index, outcome);
        true
    }

    /// Starts a new counter, and asks it again about what was not answered, and about some of what was.
    fn resume(&mut self) -> Counter {
        let mut counter = counter(self.bank);
        for index in &self.unanswered {
            counter.send(id_of(*index), &self.sent[*index]);
        }
        for _ in 0..ASKED_AGAIN {
            let index = self.dice.roll(self.sent.len().max(1));
            if self.answered.contains_key(&index) {
                counter.send(id_of(index), &self.sent[index]);
            }
        }
        counter
    }

    /// Lets a counter work for a while, and kills it.
    async fn round(&mut self) {
        let mut counter = self.resume();
        while self.unanswered.len() < UNDER_WAY {
            self.send_new(&mut counter);
        }
        if self.take(counter.answer()) {
            self.send_new(&mut counter);
        }
        let end = Instant::now() + Duration::from_micros(5_000 + self.dice.roll(115_000) as u64);
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            if let Some(answer) = counter.answer_within(left)
                && self.take(answer)
            {
                self.send_new(&mut counter);
            }
        }
        for answer in counter.kill() {
            self.take(answer);
        }
        self.inquire().await;
    }

    /// Finds out what the kill has left of the unanswered ids, before anybody opens the bank again.
    async fn inquire(&mut self) {
        if self.unanswered.is_empty() {
            return;
        }
        self.kills += 1;
        let stored = if self.bank.is_postgres() {
            nobody_is_connected(self.bank.url()).await;
            outcomes(self.bank.url()).await
        } else if self.kills.is_multiple_of(2) {
            outcomes(self.bank.url()).await
        } else {
            // Look at a copy, so that the next counter finds the file as the kill left it.
            let copy = copy_of_file(self.bank);
            outcomes(&format!("sqlite://{}", copy.display())).await
        };
        self.found.clear();
        for index in &self.unanswered {
            let stored = stored.get(index).cloned();
            if stored.is_some() {
                self.committed += 1;
            } else {
                self.uncommitted += 1;
            }
            self.found.insert(*index, stored);
        }
    }

    /// Lets a counter answer everything and end normally.
    fn settle(&mut self) {
        let counter = self.resume();
        for answer in counter.finish() {
            self.take(answer);
        }
        assert!(self.unanswered.is_empty());
    }
}

/// Reads the outcomes of all ids, without the ledger.
async fn outcomes(url: &str) -> HashMap<usize, Stored> {
    let mut tables = Tables::open(url).await;
    let rows = tables.rows("SELECT id, position, rejection FROM ledger_outcomes").await;
    let outcome = |position: i64, rejection: &str| match rejection {
        "" => Ok(position),
        rejection => Err(serde_json::from_str(rejection).unwrap()),
    };
    rows.iter().map(|row| (index_of(row[0].bytes()), outcome(row[1].integer(), row[2].text()))).collect()
}

/// Waits until the server has dropped the killed process's connections. Until then it may still commit.
async fn nobody_is_connected(url: &str) {
    let mut conn = PgConnection::connect(url).await.unwrap();
    let question = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() \
                    AND application_name = 'points-bank'";
    let end = Instant::now() + Duration::from_secs(30);
    while sqlx::query(question).fetch_one(&mut conn).await.unwrap().get::<i64, _>(0) > 0 {
        assert!(Instant::now() < end, "a connection of a killed counter stays");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn copy_of_file(bank: &TestBank) -> PathBuf {
    for name in ["bank.db", "bank.db-wal"] {
        let copy = bank.folder().join(name.replace("bank", "copy"));
        // If the bank was just closed, there is no log.
        if std::fs::copy(bank.folder().join(name), &copy).is_err() {
            let _ = std::fs::remove_file(copy);
        }
    }
    bank.folder().join("copy.db")
}

async fn kill_again_and_again(bank: &TestBank, test: &str) {
    bank.move_reserved();
    let ledger = bank.open().await;
    let points = rich_town(&ledger).await;
    let (size_before, _) = ledger.journal_head().await.unwrap();
    ledger.close().await;

    let mut run = Run {
        bank,
        dice: Dice::thrown(test),
        points,
        size_before: size_before as i64,
        sent: Vec::new(),
        unanswered: BTreeSet::new(),
        answered: HashMap::new(),
        found: HashMap::new(),
        receipts: Vec::new(),
        kills: 0,
        committed: 0,
        uncommitted: 0,
    };
    let kills = KILLS * soak_factor();
    for _ in 0..2 * kills {
        run.round().await;
        if run.kills == kills {
            break;
        }
    }
    run.settle();
    let Run { sent, answered, kills: killed, committed, uncommitted, .. } = run;
    println!(
        "{test}: {killed} kills, {} commands; unanswered at a kill: {committed} committed, {uncommitted} not",
        sent.len()
    );
    assert_eq!(killed, kills, "kills with a command under way");
    assert!(committed > 0, "no kill has hit a command between its commit and its answer: run it again");
    assert!(uncommitted > 0, "no kill has hit a command before its commit: run it again");
    assert_mixed(&sent, &answered);
    assert_stored(bank, &answered, size_before).await;
    assert_asked_again(bank, &sent, &answered).await;
    assert_whole(bank.url()).await;
}

/// Asserts that the run had some of every kind.
fn assert_mixed(sent: &[Command], answered: &HashMap<usize, Outcome>) {
    let mut seen: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (index, outcome) in answered {
        let outcome = match outcome {
            Ok(_) => "accepted",
            Err(Rejection::OutOfStock { .. }) => "out of stock",
            Err(Rejection::InsufficientPoints { .. }) => "too few points",
            Err(Rejection::AlreadyReversed) => "reversed already",
            Err(_) => "refused otherwise",
        };
        *seen.entry((sent[*index].kind(), outcome)).or_default() += 1;
    }
    println!("{seen:?}");
    for kind in [
        ("REDM", "accepted"),
        ("REDM", "out of stock"),
        ("REDM", "too few points"),
        ("RVRS", "accepted"),
        ("RVRS", "reversed already"),
        ("POST", "accepted"),
        ("ATTD", "accepted"),
        ("HOLD", "accepted"),
        ("HCAP", "accepted"),
        ("REVS", "accepted"),
    ] {
        assert!(seen.contains_key(&kind), "{kind:?} is missing: {seen:?}");
    }
}

/// Asserts that the tables hold what was answered, once each, and nothing else.
async fn assert_stored(bank: &TestBank, answered: &HashMap<usize, Outcome>, size_before: u64) {
    let mut tables = Tables::open(bank.url()).await;
    let stored = outcomes(bank.url()).await;
    let told = answered.iter().map(|(index, outcome)| {
        let position = outcome.as_ref().map(|(position, _)| *position).map_err(Clone::clone);
        (*index, position)
    });
    assert!(stored == told.collect(), "the stored outcomes are those that were answered");

    let rows = tables.rows("SELECT id, position FROM ledger_outcomes WHERE position >= 0").await;
    let records: BTreeSet<(usize, i64)> = rows.iter().map(|row| (index_of(row[0].bytes()), row[1].integer())).collect();
    let accepted: BTreeSet<(usize, i64)> =
        answered.iter().filter_map(|(index, outcome)| Some((*index, outcome.as_ref().ok()?.0))).collect();
    assert_eq!(rows.len(), accepted.len(), "nothing was posted twice");
    assert!(records == accepted, "every record is one that was answered");
    let rows = tables.rows("SELECT COUNT(*) FROM ledger_records").await;
    assert_eq!(rows[0][0].integer() as u64, size_before + accepted.len() as u64, "records");

    let rows = tables.rows("SELECT position, token FROM ledger_receipts").await;
    let receipts: BTreeMap<i64, &str> = rows.iter().map(|row| (row[0].integer(), row[1].text())).collect();
    let told = answered.values().flatten().filter_map(|(position, token)| Some((*position, token.as_deref()?)));
    assert!(receipts == told.collect(), "every receipt is there byte for byte, and no other");
}

/// Asserts that the bank, opened again, repeats every id's outcome, and that its accounts agree.
async fn assert_asked_again(bank: &TestBank, sent: &[Command], answered: &HashMap<usize, Outcome>) {
    bank.move_reserved();
    let ledger = bank.open().await;
    let head = ledger.journal_head().await.unwrap();
    let envelopes =
        sent.iter().enumerate().map(|(index, command)| keyed(id_of(index).as_u128(), command.clone())).collect();
    for (index, again) in ledger.post_all(envelopes).await.unwrap().into_iter().enumerate() {
        let again = again.map(|posted| (posted.position, posted.receipt));
        assert_eq!(again, answered[&index], "{index} asked again");
    }
    assert_eq!(ledger.journal_head().await.unwrap(), head, "asking again changes nothing");
    assert_eq!(ledger.trial_balance().await.unwrap().disagreements, [""; 0]);
    ledger.close().await;
}

#[tokio::test]
async fn killed_again_and_again_on_sqlite() {
    kill_again_and_again(&TestBank::sqlite(), "sqlite").await;
}

#[tokio::test]
async fn killed_again_and_again_on_postgres() {
    // Use a database of its own, in which only its counters have connections.
    let bank = TestBank::postgres_alone(xtask::postgres::shared_url().unwrap()).await;
    kill_again_and_again(&bank, "postgres").await;
}

/// Starts a program that is about to found the bank.
fn starter(bank: &TestBank) -> Counter {
    let mut counter = Counter::start(env!("CARGO_BIN_EXE_counter_worker"), "found", bank);
    assert_eq!(counter.line(), "waiting");
    counter.tell("go");
    counter
}

/// Kills a program while it founds the bank. It must leave a whole bank or none, and never a bank without its key.
/// Returns whether it had made the key.
async fn kill_a_first_start(bank: &TestBank, after: Duration) -> bool {
    let counter = starter(bank);
    tokio::time::sleep(after).await;
    // Dropping it kills it.
    drop(counter);
    let has_key = bank.key_folder().exists();
    bank.move_reserved();
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    ledger.close().await;
    let mut tables = Tables::open(bank.url()).await;
    let migrations = MIGRATIONS.len();
    for (table, rows) in [("bank", 1), ("keys", 1), ("migrations", migrations), ("head", 1)] {
        assert_eq!(tables.rows(&format!("SELECT * FROM ledger_{table}")).await.len(), rows, "{table}");
    }
    assert_whole(bank.url()).await;
    has_key
}

/// How many first starts one run kills.
const FIRST_STARTS: usize = 12;

async fn kill_first_starts(make: impl Fn() -> TestBank, test: &str) {
    let bank = make();
    let start = Instant::now();
    starter(&bank).line();
    let whole = start.elapsed();
    let mut dice = Dice::thrown(test);
    let mut with_key = 0;
    for _ in 0..FIRST_STARTS * soak_factor() {
        let after = Duration::from_micros(dice.roll(whole.as_micros() as usize) as u64);
        with_key += usize::from(kill_a_first_start(&make(), after).await);
    }
    println!("{test}: a first start takes {whole:?}; {with_key} had made a key when they were killed");
}

#[tokio::test]
async fn killed_at_the_first_start_on_sqlite() {
    kill_first_starts(TestBank::sqlite, "first starts, sqlite").await;
}

#[tokio::test]
async fn killed_at_the_first_start_on_postgres() {
    kill_first_starts(TestBank::postgres, "first starts, postgres").await;
}
