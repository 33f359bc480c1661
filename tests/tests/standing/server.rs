//! What a PostgreSQL server, a standby or a pooler is asked for, and says.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use bank_tests::bank::{TestBank, reference_town, unkeyed};
use bank_tests::journal::assert_whole;
use baoyulan_ledger::store::bank::bank as stored_bank;
use baoyulan_ledger::store::{Conn, Target};
use baoyulan_ledger::{Ledger, Options};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use xtask::postgres::Server;

use super::support::{accepting, code, codes, execute, point, points_of, schema_of, town};

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

#[tokio::test]
async fn a_table_that_a_crash_would_empty_is_refused_on_postgres() {
    let bank = TestBank::postgres();
    let (ledger, _) = town(&bank).await;
    ledger.close().await;
    execute(bank.url(), "ALTER TABLE ledger_receipts SET UNLOGGED").await;
    assert_eq!(code(Ledger::open(bank.url(), bank.options()).await), "not_durable");
    execute(bank.url(), "ALTER TABLE ledger_receipts SET LOGGED").await;
    bank.open().await.close().await;
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
    bank.move_reserved();
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
