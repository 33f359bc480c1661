//! The past: an account as of any position is what it was right after that record, however the records were posted.

#![expect(clippy::unwrap_used, reason = "helpers of tests: what fails here fails the test")]

use std::collections::BTreeMap;

use bank_tests::aged::age;
use bank_tests::bank::{CLERK, NOON, TestBank, unkeyed};
use bank_tests::both_engines;
use bank_tests::journal::{Tables, assert_whole};
use baoyulan_ledger::book::milestone::{MILESTONE_RECORDS, is_reserved};
use baoyulan_ledger::book::{Account, AccountState, Address, Class, Commodity};
use baoyulan_ledger::command::{
    CaptureHold, Channel, Command, DefineCommodity, Envelope, NewAccount, NewEntry, PlaceHold, Post, ReleaseHold,
    SetAccountState,
};
use baoyulan_ledger::store::dialect::Engine;
use baoyulan_ledger::store::milestone::{Which, account_at};
use baoyulan_ledger::store::{Conn, Target};
use baoyulan_ledger::time::{date_of, day_of};
use baoyulan_ledger::{AtomicEnvelope, Ledger, Options, Request};

const DAY: i64 = 24 * 3600;

/// Random choices that are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        // Knuth's generator, whose high bits are the good ones.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    fn of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.roll(choices.len())].clone()
    }
}

fn at(text: &str) -> Address {
    Address::new(text).unwrap()
}

fn star() -> Commodity {
    Commodity::new("STAR").unwrap()
}

fn post(entries: impl IntoIterator<Item = NewEntry>) -> Command {
    Command::Post(Post { entries: entries.into_iter().collect() })
}

/// Points are granted to a wallet, a liability, which grows by credits.
fn grant(wallet: &str, points: i64, expires_at: i64) -> Command {
    post([NewEntry::new(at("granted"), points), NewEntry::new(at(wallet), -points).expiring_at(expires_at)])
}

const WALLETS: [&str; 2] = ["anna", "bert"];
/// All accounts: one without a floor that everything goes through, two with lots, and one without.
const ACCOUNTS: [&str; 4] = ["granted", "anna", "bert", "shop"];

fn openings() -> Vec<Command> {
    let account = |address: &str, class| NewAccount::new(at(address), class, star());
    let mut openings = vec![
        Command::DefineCommodity(DefineCommodity { commodity: star(), scale: 0 }),
        Command::OpenAccount(NewAccount { floor: None, ..account("granted", Class::Expense) }),
        Command::OpenAccount(NewAccount { floor: None, ..account("shop", Class::Income) }),
    ];
    let wallet = |address| NewAccount { lotted: true, ..account(address, Class::Liability) };
    openings.extend(WALLETS.map(|address| Command::OpenAccount(wallet(address))));
    openings
}

/// What somebody does with the accounts; not all of it is allowed.
fn act(dice: &mut Dice, number: i64) -> Command {
    let wallet = dice.of(&WALLETS);
    let points = 1 + dice.roll(20) as i64;
    let spend = [NewEntry::new(at(wallet), points), NewEntry::new(at("shop"), -points)];
    let hold = format!("h-{}", dice.roll(12) as i64 + number / 40 * 12);
    match dice.roll(16) {
        0..=4 => grant(wallet, points, NOON + DAY * (1 + dice.roll(30) as i64)),
        5..=7 => post(spend),
        8..=10 => Command::PlaceHold(PlaceHold {
            hold,
            entries: spend.into(),
            until: NOON + 60 * number + 60 * (1 + dice.roll(90) as i64),
        }),
        11..=12 => {
            let part = points / 2 + 1;
            let part = CaptureHold::all(&hold).of([(at(wallet), part), (at("shop"), -part)]);
            Command::CaptureHold(if dice.roll(2) == 0 { CaptureHold::all(&hold) } else { part.keeping_rest() })
        }
        13 => Command::ReleaseHold(ReleaseHold { hold }),
        14 => post([NewEntry::new(at("granted"), points), NewEntry::new(at("shop"), -points)]),
        _ => Command::SetAccountState(SetAccountState {
            address: at(dice.of(&ACCOUNTS)),
            state: dice.of(&[AccountState::Frozen, AccountState::Open, AccountState::Open]),
        }),
    }
}

