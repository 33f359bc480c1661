//! Whoever calls the ledger: from any runtime, while the one in which it was opened is idle or gone; and as many at once as like,
//! over no more connections than are allowed.

#![expect(clippy::unwrap_used, reason = "helpers of tests: what fails here fails the test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use bank_tests::bank::{
    TestBank, cards, credential, keyed, redeem, reference_town, refuse_records_from, station, take_records, unkeyed,
};
use bank_tests::both_engines;
use bank_tests::journal::assert_whole;
use baoyulan_ledger::book::{AccountState, Address, Class, Commodity};
use baoyulan_ledger::command::{Command, DefineCommodity, NewAccount, SetAccountState};
use baoyulan_ledger::people::{CardNumber, Role};
use baoyulan_ledger::poster::Sequence;
use baoyulan_ledger::{Definition, Error, Fault, Ledger, Options, Rejection, Request, Stopped};
use sqlx::{Connection, PgConnection};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

fn one_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Runs something on a thread of its own. If it hangs, the test fails instead of waiting for ever.
fn on_a_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, ended) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        let outcome = work();
        let _ = done.send(());
        outcome
    });
    let ended = ended.recv_timeout(Duration::from_secs(60));
    assert_ne!(ended, Err(mpsc::RecvTimeoutError::Timeout), "it hangs");
    thread.join().unwrap()
}

/// Posts stations, and reads in between what only a connection can tell.
async fn post_and_read(ledger: &Ledger, caller: &str) {
    let anna = CardNumber::parse(&cards()[0]).unwrap();
    for number in 0..20 {
        ledger.post(unkeyed(station(&format!("{caller}-{number}"), "新站"))).await.unwrap();
        assert!(ledger.station_names().await.unwrap().contains_key(&format!("{caller}-{number}")));
        assert!(ledger.volunteer_account(anna).await.unwrap().is_some());
        assert!(ledger.access().credential("till-1").await.unwrap().is_some());
        assert!(!ledger.access().has_pins().await.unwrap());
    }
}

async fn open_town(bank: &TestBank) -> Ledger {
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    let till = Command::IssueCredential(credential("till-1", Role::Teller, "S01"));
    ledger.post(unkeyed(till)).await.unwrap();
    // Connections for reading, too, that were opened where nobody will be.
    ledger.volunteer_balances().await.unwrap();
    assert!(!ledger.access().has_pins().await.unwrap());
    ledger
}

/// Opens a bank in one runtime, and uses it from two others at once. `keep` says whether the first one stays, idle.
fn used_from_elsewhere(bank: TestBank, keep: bool) {
    on_a_thread(move || {
        let first = one_thread();
        let ledger = Arc::new(first.block_on(open_town(&bank)));
        let first = keep.then_some(first);
        let callers = ["B", "C"].map(|caller| {
            let ledger = Arc::clone(&ledger);
            std::thread::spawn(move || match caller {
                "B" => one_thread().block_on(post_and_read(&ledger, caller)),
                _ => Runtime::new().unwrap().block_on(post_and_read(&ledger, caller)),
            })
        });
        callers.into_iter().for_each(|caller| caller.join().unwrap());
        let last = one_thread();
        assert_eq!(last.block_on(ledger.trial_balance()).unwrap().disagreements, [""; 0]);
        last.block_on(Arc::into_inner(ledger).unwrap().close());
        drop(first);
    });
}

#[test]
fn a_ledger_outlives_the_runtime_that_opened_it_on_sqlite() {
    used_from_elsewhere(TestBank::sqlite(), false);
}

#[test]
fn a_ledger_outlives_the_runtime_that_opened_it_on_postgres() {
    used_from_elsewhere(TestBank::postgres(), false);
}

#[test]
fn a_ledger_does_not_wait_for_the_runtime_that_opened_it_on_sqlite() {
    used_from_elsewhere(TestBank::sqlite(), true);
}

#[test]
fn a_ledger_does_not_wait_for_the_runtime_that_opened_it_on_postgres() {
    used_from_elsewhere(TestBank::postgres(), true);
}

/// Puts commands into the queue, and returns before they are decided.
async fn send(ledger: &Ledger, batches: usize) -> Vec<baoyulan_ledger::poster::Submitted> {
    let mut sent = Vec::new();
    for batch in 0..batches {
        let stations = (0..50).map(|number| unkeyed(station(&format!("S{batch}-{number}"), "新站")));
        sent.push(ledger.submit(stations.collect()).await.unwrap());
    }
    sent
}

both_engines!(closing_waits_for_what_was_sent, async |bank: &TestBank| {
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    let (before, _) = ledger.journal_head().await.unwrap();
    drop(send(&ledger, 20).await);
    ledger.close().await;
    let ledger = bank.open().await;
    assert_eq!(ledger.journal_head().await.unwrap().0, before + 1000);
});

