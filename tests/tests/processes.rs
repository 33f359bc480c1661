//! Several processes at one bank, and what can happen to a bank on a bad day: two first starts at once, a lost key, a
//! newer schema, a broken connection, a file that somebody else has locked.

#![expect(clippy::unwrap_used, reason = "helpers of tests: what fails here fails the test")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bank_tests::bank::{NOON, TestBank, cards, execute, keyed, offer, post_all, redeem, reference_town, unkeyed};
use bank_tests::both_engines;
use bank_tests::counter::{Answer, Counter, Dice, Outcome, soak_factor};
use bank_tests::host::{Host, order_of};
use bank_tests::journal::{Tables, assert_whole};
use baoyulan_ledger::book::Address;
use baoyulan_ledger::command::{
    CaptureHold, Command, NewEntry, OpenStock, PlaceHold, Post, Redeem, ReleaseHold, Reverse,
};
use baoyulan_ledger::people::CardNumber;
use baoyulan_ledger::store::migrate::MIGRATIONS;
use baoyulan_ledger::{Error, Fault, Ledger, Options, Rejection};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use tokio::task::JoinSet;
use uuid::Uuid;
use xtask::postgres::Server;

const PROGRAM: &str = env!("CARGO_BIN_EXE_counter_worker");

/// Grants points to a volunteer's account; a negative number takes them back.
fn granted(address: &Address, points: i64) -> Command {
    let granted = Address::new("expense/points-granted").unwrap();
    let expires_at = (points > 0).then_some(NOON + 1_000_000);
    let entries =
        vec![NewEntry::new(granted, points), NewEntry { expires_at, ..NewEntry::new(address.clone(), -points) }];
    Command::Post(Post { entries })
}

async fn points_of(ledger: &Ledger, card: &str) -> (Address, i64) {
    let statement = ledger.volunteer_statement(CardNumber::parse(card).unwrap()).await.unwrap().unwrap();
    (statement.points.address.clone(), statement.points.normal_balance())
}

async fn pieces_of(ledger: &Ledger, address: &str) -> i64 {
    ledger.account(&Address::new(address).unwrap()).await.unwrap().unwrap().normal_balance()
}

const RICHES: i64 = 1_000_000;

/// Makes the town and gives each of its people a million points.
async fn rich_town(ledger: &Ledger) -> Vec<Address> {
    reference_town(ledger).await;
    let mut addresses = Vec::new();
    for card in cards() {
        addresses.push(points_of(ledger, &card).await.0);
    }
    post_all(ledger, addresses.iter().map(|address| granted(address, RICHES))).await;
    addresses
}

async fn assert_even(bank: &TestBank, ledger: &Ledger) {
    assert_eq!(ledger.trial_balance().await.unwrap().disagreements, [""; 0]);
    assert_whole(bank.url()).await;
}

// Several at once --------------------------------------------------------------------------------------------------------

/// How many commands all senders share; each has others of its own.
const SHARED: u128 = 1200;
const OWN: u128 = 400;
/// One of how many commands the host sends: each takes a transaction of its own.
const OF_HOST: u128 = 4;
/// How many holds there are, each with an amount of its own.
const HOLDS: usize = 300;

/// The commands that senders choose from.
struct Choices<'t> {
    /// The accounts of points, one for each card.
    points: &'t [Address],
    /// The position of the first record that one of them can make.
    first: i64,
}

impl Choices<'_> {
    fn one(&self, dice: &mut Dice) -> Command {
        let cards = cards();
        let person = dice.roll(cards.len());
        match dice.roll(16) {
            0..=4 => redeem(&cards[person], "S01", "V01", 1 + dice.roll(2) as i64),
            5 => redeem(&cards[person], "S01", "G10", 1),
            6 => redeem(&cards[person], "S02", "G01", 1),
            7..=8 => granted(&self.points[person], 1 + dice.roll(100) as i64),
            9 => granted(&self.points[person], -1 - dice.roll(100) as i64),
            10..=11 => self.hold(dice.roll(HOLDS)),
            12 => Command::CaptureHold(CaptureHold::all(&format!("h-{}", dice.roll(HOLDS)))),
            13 => Command::ReleaseHold(ReleaseHold { hold: format!("h-{}", dice.roll(HOLDS)) }),
            _ => Command::Reverse(Reverse { position: self.first + dice.roll(2000) as i64, entries: None }),
        }
    }

    /// A hold of some points, which is the same whoever places it.
    fn hold(&self, number: usize) -> Command {
        let Command::Post(Post { entries }) = granted(&self.points[number % self.points.len()], held(number)) else {
            unreachable!()
        };
        Command::PlaceHold(PlaceHold { hold: format!("h-{number}"), entries, until: NOON + 1_000_000 })
    }
}

