//! SIGKILL under load, over HTTP: clients that retry by their key never lose a redemption and never get one twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, RwLock};
use std::time::{Duration, Instant};

use bank_tests::bank::TestBank;
use bank_tests::counter::{Dice, soak_factor};
use bank_tests::journal::{Tables, assert_whole};
use serde_json::{Value, json};

use super::support::{Answer, Caller, Service, credential, import_town, run};

/// Kills in one run, at least.
const KILLS: usize = 50;
/// By so many, kills must have hit requests both before and after their commit.
const KILLS_MAX: usize = 500;
/// How long a wish may go without an answer, kill after kill.
const ANSWER_PATIENCE: Duration = Duration::from_secs(300);
/// Clients at a time.
const CLIENTS: usize = 12;
/// Stations of the town, with a device each.
const STATIONS: usize = 14;

/// What all clients and the killer know of the run.
struct Run {
    /// Where the service listens now.
    address: RwLock<String>,
    over: AtomicBool,
    /// Requests that were left without an answer, and had been committed.
    committed: AtomicUsize,
    /// Those that had not been.
    uncommitted: AtomicUsize,
}

impl Run {
    fn note(&self, wish: &Wish) {
        if wish.was_lost && wish.answer.0 == 201 {
            let count = if wish.replayed { &self.committed } else { &self.uncommitted };
            count.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Whether kills have hit requests before their commit, and between it and the answer.
    fn has_both(&self) -> bool {
        [&self.committed, &self.uncommitted].iter().all(|count| count.load(Ordering::SeqCst) > 0)
    }
}

/// What a client knows of a wish.
struct Wish {
    key: String,
    station: usize,
    path: &'static str,
    body: Value,
    /// Status and body of its answer.
    answer: (u16, String),
    /// Whether an earlier try had been left without an answer.
    was_lost: bool,
    /// Whether the answer that came said that it was stored before.
    replayed: bool,
}

/// Sends until somebody answers; whether a try was lost on the way.
fn until_answered(caller: &Caller, run: &Run, path: &str, key: &str, body: &Value) -> (Answer, bool) {
    let (mut lost, begun) = (false, Instant::now());
    loop {
        assert!(begun.elapsed() < ANSWER_PATIENCE, "{key} is not answered");
        let url = run.address.read().unwrap().clone();
        match caller.at(&url).try_post(path, key, body) {
            // Not decided, or not known: the same again under the same key.
            Ok(answer) if [409, 500, 503].contains(&answer.status) => {}
            Ok(answer) => return (answer, lost),
            Err(_) => lost = true,
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// One client: redemptions of this and that, some reversed again.
fn client(number: usize, mut dice: Dice, cards: &[String], callers: &[Caller], run: &Run) -> Vec<Wish> {
    let mut wishes: Vec<Wish> = Vec::new();
    while !run.over.load(Ordering::SeqCst) {
        let station = dice.roll(STATIONS);
        let last = wishes.iter().rev().find(|wish| wish.path == "/v1/redemptions" && wish.answer.0 == 201);
        let (station, path, body) = match last {
            Some(last) if dice.roll(4) == 0 => {
                let receipt: Value = serde_json::from_str(&last.answer.1).unwrap();
                (last.station, "/v1/reversals", json!({"receipt": receipt["receipt_number"]}))
            }
            _ => {
                let sku = *dice.of(&["G01", "G02", "G03", "V01"]);
                let lines = json!([{"sku": sku, "pieces": 1}]);
                let station_code = format!("S{:02}", station + 1);
                (station, "/v1/redemptions", json!({"card": dice.of(cards), "station": station_code, "lines": lines}))
            }
        };
        let key = format!("client {number}, wish {}", wishes.len());
        let (answer, was_lost) = until_answered(&callers[station], run, path, &key, &body);
        let replayed = answer.header("idempotency-replayed") == "true";
        let answer = (answer.status, answer.text);
        let wish = Wish { key, station, path, body, answer, was_lost, replayed };
        run.note(&wish);
        wishes.push(wish);
    }
    wishes
}

async fn kill_again_and_again(bank: &TestBank, test: &str) {
    import_town(bank);
    let mut dice = Dice::thrown(test);
    let balances = run(bank, &["balances"], "");
    let cards: Vec<String> = balances.lines().skip(1).map(|line| line[..10].to_owned()).collect();
    let service = Mutex::new(Some(Service::start(bank)));
    let address = RwLock::new(service.lock().unwrap().as_ref().unwrap().url().to_owned());
    let known = Run { address, over: false.into(), committed: 0.into(), uncommitted: 0.into() };
    let callers: Vec<Caller> = (1..=STATIONS)
        .map(|station| Caller::new("", &credential(bank, "teller", &["--station", &format!("S{station:02}")])))
        .collect();

    let wishes: Vec<Wish> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let (dice, cards, callers, known) = (dice.another(), &cards, &callers, &known);
                scope.spawn(move || client(number, dice, cards, callers, known))
            })
            .collect();
        let kills = KILLS * soak_factor();
        for kill in 0..kills.max(KILLS_MAX) {
            if kill >= kills && known.has_both() {
                break;
            }
            std::thread::sleep(Duration::from_millis(20 + dice.roll(150) as u64));
            service.lock().unwrap().take().unwrap().kill();
            let next = Service::start(bank);
            known.address.write().unwrap().replace_range(.., next.url());
            *service.lock().unwrap() = Some(next);
        }
        std::thread::sleep(Duration::from_millis(200));
        known.over.store(true, Ordering::SeqCst);
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });

    let lost = wishes.iter().filter(|wish| wish.was_lost);
    let (committed, uncommitted): (Vec<_>, Vec<_>) =
        lost.filter(|wish| wish.answer.0 == 201).partition(|wish| wish.replayed);
    let accepted: Vec<&Wish> = wishes.iter().filter(|wish| wish.answer.0 == 201).collect();
    println!(
        "{test}: {} wishes, {} accepted; unanswered at a kill: {} committed, {} not",
        wishes.len(),
        accepted.len(),
        committed.len(),
        uncommitted.len()
    );
    assert!(!committed.is_empty(), "no kill has hit a request between its commit and its answer");
    assert!(!uncommitted.is_empty(), "no kill has hit a request before its commit");

    let url = known.address.read().unwrap().clone();
    for wish in &wishes {
        let again = callers[wish.station].at(&url).post(wish.path, &wish.key, &wish.body);
        assert_eq!((again.status, &again.text), (wish.answer.0, &wish.answer.1), "{} asked again", wish.key);
    }
    let mut tables = Tables::open(bank.url()).await;
    let rows = tables.rows("SELECT token FROM ledger_receipts").await;
    let stored: BTreeSet<&str> = rows.iter().map(|row| row[0].text()).collect();
    let told: Vec<Value> = accepted.iter().map(|wish| serde_json::from_str(&wish.answer.1).unwrap()).collect();
    let told: BTreeSet<&str> = told.iter().map(|receipt| receipt["receipt"].as_str().unwrap()).collect();
    assert_eq!((rows.len(), stored.len()), (accepted.len(), accepted.len()), "nothing was done twice");
    assert!(stored == told, "every receipt that was told is there, and no other");
    let mut seen: BTreeMap<(&str, u16), usize> = BTreeMap::new();
    for wish in &wishes {
        *seen.entry((wish.path, wish.answer.0)).or_default() += 1;
    }
    println!("{seen:?}");
    for kind in [("/v1/redemptions", 201), ("/v1/redemptions", 422), ("/v1/reversals", 201)] {
        assert!(seen.contains_key(&kind), "{kind:?} is missing: {seen:?}");
    }
    drop(service);
    run(bank, &["trial-balance"], "");
    // Receipt numbers without a gap, chains whole, the root recomputed.
    assert_whole(bank.url()).await;
}

#[tokio::test]
async fn killed_over_http_on_sqlite() {
    kill_again_and_again(&TestBank::sqlite(), "http, sqlite").await;
}

#[tokio::test]
async fn killed_over_http_on_postgres() {
    kill_again_and_again(&TestBank::postgres(), "http, postgres").await;
}
