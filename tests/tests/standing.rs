//! What a bank relies on is read back: that it is still the same bank, later; that its clock can be right; that its
//! database takes writes and keeps what a connection was told; and which keys its journal vouches for.

#![expect(clippy::unwrap_used, reason = "helpers of tests: what fails here fails the test")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use bank_tests::bank::{NOON, TestBank, cards, keyed, redeem, reference_town, unkeyed};
use bank_tests::both_engines;
use bank_tests::journal::{Tables, assert_whole};
use baoyulan_ledger::book::Address;
use baoyulan_ledger::clock::ClockState;
use baoyulan_ledger::command::{Command, NewEntry, Post};
use baoyulan_ledger::people::CardNumber;
use baoyulan_ledger::proof::{SigningKey, VerifyingKey};
use baoyulan_ledger::store::bank::bank as stored_bank;
use baoyulan_ledger::store::{Conn, Target};
use baoyulan_ledger::{Error, Fault, Ledger, NewBank, Options};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use xtask::postgres::Server;

const DAY: i64 = 24 * 3600;

/// Runs the test's own SQL on the bank's database.
async fn execute(url: &str, sql: &str) {
    let sql = AssertSqlSafe(sql.to_owned());
    if let Some((server, schema)) = url.split_once("?schema=") {
        let mut conn = PgConnection::connect(server).await.unwrap();
        conn.execute(AssertSqlSafe(format!("SET search_path = {schema}"))).await.unwrap();
        conn.execute(sqlx::raw_sql(sql)).await.unwrap();
        conn.close().await.unwrap();
    } else {
        let mut conn = SqliteConnection::connect(url).await.unwrap();
        conn.execute(sqlx::raw_sql(sql)).await.unwrap();
        conn.close().await.unwrap();
    }
}

fn schema_of(bank: &TestBank) -> &str {
    bank.url().split_once("?schema=").unwrap().1
}

fn file_of(bank: &TestBank) -> PathBuf {
    bank.folder().join("bank.db")
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    PathBuf::from(format!("{}{ending}", file.display()))
}

/// Gives the first volunteer a point.
fn point(ledger_points: &Address) -> Command {
    let granted = Address::new("expense/points-granted").unwrap();
    let entries =
        vec![NewEntry::new(granted, 1), NewEntry::new(ledger_points.clone(), -1).expiring_at(NOON + 4000 * DAY)];
    Command::Post(Post { entries })
}

async fn points_of(ledger: &Ledger) -> Address {
    let card = CardNumber::parse(&cards()[0]).unwrap();
    ledger.volunteer_statement(card).await.unwrap().unwrap().points.address
}

/// Makes a town, and returns the address of somebody's points.
async fn town(bank: &TestBank) -> (Ledger, Address) {
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    let points = points_of(&ledger).await;
    (ledger, points)
}

fn code(outcome: Result<impl std::fmt::Debug, impl Into<Error>>) -> &'static str {
    match outcome.map_err(Into::into) {
        Ok(_) => "",
        Err(Error::Fault(fault)) => fault.code(),
        Err(Error::Rejected(_)) => "rejected",
    }
}

/// The codes with which posting, reading and looking how the bank stands fail.
async fn codes(ledger: &Ledger, points: &Address) -> [&'static str; 4] {
    [
        code(ledger.post(unkeyed(point(points))).await),
        code(ledger.account(points).await),
        code(ledger.access().credential("9jgdzed24vpqtsj1").await),
        code(ledger.standing().await),
    ]
}

/// An older copy of a bank, which can be put in its place.
enum Copy {
    File(PathBuf),
    Schema(String),
}

/// Copies the bank, which nobody has open.
async fn copy(bank: &TestBank) -> Copy {
    if !bank.is_postgres() {
        let copied = bank.folder().join("older.db");
        std::fs::copy(file_of(bank), &copied).unwrap();
        return Copy::File(copied);
    }
    let (of, to) = (schema_of(bank), format!("{}_older", schema_of(bank)));
    let mut sql = format!("CREATE SCHEMA {to};");
    for table in Tables::open(bank.url()).await.names().await {
        sql += &format!("CREATE TABLE {to}.{table} (LIKE {of}.{table} INCLUDING ALL);");
        sql += &format!("INSERT INTO {to}.{table} SELECT * FROM {of}.{table};");
    }
    execute(bank.url(), &sql).await;
    Copy::Schema(to)
}

/// Puts an older copy in the bank's place, under the feet of whoever has it open.
async fn put_back(bank: &TestBank, copy: Copy) {
    match copy {
        Copy::File(copied) => {
            for ending in ["-wal", "-shm"] {
                let _ = std::fs::remove_file(beside(&file_of(bank), ending));
            }
            std::fs::rename(copied, file_of(bank)).unwrap();
        }
        Copy::Schema(copied) => {
            let schema = schema_of(bank);
            execute(bank.url(), &format!("DROP SCHEMA {schema} CASCADE; ALTER SCHEMA {copied} RENAME TO {schema}"))
                .await;
        }
    }
}