/// What a hold makes of a person's points: it takes some.
fn held(number: usize) -> i64 {
    -1 - (number % 20) as i64
}

/// Sends all commands at once. The counter itself limits how many are in flight.
fn send_to_counter(mut counter: Counter, commands: Vec<(u128, Command)>) -> Vec<Answer> {
    assert_eq!(counter.line(), "ready");
    for (id, command) in &commands {
        counter.send(Uuid::from_u128(*id), command);
    }
    counter.finish()
}

/// Sends commands from this process, 64 at a time, as the counters do.
async fn send_from_here(ledger: &Arc<Ledger>, commands: Vec<(u128, Command)>) -> Vec<Answer> {
    let (mut answers, mut tasks) = (Vec::new(), JoinSet::new());
    for (id, command) in commands {
        if tasks.len() == 64 {
            answers.push(tasks.join_next().await.unwrap().unwrap());
        }
        let ledger = Arc::clone(ledger);
        tasks.spawn(async move {
            let outcome = ledger.post(keyed(id, command)).await;
            let replayed = outcome.as_ref().is_ok_and(|posted| posted.replayed);
            let outcome = match outcome {
                Ok(posted) => Ok(Ok((posted.position, posted.receipt))),
                Err(Error::Rejected(rejection)) => Ok(Err(rejection)),
                Err(Error::Fault(fault)) => Err(format!("{}: {fault}", fault.code())),
            };
            Answer { id: Uuid::from_u128(id), outcome, replayed }
        });
    }
    answers.extend(tasks.join_all().await);
    answers
}

/// Checks that every id has one outcome, whoever was told, and returns them.
fn one_outcome_each(answers: Vec<Answer>) -> HashMap<u128, Outcome> {
    let mut outcomes: HashMap<u128, Outcome> = HashMap::new();
    let mut first_told = BTreeSet::new();
    for answer in answers {
        let (id, outcome) = (answer.id.as_u128(), answer.outcome.unwrap());
        if outcome.is_ok() && !answer.replayed {
            assert!(first_told.insert(id), "{id} was posted twice");
        }
        let known = outcomes.entry(id).or_insert_with(|| outcome.clone());
        assert_eq!(*known, outcome, "{id} has one outcome in every process");
    }
    let accepted: BTreeSet<u128> = outcomes.iter().filter_map(|(id, outcome)| outcome.is_ok().then_some(*id)).collect();
    assert_eq!(first_told, accepted, "somebody was the first to be told");
    outcomes
}

