//! Whether the database takes writes.

use bank_tests::bank::{TestBank, unkeyed};
use baoyulan_ledger::{Ledger, Options};
use xtask::postgres::Server;

use super::support::{code, execute, point, town};

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
