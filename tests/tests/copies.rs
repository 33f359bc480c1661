//! Backups and what is restored of them: whole, of one moment, checked, and never over anything.

#![expect(clippy::unwrap_used, reason = "helpers of tests: what fails here fails the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bank_tests::bank::{NOON, TestBank, cards, credential, pin, post_all, redeem, reference_town, station, unkeyed};
use bank_tests::both_engines;
use bank_tests::journal::{Tables, Value, assert_whole};
use baoyulan_ledger::access::Session;
use baoyulan_ledger::command::Command;
use baoyulan_ledger::ledger::copy::{Copied, backup, restore};
use baoyulan_ledger::people::{CardNumber, Door, MemberId, Role};
use baoyulan_ledger::store::copy::Shape;
use baoyulan_ledger::store::migrate::MIGRATIONS;
use baoyulan_ledger::{Fault, Ledger, Options};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};

/// What belongs to visits, and is in no copy.
const VISITS: [&str; 4] = ["ledger_login_links", "ledger_pin_misses", "ledger_sessions", "ledger_visits"];

/// The rows of every table, but for those of visits.
async fn rows(url: &str) -> BTreeMap<String, Vec<Vec<Value>>> {
    let mut rows = Tables::open(url).await.dump().await;
    for (table, visits) in rows.iter_mut().filter(|(table, _)| VISITS.contains(&table.as_str())) {
        assert!(!table.is_empty());
        visits.clear();
    }
    rows
}

fn url_of(file: &Path) -> String {
    format!("sqlite://{}", file.display())
}

async fn backed_up(bank: &TestBank, name: &str) -> (PathBuf, Copied) {
    let file = bank.folder().join(name);
    let copied = backup(bank.url(), &file, |_, _| {}).await.unwrap();
    (file, copied)
}

/// A town in which everything has happened once: receipts, a reversal, a credential, a PIN, a refused id, and visits.
async fn lively_town(bank: &TestBank) -> Ledger {
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    let till = Command::IssueCredential(credential("till-1", Role::Teller, "S01"));
    post_all(&ledger, [till, pin(&cards()[0], "first")]).await;
    let refused = bank_tests::bank::keyed(1, redeem(&cards()[0], "S01", "G10", 9));
    ledger.post(refused).await.unwrap_err();
    let anna = CardNumber::parse(&cards()[0]).unwrap();
    let session = Session {
        token_hash: [1; 32],
        standing: -1,
        member: Some(MemberId(5)),
        credential: String::new(),
        opened_at: NOON,
        expires_at: NOON + 1000,
    };
    ledger.access().open_session(session).await.unwrap();
    ledger.access().add_login_link([2; 32], MemberId(5), NOON, NOON + 1000).await.unwrap();
    ledger.access().add_pin_miss(anna, Door::Web, NOON, 0).await.unwrap();
    ledger
}

/// Restores the backup and checks that the bank is the same, and goes on where the other one was.
async fn assert_restored(from: &TestBank, file: &Path, to: &TestBank) {
    let expected = rows(from.url()).await;
    restore(file, to.url(), |_, _| {}).await.unwrap();
    assert_eq!(rows(to.url()).await, expected);
    let mut tables = Tables::open(to.url()).await;
    for visits in VISITS {
        assert!(tables.rows(&format!("SELECT * FROM {visits}")).await.is_empty(), "{visits}");
    }
    drop(tables);
    assert_whole(to.url()).await;

    let options = Options { create: None, ..to.options() };
    assert_eq!(Ledger::open(to.url(), options.clone()).await.unwrap_err().code(), "key_missing");
    std::fs::create_dir_all(to.key_folder()).unwrap();
    from.copy_keys(&to.key_folder(), |_| true);
    to.turn_chance_to(7);
    let ledger = Ledger::open(to.url(), options).await.unwrap();
    let (size, _) = ledger.journal_head().await.unwrap();
    let posted = ledger.post(unkeyed(station("S99", "新站"))).await.unwrap();
    assert_eq!(posted.position as u64, size);
    assert_eq!(ledger.trial_balance().await.unwrap().disagreements, [""; 0]);
    ledger.close().await;
    assert_whole(to.url()).await;
}

