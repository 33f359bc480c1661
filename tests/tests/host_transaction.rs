//! Postings in a transaction of the host's own: they are committed with the host's rows or vanish with them, and nobody who posts
//! meanwhile is led astray.

#![expect(clippy::unwrap_used, reason = "helpers of tests: what fails here fails the test")]

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use bank_tests::bank::{NOON, TestBank, cards, execute, keyed, post_all, redeem, reference_town, unkeyed};
use bank_tests::both_engines;
use bank_tests::host::Host;
use bank_tests::journal::{Tables, assert_whole};
use baoyulan_ledger::book::{Address, Class, Commodity};
use baoyulan_ledger::command::{Command, DefineCommodity, NewAccount, NewEntry, Post};
use baoyulan_ledger::people::CardNumber;
use baoyulan_ledger::poster::PendingAnswer;
use baoyulan_ledger::{Error, Fault, Ledger, NewBank, Options, Posted, Rejection, StoredOutcome};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, PgPool, SqliteConnection, SqlitePool};

fn at(text: &str) -> Address {
    Address::new(text).unwrap()
}

/// Options for a shop's bank.
fn of_a_shop(bank: &TestBank) -> Options {
    Options { create: Some(NewBank { demo: true, ..NewBank::new("shop") }), ..bank.options() }
}

/// The shop's bank, opened by somebody who waits a second at most for somebody else's transaction.
async fn impatient(bank: &TestBank) -> Ledger {
    shop(bank).await.close().await;
    Ledger::open(bank.url(), Options { lock_seconds_max: 1, ..of_a_shop(bank) }).await.unwrap()
}

/// A shop's bank with the accounts `sales` and `till`, where `till` must not be below zero.
async fn shop(bank: &TestBank) -> Ledger {
    let ledger = Ledger::open(bank.url(), of_a_shop(bank)).await.unwrap();
    let euro = Commodity::new("EUR").unwrap();
    let sales = NewAccount { floor: None, ..NewAccount::new(at("sales"), Class::Income, euro.clone()) };
    let till = NewAccount::new(at("till"), Class::Asset, euro.clone());
    ledger
        .ensure("shop", [DefineCommodity { commodity: euro, scale: 2 }.into(), sales.into(), till.into()])
        .await
        .unwrap();
    ledger
}

/// Puts cents into the till; a negative number takes them out.
fn sale(cents: i64) -> Command {
    Command::Post(Post { entries: vec![NewEntry::new(at("till"), cents), NewEntry::new(at("sales"), -cents)] })
}

async fn till(ledger: &Ledger) -> i64 {
    ledger.account(&at("till")).await.unwrap().unwrap().balance
}

async fn size(ledger: &Ledger) -> u64 {
    ledger.journal_head().await.unwrap().0
}

/// The position that the bank tells of an id; `None` if it knows nothing of it.
async fn position_of(ledger: &Ledger, id: u128) -> Option<i64> {
    let key = keyed(id, sale(0)).key.unwrap();
    match ledger.outcome(&key).await.unwrap()? {
        StoredOutcome::Posted(records) => Some(records[0].position),
        StoredOutcome::Refused { .. } => Some(-1),
    }
}

async fn asked_again(ledger: &Ledger, id: u128, command: Command) -> Posted {
    let position = position_of(ledger, id).await;
    let posted = ledger.post(keyed(id, command)).await.unwrap();
    assert!(posted.replayed, "{id} was not posted before");
    assert_eq!(position, Some(posted.position));
    posted
}

fn code(answer: PendingAnswer) -> &'static str {
    answer.unwrap_err().code()
}

/// Nothing contradicts anything, and the ledger still posts.
async fn assert_goes_on(bank: &TestBank, ledger: &Ledger) {
    ledger.post(unkeyed(sale(1))).await.unwrap();
    assert_eq!(ledger.trial_balance().await.unwrap().disagreements, [""; 0]);
    assert_whole(bank.url()).await;
}

// Commit and rollback --------------------------------------------------------------------------------------------------------

both_engines!(a_posting_is_committed_with_the_hosts_rows, async |bank: &TestBank| {
    let ledger = shop(bank).await;
    let (before, mut host) = (size(&ledger).await, Host::of(bank).await);

    host.begin().await;
    host.order(1).await;
    let outcomes = host.post_in(&ledger, vec![keyed(1, sale(500))]).await.unwrap();
    host.order(2).await;
    let pending = outcomes[0].as_ref().unwrap();
    assert_eq!((pending.posted_at, pending.replayed, pending.entries.len()), (NOON, false, 2));
    let entry = pending.entries.iter().find(|entry| entry.address == at("till")).unwrap();
    assert_eq!((entry.quantity, entry.balance_after), (500, 500));
    assert_eq!((size(&ledger).await, till(&ledger).await), (before, 0), "nobody else sees it");
    assert_eq!(position_of(&ledger, 1).await, None);
    host.commit().await;

    assert_eq!((size(&ledger).await, till(&ledger).await), (before + 1, 500));
    let posted = asked_again(&ledger, 1, sale(500)).await;
    assert_eq!((posted.position, &posted.entries), (before as i64, &pending.entries));
    assert_eq!(host.orders().await, [1, 2]);
    assert_goes_on(bank, &ledger).await;
});