both_engines!(four_processes_post_to_one_bank, async |bank: &TestBank| {
    let mut dice = Dice::thrown("four processes");
    bank.move_reserved();
    let ledger = Arc::new(bank.open().await);
    let points = rich_town(&ledger).await;
    let (size_before, _) = ledger.journal_head().await.unwrap();
    let choices = Choices { points: &points, first: size_before as i64 };
    let mut orders = Host::of(bank).await;

    let own = OWN * soak_factor() as u128;
    let shared: Vec<(u128, Command)> =
        (0..SHARED * soak_factor() as u128).map(|id| (id, choices.one(&mut dice))).collect();
    let mut commands: BTreeMap<u128, Command> = shared.iter().cloned().collect();
    let mut lists = Vec::new();
    for process in 1..=4_u128 {
        let of_its_own = (0..own).map(|id| (process << 64 | id, choices.one(&mut dice)));
        let list = shared.iter().cloned().chain(of_its_own);
        // The last one posts in transactions of its own.
        let mut list: Vec<(u128, Command)> = list.filter(|(id, _)| process < 4 || id % OF_HOST == 0).collect();
        commands.extend(list.iter().cloned());
        // Shared commands come in nearly the same order, so that they race. Each sender's own are spread among them.
        list.sort_by_cached_key(|(id, _)| {
            let place = if id >> 64 == 0 { *id } else { (id & u128::from(u64::MAX)) * SHARED / OWN };
            place as usize + dice.roll(50)
        });
        lists.push(list);
    }
    let sent: usize = lists.iter().map(Vec::len).sum();
    let of_host: BTreeSet<i64> = lists[3].iter().map(|(id, _)| order_of(*id)).collect();
    let here = lists.remove(0);
    let counters: Vec<_> = lists
        .into_iter()
        .zip(["post", "post", "host"])
        .map(|(list, what)| {
            let counter = Counter::start(PROGRAM, what, bank);
            std::thread::spawn(move || send_to_counter(counter, list))
        })
        .collect();
    let mut answers = send_from_here(&ledger, here).await;
    for counter in counters {
        answers.extend(counter.join().unwrap());
    }
    assert_eq!(answers.len(), sent, "every command was answered");
    let numbers: Vec<i64> = orders.orders().await;
    assert_eq!(
        numbers.iter().copied().collect::<BTreeSet<_>>(),
        of_host,
        "an order for each, and none that was undone"
    );
    assert_eq!(numbers.len(), of_host.len());

    let outcomes = one_outcome_each(answers);
    assert_eq!(outcomes.len(), commands.len());
    let accepted: BTreeMap<i64, &Command> =
        commands.iter().filter_map(|(id, command)| Some((outcomes[id].as_ref().ok()?.0, command))).collect();
    let (size, _) = ledger.journal_head().await.unwrap();
    assert_eq!(size, size_before + accepted.len() as u64, "a record for each");
    for kind in ["HOLD", "HCAP", "HREL", "REVS", "REDM", "POST"] {
        assert!(accepted.values().any(|command| command.kind() == kind), "no {kind} was accepted");
    }
    assert_balances(&ledger, &points, &accepted).await;
    assert_even(bank, &ledger).await;
});

/// What records have made of the points and pieces that there were.
struct Sums {
    points_left: Vec<i64>,
    pieces_left: BTreeMap<&'static str, i64>,
}

impl Sums {
    /// Adds what a command does, or takes it back.
    fn add(&mut self, points: &[Address], accepted: &BTreeMap<i64, &Command>, command: &Command, sign: i64) {
        match command {
            Command::Redeem(Redeem { card, lines, .. }) => {
                let (stock, points_each) = match lines[0].sku.as_str() {
                    "V01" => ("station/S01/stock/V01", 60),
                    "G10" => ("station/S01/stock/G10", 300),
                    _ => ("station/S02/stock/G01", 30),
                };
                let person = cards().iter().position(|other| other == card).unwrap();
                self.points_left[person] -= sign * lines[0].pieces * points_each;
                *self.pieces_left.get_mut(stock).unwrap() -= sign * lines[0].pieces;
            }
            Command::Post(Post { entries }) => {
                let person = points.iter().position(|address| *address == entries[1].address).unwrap();
                self.points_left[person] -= sign * entries[1].quantity;
            }
            Command::CaptureHold(CaptureHold { hold, .. }) => {
                let number: usize = hold.strip_prefix("h-").unwrap().parse().unwrap();
                self.points_left[number % points.len()] += sign * held(number);
            }
            Command::Reverse(Reverse { position, .. }) => self.add(points, accepted, accepted[position], -sign),
            Command::PlaceHold(_) | Command::ReleaseHold(_) => {}
            other => unreachable!("{other:?}"),
        }
    }
}

/// Asserts that the balances are the sums of what was accepted, so that no update is lost.
async fn assert_balances(ledger: &Ledger, points: &[Address], accepted: &BTreeMap<i64, &Command>) {
    let pieces_left =
        [("station/S01/stock/V01", 1_000_000), ("station/S01/stock/G10", 5), ("station/S02/stock/G01", 2)];
    let mut sums = Sums { points_left: vec![RICHES; points.len()], pieces_left: pieces_left.into() };
    for command in accepted.values() {
        sums.add(points, accepted, command, 1);
    }
    for (card, left) in cards().iter().zip(sums.points_left) {
        let (address, balance) = points_of(ledger, card).await;
        assert_eq!(balance, left, "{address}");
    }
    for (address, pieces) in sums.pieces_left {
        assert_eq!(pieces_of(ledger, address).await, pieces, "{address}");
        assert!(pieces >= 0);
    }
}