fn accepting(bank: &TestBank) -> Options {
    Options { accept_rollback: Some("operator-1".to_owned()), ..bank.options() }
}

// The bank is another one, or an older copy ------------------------------------------------------------------------------

both_engines!(an_older_copy_under_a_running_ledger_is_found_out, async |bank: &TestBank| {
    let (ledger, points) = town(bank).await;
    ledger.close().await;
    let older = copy(bank).await;
    let ledger = bank.open().await;
    let redeemed = ledger.post(keyed(7, redeem(&cards()[0], "S01", "V01", 1))).await;
    assert!(matches!(redeemed, Err(Error::Rejected(_)) | Ok(_)));
    ledger.post(unkeyed(point(&points))).await.unwrap();

    put_back(bank, older).await;
    let expected = if bank.is_postgres() { "rolled_back" } else { "moved" };
    assert_eq!(codes(&ledger, &points).await, [expected; 4]);
    let before = Tables::open(bank.url()).await.dump().await;
    assert_eq!(codes(&ledger, &points).await, [expected; 4], "it is not believed again");
    ledger.close().await;
    assert_eq!(Tables::open(bank.url()).await.dump().await, before, "nothing was written into it");
    assert_whole(bank.url()).await;
});

both_engines!(an_older_copy_is_opened_only_by_somebody_who_knows, async |bank: &TestBank| {
    let (ledger, points) = town(bank).await;
    let (size, _) = ledger.journal_head().await.unwrap();
    ledger.close().await;
    let older = copy(bank).await;
    let ledger = bank.open().await;
    ledger.post(unkeyed(point(&points))).await.unwrap();
    ledger.post(unkeyed(point(&points))).await.unwrap();
    ledger.close().await;
    put_back(bank, older).await;
    let before = Tables::open(bank.url()).await.dump().await;

    let fault = Ledger::open(bank.url(), bank.options()).await.unwrap_err();
    let Fault::RolledBack { size_seen, size_found, last_seen_at } = fault else { unreachable!("{fault:?}") };
    assert_eq!((size_seen, size_found, last_seen_at), (size + 2, size, NOON));
    assert_eq!(Tables::open(bank.url()).await.dump().await, before);
    // Who only reads may look at an older copy.
    let reader = Ledger::open(bank.url(), Options { read_only: true, create: None, ..bank.options() }).await.unwrap();
    assert_eq!(reader.journal_head().await.unwrap().0, size);
    reader.close().await;

    let ledger = Ledger::open(bank.url(), accepting(bank)).await.unwrap();
    let rows = Tables::open(bank.url()).await.rows("SELECT position, size_seen FROM ledger_rollback_acceptances").await;
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0][0].integer(), rows[0][1].integer()), (size as i64, size as i64 + 2));
    let actors = format!("SELECT actor, kind FROM ledger_records WHERE position = {size}");
    let record = Tables::open(bank.url()).await.rows(&actors).await;
    assert_eq!((record[0][0].text(), record[0][1].text()), ("operator-1", "RLBA"));
    ledger.post(unkeyed(point(&points))).await.unwrap();
    ledger.close().await;
    // Afterwards it is a bank like any other, and the flag changes nothing any more.
    for options in [bank.options(), accepting(bank)] {
        let ledger = Ledger::open(bank.url(), options).await.unwrap();
        ledger.post(unkeyed(point(&points))).await.unwrap();
        ledger.close().await;
    }
    assert_eq!(Tables::open(bank.url()).await.rows("SELECT position FROM ledger_rollback_acceptances").await.len(), 1);
    assert_whole(bank.url()).await;
});

both_engines!(an_older_copy_that_has_grown_again_is_found_out, async |bank: &TestBank| {
    let (ledger, points) = town(bank).await;
    ledger.close().await;
    let older = copy(bank).await;
    let ledger = bank.open().await;
    ledger.post(unkeyed(point(&points))).await.unwrap();
    put_back(bank, older).await;
    // Somebody who has the key, and does not know what was seen, goes on with the older copy beyond that size.
    let elsewhere = bank.folder().join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    for file in std::fs::read_dir(bank.key_folder()).unwrap().map(|file| file.unwrap().path()) {
        if file.extension().is_some_and(|kind| kind == "receipt-key") {
            std::fs::copy(&file, elsewhere.join(file.file_name().unwrap())).unwrap();
        }
    }
    bank.turn_chance_to(1);
    let other = Ledger::open(bank.url(), Options { key_folder: Some(elsewhere), ..bank.options() }).await.unwrap();
    for _ in 0..300 {
        other.post(unkeyed(point(&points))).await.unwrap();
    }
    other.close().await;

    let expected = if bank.is_postgres() { "rolled_back" } else { "moved" };
    assert_eq!(codes(&ledger, &points).await, [expected; 4]);
    ledger.close().await;
    assert_eq!(code(Ledger::open(bank.url(), bank.options()).await), "rolled_back");
});

