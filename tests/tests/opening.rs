//! What is at a bank's address before it is opened: an older bank, other programs' tables, a file of another kind, nothing.
//! What is no bank stays as it is, byte by byte, and what is refused leaves nothing behind.

#![expect(clippy::unwrap_used, reason = "helpers of tests: what fails here fails the test")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use bank_tests::aged::age;
use bank_tests::bank::{TestBank, cards, post_all, redeem, reference_town, sample_town, station, unkeyed};
use bank_tests::both_engines;
use bank_tests::journal::{Tables, assert_whole};
use baoyulan_ledger::ledger::copy;
use baoyulan_ledger::proof::sha256;
use baoyulan_ledger::store::migrate::{self, MIGRATIONS};
use baoyulan_ledger::store::{Conn, Target};
use baoyulan_ledger::{Fault, Ledger, NewBank, Options};
use data_encoding::HEXLOWER;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use tokio::task::JoinSet;

/// Runs SQL of the test's own at the bank's address; makes the file or the schema if there is none.
async fn execute(bank: &TestBank, sql: &str) {
    let sql = AssertSqlSafe(sql.to_owned());
    if let Some((server, schema)) = bank.url().split_once("?schema=") {
        let mut conn = PgConnection::connect(server).await.unwrap();
        let schema = format!("CREATE SCHEMA IF NOT EXISTS {schema}; SET search_path = {schema}");
        conn.execute(sqlx::raw_sql(AssertSqlSafe(schema))).await.unwrap();
        conn.execute(sqlx::raw_sql(sql)).await.unwrap();
        conn.close().await.unwrap();
    } else {
        let mut conn = SqliteConnection::connect(&format!("{}?mode=rwc", bank.url())).await.unwrap();
        conn.execute(sqlx::raw_sql(sql)).await.unwrap();
        conn.close().await.unwrap();
    }
}

fn existing(bank: &TestBank) -> Options {
    Options { create: None, ..bank.options() }
}

fn reading(bank: &TestBank) -> Options {
    Options { read_only: true, ..existing(bank) }
}

async fn refused(bank: &TestBank, options: Options) -> &'static str {
    Ledger::open(bank.url(), options).await.unwrap_err().code()
}

/// The bank's file.
fn file(bank: &TestBank) -> PathBuf {
    bank.folder().join("bank.db")
}

/// Every file below a folder, with the hash of its bytes and when they were last changed.
fn files(folder: &Path) -> BTreeMap<PathBuf, (String, SystemTime)> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            let hash = HEXLOWER.encode(&sha256(&[&std::fs::read(&path).unwrap()]));
            all.insert(path.clone(), (hash, path.metadata().unwrap().modified().unwrap()));
        }
    }
    all
}

/// Everything at the bank's address: on SQLite the files, on PostgreSQL the tables' rows, or nothing without a schema.
#[derive(Debug, PartialEq)]
enum State {
    Files(BTreeMap<PathBuf, (String, SystemTime)>),
    Rows(bool, String),
}

async fn state(bank: &TestBank) -> State {
    let Some((server, schema)) = bank.url().split_once("?schema=") else { return State::Files(files(bank.folder())) };
    let schemas = Tables::open(server).await.rows("SELECT nspname::text FROM pg_namespace").await;
    let is_there = schemas.iter().any(|row| row[0].text() == schema);
    State::Rows(is_there, format!("{:?}", Tables::open(bank.url()).await.dump().await))
}

// An older bank -----------------------------------------------------------------------------------------------------------

async fn version(bank: &TestBank) -> usize {
    Tables::open(bank.url()).await.rows("SELECT version FROM ledger_migrations").await.len()
}

both_engines!(an_older_bank_is_brought_up_to_date_by_whoever_posts, async |bank: &TestBank| {
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    let head = ledger.journal_head().await.unwrap();
    ledger.close().await;
    age(bank).await;

    let before = state(bank).await;
    let fault = Ledger::open(bank.url(), reading(bank)).await.unwrap_err();
    assert!(matches!(fault, Fault::SchemaOld { found: 1, known } if known == MIGRATIONS.len() as i64), "{fault:?}");
    assert_eq!(state(bank).await, before, "whoever only reads changes nothing");
    assert_eq!(version(bank).await, 1);

    // Several start at once; all find the bank as it should be.
    let mut openers = JoinSet::new();
    for _ in 0..4 {
        let (url, options) = (bank.url().to_owned(), existing(bank));
        openers.spawn(async move { Ledger::open(&url, options).await.unwrap() });
    }
    for ledger in openers.join_all().await {
        assert_eq!(ledger.journal_head().await.unwrap(), head);
        ledger.close().await;
    }
    assert_eq!(version(bank).await, MIGRATIONS.len());
    let ledger = Ledger::open(bank.url(), reading(bank)).await.unwrap();
    assert_eq!(ledger.trial_balance().await.unwrap().disagreements, [""; 0]);
    ledger.close().await;
    assert_whole(bank.url()).await;
});