both_engines!(a_refusal_without_an_id_is_not_an_old_one, async |bank: &TestBank| {
    bank.move_reserved();
    let (one, other) = (bank.open().await, bank.open_elsewhere().await);
    rich_town(&one).await;
    let rice = || unkeyed(redeem(&cards()[0], "S02", "G20", 1));
    assert!(matches!(one.post(rice()).await, Err(Error::Rejected(Rejection::UnknownItem { .. }))));
    // Once another process has changed something, no process may go on telling the old value.
    let stock = Command::OpenStock(OpenStock { station: "S02".to_owned(), sku: "G20".to_owned(), pieces: 1 });
    post_all(&other, [Command::SetOffer(offer("G20", "面条", 90, 0)), stock]).await;
    one.post(rice()).await.unwrap();
    assert!(matches!(other.post(rice()).await, Err(Error::Rejected(Rejection::OutOfStock { .. }))));
});

// Only the refusal is written, and no record: nothing but the head tells that another process has been there.
both_engines!(a_refusal_under_an_id_is_not_an_old_one, async |bank: &TestBank| {
    bank.move_reserved();
    let (one, other) = (bank.open().await, bank.open_elsewhere().await);
    rich_town(&one).await;
    let rice = |id| keyed(id, redeem(&cards()[0], "S02", "G20", 1));
    assert!(matches!(one.post(rice(1)).await, Err(Error::Rejected(Rejection::UnknownItem { .. }))));
    let stock = Command::OpenStock(OpenStock { station: "S02".to_owned(), sku: "G20".to_owned(), pieces: 1 });
    post_all(&other, [Command::SetOffer(offer("G20", "面条", 90, 0)), stock]).await;
    one.post(rice(2)).await.unwrap();
    assert!(matches!(other.post(rice(3)).await, Err(Error::Rejected(Rejection::OutOfStock { .. }))));
    for ledger in [one, other] {
        ledger.close().await;
    }
    assert_whole(bank.url()).await;
});

const STARTERS: usize = 6;
const STARTS: usize = 5;

async fn race_for_the_first_start(bank: &TestBank) {
    let mut starters: Vec<Counter> = (0..STARTERS).map(|_| Counter::start(PROGRAM, "found", bank)).collect();
    for starter in &starters {
        assert_eq!(starter.line(), "waiting");
    }
    for starter in &mut starters {
        starter.tell("go");
    }
    let seen: BTreeSet<String> = starters.iter().map(Counter::line).collect();
    for starter in starters {
        starter.finish();
    }
    assert_eq!(seen.len(), 1, "all see the same bank: {seen:?}");
    let seen = seen.into_iter().next().unwrap();
    let (bank_id, kid) = seen.split_once(' ').unwrap();

    let mut tables = Tables::open(bank.url()).await;
    let banks = tables.rows("SELECT bank_id FROM ledger_bank").await;
    assert_eq!(banks.len(), 1);
    assert_eq!(banks[0][0].text(), bank_id);
    let keys = tables.rows("SELECT kid, public_key FROM ledger_keys").await;
    assert_eq!(keys.len(), 1);
    assert_eq!(keys[0][0].text(), kid);
    assert_eq!(tables.rows("SELECT version FROM ledger_migrations").await.len(), MIGRATIONS.len());

    let files: BTreeSet<_> = std::fs::read_dir(bank.key_folder())
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(files, ["head", "place", "receipt-key"].map(|kind| format!("{bank_id}.{kind}")).into());
    let key = bank.signing_key();
    let public = key.public();
    assert_eq!((public.as_bytes().as_slice(), public.id()), (keys[0][1].bytes(), kid));
    assert_whole(bank.url()).await;
}

#[tokio::test]
async fn a_first_start_is_raced_for_on_sqlite() {
    for _ in 0..STARTS * soak_factor() {
        race_for_the_first_start(&TestBank::sqlite()).await;
    }
}