both_engines!(a_posting_vanishes_with_the_hosts_rows, async |bank: &TestBank| {
    let ledger = shop(bank).await;
    let (before, mut host) = (ledger.journal_head().await.unwrap(), Host::of(bank).await);

    host.begin().await;
    host.order(1).await;
    // The second call reads a head that is never committed.
    for id in [1, 2] {
        host.post_in(&ledger, vec![keyed(id, sale(500))]).await.unwrap()[0].as_ref().unwrap();
    }
    host.roll_back().await;
    assert_eq!(ledger.journal_head().await.unwrap(), before);
    assert_eq!((host.orders().await, position_of(&ledger, 1).await), (Vec::new(), None));

    // The id was never used, so it may stand for something else. No memory of what was rolled back is in the way.
    let posted = ledger.post(keyed(1, sale(700))).await.unwrap();
    assert_eq!((posted.replayed, posted.position, till(&ledger).await), (false, before.0 as i64, 700));
    assert_goes_on(bank, &ledger).await;
    ledger.close().await;
    // What is written down beside the key has not seen it either.
    assert_goes_on(bank, &Ledger::open(bank.url(), of_a_shop(bank)).await.unwrap()).await;
});

both_engines!(two_calls_in_one_transaction_see_each_other, async |bank: &TestBank| {
    let ledger = shop(bank).await;
    let (before, mut host) = (size(&ledger).await, Host::of(bank).await);
    host.begin().await;
    host.post_in(&ledger, vec![keyed(1, sale(500))]).await.unwrap()[0].as_ref().unwrap();
    // Without the first, the till would have nothing to give.
    let outcomes = host.post_in(&ledger, vec![keyed(2, sale(-300)), keyed(1, sale(500))]).await.unwrap();
    let [taken, again] = outcomes.as_slice() else { unreachable!("{outcomes:?}") };
    assert!(!taken.as_ref().unwrap().replayed && again.as_ref().unwrap().replayed);
    host.commit().await;
    assert_eq!((size(&ledger).await, till(&ledger).await), (before + 2, 200));
    assert_eq!(asked_again(&ledger, 2, sale(-300)).await.position, before as i64 + 1);
    assert_goes_on(bank, &ledger).await;
});

both_engines!(ids_have_one_outcome_in_and_beside_transactions, async |bank: &TestBank| {
    let ledger = shop(bank).await;
    let posted = ledger.post(keyed(1, sale(500))).await.unwrap();
    let refused = ledger.post(keyed(2, sale(-900))).await.unwrap_err();
    let (before, mut host) = (size(&ledger).await, Host::of(bank).await);

    host.begin().await;
    let envelopes =
        vec![keyed(1, sale(500)), keyed(2, sale(-900)), keyed(1, sale(1)), keyed(3, sale(9)), keyed(3, sale(9))];
    let outcomes = host.post_in(&ledger, envelopes).await.unwrap();
    host.commit().await;
    let first = outcomes[0].as_ref().unwrap();
    assert_eq!((first.replayed, first.posted_at, &first.entries), (true, posted.posted_at, &posted.entries));
    let Error::Rejected(refused) = refused else { unreachable!("{refused:?}") };
    assert_eq!(outcomes[1].as_ref().unwrap_err(), &refused);
    assert_eq!(outcomes[2].as_ref().unwrap_err(), &Rejection::IdConflict);
    assert!(!outcomes[3].as_ref().unwrap().replayed && outcomes[4].as_ref().unwrap().replayed);
    assert_eq!((size(&ledger).await, till(&ledger).await), (before + 1, 509));
    assert_goes_on(bank, &ledger).await;
});

// More than the writer takes as one batch, and than PostgreSQL would get without a copy.
both_engines!(a_large_batch_is_posted_in_a_transaction, async |bank: &TestBank| {
    const COMMANDS: u128 = 8200;
    let ledger = shop(bank).await;
    let (before, mut host) = (size(&ledger).await, Host::of(bank).await);
    host.begin().await;
    let envelopes = (1..=COMMANDS).map(|id| keyed(id, sale(id as i64))).collect();
    let outcomes = host.post_in(&ledger, envelopes).await.unwrap();
    assert!(outcomes.len() == COMMANDS as usize && outcomes.iter().all(Result::is_ok));
    host.commit().await;
    assert_eq!(size(&ledger).await, before + COMMANDS as u64);
    assert_goes_on(bank, &ledger).await;
});

both_engines!(nothing_at_all_is_posted_in_a_transaction, async |bank: &TestBank| {
    let ledger = shop(bank).await;
    let (before, mut host) = (size(&ledger).await, Host::of(bank).await);
    host.begin().await;
    assert_eq!(host.post_in(&ledger, Vec::new()).await.unwrap(), []);
    host.order(1).await;
    host.commit().await;
    assert_eq!((size(&ledger).await, host.orders().await), (before, vec![1]));
    assert_goes_on(bank, &ledger).await;
});