both_engines!(a_backup_is_the_whole_bank_on_either_engine, async |bank: &TestBank| {
    let ledger = lively_town(bank).await;
    let head = ledger.journal_head().await.unwrap();
    let mut told = Vec::new();
    let file = bank.folder().join("backup.db");
    let copied = backup(bank.url(), &file, |rows, all| told.push((rows, all))).await.unwrap();
    assert_eq!((copied.size, copied.root, &copied.bank), (head.0, head.1, ledger.bank()));
    assert!(told.windows(2).all(|pair| pair[0].0 < pair[1].0), "{told:?}");
    assert_eq!(told.last(), Some(&(copied.rows, copied.rows)));
    assert_eq!(rows(&url_of(&file)).await, rows(bank.url()).await, "not a row is missing");

    assert_restored(bank, &file, &TestBank::sqlite()).await;
    assert_restored(bank, &file, &TestBank::postgres()).await;
    ledger.close().await;
});

both_engines!(every_table_is_copied_or_is_one_of_visits, async |bank: &TestBank| {
    bank.open().await.close().await;
    let copied = Shape::all(MIGRATIONS.len()).await.unwrap().into_iter().map(|shape| shape.name);
    let all: BTreeSet<String> = copied.chain(VISITS.map(str::to_owned)).collect();
    assert_eq!(Tables::open(bank.url()).await.names().await, all);
});

both_engines!(a_backup_is_of_one_moment_while_the_bank_is_in_use, async |bank: &TestBank| {
    let ledger = Arc::new(bank.open().await);
    reference_town(&ledger).await;
    let over = Arc::new(AtomicBool::new(false));
    let posting = {
        let (ledger, over) = (Arc::clone(&ledger), Arc::clone(&over));
        tokio::spawn(async move {
            let mut heads = vec![ledger.journal_head().await.unwrap()];
            while !over.load(Ordering::SeqCst) {
                let number = heads.len();
                post_all(
                    &ledger,
                    [station(&format!("N{number}"), "新站"), redeem(&cards()[number % 6], "S01", "V01", 1)]
                        .into_iter()
                        .take(1),
                )
                .await;
                heads.push(ledger.journal_head().await.unwrap());
            }
            heads
        })
    };
    let mut copies = Vec::new();
    for number in 0..5 {
        copies.push(backed_up(bank, &format!("backup-{number}.db")).await);
    }
    over.store(true, Ordering::SeqCst);
    let heads = posting.await.unwrap();
    for (file, copied) in copies {
        assert!(heads.contains(&(copied.size, copied.root)), "{copied:?} is no state of the bank");
        assert_whole(&url_of(&file)).await;
    }
});

both_engines!(nothing_is_restored_or_backed_up_over_anything, async |bank: &TestBank| {
    bank.open().await.close().await;
    let (file, _) = backed_up(bank, "backup.db").await;
    let before = rows(bank.url()).await;
    let bytes = std::fs::read(&file).unwrap();

    // A bank, and a backup.
    assert_eq!(restore(&file, bank.url(), |_, _| {}).await.unwrap_err().code(), "exists");
    assert_eq!(backup(bank.url(), &file, |_, _| {}).await.unwrap_err().code(), "exists");
    assert_eq!((rows(bank.url()).await, std::fs::read(&file).unwrap()), (before, bytes));

    // What a bank has left behind.
    for side in ["-wal", "-shm", "-journal"] {
        let left = bank.folder().join(format!("new.db{side}"));
        std::fs::write(&left, "left").unwrap();
        let new = url_of(&bank.folder().join("new.db"));
        let fault = restore(&file, &new, |_, _| {}).await.unwrap_err();
        assert!(matches!(&fault, Fault::Exists { what } if what.ends_with(side)), "{fault:?}");
        std::fs::remove_file(left).unwrap();
    }
    // A name that somebody takes meanwhile.
    let taken = bank.folder().join("taken.db");
    let outcome = backup(bank.url(), &taken, |_, _| std::fs::write(&taken, "mine").unwrap()).await;
    assert_eq!(outcome.unwrap_err().code(), "exists");
    assert_eq!(std::fs::read(&taken).unwrap(), b"mine");
    assert_no_leftovers(bank.folder());
});