#[tokio::test]
async fn a_first_start_is_raced_for_on_postgres() {
    for _ in 0..STARTS * soak_factor() {
        race_for_the_first_start(&TestBank::postgres()).await;
    }
}

// What must not be made silently -----------------------------------------------------------------------------------------

fn reading(bank: &TestBank) -> Options {
    Options { read_only: true, create: None, ..bank.options() }
}

both_engines!(a_lost_key_is_named_and_never_replaced, async |bank: &TestBank| {
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    let bank_id = ledger.bank().bank_id.clone();
    ledger.close().await;
    let before = Tables::open(bank.url()).await.dump().await;
    let path = bank.key_folder().join(format!("{bank_id}.receipt-key"));
    let key = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();

    for options in [bank.options(), Options { create: None, ..bank.options() }] {
        let fault = Ledger::open(bank.url(), options).await.unwrap_err();
        assert_eq!(fault.code(), "key_missing");
        let Fault::KeyMissing { path: named, .. } = fault else { unreachable!() };
        assert_eq!(named, path.display().to_string());
    }
    let reader = Ledger::open(bank.url(), reading(bank)).await.unwrap();
    assert_even(bank, &reader).await;
    drop(reader);

    // Another bank's key does not help either.
    std::fs::write(&path, "00".repeat(32)).unwrap();
    assert_eq!(Ledger::open(bank.url(), bank.options()).await.unwrap_err().code(), "key_file");
    std::fs::remove_file(&path).unwrap();

    assert!(!path.exists(), "no key was made");
    assert_eq!(Tables::open(bank.url()).await.dump().await, before);
    std::fs::write(&path, key).unwrap();
    bank.open().await.post(unkeyed(redeem(&cards()[0], "S01", "G01", 1))).await.unwrap_err();
});

both_engines!(a_bank_whose_key_cannot_be_kept_is_not_made, async |bank: &TestBank| {
    // Put a file where the key's folder should be.
    std::fs::write(bank.key_folder(), "").unwrap();
    assert_eq!(Ledger::open(bank.url(), bank.options()).await.unwrap_err().code(), "key_file");
    assert_eq!(Ledger::open(bank.url(), reading(bank)).await.unwrap_err().code(), "no_bank");
    std::fs::remove_file(bank.key_folder()).unwrap();
    assert!(!is_there(bank).await, "nothing was made");
    reference_town(&bank.open().await).await;
});

both_engines!(a_newer_schema_is_left_alone, async |bank: &TestBank| {
    bank.open().await.close().await;
    execute(bank, "INSERT INTO ledger_migrations (version, digest, applied_at) VALUES (999, 'later', 0)").await;
    let before = Tables::open(bank.url()).await.dump().await;
    for options in [bank.options(), Options { create: None, ..bank.options() }, reading(bank)] {
        let fault = Ledger::open(bank.url(), options).await.unwrap_err();
        let known_here = MIGRATIONS.len() as i64;
        let is_too_new = matches!(fault, Fault::SchemaTooNew { found: 999, known } if known == known_here);
        assert!(is_too_new, "{fault:?}");
    }
    assert_eq!(Tables::open(bank.url()).await.dump().await, before);
});

/// Whether the bank's file or schema exists.
async fn is_there(bank: &TestBank) -> bool {
    let Some((server, schema)) = bank.url().split_once("?schema=") else {
        return std::fs::read_dir(bank.folder()).unwrap().next().is_some();
    };
    let rows = Tables::open(server).await.rows("SELECT nspname::text FROM pg_namespace").await;
    rows.iter().any(|row| row[0].text() == schema)
}