both_engines!(several_processes_that_take_turns_are_not_taken_for_a_rollback, async |bank: &TestBank| {
    let (one, points) = town(bank).await;
    let other = bank.open().await;
    for _ in 0..5 {
        for ledger in [&one, &other] {
            ledger.post(unkeyed(point(&points))).await.unwrap();
            assert_eq!(codes(ledger, &points).await, [""; 4]);
        }
    }
    // Whoever is closed last has not always seen the most.
    one.close().await;
    other.close().await;
    bank.open().await.close().await;
    assert_whole(bank.url()).await;
});

both_engines!(what_was_seen_and_cannot_be_read_stops_the_bank, async |bank: &TestBank| {
    let (ledger, _) = town(bank).await;
    let head = bank.key_folder().join(format!("{}.head", ledger.bank().bank_id));
    ledger.close().await;
    let kept = std::fs::read(&head).unwrap();
    std::fs::write(&head, &kept[..100]).unwrap();
    assert_eq!(code(Ledger::open(bank.url(), bank.options()).await), "head_file");
    // Without it nothing is known, so nothing can be compared: it is made anew.
    std::fs::remove_file(&head).unwrap();
    bank.open().await.close().await;
    assert!(head.exists());
});

#[tokio::test]
async fn a_file_that_is_not_the_one_that_was_opened_is_not_served_on_sqlite() {
    type Act = fn(&Path, &Path);
    let acts: [(&str, Act); 7] = [
        ("deleted", |file, _| std::fs::remove_file(file).unwrap()),
        ("moved", |file, _| std::fs::rename(file, beside(file, "-away")).unwrap()),
        ("replaced by another bank", |file, other| {
            std::fs::remove_file(beside(file, "-wal")).unwrap();
            std::fs::remove_file(beside(file, "-shm")).unwrap();
            std::fs::rename(other, file).unwrap();
        }),
        ("overwritten with an older copy", |file, _| {
            std::fs::write(file, std::fs::read(beside(file, "-older")).unwrap()).unwrap();
        }),
        ("overwritten with another bank", |file, other| std::fs::write(file, std::fs::read(other).unwrap()).unwrap()),
        ("its log deleted", |file, _| std::fs::remove_file(beside(file, "-wal")).unwrap()),
        ("the index of its log deleted", |file, _| std::fs::remove_file(beside(file, "-shm")).unwrap()),
    ];
    for (what, act) in acts {
        let (bank, another) = (TestBank::sqlite(), TestBank::sqlite());
        let (ledger, points) = town(&bank).await;
        ledger.close().await;
        std::fs::copy(file_of(&bank), beside(&file_of(&bank), "-older")).unwrap();
        bank.open().await.post(unkeyed(point(&points))).await.unwrap();
        another.turn_chance_to(9);
        let (other, _) = town(&another).await;
        other.close().await;

        let ledger = bank.open().await;
        ledger.post(unkeyed(point(&points))).await.unwrap();
        act(&file_of(&bank), &file_of(&another));
        assert_eq!(codes(&ledger, &points).await, ["moved"; 4], "{what}");
        let kept = std::fs::read(file_of(&bank)).ok();
        ledger.close().await;
        assert_eq!(std::fs::read(file_of(&bank)).ok(), kept, "{what}: nothing was written into the new file");
    }
}

/// Goes on with a copy of the closed bank elsewhere, by so many commands; returns the copy's file.
async fn fork(bank: &TestBank, points: &Address, commands: usize) -> PathBuf {
    let folder = tempfile::tempdir_in(bank.folder()).unwrap().keep();
    let file = folder.join("fork.db");
    std::fs::copy(file_of(bank), &file).unwrap();
    for key in std::fs::read_dir(bank.key_folder()).unwrap().map(|key| key.unwrap().path()) {
        std::fs::copy(&key, folder.join(key.file_name().unwrap())).unwrap();
    }
    bank.turn_chance_to(7);
    let options = Options { key_folder: Some(folder), ..bank.options() };
    let ledger = Ledger::open(&format!("sqlite://{}", file.display()), options).await.unwrap();
    for _ in 0..commands {
        ledger.post(unkeyed(point(points))).await.unwrap();
    }
    ledger.close().await;
    file
}

/// A copy of the bank itself, with which somebody went on elsewhere, has its name and never a shorter journal.
#[tokio::test]
async fn a_copy_that_went_on_elsewhere_is_found_out_in_the_files_place_on_sqlite() {
    for commands in [2, 9] {
        let bank = TestBank::sqlite();
        let (ledger, points) = town(&bank).await;
        ledger.close().await;
        let fork = fork(&bank, &points, commands).await;
        let ledger = bank.open().await;
        for _ in 0..3 {
            ledger.post(unkeyed(point(&points))).await.unwrap();
        }
        std::fs::write(file_of(&bank), std::fs::read(fork).unwrap()).unwrap();
        assert_eq!(codes(&ledger, &points).await, ["moved"; 4], "{commands} commands");
    }
}

#[tokio::test]
async fn a_log_that_was_emptied_is_found_out_on_sqlite() {
    let bank = TestBank::sqlite();
    let (ledger, points) = town(&bank).await;
    ledger.close().await;
    let ledger = bank.open().await;
    ledger.post(unkeyed(point(&points))).await.unwrap();
    std::fs::File::options().write(true).open(beside(&file_of(&bank), "-wal")).unwrap().set_len(0).unwrap();
    assert_eq!(codes(&ledger, &points).await, ["moved"; 4]);
}