both_engines!(an_older_bank_is_copied_as_it_is, async |bank: &TestBank| {
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    let head = ledger.journal_head().await.unwrap();
    ledger.close().await;
    age(bank).await;
    let before = Tables::open(bank.url()).await.dump().await;
    let backup = bank.folder().join("backup.db");
    copy::backup(bank.url(), &backup, |_, _| {}).await.unwrap();
    assert_eq!(Tables::open(bank.url()).await.dump().await, before);

    let other = TestBank::postgres();
    copy::restore(&backup, other.url(), |_, _| {}).await.unwrap();
    assert_eq!(version(&other).await, 1);
    assert_eq!(refused(&other, reading(&other)).await, "schema_old");
    let options = Options { key_folder: Some(bank.key_folder()), ..existing(&other) };
    let ledger = Ledger::open(other.url(), options).await.unwrap();
    assert_eq!(ledger.journal_head().await.unwrap(), head);
    assert_eq!(version(&other).await, MIGRATIONS.len());
});

both_engines!(a_migration_that_fails_leaves_the_older_bank_whole, async |bank: &TestBank| {
    reference_town(&bank.open().await).await;
    age(bank).await;
    let before = Tables::open(bank.url()).await.dump().await;

    let target = Target::parse(bank.url()).unwrap();
    let mut conn = Conn::open(&target, false).await.unwrap();
    let fails_late = "CREATE TABLE ledger_novelties (position {position_key}); CREATE TABLE ledger_records (position {position_key})";
    let fault = migrate::bring_up(&mut conn, &target, &[MIGRATIONS[0], fails_late], 0).await.unwrap_err();
    assert_eq!(fault.code(), "database");
    assert_eq!(Tables::open(bank.url()).await.dump().await, before);
    conn.close().await;

    Ledger::open(bank.url(), existing(bank)).await.unwrap().close().await;
    assert_eq!(version(bank).await, MIGRATIONS.len());
});

// What is no bank ---------------------------------------------------------------------------------------------------------

const HOST: &str = "CREATE TABLE shop_orders (id BIGINT PRIMARY KEY, what TEXT NOT NULL); \
                    INSERT INTO shop_orders VALUES (1, 'tea')";

both_engines!(other_programs_tables_are_no_bank_and_stay_as_they_are, async |bank: &TestBank| {
    execute(bank, HOST).await;
    let before = state(bank).await;
    for options in [reading(bank), existing(bank)] {
        assert_eq!(refused(bank, options).await, "no_bank");
        assert_eq!(state(bank).await, before);
    }
});

both_engines!(a_bank_may_share_the_database_of_its_host, async |bank: &TestBank| {
    execute(bank, HOST).await;
    let before = state(bank).await;
    let wrong = NewBank { issuer: "not a code".to_owned(), ..sample_town() };
    assert_eq!(refused(bank, Options { create: Some(wrong), ..bank.options() }).await, "bad_bank");
    assert_eq!(state(bank).await, before, "nothing is touched before all is checked");

    reference_town(&bank.open().await).await;
    let mut tables = Tables::open(bank.url()).await;
    assert_eq!(tables.rows("SELECT what FROM shop_orders").await[0][0].text(), "tea");
    let ledger = Ledger::open(bank.url(), reading(bank)).await.unwrap();
    assert_eq!(ledger.volunteer_balances().await.unwrap().len(), cards().len());
});

/// A file of WAL mode: closed; open in another program; and left behind by a crash, with what SQLite keeps beside it or without.
#[tokio::test]
async fn a_foreign_file_of_wal_mode_is_only_looked_at_on_sqlite() {
    let bank = TestBank::sqlite();
    execute(&bank, &format!("PRAGMA journal_mode = wal; {HOST}")).await;
    let closed = std::fs::read(file(&bank)).unwrap();
    let assert_left_alone = async || {
        let before = files(bank.folder());
        for options in [reading(&bank), existing(&bank)] {
            assert_eq!(refused(&bank, options).await, "no_bank");
            assert_eq!(files(bank.folder()), before);
        }
    };
    assert_left_alone().await;

    let mut host = SqliteConnection::connect(bank.url()).await.unwrap();
    host.execute("INSERT INTO shop_orders VALUES (2, 'rice')").await.unwrap();
    assert_left_alone().await;
    let wal = std::fs::read(bank.folder().join("bank.db-wal")).unwrap();
    assert!(!wal.is_empty());
    host.close().await.unwrap();

    std::fs::write(file(&bank), closed).unwrap();
    std::fs::write(bank.folder().join("bank.db-wal"), wal).unwrap();
    assert_left_alone().await;
}