// Rejections -----------------------------------------------------------------------------------------------------------------

fn is_below_floor(rejection: &Rejection) -> bool {
    matches!(rejection, Rejection::BelowFloor { .. })
}

both_engines!(after_a_rejection_the_transaction_goes_on, async |bank: &TestBank| {
    let ledger = shop(bank).await;
    let (before, mut host) = (size(&ledger).await, Host::of(bank).await);
    host.begin().await;
    host.order(1).await;
    let outcomes = host.post_in(&ledger, vec![keyed(1, sale(500)), keyed(2, sale(-900)), keyed(3, sale(-400))]).await;
    let outcomes = outcomes.unwrap();
    assert!(outcomes[0].is_ok() && outcomes[2].is_ok());
    assert!(is_below_floor(outcomes[1].as_ref().unwrap_err()), "{outcomes:?}");
    host.order(2).await;
    host.post_in(&ledger, vec![keyed(4, sale(7))]).await.unwrap()[0].as_ref().unwrap();
    host.commit().await;
    assert_eq!(host.orders().await, [1, 2]);
    assert_eq!((size(&ledger).await, till(&ledger).await), (before + 3, 107));
    assert_goes_on(bank, &ledger).await;
});

both_engines!(a_refusal_is_stored_with_the_hosts_commit_and_not_without, async |bank: &TestBank| {
    let ledger = shop(bank).await;
    let mut host = Host::of(bank).await;
    for commits in [false, true] {
        host.begin().await;
        let outcomes = host.post_in(&ledger, vec![keyed(1, sale(-900))]).await.unwrap();
        assert!(is_below_floor(outcomes[0].as_ref().unwrap_err()));
        if commits {
            host.commit().await
        } else {
            host.roll_back().await
        }
        let stored =
            Tables::open(bank.url()).await.rows("SELECT position FROM ledger_outcomes WHERE position = -1").await;
        assert_eq!(stored.len(), usize::from(commits));
    }
    // The till has enough by now, and the answer is the old one all the same.
    ledger.post(unkeyed(sale(5000))).await.unwrap();
    assert!(
        matches!(ledger.post(keyed(1, sale(-900))).await, Err(Error::Rejected(refused)) if is_below_floor(&refused))
    );
    assert_goes_on(bank, &ledger).await;
});

both_engines!(a_refusal_that_was_rolled_back_is_none, async |bank: &TestBank| {
    let ledger = shop(bank).await;
    let mut host = Host::of(bank).await;
    host.begin().await;
    host.post_in(&ledger, vec![keyed(1, sale(-900))]).await.unwrap()[0].as_ref().unwrap_err();
    host.roll_back().await;
    ledger.post(unkeyed(sale(5000))).await.unwrap();
    assert!(!ledger.post(keyed(1, sale(-900))).await.unwrap().replayed);
    assert_goes_on(bank, &ledger).await;
});

// Receipts -------------------------------------------------------------------------------------------------------------------

both_engines!(a_receipt_is_told_by_the_id_after_the_commit, async |bank: &TestBank| {
    bank.move_reserved();
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    let anna = CardNumber::parse(&cards()[0]).unwrap();
    let points = ledger.volunteer_statement(anna).await.unwrap().unwrap().points.address;
    let expires_at = Some(NOON + 1_000_000);
    let granted = NewEntry { expires_at, ..NewEntry::new(points, -1000) };
    let entries = vec![NewEntry::new(at("expense/points-granted"), 1000), granted];
    post_all(&ledger, [Command::Post(Post { entries })]).await;
    let soap = || redeem(&cards()[0], "S01", "V01", 1);
    let mut host = Host::of(bank).await;

    for (number, commits) in [(1, true), (2, false), (3, true)] {
        host.begin().await;
        host.order(number as i64).await;
        let outcomes = host.post_in(&ledger, vec![keyed(number, soap())]).await.unwrap();
        assert!(outcomes[0].as_ref().unwrap().entries.iter().any(|entry| entry.commodity.as_str() == "POINT"));
        if commits {
            host.commit().await
        } else {
            host.roll_back().await
        }
        ledger.post(keyed(10 + number, soap())).await.unwrap();
    }
    let numbers = [1, 11, 12, 3, 13].map(|id| (id, soap()));
    let mut receipts = Vec::new();
    for (id, soap) in numbers {
        receipts.push(asked_again(&ledger, id, soap).await.receipt.unwrap());
    }
    receipts.dedup();
    assert_eq!(receipts.len(), 5, "each has its own");
    assert_eq!(host.orders().await, [1, 3]);
    assert_eq!(ledger.trial_balance().await.unwrap().disagreements, [""; 0]);
    assert_whole(bank.url()).await;
});

// What is refused ------------------------------------------------------------------------------------------------------------