/// After a crash the newest records stand in the log alone. It has the newer head, but an older file lacks what had been moved
/// there meanwhile.
#[tokio::test]
async fn an_older_file_under_a_newer_log_is_found_out_on_sqlite() {
    let bank = TestBank::sqlite();
    let (ledger, points) = town(&bank).await;
    ledger.close().await;
    let older = std::fs::read(file_of(&bank)).unwrap();
    let ledger = bank.open().await;
    for _ in 0..20 {
        ledger.post(unkeyed(point(&points))).await.unwrap();
    }
    execute(bank.url(), "PRAGMA wal_checkpoint(TRUNCATE)").await;
    for _ in 0..3 {
        ledger.post(unkeyed(point(&points))).await.unwrap();
    }
    // What a crash leaves.
    let (file, log) = (file_of(&bank), beside(&file_of(&bank), "-wal"));
    let (newer, kept) = (std::fs::read(&file).unwrap(), std::fs::read(&log).unwrap());
    let head = bank.key_folder().join(format!("{}.head", ledger.bank().bank_id));
    let remembered = std::fs::read(&head).unwrap();
    ledger.close().await;
    for (content, expected) in [(&older, "rolled_back"), (&newer, "")] {
        std::fs::write(&file, content).unwrap();
        std::fs::write(&log, &kept).unwrap();
        std::fs::write(&head, &remembered).unwrap();
        let _ = std::fs::remove_file(beside(&file, "-shm"));
        assert_eq!(code(Ledger::open(bank.url(), bank.options()).await), expected);
    }
    assert_whole(bank.url()).await;
}

#[tokio::test]
async fn a_file_that_was_cut_is_found_out_on_sqlite() {
    let bank = TestBank::sqlite();
    let (ledger, points) = town(&bank).await;
    ledger.close().await;
    let ledger = bank.open().await;
    ledger.post(unkeyed(point(&points))).await.unwrap();
    let file = std::fs::File::options().write(true).open(file_of(&bank)).unwrap();
    file.set_len(file.metadata().unwrap().len() / 2).unwrap();
    assert_eq!(codes(&ledger, &points).await, ["moved"; 4]);
}

/// Many look at the files at the same time, and the log grows between one look and the next.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_at_once_are_not_taken_for_somebody_who_cuts_the_log_on_sqlite() {
    let bank = TestBank::sqlite();
    let (ledger, points) = town(&bank).await;
    let mut readers = tokio::task::JoinSet::new();
    for _ in 0..24 {
        let (ledger, points) = (ledger.clone(), points.clone());
        readers.spawn(async move {
            for _ in 0..40 {
                ledger.account(&points).await.unwrap();
            }
        });
    }
    for _ in 0..200 {
        ledger.post(unkeyed(point(&points))).await.unwrap();
    }
    while let Some(read) = readers.join_next().await {
        read.unwrap();
    }
    assert_eq!(codes(&ledger, &points).await, [""; 4]);
}

/// Another program may move all of the log into the file, and empty it.
#[tokio::test]
async fn a_log_that_another_program_has_moved_into_the_file_does_no_harm_on_sqlite() {
    let bank = TestBank::sqlite();
    let (ledger, points) = town(&bank).await;
    ledger.post(unkeyed(point(&points))).await.unwrap();
    execute(bank.url(), "PRAGMA wal_checkpoint(TRUNCATE)").await;
    assert_eq!(std::fs::metadata(beside(&file_of(&bank), "-wal")).unwrap().len(), 0);
    assert_eq!(codes(&ledger, &points).await, [""; 4]);
    ledger.close().await;
    assert_whole(bank.url()).await;
}

#[tokio::test]
async fn a_server_that_is_told_to_lose_what_it_commits_stops_the_bank_on_postgres() {
    let server = Server::start().unwrap();
    let bank = TestBank::postgres_alone(server.url()).await;
    let (ledger, points) = town(&bank).await;
    let public = format!("{}?schema=public", bank.url());
    for sql in ["ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()"] {
        execute(&public, sql).await;
    }
    // The server's processes hear of it one after the other.
    while code(ledger.journal_head().await) != "not_durable" {
        tokio::task::yield_now().await;
    }
    assert_eq!(codes(&ledger, &points).await, ["not_durable"; 4]);
}

/// A policy for rows could show a bank without its receipts, and a backup of it would be whole.
#[tokio::test]
async fn rows_that_a_policy_hides_are_told_on_postgres() {
    let server = Server::start().unwrap();
    let bank = TestBank::postgres_alone(server.url()).await;
    let (ledger, _) = town(&bank).await;
    ledger.close().await;
    let public = format!("{}?schema=public", bank.url());
    let policy = "CREATE ROLE clerk LOGIN; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO clerk; \
                  ALTER TABLE ledger_records ENABLE ROW LEVEL SECURITY";
    execute(&public, policy).await;
    let (_, host) = bank.url().split_once('@').unwrap();
    let url = format!("postgres://clerk@{host}");
    let told = Ledger::open(&url, Options { create: None, ..bank.options() }).await.unwrap_err();
    assert!(told.code() == "database" && told.to_string().contains("row-level security"), "{told}");
}