#[tokio::test]
async fn a_file_of_another_kind_is_named_and_left_alone_on_sqlite() {
    for content in [b"Dear diary,\n".to_vec(), [0; 4096].to_vec(), b"SQLite format 3".to_vec()] {
        let bank = TestBank::sqlite();
        std::fs::write(file(&bank), content).unwrap();
        let before = files(bank.folder());
        for options in [reading(&bank), existing(&bank), bank.options()] {
            assert_eq!(refused(&bank, options).await, "not_a_database");
            assert_eq!(files(bank.folder()), before);
        }
    }
    let bank = TestBank::sqlite();
    std::fs::create_dir(file(&bank)).unwrap();
    assert_eq!(refused(&bank, bank.options()).await, "not_a_database");
    assert!(!bank.key_folder().exists());
}

/// The bank's tables are in the WAL alone, as after a crash right after the first start.
#[tokio::test]
async fn a_bank_that_is_young_and_crashed_is_still_a_bank_on_sqlite() {
    let bank = TestBank::sqlite();
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    let head = ledger.journal_head().await.unwrap();
    ledger.close().await;
    // A database without anything, in WAL mode, and all of the bank as one transaction in the WAL.
    let bytes = std::fs::read(file(&bank)).unwrap();
    std::fs::remove_file(file(&bank)).unwrap();
    execute(&bank, "PRAGMA journal_mode = wal").await;
    let empty = std::fs::read(file(&bank)).unwrap();
    let whole = bank.folder().join("whole.db");
    std::fs::write(&whole, bytes).unwrap();
    let mut conn = SqliteConnection::connect(bank.url()).await.unwrap();
    let sql = rows_of_another(&mut conn, &whole).await;
    conn.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.unwrap();
    let wal = std::fs::read(bank.folder().join("bank.db-wal")).unwrap();
    conn.close().await.unwrap();
    std::fs::remove_file(&whole).unwrap();
    std::fs::write(file(&bank), empty).unwrap();
    std::fs::write(bank.folder().join("bank.db-wal"), wal).unwrap();

    let ledger = Ledger::open(bank.url(), existing(&bank)).await.unwrap();
    assert_eq!(ledger.journal_head().await.unwrap(), head);
    ledger.close().await;
}

/// SQL that copies the tables, rows and indexes of another file in one transaction.
async fn rows_of_another(conn: &mut SqliteConnection, other: &Path) -> String {
    let attach = format!("ATTACH '{}' AS other", other.display());
    conn.execute(sqlx::raw_sql(AssertSqlSafe(attach))).await.unwrap();
    let question = "SELECT type, name, sql FROM other.sqlite_master WHERE sql IS NOT NULL ORDER BY type DESC";
    let all: Vec<(String, String, String)> = sqlx::query_as(question).fetch_all(conn).await.unwrap();
    let copy = |(kind, name, sql): &(String, String, String)| match kind.as_str() {
        "table" => format!("{sql}; INSERT INTO main.{name} SELECT * FROM other.{name};"),
        _ => format!("{sql};"),
    };
    // Otherwise the whole WAL would be copied into the file at the commit.
    format!("PRAGMA wal_autocheckpoint = 0; BEGIN; {} COMMIT", all.iter().map(copy).collect::<String>())
}

// What is refused ---------------------------------------------------------------------------------------------------------

both_engines!(a_refused_bank_leaves_nothing, async |bank: &TestBank| {
    let before = state(bank).await;
    let new = || sample_town();
    let founding = |create: NewBank| Options { create: Some(create), ..bank.options() };
    for (options, code) in [
        (founding(NewBank { issuer: String::new(), ..new() }), "bad_bank"),
        (founding(NewBank { origin: "with a blank".to_owned(), ..new() }), "bad_bank"),
        (founding(NewBank { time_zone: "Moon/Tranquillity".to_owned(), ..new() }), "bad_bank"),
        (founding(NewBank { demo: false, ..new() }), "not_a_demo"),
        (Options { key_folder: Some(PathBuf::from("/dev/null/keys")), ..bank.options() }, "key_file"),
    ] {
        assert_eq!(refused(bank, options).await, code);
        assert_eq!(state(bank).await, before, "{code}");
        assert!(!bank.key_folder().exists(), "{code}");
    }
});