/// Asserts that the ledger does not post in this transaction, and that the transaction goes on.
async fn assert_unfit(bank: &TestBank, ledger: &Ledger, host: &mut Host, begin: &str, expected: &str) {
    let before = (size(ledger).await, Tables::open(bank.url()).await.dump().await);
    if !begin.is_empty() {
        host.execute(begin).await.unwrap();
    }
    let fault = host.post_in(ledger, vec![keyed(1, sale(500))]).await.unwrap_err();
    assert_eq!(fault.code(), expected, "{begin}: {fault}");
    assert!(!fault.may_have_been_applied() && !fault.may_be_sent_again());
    if !begin.is_empty() {
        host.execute("SELECT 1").await.unwrap();
        host.execute("COMMIT").await.unwrap();
    }
    assert_eq!((size(ledger).await, Tables::open(bank.url()).await.dump().await), before, "{begin}");
}

both_engines!(without_a_transaction_nothing_is_posted, async |bank: &TestBank| {
    let ledger = shop(bank).await;
    let mut host = Host::of(bank).await;
    assert_unfit(bank, &ledger, &mut host, "", "not_in_transaction").await;
    // No transaction was begun or left open.
    host.begin().await;
    host.order(1).await;
    host.roll_back().await;
    assert_unfit(bank, &ledger, &mut host, "", "not_in_transaction").await;
    assert_eq!(host.orders().await, [0; 0]);
    assert_goes_on(bank, &ledger).await;
});

#[tokio::test]
async fn a_transaction_that_is_not_immediate_is_refused_on_sqlite() {
    let bank = TestBank::sqlite();
    let ledger = shop(&bank).await;
    let mut host = Host::of(&bank).await;
    for begin in ["BEGIN", "BEGIN DEFERRED", "BEGIN; SELECT * FROM orders", "SAVEPOINT mine; SELECT * FROM orders"] {
        assert_unfit(&bank, &ledger, &mut host, begin, "not_immediate").await;
    }
    // Somebody else holds the lock, which must not be taken for the host's.
    host.execute("PRAGMA busy_timeout = 0; BEGIN; SELECT * FROM orders").await.unwrap();
    let mut other = Host::at(bank.url()).await;
    other.begin().await;
    assert_eq!(code(host.post_in(&ledger, vec![keyed(1, sale(500))]).await), "not_immediate");
    other.roll_back().await;
    host.roll_back().await;
    for begin in ["BEGIN EXCLUSIVE", "BEGIN IMMEDIATE; SAVEPOINT mine"] {
        host.execute(begin).await.unwrap();
        host.post_in(&ledger, vec![unkeyed(sale(5))]).await.unwrap()[0].as_ref().unwrap();
        host.commit().await;
    }
    assert_eq!(till(&ledger).await, 10);
    assert_goes_on(&bank, &ledger).await;
}

#[tokio::test]
async fn a_transaction_that_may_be_lost_is_refused_on_sqlite() {
    let bank = TestBank::sqlite();
    let ledger = shop(&bank).await;
    let mut host = Host::of(&bank).await;
    host.execute("PRAGMA synchronous = NORMAL").await.unwrap();
    assert_unfit(&bank, &ledger, &mut host, "BEGIN IMMEDIATE", "transaction_not_durable").await;
    host.execute("PRAGMA synchronous = EXTRA").await.unwrap();
    host.begin().await;
    host.post_in(&ledger, vec![unkeyed(sale(5))]).await.unwrap()[0].as_ref().unwrap();
    host.commit().await;
    assert_goes_on(&bank, &ledger).await;
}