#[tokio::test]
async fn a_role_without_the_right_to_write_is_told_so_on_postgres() {
    let server = Server::start().unwrap();
    let bank = TestBank::postgres_alone(server.url()).await;
    let (ledger, points) = town(&bank).await;
    ledger.close().await;
    let public = format!("{}?schema=public", bank.url());
    execute(&public, "CREATE ROLE clerk LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO clerk").await;
    let (_, host) = bank.url().split_once('@').unwrap();
    let options = Options { create: None, ..bank.options() };
    let ledger = Ledger::open(&format!("postgres://clerk@{host}"), options).await.unwrap();
    let told = async || ledger.standing().await.unwrap().not_writable.map(|fault| fault.code());
    assert_eq!(told().await, Some("read_only"), "before anybody has tried to write");
    assert_eq!(code(ledger.post(unkeyed(point(&points))).await), "read_only");
    assert_eq!(told().await, Some("read_only"));
    execute(&public, "GRANT INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO clerk").await;
    ledger.post(unkeyed(point(&points))).await.unwrap();
    assert_eq!(told().await, None);
    for (revoke, grant, expected) in [
        ("REVOKE INSERT ON ledger_entries FROM clerk", "GRANT INSERT ON ledger_entries TO clerk", "read_only"),
        ("ALTER TABLE ledger_entries RENAME TO gone", "ALTER TABLE gone RENAME TO ledger_entries", "damaged"),
    ] {
        execute(&public, revoke).await;
        assert_eq!(code(ledger.post(unkeyed(point(&points))).await), expected);
        assert_eq!([told().await, told().await], [Some(expected); 2]);
        execute(&public, grant).await;
        assert_eq!(told().await, None);
        ledger.post(unkeyed(point(&points))).await.unwrap();
    }
}

/// Reads the bank as any other program does, in a process of its own, and closes it again.
fn read_by_another_program(file: &Path) {
    const READ: &str = "import sqlite3, sys\nbank = sqlite3.connect(sys.argv[1])\n\
                        bank.execute('SELECT count(*) FROM ledger_records').fetchone()\nbank.close()";
    let status = std::process::Command::new("python3").args(["-c", READ]).arg(file).status().unwrap();
    assert!(status.success(), "python3 is needed");
}

/// POSIX takes a process's locks from a file when the process closes any descriptor of it. Then another program that
/// closes the file believes to be the last one, and deletes the log.
#[tokio::test]
async fn other_programs_that_read_the_bank_do_it_no_harm_on_sqlite() {
    let bank = TestBank::sqlite();
    let (ledger, points) = town(&bank).await;
    let beside_it = bank.open().await;
    for _ in 0..5 {
        ledger.post(unkeyed(point(&points))).await.unwrap();
        read_by_another_program(&file_of(&bank));
        assert!(beside(&file_of(&bank), "-wal").exists(), "the log was deleted under the ledger");
        assert_eq!(codes(&ledger, &points).await, [""; 4]);
        // Opened and closed again in this process, for reading and for posting.
        let reading = Options { read_only: true, create: None, ..bank.options() };
        Ledger::open(bank.url(), reading).await.unwrap().close().await;
        bank.open().await.close().await;
    }
    let (size, _) = ledger.journal_head().await.unwrap();
    beside_it.close().await;
    ledger.close().await;
    assert_eq!(bank.open().await.journal_head().await.unwrap().0, size);
    assert_whole(bank.url()).await;
}

#[tokio::test]
async fn another_bank_in_the_same_schema_is_found_out_on_postgres() {
    let bank = TestBank::postgres();
    let (ledger, points) = town(&bank).await;
    execute(bank.url(), &format!("DROP SCHEMA {} CASCADE", schema_of(&bank))).await;
    assert!(codes(&ledger, &points).await.iter().all(|code| ["damaged", "no_bank"].contains(code)));
    bank.turn_chance_to(9);
    let (other, others) = town(&bank).await;
    for _ in 0..3 {
        other.post(unkeyed(point(&others))).await.unwrap();
    }
    assert_eq!(codes(&ledger, &points).await, ["other_bank"; 4]);
    assert_eq!(codes(&other, &others).await, [""; 4]);
    assert_whole(bank.url()).await;
}

// Streaming replication ---------------------------------------------------------------------------------------------------

/// What becomes of the bytes that a client sends.
type Change = fn(Vec<u8>) -> Vec<u8>;