// The schema cannot be made, for a table has one of its names. The key that was made by then goes too.
both_engines!(a_bank_that_cannot_be_founded_leaves_no_key, async |bank: &TestBank| {
    execute(bank, "CREATE TABLE ledger_entries (of_an_older_ledger BIGINT)").await;
    let before = Tables::open(bank.url()).await.dump().await;
    assert_eq!(refused(bank, bank.options()).await, "database");
    assert_eq!(Tables::open(bank.url()).await.dump().await, before);
    assert!(!bank.key_folder().exists(), "the folder that was made for the key went with it");
});

#[tokio::test]
async fn what_a_lost_file_has_left_is_not_mixed_into_a_new_bank_on_sqlite() {
    let bank = TestBank::sqlite();
    for side in ["bank.db-wal", "bank.db-journal"] {
        std::fs::write(bank.folder().join(side), "what somebody may still need").unwrap();
        let fault = Ledger::open(bank.url(), bank.options()).await.unwrap_err();
        assert!(matches!(&fault, Fault::Exists { what } if what.ends_with(side)), "{fault:?}");
        assert_eq!(files(bank.folder()).len(), 1, "no bank, no key");
        std::fs::remove_file(bank.folder().join(side)).unwrap();
    }
    let nowhere = format!("sqlite://{}", bank.folder().join("nowhere/bank.db").display());
    assert_eq!(Ledger::open(&nowhere, bank.options()).await.unwrap_err().code(), "bad_url");
    assert!(files(bank.folder()).is_empty() && !bank.folder().join("nowhere").exists());
}

// Reading -----------------------------------------------------------------------------------------------------------------

#[tokio::test]
async fn reading_changes_no_byte_and_leaves_no_file_on_sqlite() {
    let bank = TestBank::sqlite();
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    let head = ledger.journal_head().await.unwrap();
    ledger.close().await;
    let before = files(bank.folder());
    let reader = Ledger::open(bank.url(), reading(&bank)).await.unwrap();
    assert_eq!(reader.journal_head().await.unwrap(), head);
    reader.close().await;
    assert_eq!(files(bank.folder()), before);

    // What a killed process has left in the WAL is read, and stays there.
    let killed = bank.open().await;
    killed.post(unkeyed(redeem(&cards()[0], "S01", "G01", 1))).await.unwrap_err();
    post_all(&killed, [station("S03", "新站")]).await;
    let left: Vec<_> = ["bank.db", "bank.db-wal"].map(|name| bank.folder().join(name)).to_vec();
    let elsewhere = TestBank::sqlite();
    for path in &left {
        std::fs::copy(path, elsewhere.folder().join(path.file_name().unwrap())).unwrap();
    }
    killed.close().await;
    let before = files(elsewhere.folder());
    let reader = Ledger::open(elsewhere.url(), reading(&elsewhere)).await.unwrap();
    assert_eq!(reader.journal_head().await.unwrap().0, head.0 + 1);
    reader.close().await;
    // The index of the WAL is made anew by whoever reads it first.
    let mut after = files(elsewhere.folder());
    after.retain(|path, _| !path.ends_with("bank.db-shm"));
    assert_eq!(after, before);
}

/// The address is a link. What SQLite keeps beside a file is beside the one that the link leads to.
#[tokio::test]
async fn a_link_leads_to_the_whole_bank_on_sqlite() {
    let bank = TestBank::sqlite();
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    let link = bank.folder().join("elsewhere");
    std::fs::create_dir(&link).unwrap();
    let link = link.join("link.db");
    std::os::unix::fs::symlink(file(&bank), &link).unwrap();
    let url = format!("sqlite://{}", link.display());
    let reader = Ledger::open(&url, reading(&bank)).await.unwrap();
    assert_eq!(reader.journal_head().await.unwrap(), ledger.journal_head().await.unwrap());
    reader.close().await;
    ledger.close().await;
    let poster = Ledger::open(&url, existing(&bank)).await.unwrap();
    post_all(&poster, [station("S03", "新站")]).await;
    poster.close().await;
    assert_eq!(files(&bank.folder().join("elsewhere")).len(), 1, "nothing stands beside the link");
}

/// While the service posts, whoever reads sees what is posted, and the files stay the service's.
#[tokio::test]
async fn reading_goes_on_beside_the_service_on_sqlite() {
    let bank = TestBank::sqlite();
    let ledger = Arc::new(bank.open().await);
    reference_town(&ledger).await;
    let reader = Ledger::open(bank.url(), reading(&bank)).await.unwrap();
    for code in ["S03", "S04", "S05"] {
        post_all(&ledger, [station(code, "新站")]).await;
        assert_eq!(reader.journal_head().await.unwrap(), ledger.journal_head().await.unwrap());
    }
    reader.close().await;
    post_all(&ledger, [station("S06", "新站")]).await;
}
