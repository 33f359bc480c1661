//! A host program that has a table of its own beside the bank, and lends the ledger its transactions.

#![expect(clippy::unwrap_used, reason = "a helper of tests: what fails here fails the test")]

use baoyulan_ledger::command::Envelope;
use baoyulan_ledger::poster::PendingAnswer;
use baoyulan_ledger::{HostConnection, Ledger};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row, SqliteConnection};

use crate::bank::{TestBank, execute};

/// The number of the order that belongs to a command, by the command's id.
pub fn order_of(id: u128) -> i64 {
    // The senders' own ids begin with the sender's number, a small one.
    ((id >> 64) as i64) << 32 | (id as i64)
}

/// The host's own connection.
pub enum Host {
    /// To the bank's file.
    Sqlite(SqliteConnection),
    /// To the database of the bank's schema.
    Postgres(PgConnection),
}

impl Host {
    /// Connects as a host does, to a bank that is there, and makes the host's table if need be.
    pub async fn of(bank: &TestBank) -> Self {
        execute(bank, "CREATE TABLE IF NOT EXISTS orders (number BIGINT)").await;
        Self::at(bank.url()).await
    }

    /// Connects to this address.
    pub async fn at(url: &str) -> Self {
        let Some((server, schema)) = url.split_once("?schema=") else {
            return Self::Sqlite(SqliteConnection::connect(url).await.unwrap());
        };
        let mut conn = PgConnection::connect(server).await.unwrap();
        conn.execute(AssertSqlSafe(format!("SET search_path = {schema}"))).await.unwrap();
        Self::Postgres(conn)
    }

    /// Runs the host's own SQL.
    pub async fn execute(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        match self {
            Self::Sqlite(conn) => sql.execute(conn).await.map(drop),
            Self::Postgres(conn) => sql.execute(conn).await.map(drop),
        }
    }

    /// Begins a transaction in which the ledger can post.
    pub async fn begin(&mut self) {
        let begin = if matches!(self, Self::Sqlite(_)) { "BEGIN IMMEDIATE" } else { "BEGIN" };
        self.execute(begin).await.unwrap();
    }

    /// The same at a bank where others are at work: SQLite lets nobody wait in a line.
    pub async fn begin_patiently(&mut self) {
        let begin = if matches!(self, Self::Sqlite(_)) { "BEGIN IMMEDIATE" } else { "BEGIN" };
        while self.execute(begin).await.is_err() {}
    }

    /// Writes an order of the host's own.
    pub async fn order(&mut self, number: i64) {
        self.execute(&format!("INSERT INTO orders (number) VALUES ({number})")).await.unwrap();
    }

    /// Commits.
    pub async fn commit(&mut self) {
        self.execute("COMMIT").await.unwrap();
    }

    /// Rolls back.
    pub async fn roll_back(&mut self) {
        self.execute("ROLLBACK").await.unwrap();
    }

    /// The numbers of the host's orders.
    pub async fn orders(&mut self) -> Vec<i64> {
        let select = "SELECT number FROM orders ORDER BY number";
        match self {
            Self::Sqlite(conn) => conn.fetch_all(select).await.unwrap().iter().map(|row| row.get(0)).collect(),
            Self::Postgres(conn) => conn.fetch_all(select).await.unwrap().iter().map(|row| row.get(0)).collect(),
        }
    }

    /// What a PostgreSQL server has been told; empty on SQLite.
    pub async fn settings(&mut self) -> Vec<(String, String)> {
        let Self::Postgres(conn) = self else { return Vec::new() };
        sqlx::query_as("SELECT name, setting FROM pg_settings ORDER BY name").fetch_all(conn).await.unwrap()
    }

    /// The connection, to be lent.
    pub fn lent(&mut self) -> HostConnection<'_> {
        match self {
            Self::Sqlite(conn) => conn.into(),
            Self::Postgres(conn) => conn.into(),
        }
    }

    /// Posts in the open transaction.
    pub async fn post_in(&mut self, ledger: &Ledger, envelopes: Vec<Envelope>) -> PendingAnswer {
        ledger.post_in(self.lent(), envelopes).await
    }
}