both_engines!(reading_makes_nothing, async |bank: &TestBank| {
    for options in [reading(bank), Options { create: None, ..bank.options() }] {
        let fault = Ledger::open(bank.url(), options).await.unwrap_err();
        assert_eq!(fault.code(), "no_bank");
        assert!(!is_there(bank).await && !bank.key_folder().exists());
    }
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    ledger.close().await;
    let before = Tables::open(bank.url()).await.dump().await;

    let elsewhere = bank.folder().join("elsewhere");
    let reader =
        Ledger::open(bank.url(), Options { key_folder: Some(elsewhere.clone()), ..reading(bank) }).await.unwrap();
    assert_eq!(reader.volunteer_balances().await.unwrap().len(), cards().len());
    let refused = reader.post(unkeyed(redeem(&cards()[0], "S01", "G01", 1))).await;
    assert!(matches!(refused, Err(Error::Fault(Fault::ReadOnly { .. }))), "{refused:?}");
    assert!(!elsewhere.exists());
    assert_eq!(Tables::open(bank.url()).await.dump().await, before);
});

// What breaks while it is running ----------------------------------------------------------------------------------------

const CUTS: usize = 20;
const CRASHES: usize = 2;

/// Ends the bank's connections, as a server does when it shuts down.
const CUT: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() \
                   AND application_name = 'points-bank'";

/// What became of a command that was sent until its outcome was known.
struct Known {
    outcome: Outcome,
    /// Whether the bank had posted it before it was sent for the last time.
    replayed: bool,
    /// The codes of the faults on the way.
    faults: Vec<&'static str>,
}

async fn send_until_known(ledger: &Ledger, id: u128, command: &Command) -> Known {
    let mut faults = Vec::new();
    loop {
        match ledger.post(keyed(id, command.clone())).await {
            Ok(posted) => {
                return Known { outcome: Ok((posted.position, posted.receipt)), replayed: posted.replayed, faults };
            }
            Err(Error::Rejected(rejection)) => return Known { outcome: Err(rejection), replayed: false, faults },
            Err(Error::Fault(fault)) => faults.push(fault.code()),
        }
    }
}