#[tokio::test]
async fn a_transaction_at_another_isolation_is_refused_on_postgres() {
    let bank = TestBank::postgres();
    let ledger = shop(&bank).await;
    let mut host = Host::of(&bank).await;
    for (begin, expected) in [
        ("BEGIN ISOLATION LEVEL REPEATABLE READ", "transaction_isolation"),
        ("BEGIN ISOLATION LEVEL SERIALIZABLE", "transaction_isolation"),
        ("BEGIN; SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "transaction_isolation"),
        ("BEGIN READ ONLY", "transaction_read_only"),
        ("BEGIN; SET LOCAL synchronous_commit = off", "transaction_not_durable"),
        ("BEGIN; SET LOCAL client_encoding = 'LATIN1'", "transaction_encoding"),
    ] {
        assert_unfit(&bank, &ledger, &mut host, begin, expected).await;
    }
    for begin in ["BEGIN ISOLATION LEVEL READ COMMITTED", "BEGIN ISOLATION LEVEL READ UNCOMMITTED"] {
        host.execute(begin).await.unwrap();
        host.post_in(&ledger, vec![unkeyed(sale(5))]).await.unwrap()[0].as_ref().unwrap();
        host.commit().await;
    }
    assert_goes_on(&bank, &ledger).await;
}

/// A role that a policy shows nothing must not take that for an empty bank.
#[tokio::test]
async fn a_role_from_which_rows_are_hidden_is_refused_on_postgres() {
    let bank = TestBank::postgres();
    let ledger = shop(&bank).await;
    let mut host = Host::of(&bank).await;
    let (_, schema) = bank.url().split_once("?schema=").unwrap();
    let role = format!("clerk_{schema}");
    execute(&bank, &format!("CREATE ROLE {role}")).await;
    execute(&bank, &format!("GRANT ALL ON SCHEMA {schema} TO {role}")).await;
    execute(&bank, &format!("GRANT ALL ON ALL TABLES IN SCHEMA {schema} TO {role}")).await;
    host.execute(&format!("SET ROLE {role}")).await.unwrap();
    host.begin().await;
    host.post_in(&ledger, vec![unkeyed(sale(5))]).await.unwrap()[0].as_ref().unwrap();
    host.commit().await;
    execute(&bank, "ALTER TABLE ledger_balances ENABLE ROW LEVEL SECURITY").await;
    assert_unfit(&bank, &ledger, &mut host, "BEGIN", "transaction_hides_rows").await;
    execute(&bank, "ALTER TABLE ledger_balances DISABLE ROW LEVEL SECURITY").await;
    host.execute("RESET ROLE").await.unwrap();
    execute(&bank, &format!("DROP OWNED BY {role}")).await;
    execute(&bank, &format!("DROP ROLE {role}")).await;
    assert_goes_on(&bank, &ledger).await;
}

both_engines!(another_bank_is_refused, async |bank: &TestBank| {
    let ledger = shop(bank).await;
    let other = if bank.is_postgres() { TestBank::postgres() } else { TestBank::sqlite() };
    let of_other = shop(&other).await;
    let mut host = Host::of(&other).await;
    let heads = (ledger.journal_head().await.unwrap(), of_other.journal_head().await.unwrap());
    host.begin().await;
    let fault = host.post_in(&ledger, vec![keyed(1, sale(500))]).await.unwrap_err();
    assert_eq!(fault.code(), "transaction_of_other_bank", "{fault}");
    host.order(1).await;
    host.post_in(&of_other, Vec::new()).await.unwrap();
    host.commit().await;
    assert_eq!((ledger.journal_head().await.unwrap(), of_other.journal_head().await.unwrap()), heads);
    assert_goes_on(bank, &ledger).await;
    assert_goes_on(&other, &of_other).await;
});

#[tokio::test]
async fn a_copy_of_the_bank_is_refused_on_sqlite() {
    let bank = TestBank::sqlite();
    let ledger = shop(&bank).await;
    let copy = bank.folder().join("copy.db");
    execute(&bank, &format!("VACUUM INTO '{}'", copy.display())).await;
    for url in [format!("sqlite://{}", copy.display()), "sqlite::memory:".to_owned()] {
        let mut host = Host::at(&url).await;
        host.execute("PRAGMA journal_mode = WAL").await.unwrap();
        host.execute(&format!("ATTACH '{}' AS bank", bank.url().trim_start_matches("sqlite://"))).await.unwrap();
        host.begin().await;
        assert_eq!(code(host.post_in(&ledger, vec![keyed(1, sale(500))]).await), "transaction_of_other_bank");
        host.roll_back().await;
    }
    assert_goes_on(&bank, &ledger).await;
}

/// A copy has the bank's id and all that was seen of it. Only the head's lock tells the two apart.
#[tokio::test]
async fn a_copy_of_the_bank_is_refused_on_postgres() {
    let server = xtask::postgres::shared_url().unwrap();
    let bank = TestBank::postgres_alone(server).await;
    let ledger = shop(&bank).await;
    let head = ledger.journal_head().await.unwrap();
    ledger.close().await;
    let (place, database) = bank.url().rsplit_once('/').unwrap();
    let copy = format!("{database}_copy");
    let mut conn = PgConnection::connect(server).await.unwrap();
    conn.execute(AssertSqlSafe(format!("CREATE DATABASE {copy} TEMPLATE {database}"))).await.unwrap();
    let ledger = Ledger::open(bank.url(), of_a_shop(&bank)).await.unwrap();
    let mut host = Host::Postgres(PgConnection::connect(&format!("{place}/{copy}")).await.unwrap());
    host.begin().await;
    let fault = host.post_in(&ledger, vec![keyed(1, sale(500))]).await.unwrap_err();
    assert_eq!(fault.code(), "transaction_of_other_bank", "{fault}");
    host.execute("CREATE TABLE orders (number BIGINT)").await.unwrap();
    host.commit().await;
    drop(host);
    conn.execute(AssertSqlSafe(format!("DROP DATABASE {copy} WITH (FORCE)"))).await.unwrap();
    assert_eq!(ledger.journal_head().await.unwrap(), head);
    assert_goes_on(&bank, &ledger).await;
}

// The bank was put back to an older copy: whoever has seen more says so.
both_engines!(an_older_copy_in_the_banks_place_is_told, async |bank: &TestBank| {
    let ledger = shop(bank).await;
    let mut host = Host::of(bank).await;
    ledger.post(unkeyed(sale(500))).await.unwrap();
    host.begin().await;
    // Nobody else sees this, so it stands for a host that sees less than the ledger.
    host.execute("UPDATE ledger_records SET leaf = root FROM ledger_head WHERE position = size - 1").await.unwrap();
    assert_eq!(code(host.post_in(&ledger, vec![keyed(1, sale(500))]).await), "rolled_back");
    host.roll_back().await;
    assert_goes_on(bank, &ledger).await;
});

both_engines!(a_bank_that_is_read_or_closed_takes_no_host, async |bank: &TestBank| {
    let ledger = shop(bank).await;
    let reader = Ledger::open(bank.url(), Options { read_only: true, create: None, ..of_a_shop(bank) }).await.unwrap();
    let mut host = Host::of(bank).await;
    host.begin().await;
    assert_eq!(code(host.post_in(&reader, vec![keyed(1, sale(500))]).await), "read_only");
    reader.close().await;
    ledger.close().await;
    assert_eq!(code(host.post_in(&ledger, vec![keyed(1, sale(500))]).await), "closed");
    host.order(1).await;
    host.commit().await;
    assert_eq!(host.orders().await, [1]);
});

#[tokio::test]
async fn a_connection_to_the_other_engine_is_refused() {
    let (file, schema) = (TestBank::sqlite(), TestBank::postgres());
    let (in_file, in_schema) = (shop(&file).await, shop(&schema).await);
    for (ledger, other) in [(in_file, &schema), (in_schema, &file)] {
        let mut host = Host::of(other).await;
        host.begin().await;
        assert_eq!(code(host.post_in(&ledger, vec![keyed(1, sale(500))]).await), "transaction_of_other_engine");
        host.commit().await;
    }
}

// Others who post meanwhile --------------------------------------------------------------------------------------------------

both_engines!(a_post_inside_the_transaction_ends_in_a_fault, async |bank: &TestBank| {
    let ledger = impatient(bank).await;
    let (before, mut host) = (size(&ledger).await, Host::of(bank).await);
    host.begin().await;
    host.post_in(&ledger, vec![keyed(1, sale(500))]).await.unwrap()[0].as_ref().unwrap();
    // The host waits for what waits for the host.
    let Err(Error::Fault(fault)) = ledger.post(keyed(2, sale(7))).await else { unreachable!("it was posted") };
    assert_eq!(fault.code(), "head_held", "{fault}");
    assert!(fault.may_be_sent_again() && !fault.may_have_been_applied(), "{fault}");
    assert!(matches!(fault, Fault::HeadHeld { .. }));
    // The host's transaction has noticed nothing, and the bank goes on.
    host.post_in(&ledger, vec![keyed(3, sale(20))]).await.unwrap()[0].as_ref().unwrap();
    host.commit().await;
    let posted = ledger.post(keyed(2, sale(7))).await.unwrap();
    assert_eq!((posted.replayed, posted.position, till(&ledger).await), (false, before as i64 + 2, 527));
    assert_goes_on(bank, &ledger).await;
});

both_engines!(whoever_posts_meanwhile_is_posted_after_the_host, async |bank: &TestBank| {
    let ledger = shop(bank).await;
    // The writer knows the head, and what it decides on top of it is void.
    ledger.post(unkeyed(sale(100))).await.unwrap();
    for commits in [true, false] {
        let before = (size(&ledger).await, till(&ledger).await);
        let mut host = Host::of(bank).await;
        host.begin().await;
        host.post_in(&ledger, vec![unkeyed(sale(-before.1))]).await.unwrap()[0].as_ref().unwrap();
        let others = (0..20).map(|_| {
            let ledger = ledger.clone();
            tokio::spawn(async move { ledger.post(unkeyed(sale(-before.1))).await })
        });
        let others: Vec<_> = others.collect();
        until_somebody_waits(bank, &others).await;
        if commits {
            host.commit().await
        } else {
            host.roll_back().await
        }
        let mut posted = 0;
        for other in others {
            match other.await.unwrap() {
                Ok(_) => posted += 1,
                Err(error) => assert!(matches!(error, Error::Rejected(refused) if is_below_floor(&refused))),
            }
        }
        // Whoever empties the till is the only one who can.
        assert_eq!(posted, u64::from(!commits));
        assert_eq!((size(&ledger).await, till(&ledger).await), (before.0 + 1, 0));
        ledger.post(unkeyed(sale(100))).await.unwrap();
    }
    assert_goes_on(bank, &ledger).await;
});

/// Waits until the writer waits for the host: on PostgreSQL the server tells. On SQLite nobody does, so nobody is answered yet.
async fn until_somebody_waits(bank: &TestBank, others: &[tokio::task::JoinHandle<Result<Posted, Error>>]) {
    if bank.is_postgres() {
        let (_, schema) = bank.url().split_once("?schema=").unwrap();
        let waiting = format!(
            "SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = 'points-bank' AND wait_event_type = 'Lock' \
             AND query LIKE '%{schema}%'"
        );
        while Tables::open(bank.url()).await.rows(&waiting).await[0][0].integer() == 0 {
            tokio::task::yield_now().await;
        }
    }
    tokio::task::yield_now().await;
    assert!(others.iter().all(|other| !other.is_finished()), "somebody was answered while the host held the head");
}

both_engines!(hosts_take_turns, async |bank: &TestBank| {
    const TURNS: i64 = 10;
    let ledger = shop(bank).await;
    let before = size(&ledger).await;
    let hosts = (0..4).map(async |number: i64| {
        let mut host = Host::at(bank.url()).await;
        for turn in 0..TURNS {
            host.begin().await;
            host.post_in(&ledger, vec![unkeyed(sale(1))]).await.unwrap()[0].as_ref().unwrap();
            if (turn + number) % 2 == 0 {
                host.commit().await
            } else {
                host.roll_back().await
            }
            ledger.post(unkeyed(sale(10))).await.unwrap();
        }
    });
    let mut hosts = hosts.collect::<Vec<_>>().into_iter();
    let mut next = || hosts.next().unwrap();
    tokio::join!(next(), next(), next(), next());
    let posted = 4 * TURNS;
    assert_eq!(size(&ledger).await, before + (posted + posted / 2) as u64);
    assert_eq!(till(&ledger).await, posted * 10 + posted / 2);
    assert_goes_on(bank, &ledger).await;
});

#[tokio::test]
async fn a_host_waits_for_another_one_no_longer_than_it_is_told_on_postgres() {
    let bank = TestBank::postgres();
    let ledger = impatient(&bank).await;
    let (mut one, mut other) = (Host::of(&bank).await, Host::of(&bank).await);
    one.begin().await;
    one.post_in(&ledger, vec![keyed(1, sale(500))]).await.unwrap()[0].as_ref().unwrap();
    for begin in ["BEGIN", "BEGIN; SET LOCAL lock_timeout = '50ms'"] {
        other.execute(begin).await.unwrap();
        other.order(1).await;
        assert_eq!(code(other.post_in(&ledger, vec![keyed(2, sale(7))]).await), "head_held");
        // It has lost nothing, and waits for other things as long as before.
        other.order(2).await;
        other.commit().await;
    }
    one.commit().await;
    other.begin().await;
    let before = other.settings().await;
    other.post_in(&ledger, vec![keyed(2, sale(7))]).await.unwrap()[0].as_ref().unwrap();
    assert_eq!(other.settings().await, before, "the server is told nothing that lasts");
    other.commit().await;
    assert_eq!(other.orders().await, [1, 1, 2, 2]);
    assert_goes_on(&bank, &ledger).await;
}

// What breaks ----------------------------------------------------------------------------------------------------------------

// The ledger writes part of a batch and fails. Nothing of it stays in the host's transaction.
both_engines!(after_a_fault_the_transaction_goes_on, async |bank: &TestBank| {
    let ledger = shop(bank).await;
    let (before, mut host) = (size(&ledger).await, Host::of(bank).await);
    execute(bank, "ALTER TABLE ledger_notes RENAME TO elsewhere").await;
    let noted = baoyulan_ledger::command::Envelope { reason: "a note".to_owned(), ..keyed(1, sale(500)) };
    host.begin().await;
    host.order(1).await;
    let fault = host.post_in(&ledger, vec![noted.clone()]).await.unwrap_err();
    assert_eq!(fault.code(), if bank.is_postgres() { "damaged" } else { "database" }, "{fault}");
    host.order(2).await;
    host.post_in(&ledger, vec![keyed(2, sale(7))]).await.unwrap()[0].as_ref().unwrap();
    host.commit().await;
    execute(bank, "ALTER TABLE elsewhere RENAME TO ledger_notes").await;
    assert_eq!((size(&ledger).await, till(&ledger).await, host.orders().await), (before + 1, 7, vec![1, 2]));
    assert!(!ledger.post(noted).await.unwrap().replayed);
    assert_goes_on(bank, &ledger).await;
});

both_engines!(a_hosts_connection_that_breaks_takes_the_posting_with_it, async |bank: &TestBank| {
    let ledger = shop(bank).await;
    let (before, mut host) = (size(&ledger).await, Host::of(bank).await);
    host.begin().await;
    host.order(1).await;
    host.post_in(&ledger, vec![keyed(1, sale(500))]).await.unwrap()[0].as_ref().unwrap();
    let after = if let Host::Postgres(conn) = &mut host {
        let session: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(conn).await.unwrap();
        execute(bank, &format!("SELECT pg_terminate_backend({session})")).await;
        host.post_in(&ledger, vec![keyed(2, sale(7))]).await.map_err(|fault| fault.code())
    } else {
        Err("database")
    };
    assert_eq!(after, Err("database"));
    drop(host);
    // SQLite's connection ends on a thread of its own.
    let posted = ledger.post(keyed(1, sale(500))).await.unwrap();
    assert_eq!((posted.replayed, posted.position, till(&ledger).await), (false, before as i64, 500));
    assert_eq!(Host::of(bank).await.orders().await, [0; 0]);
    assert_goes_on(bank, &ledger).await;
});

/// Polls a future so many times at most, and drops it then.
async fn stopped_after<T>(polls: usize, future: impl Future<Output = T>) -> Option<T> {
    let (mut future, mut left) = (pin!(future), polls);
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

// Wherever the host stops waiting, its transaction then holds all of the commands or none, and it may commit. The batch has more
// than 1,024 rows, so SQLite gets it statement by statement.
both_engines!(whoever_stops_waiting_leaves_all_or_nothing, async |bank: &TestBank| {
    const COMMANDS: u128 = 300;
    let ledger = shop(bank).await;
    let mut host = Host::of(bank).await;
    let (mut whole, mut none) = (0, 0);
    for stop in 1..10_000 {
        let before = size(&ledger).await;
        let ids = (stop as u128) << 64..((stop as u128) << 64) + COMMANDS;
        host.begin().await;
        host.order(1).await;
        let envelopes = ids.clone().map(|id| keyed(id, sale(1))).collect();
        let outcome = stopped_after(stop, host.post_in(&ledger, envelopes)).await;
        host.order(2).await;
        host.commit().await;
        match size(&ledger).await - before {
            0 => none += 1,
            posted => {
                assert_eq!(posted, COMMANDS as u64, "stopped after {stop}");
                whole += 1;
            }
        }
        if outcome.is_some() {
            break;
        }
    }
    println!("stopped at {} points, and all was posted at {}", whole + none, whole);
    assert!(whole >= 1 && none >= 3, "{whole} {none}");
    assert_eq!(host.orders().await.len(), 2 * (whole + none));
    assert_goes_on(bank, &ledger).await;
});

// How a connection is lent ---------------------------------------------------------------------------------------------------

/// Posts in a transaction of the driver's own, over a pool, on a task: whatever a host has, it can lend.
#[tokio::test]
async fn transactions_of_the_driver_are_lent_on_sqlite() {
    let bank = TestBank::sqlite();
    let ledger = shop(&bank).await;
    let pool = SqlitePool::connect(bank.url()).await.unwrap();
    let task = tokio::spawn({
        let ledger = ledger.clone();
        async move {
            let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
            ledger.post_in(&mut transaction, vec![unkeyed(sale(1))]).await.unwrap()[0].as_ref().unwrap();
            // A savepoint of the host's own in it.
            let mut part = transaction.begin().await.unwrap();
            ledger.post_in(&mut *part, vec![unkeyed(sale(10))]).await.unwrap()[0].as_ref().unwrap();
            part.rollback().await.unwrap();
            transaction.commit().await.unwrap();
            let mut conn = pool.acquire().await.unwrap();
            conn.execute("BEGIN IMMEDIATE").await.unwrap();
            ledger.post_in(&mut conn, vec![unkeyed(sale(100))]).await.unwrap()[0].as_ref().unwrap();
            conn.execute("COMMIT").await.unwrap();
            let transaction = pool.begin().await.unwrap();
            drop(transaction);
            conn.close().await.unwrap();
            pool.close().await;
        }
    });
    task.await.unwrap();
    let mut conn = SqliteConnection::connect(bank.url()).await.unwrap();
    let mut transaction = conn.begin_with("BEGIN IMMEDIATE").await.unwrap();
    ledger.post_in(&mut *transaction, vec![unkeyed(sale(1000))]).await.unwrap()[0].as_ref().unwrap();
    // Dropping it rolls it back.
    drop(transaction);
    conn.close().await.unwrap();
    assert_eq!(till(&ledger).await, 101);
    assert_goes_on(&bank, &ledger).await;
}

#[tokio::test]
async fn transactions_of_the_driver_are_lent_on_postgres() {
    let bank = TestBank::postgres();
    let ledger = shop(&bank).await;
    let (server, _) = bank.url().split_once("?schema=").unwrap();
    // Its search path shows no bank at all: the tables are named with their schema.
    let pool = PgPool::connect(server).await.unwrap();
    let task = tokio::spawn({
        let ledger = ledger.clone();
        async move {
            let mut transaction = pool.begin().await.unwrap();
            ledger.post_in(&mut transaction, vec![unkeyed(sale(1))]).await.unwrap()[0].as_ref().unwrap();
            let mut part = transaction.begin().await.unwrap();
            ledger.post_in(&mut *part, vec![unkeyed(sale(10))]).await.unwrap()[0].as_ref().unwrap();
            part.rollback().await.unwrap();
            transaction.commit().await.unwrap();
            let mut conn = pool.acquire().await.unwrap();
            conn.execute("BEGIN").await.unwrap();
            ledger.post_in(&mut conn, vec![unkeyed(sale(100))]).await.unwrap()[0].as_ref().unwrap();
            conn.execute("COMMIT").await.unwrap();
            drop(conn);
            let mut transaction = pool.begin().await.unwrap();
            ledger.post_in(&mut *transaction, vec![unkeyed(sale(1000))]).await.unwrap()[0].as_ref().unwrap();
            drop(transaction);
            pool.close().await;
        }
    });
    task.await.unwrap();
    assert_eq!(till(&ledger).await, 101);
    assert_goes_on(&bank, &ledger).await;
}