both_engines!(whoever_closes_a_ledger_closes_it_for_all_who_have_it, async |bank: &TestBank| {
    let ledger = open_town(bank).await;
    let (other, third) = (ledger.clone(), ledger.clone());
    let (before, _) = ledger.journal_head().await.unwrap();
    drop(send(&other, 20).await);
    tokio::join!(ledger.close(), third.close());
    assert_eq!(other.post(unkeyed(station("S99", "新站"))).await.unwrap_err().to_string(), Fault::Closed.to_string());
    let anna = CardNumber::parse(&cards()[0]).unwrap();
    let answers = [
        other.journal_head().await.err(),
        other.volunteer_account(anna).await.err(),
        other.access().credential("till-1").await.err(),
        other.access().close_sessions_of_credential("till-1".to_owned()).await.err(),
    ];
    assert_eq!(answers.map(|answer| answer.map(|fault| fault.code())), [Some("closed"); 4]);
    other.close().await;
    let ledger = bank.open().await;
    assert_eq!(ledger.journal_head().await.unwrap().0, before + 1000, "what was sent is posted");
});

both_engines!(set_up_may_run_at_every_start, async |bank: &TestBank| {
    let yuan = Commodity::new("CNY").unwrap();
    let till = NewAccount::new(Address::new("till").unwrap(), Class::Asset, yuan.clone());
    let definitions =
        |scale: i64| [DefineCommodity { commodity: yuan.clone(), scale }.into(), Definition::from(till.clone())];
    let ledger = bank.open().await;
    ledger.ensure("shop", definitions(2)).await.unwrap();
    let (size, _) = ledger.journal_head().await.unwrap();
    // Whoever has frozen the account meanwhile has done so.
    let freeze = SetAccountState { address: till.address.clone(), state: AccountState::Frozen };
    ledger.post(unkeyed(Command::SetAccountState(freeze))).await.unwrap();
    ledger.ensure("shop", definitions(2)).await.unwrap();
    assert_eq!(ledger.journal_head().await.unwrap().0, size + 1, "nothing is posted again");
    assert_eq!(ledger.account(&till.address).await.unwrap().unwrap().state, AccountState::Frozen);

    let otherwise = ledger.ensure("shop", definitions(3)).await.unwrap_err();
    assert!(matches!(otherwise, Error::Rejected(Rejection::CommodityDefined { scale: 2, .. })), "{otherwise}");
    let wider = NewAccount { floor: None, ..till.clone() };
    let otherwise = ledger.ensure("shop", [wider.into()]).await.unwrap_err();
    assert!(matches!(otherwise, Error::Rejected(Rejection::AccountExists { .. })), "{otherwise}");
    // Sent as a command, the same definition again has an outcome of its own under its id, and changes nothing.
    let [_, again] = definitions(2);
    let again = keyed(99, again.into());
    let posted = ledger.post(again.clone()).await.unwrap();
    assert!(posted.entries.is_empty() && !posted.replayed);
    assert_eq!(ledger.post(again).await.unwrap().position, posted.position);
    assert_eq!(ledger.trial_balance().await.unwrap().disagreements, [""; 0]);
    ledger.close().await;
    assert_whole(bank.url()).await;
});

/// What the engine, the driver or the system said is there for programs, and what a caller may do.
#[tokio::test]
async fn a_fault_has_its_source() {
    let nobody = "postgres://clerk@127.0.0.1:9/city?schema=town";
    let options = Options { key_folder: Some("/nowhere".into()), ..Options::existing() };
    let fault = Ledger::open(nobody, options).await.unwrap_err();
    let source = std::error::Error::source(&fault).unwrap();
    let source =
        source.downcast_ref::<Arc<dyn std::error::Error + Send + Sync>>().map_or(source, |source| source.as_ref());
    assert!(source.to_string().contains("refused"), "{source}");
    assert!(fault.code() == "database" && fault.may_be_sent_again() && !fault.may_have_been_applied());
}

both_engines!(a_ledger_may_be_dropped_anywhere, async |bank: &TestBank| {
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    ledger.volunteer_balances().await.unwrap();
    let sent = send(&ledger, 20).await;
    // In the middle of async code.
    drop(ledger);
    for sent in sent {
        assert!(sent.outcomes().await.unwrap().iter().all(Result::is_ok), "it is posted all the same");
    }
    let ledger = bank.open().await;
    ledger.volunteer_balances().await.unwrap();
    // Outside of any.
    on_a_thread(move || drop(ledger));
});

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_readers_share_the_connections_on_postgres() {
    const CONNECTIONS_MAX: usize = 8;
    let bank = TestBank::postgres_alone(xtask::postgres::shared_url().unwrap()).await;
    let options = Options { connections_max: CONNECTIONS_MAX, ..bank.options() };
    let ledger = Arc::new(Ledger::open(bank.url(), options).await.unwrap());
    reference_town(&ledger).await;

    let over = Arc::new(AtomicBool::new(false));
    let watching = tokio::spawn(watch(bank.url().to_owned(), Arc::clone(&over)));
    let mut readers = JoinSet::new();
    for number in 0..200_usize {
        let ledger = Arc::clone(&ledger);
        readers.spawn(async move {
            let card = CardNumber::parse(&cards()[number % cards().len()]).unwrap();
            for round in 0..5 {
                assert_eq!(ledger.volunteer_balances().await.unwrap().len(), cards().len());
                assert!(ledger.volunteer_account(card).await.unwrap().is_some());
                assert!(ledger.access().credential("nobody").await.unwrap().is_none());
                assert!(!ledger.access().has_pins().await.unwrap());
                if number % 20 == 0 {
                    ledger.post(unkeyed(station(&format!("S{number}-{round}"), "新站"))).await.unwrap();
                }
            }
        });
    }
    readers.join_all().await;
    over.store(true, Ordering::SeqCst);
    let most = watching.await.unwrap();
    assert!((3..=CONNECTIONS_MAX).contains(&most), "{most} connections at once");
}