/// Commands, each at its own time and for one of some days.
fn commands(seed: u64, count: i64) -> Vec<(i64, Envelope)> {
    let mut dice = Dice(seed);
    let mut commands: Vec<(i64, Envelope)> = openings().into_iter().map(|command| (NOON, unkeyed(command))).collect();
    for number in 0..count {
        let effective_on = dice.of(&[None, Some(date_of(20_610)), Some(date_of(20_700)), Some(date_of(20_600))]);
        let envelope = Envelope { effective_on, ..unkeyed(act(&mut dice, number)) };
        commands.push((NOON + 60 * number, envelope));
    }
    commands
}

/// An account as far as the past has it: without empty lots, and without holds that will raise it.
fn kept(mut account: Account) -> Account {
    account.lots.retain(|_, remaining| *remaining != 0);
    let class = account.class;
    account.held.retain(|_, piece| is_reserved(class, piece.remaining));
    account
}

/// What every account was right after every record, by position and address, and when the record was posted.
type Past = BTreeMap<(i64, &'static str), (Account, i64)>;

/// Posts one command after the other, and notes what there is after each.
async fn post_noting(bank: &TestBank, commands: &[(i64, Envelope)]) -> Past {
    let ledger = bank.open().await;
    let mut past = Past::new();
    for (now, envelope) in commands {
        bank.set_now(*now);
        let Ok(posted) = ledger.post(envelope.clone()).await else { continue };
        for address in ACCOUNTS {
            let Some(account) = ledger.account(&at(address)).await.unwrap() else { continue };
            past.insert((posted.position, address), (kept(account), posted.posted_at));
        }
    }
    ledger.close().await;
    past
}

/// Asserts that every account is at every position what it was, and was not there before.
async fn assert_past(ledger: &Ledger, past: &Past) {
    let size = ledger.journal_head().await.unwrap().0 as i64;
    for position in 0..size {
        for address in ACCOUNTS {
            let found = ledger.account_at(&at(address), position).await.unwrap();
            let found = found.map(|found| {
                assert_eq!(found.position, position);
                (found.account, found.posted_at)
            });
            let was = past.get(&(position, address)).cloned();
            assert_eq!(found, was, "{address} at {position}");
        }
    }
    assert_eq!(ledger.account_at(&at("anna"), size).await.unwrap(), None, "the journal is not that long");
    assert_eq!(ledger.account_at(&at("anna"), -1).await.unwrap(), None);
    assert_eq!(ledger.account_at(&at("nobody"), size - 1).await.unwrap(), None);
}

both_engines!(an_account_is_at_any_position_what_it_was, async |bank: &TestBank| {
    let past = post_noting(bank, &commands(3, 420)).await;
    // Without holds that reserve something and milestones of all sorts this would say little.
    assert!(past.values().any(|(account, _)| account.held.len() > 3));
    let mut tables = Tables::open(bank.url()).await;
    for table in ["ledger_milestones", "ledger_milestone_lots", "ledger_milestone_holds"] {
        assert!(!tables.rows(&format!("SELECT account FROM {table}")).await.is_empty(), "{table}");
    }
    drop(tables);
    let ledger = bank.open().await;
    assert_past(&ledger, &past).await;
    ledger.close().await;
    assert_whole(bank.url()).await;
});

/// Commands of which the last is refused, so that the world is put back to what it was.
fn never() -> Vec<Command> {
    let twice = |quantity| post([NewEntry::new(at("granted"), quantity), NewEntry::new(at("shop"), -quantity)]);
    vec![twice(3), twice(5), post([NewEntry::new(at("granted"), 1)])]
}

both_engines!(batches_and_forgetting_leave_the_same_past, async |bank: &TestBank| {
    // All at one time, so that batches decide the same as single commands.
    let commands: Vec<(i64, Envelope)> = commands(5, 300).into_iter().map(|(_, envelope)| (NOON, envelope)).collect();
    let one_by_one = TestBank::sqlite();
    let past = post_noting(&one_by_one, &commands).await;
    let mut rest: Vec<Envelope> = commands.into_iter().map(|(_, envelope)| envelope).collect();
    for size in [100, 3, usize::MAX] {
        let later = rest.split_off(rest.len().min(size));
        let ledger = Ledger::open(bank.url(), Options { warm_keys_max: 0, ..bank.options() }).await.unwrap();
        let batch = std::mem::replace(&mut rest, later);
        let given_up = (0..batch.len()).map(|_| AtomicEnvelope::unkeyed(CLERK, Channel::Host, never()).into());
        let requests = given_up.zip(batch).flat_map(|(given_up, envelope)| [given_up, Request::from(envelope)]);
        let outcomes = ledger.submit_requests(requests.collect()).await.unwrap().outcomes().await.unwrap();
        assert!(outcomes.into_iter().step_by(2).all(|outcome| outcome.into_atomic().is_err()));
        ledger.close().await;
    }
    let ledger = bank.open().await;
    assert_past(&ledger, &past).await;
    ledger.close().await;
    assert_whole(bank.url()).await;
});

/// A hot account: everything goes through it.
async fn hot(bank: &TestBank, transactions: i64) -> Ledger {
    let ledger = bank.open().await;
    let grants = (0..transactions).map(|number| grant("anna", 1 + number % 7, NOON + DAY * (1 + number % 5)));
    let envelopes = openings().into_iter().chain(grants).map(unkeyed).collect();
    assert!(ledger.post_all(envelopes).await.unwrap().iter().all(Result::is_ok));
    ledger
}

both_engines!(a_hot_account_has_its_milestones_within_a_batch, async |bank: &TestBank| {
    let ledger = hot(bank, 1000).await;
    let size = ledger.journal_head().await.unwrap().0 as i64;
    let first = size - 1000;
    for position in [first, first + 1, first + 62, first + 63, first + 64, first + 500, size - 2, size - 1] {
        let transactions = position - first + 1;
        let granted: i64 = (0..transactions).map(|number| 1 + number % 7).sum();
        let found = ledger.account_at(&at("granted"), position).await.unwrap().unwrap();
        assert_eq!((found.account.balance, found.account.records), (granted, transactions), "at {position}");
        let wallet = ledger.account_at(&at("anna"), position).await.unwrap().unwrap().account;
        assert_eq!(wallet.lots.values().sum::<i64>(), granted, "at {position}");
        assert_eq!(wallet.normal_balance(), granted, "at {position}");
    }
    ledger.close().await;
    let mut tables = Tables::open(bank.url()).await;
    let rows = tables.rows("SELECT account, COUNT(*), MIN(whole) FROM ledger_milestones GROUP BY account").await;
    let counts: Vec<[i64; 2]> = rows.iter().map(|row| [row[1].integer(), row[2].integer()]).collect();
    assert_eq!(counts, [[1000 / MILESTONE_RECORDS, 1]; 2]);
    drop(tables);
    assert_whole(bank.url()).await;
});

both_engines!(entries_are_listed_from_any_position_newest_first, async |bank: &TestBank| {
    let ledger = hot(bank, 200).await;
    let size = ledger.journal_head().await.unwrap().0 as i64;
    let positions = async |before, limit| {
        let page = ledger.history(&at("granted"), before, limit).await.unwrap().unwrap();
        page.lines.iter().map(|line| line.position).collect::<Vec<i64>>()
    };
    assert_eq!(positions(None, 3).await, [size - 1, size - 2, size - 3]);
    assert_eq!(positions(Some(size + 50), 2).await, [size - 1, size - 2]);
    for before in [size - 200, size - 199, size - 137, size - 136, size - 1] {
        let expected: Vec<i64> = (size - 200..before).rev().take(70).collect();
        assert_eq!(positions(Some(before), 70).await, expected, "before {before}");
    }
    assert_eq!(positions(Some(0), 5).await, Vec::<i64>::new());
    assert!(ledger.history(&at("nobody"), None, 5).await.unwrap().is_none());
});

both_engines!(a_balance_by_effective_day_is_the_sum_of_its_entries, async |bank: &TestBank| {
    post_noting(bank, &commands(9, 300)).await;
    let mut tables = Tables::open(bank.url()).await;
    let rows = tables
        .rows(
            "SELECT a.address, d.effective_day, e.quantity FROM ledger_entries e, ledger_records d, ledger_accounts a \
             WHERE d.position = e.position AND a.account = e.account",
        )
        .await;
    drop(tables);
    let ledger = bank.open().await;
    let today = day_of(baoyulan_ledger::time::date_at(NOON, ledger.zone()));
    let mut sums = std::collections::BTreeSet::new();
    for day in [0, 20_599, 20_600, 20_610, today, 20_700, 30_000] {
        for address in ACCOUNTS {
            let entries = rows.iter().filter(|row| row[0].text() == address && row[1].integer() <= day);
            let sum: i128 = entries.map(|row| i128::from(row[2].integer())).sum();
            let found = ledger.balance_on(&at(address), day).await.unwrap().unwrap();
            assert_eq!(found.balance, sum, "{address} on {day}");
            sums.insert((address, sum));
        }
    }
    assert!(sums.len() > 4 * ACCOUNTS.len(), "{sums:?}");
    assert_eq!(ledger.balance_on(&at("nobody"), 0).await.unwrap(), None);
});

both_engines!(a_hold_says_what_was_put_in_and_what_is_left, async |bank: &TestBank| {
    let ledger = hot(bank, 20).await;
    let entries = vec![NewEntry::new(at("anna"), 30), NewEntry::new(at("shop"), -30)];
    let place = PlaceHold { hold: "order-7".to_owned(), entries, until: NOON + DAY };
    let placed = ledger.post(unkeyed(Command::PlaceHold(place))).await.unwrap();
    let capture = CaptureHold::all("order-7").of([(at("anna"), 29), (at("shop"), -29)]).keeping_rest();
    ledger.post(unkeyed(Command::CaptureHold(capture))).await.unwrap();
    let found = ledger.hold("order-7").await.unwrap().unwrap();
    assert_eq!((found.hold.id.0, found.hold.until), (placed.position, NOON + DAY));
    let pieces = |address: &str| {
        let pieces = found.pieces.iter().filter(|piece| piece.address.as_str() == address);
        pieces.fold((0, 0), |(placed, left), piece| (placed + piece.placed, left + piece.remaining))
    };
    assert_eq!((pieces("anna"), pieces("shop")), ((30, 1), (-30, -1)));
    assert!(ledger.hold("order-8").await.unwrap().is_none());
});

/// How many rows of tables the reading of an account met, as the engine counts them; on SQLite how many steps it took.
async fn effort(bank: &TestBank, address: &str, position: i64) -> i64 {
    let mut conn = Conn::open(&Target::parse(bank.url()).unwrap(), false).await.unwrap();
    let count = match conn.engine() {
        Engine::Sqlite => {
            "SELECT CAST(TOTAL(nstep) AS BIGINT) FROM sqlite_stmt WHERE sql NOT LIKE '%sqlite_stmt%' AND sql LIKE '%ledger_%'"
        }
        Engine::Postgres => {
            "SELECT CAST(COALESCE(SUM(seq_tup_read + COALESCE(idx_tup_fetch, 0)), 0) AS BIGINT) \
             FROM pg_stat_xact_user_tables WHERE schemaname = current_schema()"
        }
    };
    conn.execute(conn.engine().begin_snapshot_by_keys()).await.unwrap();
    let before = conn.fetch_text(count).await.unwrap()[0].integer(0);
    account_at(&mut conn, Which::Address(&at(address)), position).await.unwrap().unwrap();
    let after = conn.fetch_text(count).await.unwrap()[0].integer(0);
    conn.execute("COMMIT").await.unwrap();
    conn.close().await;
    after - before
}

both_engines!(a_longer_history_makes_no_reading_longer, async |bank: &TestBank| {
    let ledger = hot(bank, 2000).await;
    let first = ledger.journal_head().await.unwrap().0 as i64 - 2000;
    let mut short = 0;
    for position in first..first + 130 {
        short = short.max(effort(bank, "granted", position).await).max(effort(bank, "anna", position).await);
    }
    assert!(short > MILESTONE_RECORDS, "{short}: the reading was not counted");
    let grants = (0..14_000).map(|number| grant("anna", 1 + number % 7, NOON + DAY * (1 + number % 5)));
    assert!(ledger.post_all(grants.map(unkeyed).collect()).await.unwrap().iter().all(Result::is_ok));
    ledger.close().await;
    // On PostgreSQL: the entries of each record between two milestones, twice, and what is read once.
    assert!(!bank.is_postgres() || short <= 2 * MILESTONE_RECORDS + 20, "{short} rows");
    for position in [first, first + 1999, first + 2000, first + 8191, first + 15_998, first + 15_999] {
        for address in ["granted", "anna"] {
            let long = effort(bank, address, position).await;
            assert!(long <= short + short / 10, "{address} at {position}: {long}, and {short} in a short history");
        }
    }
});

both_engines!(an_account_of_many_lots_notes_them_the_more_seldom, async |bank: &TestBank| {
    let ledger = bank.open().await;
    // First one lot after the other, and then a few of them again and again.
    let lot = |number: i64| NOON + DAY + if number < 300 { number } else { number % 5 };
    let grants = (0..1100).map(|number| grant("anna", 1, lot(number)));
    let envelopes = openings().into_iter().chain(grants).map(unkeyed).collect();
    let posted = ledger.post_all(envelopes).await.unwrap();
    let first = posted.into_iter().flatten().map(|posted| posted.position).max().unwrap() - 1099;
    let mut tables = Tables::open(bank.url()).await;
    let rows = tables
        .rows(
            "SELECT m.records, COUNT(l.expires_at) FROM ledger_milestones m JOIN ledger_accounts a ON a.account = m.account \
             LEFT JOIN ledger_milestone_lots l ON l.account = m.account AND l.position = m.position \
             WHERE a.address = 'anna' AND m.whole = 1 GROUP BY m.records ORDER BY m.records",
        )
        .await;
    let noted: Vec<[i64; 2]> = rows.iter().map(|row| [row[0].integer(), row[1].integer()]).collect();
    assert_eq!(noted, [[64, 64], [128, 128], [256, 256], [512, 300], [1024, 300]]);
    for number in [0, 63, 64, 255, 299, 300, 511, 700, 1023, 1099] {
        let found = ledger.account_at(&at("anna"), first + number).await.unwrap().unwrap().account;
        let mut lots = BTreeMap::new();
        (0..=number).for_each(|number| *lots.entry(lot(number)).or_default() += 1);
        assert_eq!(found.lots, lots, "after {number}");
    }
    ledger.close().await;
    drop(tables);
    assert_whole(bank.url()).await;
});

both_engines!(an_old_bank_gets_its_milestones_when_it_is_brought_up_to_date, async |bank: &TestBank| {
    // Accounts with few lots and with many, of which some have been emptied; and one that was frozen for a while.
    let mut dice = Dice(11);
    let mut commands: Vec<(i64, Envelope)> = openings().into_iter().map(|command| (NOON, unkeyed(command))).collect();
    for number in 0..500 {
        let command = match dice.roll(10) {
            0..=5 => grant("anna", 1 + dice.roll(9) as i64, NOON + DAY + number),
            6..=7 => grant("bert", 1 + dice.roll(9) as i64, NOON + DAY * (1 + dice.roll(5) as i64)),
            8 => post([NewEntry::new(at("bert"), 20), NewEntry::new(at("shop"), -20)]),
            _ => Command::SetAccountState(SetAccountState {
                address: at("shop"),
                state: dice.of(&[AccountState::Frozen, AccountState::Open]),
            }),
        };
        commands.push((NOON, unkeyed(command)));
    }
    let past = post_noting(bank, &commands).await;
    assert_whole(bank.url()).await;
    let milestones = async || {
        let mut tables = Tables::open(bank.url()).await;
        let mut dump = tables.dump().await;
        [dump.remove("ledger_milestones").unwrap(), dump.remove("ledger_milestone_lots").unwrap()]
    };
    let before = milestones().await;
    assert!(before[0].len() > 10 && before[0].iter().any(|row| row[6].integer() == 0), "{:?}", before[0]);
    assert!(before[1].len() > 100);
    age(bank).await;
    let ledger = bank.open().await;
    assert_eq!(milestones().await, before);
    assert_past(&ledger, &past).await;
    ledger.close().await;
    assert_whole(bank.url()).await;
});