/// Passes connections on to a port of this machine, which can be changed, and what clients send through a change of its own.
async fn pass_on(port: Arc<AtomicU16>, change: Change) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let port = port.load(Ordering::SeqCst);
            tokio::spawn(async move {
                let server = TcpStream::connect(("127.0.0.1", port)).await?;
                let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
                    (client.into_split(), server.into_split());
                let there = async {
                    let mut bytes = vec![0; 1 << 16];
                    loop {
                        let length = from_client.read(&mut bytes).await?;
                        if length == 0 {
                            return to_server.shutdown().await;
                        }
                        to_server.write_all(&change(bytes[..length].to_vec())).await?;
                    }
                };
                let back = async {
                    tokio::io::copy(&mut from_server, &mut to_client).await?;
                    to_client.shutdown().await
                };
                tokio::try_join!(there, back).map(drop)
            });
        }
    });
    own
}

fn port_of(server: &Server) -> u16 {
    server.url().rsplit_once(':').unwrap().1.split_once('/').unwrap().0.parse().unwrap()
}

/// Waits until a question has the answer that is hoped for.
async fn wait_for(url: &str, question: &str) {
    loop {
        if let Ok(mut conn) = PgConnection::connect(url).await
            && let Ok(true) = sqlx::query_scalar(AssertSqlSafe(question.to_owned())).fetch_one(&mut conn).await
        {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_lagging_standby_that_is_promoted_is_found_out_on_postgres() {
    let primary = Server::start().unwrap();
    let mut standby = primary.standby().unwrap();
    let port = Arc::new(AtomicU16::new(port_of(&primary)));
    let front = pass_on(Arc::clone(&port), |bytes| bytes).await;
    let url = format!("postgres://bank@127.0.0.1:{front}/postgres?schema=town");
    let bank = TestBank::sqlite();
    let ledger = Ledger::open(&url, bank.options()).await.unwrap();
    reference_town(&ledger).await;
    let points = points_of(&ledger).await;
    let (size, _) = ledger.journal_head().await.unwrap();
    let has_all = format!("SELECT count(*) = {size} FROM town.ledger_records");
    wait_for(standby.url(), &has_all).await;

    // A standby can be read, and says that it cannot be posted to.
    let standby_url = format!("{}?schema=town", standby.url());
    let reader = Ledger::open(&standby_url, bank.options()).await.unwrap();
    assert_eq!(reader.journal_head().await.unwrap().0, size);
    assert_eq!(code(reader.post(unkeyed(point(&points))).await), "read_only");
    let standing = reader.standing().await.unwrap();
    assert_eq!(standing.not_writable.map(|fault| fault.code()), Some("read_only"));
    assert!(reader.account(&points).await.unwrap().is_some());
    reader.close().await;

    // It stops following, the server that it followed takes more and breaks, and it is promoted.
    let mut conn = PgConnection::connect(standby.url()).await.unwrap();
    conn.execute("ALTER SYSTEM SET primary_conninfo = ''").await.unwrap();
    conn.execute("SELECT pg_reload_conf()").await.unwrap();
    wait_for(standby.url(), "SELECT count(*) = 0 FROM pg_stat_wal_receiver").await;
    for _ in 0..3 {
        ledger.post(unkeyed(point(&points))).await.unwrap();
    }
    drop(primary);
    standby.promote().unwrap();
    wait_for(standby.url(), "SELECT NOT pg_is_in_recovery()").await;
    port.store(port_of(&standby), Ordering::SeqCst);

    // The first to ask may still hold a connection to the server that is gone.
    let _ = ledger.post(unkeyed(point(&points))).await;
    assert_eq!(codes(&ledger, &points).await, ["rolled_back"; 4]);
    ledger.close().await;
    assert_eq!(code(Ledger::open(&url, bank.options()).await), "rolled_back");
    let ledger = Ledger::open(&url, accepting(&bank)).await.unwrap();
    ledger.post(unkeyed(point(&points))).await.unwrap();
    assert_eq!(codes(&ledger, &points).await, [""; 4]);
    ledger.close().await;
    assert_whole(&standby_url).await;
}

#[tokio::test]
async fn a_pooler_that_keeps_no_settings_is_refused_on_postgres() {
    /// What was sent, with one text in place of another of the same length.
    fn replaced(mut bytes: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
        assert_eq!(from.len(), to.len());
        if let Some(start) = bytes.windows(from.len()).position(|part| part == from) {
            bytes[start..start + from.len()].copy_from_slice(to);
        }
        bytes
    }
    let changes: [(Change, &str); 4] = [
        (|bytes| replaced(bytes, b"SET search_path = \"bank_", b"SET search_path = \"cash_"), "wrong_schema"),
        (|bytes| replaced(bytes, b"'read committed'", b"'serializable'  "), "wrong_isolation"),
        (|bytes| replaced(bytes, b"SET synchronous_commit = on", b"SET synchronous_commit=off "), "not_durable"),
        (|bytes| replaced(bytes, b"client_encoding = 'UTF8'", b"client_encoding = 'SJIS'"), "wrong_encoding"),
    ];
    let bank = TestBank::postgres();
    town(&bank).await.0.close().await;
    let server = xtask::postgres::shared_url().unwrap();
    let port: u16 = server.rsplit_once(':').unwrap().1.split_once('/').unwrap().0.parse().unwrap();
    for (change, expected) in changes {
        let front = pass_on(Arc::new(AtomicU16::new(port)), change).await;
        let url = bank.url().replace(&format!(":{port}/"), &format!(":{front}/"));
        assert_eq!(code(Ledger::open(&url, bank.options()).await), expected);
    }
}

#[tokio::test]
async fn a_database_that_is_not_utf_8_is_refused_on_postgres() {
    let server = xtask::postgres::shared_url().unwrap();
    let name = format!("latin_{}", uuid::Uuid::now_v7().simple());
    execute(
        &format!("{server}?schema=public"),
        &format!("CREATE DATABASE {name} ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0"),
    )
    .await;
    let (host, _) = server.rsplit_once('/').unwrap();
    let bank = TestBank::sqlite();
    assert_eq!(code(Ledger::open(&format!("{host}/{name}?schema=town"), bank.options()).await), "wrong_encoding");
    execute(&format!("{server}?schema=public"), &format!("DROP DATABASE {name}")).await;
}

#[tokio::test]
async fn towns_in_one_database_never_see_each_other_on_postgres() {
    let bank = TestBank::postgres();
    let (ledger, points) = town(&bank).await;
    // The connections look into another schema, in which another town's bank is.
    let another = TestBank::postgres();
    another.turn_chance_to(9);
    let (other, _) = town(&another).await;
    let mut conn = Conn::open(&Target::parse(bank.url()).unwrap(), false).await.unwrap();
    conn.execute(&format!("SET search_path = {}", schema_of(&another))).await.unwrap();
    let seen = stored_bank(&mut conn).await.unwrap().unwrap();
    assert_eq!(seen.row.bank_id, ledger.bank().bank_id);
    assert_ne!(seen.row.bank_id, other.bank().bank_id);
    assert_eq!(codes(&ledger, &points).await, [""; 4]);
}

// Whether it takes writes -------------------------------------------------------------------------------------------------

#[tokio::test]
async fn a_server_that_takes_no_writes_is_read_on_postgres() {
    let bank = TestBank::postgres_alone(xtask::postgres::shared_url().unwrap()).await;
    let (ledger, points) = town(&bank).await;
    ledger.close().await;
    let database = bank.url().rsplit_once('/').unwrap().1;
    let server = xtask::postgres::shared_url().unwrap();
    let server = format!("{server}?schema=public");
    execute(&server, &format!("ALTER DATABASE {database} SET default_transaction_read_only = on")).await;
    let ledger = bank.open().await;
    assert_eq!(code(ledger.post(unkeyed(point(&points))).await), "read_only");
    assert_eq!(ledger.standing().await.unwrap().not_writable.map(|fault| fault.code()), Some("read_only"));
    assert!(ledger.account(&points).await.unwrap().is_some());

    execute(&server, &format!("ALTER DATABASE {database} RESET default_transaction_read_only")).await;
    // After a fault the writer connects anew.
    ledger.post(unkeyed(point(&points))).await.unwrap();
    assert!(ledger.standing().await.unwrap().not_writable.is_none());
}

#[tokio::test]
async fn a_file_that_takes_no_writes_is_read_on_sqlite() {
    let bank = TestBank::sqlite();
    let (ledger, points) = town(&bank).await;
    ledger.close().await;
    let url = format!("{}?mode=ro", bank.url());
    let ledger = Ledger::open(&url, Options { create: None, ..bank.options() }).await.unwrap();
    assert_eq!(code(ledger.post(unkeyed(point(&points))).await), "read_only");
    assert_eq!(ledger.standing().await.unwrap().not_writable.map(|fault| fault.code()), Some("read_only"));
    assert!(ledger.account(&points).await.unwrap().is_some());
    ledger.close().await;
    bank.open().await.post(unkeyed(point(&points))).await.unwrap();
}

// Time --------------------------------------------------------------------------------------------------------------------

both_engines!(a_clock_beyond_reason_posts_nothing_until_it_is_confirmed, async |bank: &TestBank| {
    let (ledger, points) = town(bank).await;
    ledger.close().await;
    bank.set_now(NOON + 3650 * DAY);
    let ledger = bank.open().await;
    assert_eq!(code(ledger.post(unkeyed(point(&points))).await), "clock_ahead");
    let standing = ledger.standing().await.unwrap();
    assert!(matches!(standing.clock, ClockState::Ahead(_)));
    assert_eq!(standing.not_writable.map(|fault| fault.code()), Some("clock_ahead"));
    ledger.close().await;

    let accepted = Options { accept_clock: Some("operator-1".to_owned()), ..bank.options() };
    let ledger = Ledger::open(bank.url(), accepted.clone()).await.unwrap();
    let posted = ledger.post(unkeyed(point(&points))).await.unwrap();
    assert_eq!((posted.posted_at, ledger.now()), (NOON + 3650 * DAY, NOON + 3650 * DAY));
    ledger.close().await;
    Ledger::open(bank.url(), accepted).await.unwrap().close().await;
    let question = "SELECT r.kind, r.actor, c.last_posted_at FROM ledger_clock_acceptances c \
                    JOIN ledger_records r ON r.position = c.position";
    let rows = Tables::open(bank.url()).await.rows(question).await;
    assert_eq!(rows.len(), 1, "once is enough");
    assert_eq!((rows[0][0].text(), rows[0][1].text(), rows[0][2].integer()), ("CLKA", "operator-1", NOON));
    assert_whole(bank.url()).await;
});

both_engines!(readers_and_the_writer_have_one_time, async |bank: &TestBank| {
    let (ledger, points) = town(bank).await;
    bank.set_now(NOON + 5 * DAY);
    ledger.post(unkeyed(point(&points))).await.unwrap();
    let other = bank.open().await;
    // The clock is set back: nothing is older than the last record, in any process.
    bank.set_now(NOON - 400 * DAY);
    for ledger in [&ledger, &other] {
        assert_eq!(ledger.now(), NOON + 5 * DAY);
        let standing = ledger.standing().await.unwrap();
        assert!(matches!(standing.clock, ClockState::Behind { seconds } if seconds == 405 * DAY), "{standing:?}");
        assert!(standing.not_writable.is_none());
        assert_eq!(ledger.post(unkeyed(point(&points))).await.unwrap().posted_at, NOON + 5 * DAY);
    }
});

#[tokio::test]
async fn a_real_bank_does_not_believe_a_machine_that_was_away_for_too_long_on_sqlite() {
    let bank = TestBank::sqlite();
    let real = || Options { key_folder: Some(bank.key_folder()), ..Options::create(NewBank::of_town("baoyulan")) };
    Ledger::open(bank.url(), real()).await.unwrap().close().await;
    execute(bank.url(), &format!("UPDATE ledger_head SET posted_at = posted_at - {}", 40 * DAY)).await;
    let ledger = Ledger::open(bank.url(), real()).await.unwrap();
    let ClockState::Ahead(Fault::ClockAhead { reading, last_posted_at }) = ledger.standing().await.unwrap().clock
    else {
        unreachable!("the clock is believed");
    };
    assert!(reading - last_posted_at >= 40 * DAY);
    // Readers go on from the last record's time, at the pace of the machine's own count of seconds.
    assert!((last_posted_at..last_posted_at + 600).contains(&ledger.now()));
    ledger.close().await;
    let longer = Options { clock_days_ahead_max: 41, ..real() };
    assert!(matches!(
        Ledger::open(bank.url(), longer).await.unwrap().standing().await.unwrap().clock,
        ClockState::Right
    ));
}

// Keys --------------------------------------------------------------------------------------------------------------------

both_engines!(a_key_that_no_record_made_known_is_not_published, async |bank: &TestBank| {
    let (ledger, points) = town(bank).await;
    for _ in 0..600 {
        ledger.post(unkeyed(point(&points))).await.unwrap();
    }
    let own = ledger.receipt_keys().await.unwrap();
    assert_eq!(own.len(), 1);
    ledger.close().await;
    let bytes = |bytes: &[u8]| {
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        if bank.is_postgres() { format!("'\\x{digits}'") } else { format!("x'{digits}'") }
    };
    for (seed, position) in [(1, 0), (2, 1), (3, 5), (4, 100_000), (5, -1)] {
        let key = SigningKey::from_seed(&[seed; 32]);
        let sql = format!(
            "INSERT INTO ledger_keys (kid, position, purpose, public_key, valid_from, valid_until) \
             VALUES ('{}', {position}, 1, {}, {NOON}, -1)",
            key.public().id(),
            bytes(key.public().as_bytes())
        );
        execute(bank.url(), &sql).await;
    }
    let ids = |keys: Vec<VerifyingKey>| -> Vec<String> { keys.iter().map(|key| key.id().to_owned()).collect() };
    let ledger = bank.open().await;
    assert_eq!(ids(ledger.receipt_keys().await.unwrap()), ids(own.clone()));
    ledger.post(unkeyed(point(&points))).await.unwrap();
    ledger.close().await;
    let reader = Ledger::open(bank.url(), Options { read_only: true, create: None, ..bank.options() }).await.unwrap();
    assert_eq!(ids(reader.receipt_keys().await.unwrap()), ids(own));
    reader.close().await;

    // Neither does it help to give the first record a leaf that fits: the tree does not have it.
    execute(bank.url(), "DELETE FROM ledger_keys WHERE position <> 0").await;
    let forged = SigningKey::from_seed(&[1; 32]);
    let leaf = bytes(&leaf_with(bank, forged.public().id()).await);
    execute(bank.url(), &format!("UPDATE ledger_records SET leaf = {leaf} WHERE position = 0")).await;
    assert_eq!(code(Ledger::open(bank.url(), bank.options()).await), "damaged");
});

/// The leaf of the first record, if it had made this key known instead of its own.
async fn leaf_with(bank: &TestBank, kid: &str) -> [u8; 32] {
    let mut tables = Tables::open(bank.url()).await;
    let records = bank_tests::journal::records(&mut tables).await;
    let mut first = records[0].clone();
    first.rows.retain(|(kind, cells)| *kind != 2 || cells[0].text() == kid);
    first.leaf()
}