/// Counts the ledger's connections again and again, and returns the most.
async fn watch(url: String, over: Arc<AtomicBool>) -> usize {
    let mut conn = PgConnection::connect(&url).await.unwrap();
    let question = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() \
                    AND application_name = 'points-bank'";
    let mut most = 0;
    while !over.load(Ordering::SeqCst) {
        let count: i64 = sqlx::query_scalar(question).fetch_one(&mut conn).await.unwrap();
        most = most.max(count as usize);
    }
    most
}

// A request of several batches ---------------------------------------------------------------------------------------------

both_engines!(the_outcomes_before_a_fault_are_told, async |bank: &TestBank| {
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    let (size, _) = ledger.journal_head().await.unwrap();
    refuse_records_from(bank, size + 8192).await;
    // Every tenth command is refused by rule, and takes no position.
    let command = |number: u128| match number % 10 {
        0 => redeem(&cards()[0], "S01", "G01", 1),
        _ => station(&format!("N{number}"), "新站"),
    };
    let envelopes = |numbers: std::ops::Range<u128>| numbers.map(|number| keyed(number, command(number))).collect();
    let Stopped { outcomes, fault } = ledger.post_all(envelopes(0..17_000)).await.unwrap_err();
    // The first batch has 7,372 records; the second would have reached the position.
    assert_eq!(outcomes.len(), 8192);
    for (number, outcome) in outcomes.iter().enumerate() {
        assert_eq!(outcome.is_ok(), number % 10 != 0, "{number}: {outcome:?}");
    }
    assert!(["database", "read_only", "outcome_unknown"].contains(&fault.code()), "{fault}");
    let accepted = outcomes.iter().filter(|outcome| outcome.is_ok()).count() as u64;
    assert_eq!(ledger.journal_head().await.unwrap().0, size + accepted);
    let told = Stopped { outcomes, fault }.to_string();
    assert!(told.starts_with("the first 8192 commands have their outcomes; then "), "{told}");

    // From there on everything is sent again, once the disk has room.
    take_records(bank).await;
    let rest = ledger.post_all(envelopes(8192..17_000)).await.unwrap();
    assert_eq!(rest.len(), 17_000 - 8192);
    assert!(rest.iter().flatten().all(|posted| !posted.replayed), "nothing of it was posted before");
});

both_engines!(nothing_is_posted_behind_what_a_fault_has_met, async |bank: &TestBank| {
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    let (size, _) = ledger.journal_head().await.unwrap();
    refuse_records_from(bank, size + 8192).await;
    let stations =
        |numbers: std::ops::Range<u128>| numbers.map(|number| keyed(number, station(&format!("N{number}"), "新站")));
    let sequence = Sequence::default();
    // The second does not find room; the third is small enough to find it, as is somebody else's.
    let mut sent = Vec::new();
    for numbers in [0..8000, 8000..16_192, 16_192..16_202] {
        sent.push(ledger.submit_in(&sequence, stations(numbers).collect()).await.unwrap());
    }
    let requests = stations(16_202..16_204).map(Request::from).collect();
    let requests = ledger.submit_requests_in(&sequence, requests).await.unwrap();
    let other = ledger.submit(stations(20_000..20_001).collect()).await.unwrap();
    let mut outcomes = Vec::new();
    for submitted in sent {
        outcomes.push(submitted.outcomes().await);
    }
    assert!(outcomes[0].as_ref().unwrap().iter().all(Result::is_ok));
    let faults: Vec<&Fault> = outcomes[1..].iter().map(|outcome| outcome.as_ref().unwrap_err()).collect();
    assert_eq!(faults[0].to_string(), faults[1].to_string());
    let Stopped { outcomes, fault } = requests.outcomes().await.unwrap_err();
    assert_eq!((outcomes.len(), fault.to_string()), (0, faults[0].to_string()));
    assert!(other.outcomes().await.unwrap()[0].is_ok(), "whoever else posts goes on");
    assert_eq!(ledger.journal_head().await.unwrap().0, size + 8001);

    take_records(bank).await;
    let again = ledger.submit_in(&Sequence::default(), stations(8000..16_204).collect()).await.unwrap();
    assert!(
        again.outcomes().await.unwrap().iter().all(|outcome| outcome.as_ref().is_ok_and(|posted| !posted.replayed))
    );
});
