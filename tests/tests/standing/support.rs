//! What the tests of this folder share: a town, a point to post, what is answered at every door, and copies that are put back.

use std::path::{Path, PathBuf};

use bank_tests::bank::{NOON, TestBank, cards, reference_town, unkeyed};
use bank_tests::journal::Tables;
use baoyulan_ledger::book::Address;
use baoyulan_ledger::command::{Command, NewEntry, Post};
use baoyulan_ledger::people::CardNumber;
use baoyulan_ledger::{Error, Ledger, Options};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};

pub const DAY: i64 = 24 * 3600;

/// Runs the test's own SQL on the bank's database.
pub async fn execute(url: &str, sql: &str) {
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

pub fn schema_of(bank: &TestBank) -> &str {
    bank.url().split_once("?schema=").unwrap().1
}

pub fn file_of(bank: &TestBank) -> PathBuf {
    bank.folder().join("bank.db")
}

pub fn beside(file: &Path, ending: &str) -> PathBuf {
    PathBuf::from(format!("{}{ending}", file.display()))
}

/// Gives the first volunteer a point.
pub fn point(ledger_points: &Address) -> Command {
    let granted = Address::new("expense/points-granted").unwrap();
    let entries =
        vec![NewEntry::new(granted, 1), NewEntry::new(ledger_points.clone(), -1).expiring_at(NOON + 4000 * DAY)];
    Command::Post(Post { entries })
}

pub async fn points_of(ledger: &Ledger) -> Address {
    let card = CardNumber::parse(&cards()[0]).unwrap();
    ledger.volunteer_statement(card).await.unwrap().unwrap().points.address
}

/// Makes a town, and returns the address of somebody's points.
pub async fn town(bank: &TestBank) -> (Ledger, Address) {
    bank.move_reserved();
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    let points = points_of(&ledger).await;
    (ledger, points)
}

pub fn code(outcome: Result<impl std::fmt::Debug, impl Into<Error>>) -> &'static str {
    match outcome.map_err(Into::into) {
        Ok(_) => "",
        Err(Error::Fault(fault)) => fault.code(),
        Err(Error::Rejected(_)) => "rejected",
    }
}

/// The codes with which posting, reading and looking how the bank stands fail.
pub async fn codes(ledger: &Ledger, points: &Address) -> [&'static str; 4] {
    [
        code(ledger.post(unkeyed(point(points))).await),
        code(ledger.account(points).await),
        code(ledger.access().credential("9jgdzed24vpqtsj1").await),
        code(ledger.standing().await),
    ]
}

/// An older copy of a bank, which can be put in its place.
pub enum Copy {
    File(PathBuf),
    Schema(String),
}

/// Copies the bank, which nobody has open.
pub async fn copy(bank: &TestBank) -> Copy {
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

impl Copy {
    /// Its address, beside the bank that it was made of.
    pub fn url(&self, bank: &TestBank) -> String {
        match self {
            Self::File(file) => format!("sqlite://{}", file.display()),
            Self::Schema(schema) => bank.url().replace(schema_of(bank), schema),
        }
    }
}

/// Puts an older copy in the bank's place, under the feet of whoever has it open.
pub async fn put_back(bank: &TestBank, copy: Copy) {
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

pub fn accepting(bank: &TestBank) -> Options {
    Options { accept_rollback: Some("operator-1".to_owned()), ..bank.options() }
}