both_engines!(a_schema_with_other_tables_may_take_a_bank, async |bank: &TestBank| {
    lively_town(bank).await.close().await;
    let (file, _) = backed_up(bank, "backup.db").await;
    let other = TestBank::postgres();
    let (server, schema) = other.url().split_once("?schema=").unwrap();
    let mut conn = PgConnection::connect(server).await.unwrap();
    let sql = format!("CREATE SCHEMA {schema}; CREATE TABLE {schema}.shop_orders (id BIGINT PRIMARY KEY)");
    conn.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.unwrap();
    conn.close().await.unwrap();
    restore(&file, other.url(), |_, _| {}).await.unwrap();
    assert!(Tables::open(other.url()).await.names().await.contains("shop_orders"));
});

/// Nothing that was begun is left in the folder.
fn assert_no_leftovers(folder: &Path) {
    let left: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("unfinished")), "{left:?}");
}

/// Whether there is nothing at the address.
async fn is_free(url: &str) -> bool {
    match url.split_once("?schema=") {
        Some((server, schema)) => {
            let schemas = Tables::open(server).await.rows("SELECT nspname::text FROM pg_namespace").await;
            !schemas.iter().any(|row| row[0].text() == schema)
        }
        None => !Path::new(url.strip_prefix("sqlite://").unwrap()).exists(),
    }
}

/// Changes the bank behind the ledger's back.
async fn tamper(file: &Path, sql: &str) {
    let mut conn = SqliteConnection::connect(&url_of(file)).await.unwrap();
    assert!(conn.execute(AssertSqlSafe(sql.to_owned())).await.unwrap().rows_affected() > 0, "{sql}");
    conn.close().await.unwrap();
}

both_engines!(what_is_not_whole_is_not_copied, async |to: &TestBank| {
    let bank = TestBank::sqlite();
    lively_town(&bank).await.close().await;
    for (number, sql) in [
        "UPDATE ledger_records SET leaf = zeroblob(32) WHERE position = 3",
        "DELETE FROM ledger_records WHERE position = 3",
        "UPDATE ledger_head SET root = zeroblob(32)",
        "UPDATE ledger_balances SET quantity = quantity + 1 WHERE account = 1",
        "UPDATE ledger_outcomes SET refused_at = 'soon'",
        "UPDATE ledger_stations SET name = x'00'",
    ]
    .into_iter()
    .enumerate()
    {
        let damaged = bank.folder().join(format!("damaged-{number}.db"));
        std::fs::copy(bank.folder().join("bank.db"), &damaged).unwrap();
        tamper(&damaged, sql).await;
        let fault = restore(&damaged, to.url(), |_, _| {}).await.unwrap_err();
        assert_eq!(fault.code(), "damaged", "{sql}: {fault}");
        assert!(is_free(to.url()).await, "{sql}");
    }
    // A page in the middle is gone.
    let torn = bank.folder().join("torn.db");
    let mut bytes = std::fs::read(bank.folder().join("bank.db")).unwrap();
    let middle = bytes.len() / 8192 * 4096;
    bytes[middle..middle + 3 * 4096].fill(0x5a);
    std::fs::write(&torn, bytes).unwrap();
    assert_eq!(restore(&torn, to.url(), |_, _| {}).await.unwrap_err().code(), "damaged");
    // There is no bank in it, or no database, or no file.
    let empty = bank.folder().join("empty.db");
    std::fs::write(&empty, "").unwrap();
    let diary = bank.folder().join("diary.txt");
    std::fs::write(&diary, "Dear diary,").unwrap();
    let nowhere = bank.folder().join("nowhere.db");
    for (file, code) in [(&empty, "no_bank"), (&diary, "not_a_database"), (&nowhere, "no_bank")] {
        assert_eq!(restore(file, to.url(), |_, _| {}).await.unwrap_err().code(), code);
    }
    assert!(is_free(to.url()).await);
    assert_no_leftovers(to.folder());
    restore(&bank.folder().join("bank.db"), to.url(), |_, _| {}).await.unwrap();
});

both_engines!(a_copy_that_is_given_up_leaves_nothing, async |to: &TestBank| {
    let bank = TestBank::sqlite();
    lively_town(&bank).await.close().await;
    let (file, _) = backed_up(&bank, "backup.db").await;
    let begun = tokio::sync::Notify::new();
    tokio::select! {
        biased;
        () = begun.notified() => {}
        outcome = restore(&file, to.url(), |_, _| begun.notify_one()) => unreachable!("{outcome:?}"),
    }
    assert!(is_free(to.url()).await);
    assert_no_leftovers(to.folder());
    restore(&file, to.url(), |_, _| {}).await.unwrap();
});