#[tokio::test]
async fn cut_connections_are_survived_on_postgres() {
    let bank = TestBank::postgres_alone(xtask::postgres::shared_url().unwrap()).await;
    let mut knife: Option<PgConnection> = None;
    interruptions_are_survived(&bank, "cut connections", CUTS * soak_factor(), async || {
        if knife.is_none() {
            knife = Some(PgConnection::connect(bank.url()).await.unwrap());
        }
        knife.as_mut().unwrap().execute(CUT).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_crashes_is_survived_on_postgres() {
    let mut server = Server::start().unwrap();
    let bank = TestBank::postgres_alone(server.url()).await;
    interruptions_are_survived(&bank, "crashes", CRASHES * soak_factor(), async || {
        tokio::task::block_in_place(|| {
            server.stop().unwrap();
            server.start_again().unwrap();
        });
    })
    .await;
}

/// Interrupts callers so many times, and as often again as it takes until one interruption has met a commit. In the end each
/// command has happened once or not at all.
async fn interruptions_are_survived(bank: &TestBank, test: &str, least: usize, mut interrupt: impl AsyncFnMut()) {
    bank.move_reserved();
    let ledger = Arc::new(bank.open().await);
    let points: Arc<[Address]> = rich_town(&ledger).await.into();
    let (size_before, _) = ledger.journal_head().await.unwrap();
    let mut dice = Dice::thrown(test);

    let (over, met) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut tasks = JoinSet::new();
    for task in 1..=24_u128 {
        let (ledger, over, points) = (Arc::clone(&ledger), Arc::clone(&over), Arc::clone(&points));
        let met = Arc::clone(&met);
        let mut dice = dice.another();
        tasks.spawn(async move {
            let choices = Choices { points: &points, first: size_before as i64 };
            let mut sent = Vec::new();
            while over.load(Ordering::SeqCst) == 0 {
                let id = task << 64 | sent.len() as u128;
                let command = choices.one(&mut dice);
                let Known { outcome, replayed, faults } = send_until_known(&ledger, id, &command).await;
                let unknown = faults.contains(&"outcome_unknown");
                met.fetch_add(usize::from(unknown), Ordering::SeqCst);
                assert!(unknown || !replayed, "{faults:?} said that nothing was changed");
                sent.push((id, command, outcome, faults));
            }
            sent
        });
    }
    let mut interruptions = 0;
    while interruptions < least || met.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_micros(20_000 + dice.roll(40_000) as u64)).await;
        interrupt().await;
        interruptions += 1;
    }
    over.store(1, Ordering::SeqCst);
    let sent: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();

    let mut faults: BTreeMap<&str, usize> = BTreeMap::new();
    for fault in sent.iter().flat_map(|(.., faults)| faults) {
        *faults.entry(fault).or_default() += 1;
    }
    println!("{} commands, faults: {faults:?}", sent.len());
    assert!(faults.contains_key("outcome_unknown"), "{faults:?}");
    assert!(faults.keys().all(|fault| ["outcome_unknown", "database"].contains(fault)), "{faults:?}");
    // The last interruption may have met an idle writer. Then only the first caller hears of it.
    let mut faults_again = Vec::new();
    for (id, command, outcome, _) in &sent {
        let again = send_until_known(&ledger, *id, command).await;
        assert_eq!(again.outcome, *outcome, "{id} asked again");
        assert_eq!(again.replayed, outcome.is_ok(), "{id} asked again");
        faults_again.extend(again.faults);
    }
    assert!(faults_again.len() <= 1, "nothing was interrupted any more: {faults_again:?}");
    let accepted: BTreeMap<i64, &Command> =
        sent.iter().filter_map(|(_, command, outcome, _)| Some((outcome.as_ref().ok()?.0, command))).collect();
    let (size, _) = ledger.journal_head().await.unwrap();
    assert_eq!(size, size_before + accepted.len() as u64, "one record for each");
    assert_balances(&ledger, &points, &accepted).await;
    assert_even(bank, &ledger).await;
    ledger.close().await;
}

#[tokio::test]
async fn a_connection_cut_after_the_commit_leaves_the_outcome_unknown_on_postgres() {
    let bank = TestBank::postgres_alone(xtask::postgres::shared_url().unwrap()).await;
    bank.move_reserved();
    let ledger = bank.open().await;
    rich_town(&ledger).await;
    let redemption = |id| keyed(id, redeem(&cards()[0], "S01", "V01", 1));
    let first = ledger.post(redemption(1)).await.unwrap();

    // After the commit, the writer still has to read the answer for an old id, with its entries and their accounts.
    // Only then does it read the table of accounts: the first redemption has loaded all that the second one needs, and
    // neither opens an account. There the connection waits, and is cut.
    let mut lock = PgConnection::connect(bank.url()).await.unwrap();
    lock.execute("BEGIN; LOCK TABLE ledger_accounts IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let cut = async {
        let mut knife = PgConnection::connect(bank.url()).await.unwrap();
        let waiting = format!("{CUT} AND wait_event_type = 'Lock'");
        let end = Instant::now() + Duration::from_secs(30);
        while knife.execute(AssertSqlSafe(waiting.clone())).await.unwrap().rows_affected() == 0 {
            assert!(Instant::now() < end, "the ledger does not wait for the lock");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let (outcome, ()) = tokio::join!(ledger.post_all(vec![redemption(1), redemption(2)]), cut);
    assert_eq!(outcome.unwrap_err().fault.code(), "outcome_unknown", "the second one has happened");
    lock.close().await.unwrap();

    let again = ledger.post_all(vec![redemption(1), redemption(2)]).await.unwrap();
    assert_eq!(again[0].as_ref().unwrap().receipt, first.receipt);
    assert!(again.iter().all(|posted| posted.as_ref().unwrap().replayed));
    assert_even(&bank, &ledger).await;
}

#[tokio::test]
async fn a_locked_file_is_waited_for_on_sqlite() {
    let bank = TestBank::sqlite();
    bank.move_reserved();
    let ledger = bank.open().await;
    let points = rich_town(&ledger).await;
    let mut other = SqliteConnection::connect(bank.url()).await.unwrap();
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    let start = Instant::now();
    let free = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        other.execute("ROLLBACK").await.unwrap();
    };
    let (posted, ()) = tokio::join!(ledger.post(keyed(1, granted(&points[0], 5))), free);
    assert!(!posted.unwrap().replayed);
    assert!(start.elapsed() >= Duration::from_secs(1), "it was written under somebody else's lock");
    assert_eq!(points_of(&ledger, &cards()[0]).await.1, RICHES + 5);
    assert_even(&bank, &ledger).await;
}
