//! A connection to either engine, and the one place through which every statement goes.

use std::time::Duration;

use data_encoding::HEXLOWER;
use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Column as _, ConnectOptions, Connection, Row as _, TypeInfo, ValueRef};

use super::dialect::Engine;
use super::tables::ColumnType;
use super::target::{Place, Target};
use crate::effect::Cell;
use crate::fault::Fault;

/// How long a SQLite connection waits for another process's write.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a PostgreSQL server may take to let a connection in.
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);
/// Texts that stay prepared on a connection.
const STATEMENTS_PREPARED_MAX: usize = 256;

/// A connection.
#[derive(Debug)]
pub enum Conn {
    /// To a SQLite file.
    Sqlite(Box<SqliteConnection>),
    /// To a PostgreSQL schema.
    Postgres(Box<PgConnection>),
}

/// A row that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row(pub Vec<Cell>);

impl Row {
    /// The integer in a column; 0 where there is none.
    pub fn integer(&self, column: usize) -> i64 {
        match self.0.get(column) {
            Some(Cell::Integer(value)) => *value,
            _ => 0,
        }
    }

    /// The text in a column; empty where there is none.
    pub fn text(&self, column: usize) -> String {
        match self.0.get(column) {
            Some(Cell::Text(value)) => value.clone(),
            _ => String::new(),
        }
    }

    /// The bytes in a column; empty where there are none.
    pub fn bytes(&self, column: usize) -> &[u8] {
        match self.0.get(column) {
            Some(Cell::Bytes(value)) => value,
            _ => &[],
        }
    }
}

/// A read: its text with `{keys}`, and the types of the keys.
#[derive(Debug, Clone, Copy)]
pub struct Read {
    /// The text.
    pub sql: &'static str,
    /// Types of the key columns a, b, c, …, at most five.
    pub keys: &'static [ColumnType],
}

impl Conn {
    /// Connects; `create` makes a SQLite file that is not there.
    ///
    /// # Errors
    /// [`Fault::NoBank`] where there is no file, [`Fault::NotDurable`] where the connection would lose what it commits,
    /// [`Fault::Database`] where the database cannot be reached.
    pub async fn open(target: &Target, create: bool) -> Result<Self, Fault> {
        let mut conn = match target.place() {
            Place::Sqlite(options) => {
                if !create && !options.get_filename().exists() {
                    return Err(Fault::NoBank { url: target.shown().to_owned() });
                }
                let options = options
                    .as_ref()
                    .clone()
                    .create_if_missing(create)
                    .page_size(4096)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .busy_timeout(BUSY_TIMEOUT)
                    .foreign_keys(false)
                    .pragma("wal_autocheckpoint", "4000")
                    .pragma("temp_store", "memory")
                    .pragma("cache_size", "-32768")
                    .statement_cache_capacity(STATEMENTS_PREPARED_MAX)
                    .disable_statement_logging();
                Self::Sqlite(Box::new(SqliteConnection::connect_with(&options).await.map_err(database)?))
            }
            Place::Postgres { options, schema } => {
                let options = options
                    .as_ref()
                    .clone()
                    .statement_cache_capacity(STATEMENTS_PREPARED_MAX)
                    .application_name("points-bank")
                    .options([
                        ("search_path", schema.as_str()),
                        ("default_transaction_isolation", "read committed"),
                        ("synchronous_commit", "on"),
                        ("plan_cache_mode", "force_generic_plan"),
                        ("client_min_messages", "warning"),
                        // No statement here runs for long enough to be worth compiling.
                        ("jit", "off"),
                    ]);
                let options = options.disable_statement_logging();
                let connected = tokio::time::timeout(CONNECT_PATIENCE, PgConnection::connect_with(&options)).await;
                let silent = || Fault::Database { reason: "the server does not answer".to_owned() };
                Self::Postgres(Box::new(connected.map_err(|_| silent())?.map_err(database)?))
            }
        };
        conn.assert_durable().await?;
        Ok(conn)
    }

    /// Makes it one whose questions all name their rows by key: the writer's, or that of a reading of many callers.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn prefer_keys(&mut self) -> Result<(), Fault> {
        match self.engine().prefer_keys() {
            Some(settings) => self.execute(settings).await.map_err(database),
            None => Ok(()),
        }
    }

    /// Closes it, and waits until that is done.
    pub async fn close(self) {
        // What was committed is durable; a connection that cannot say goodbye is closed all the same.
        let _ = match self {
            Self::Sqlite(conn) => conn.close().await,
            Self::Postgres(conn) => conn.close().await,
        };
    }

    /// Its engine.
    pub fn engine(&self) -> Engine {
        match self {
            Self::Sqlite(_) => Engine::Sqlite,
            Self::Postgres(_) => Engine::Postgres,
        }
    }

    async fn assert_durable(&mut self) -> Result<(), Fault> {
        let expected: &[(&'static str, &str)] = match self {
            Self::Sqlite(_) => &[("PRAGMA journal_mode", "wal"), ("PRAGMA synchronous", "2")],
            Self::Postgres(_) => &[("SHOW synchronous_commit", "on"), ("SHOW fsync", "on")],
        };
        for (question, expected) in expected {
            let rows = self.fetch_text(question).await?;
            let found = match rows.first().and_then(|row| row.0.first()) {
                Some(Cell::Integer(value)) => value.to_string(),
                Some(Cell::Text(value)) => value.clone(),
                _ => String::new(),
            };
            if found != *expected {
                let setting = question.split(' ').nth(1).unwrap_or(question).to_owned();
                return Err(Fault::NotDurable { setting, found, expected: (*expected).to_owned() });
            }
        }
        Ok(())
    }

    /// Runs a text of our own without parameters; it may hold several statements.
    pub async fn execute(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        let query = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        match self {
            Self::Sqlite(conn) => query.execute(conn.as_mut()).await.map(drop),
            Self::Postgres(conn) => query.execute(conn.as_mut()).await.map(drop),
        }
    }

    /// The rows of a question without keys.
    pub async fn fetch_text(&mut self, sql: &'static str) -> Result<Vec<Row>, Fault> {
        self.fetch(&Read { sql, keys: &[] }, Vec::new()).await
    }

    /// The rows of a read for these keys: one vector for each key, in the order of [`Read::keys`].
    pub async fn fetch(&mut self, read: &Read, keys: Vec<Vec<Cell>>) -> Result<Vec<Row>, Fault> {
        let sql = AssertSqlSafe(self.engine().read(read.sql, read.keys));
        match self {
            Self::Sqlite(conn) => {
                let mut query = sqlx::query(sql);
                if !read.keys.is_empty() {
                    query = query.bind(json_keys(&keys));
                }
                let rows = query.fetch_all(conn.as_mut()).await.map_err(database)?;
                rows.iter().map(sqlite_row).collect::<Result<_, _>>().map_err(database)
            }
            Self::Postgres(conn) => {
                let mut query = sqlx::query(sql);
                for (index, kind) in read.keys.iter().enumerate() {
                    let column = keys.iter().map(|key| &key[index]);
                    query = match kind {
                        ColumnType::Integer => query.bind(column.map(integer_of).collect::<Vec<i64>>()),
                        ColumnType::Text => query.bind(column.map(text_of).collect::<Vec<String>>()),
                        ColumnType::Bytes => query.bind(column.map(bytes_of).collect::<Vec<Vec<u8>>>()),
                    };
                }
                let rows = query.fetch_all(conn.as_mut()).await.map_err(database)?;
                rows.iter().map(postgres_row).collect::<Result<_, _>>().map_err(database)
            }
        }
    }

    /// Prepares a text without running it: how a test finds a statement that one engine does not take.
    ///
    /// # Errors
    /// The engine's own.
    pub async fn prepare(&mut self, sql: String) -> Result<(), sqlx::Error> {
        use sqlx::{Executor, SqlSafeStr};
        let sql = AssertSqlSafe(sql).into_sql_str();
        match self {
            Self::Sqlite(conn) => conn.prepare(sql).await.map(drop),
            Self::Postgres(conn) => conn.prepare(sql).await.map(drop),
        }
    }
}

/// A database's failure at a read, or before a write began.
pub fn database(error: sqlx::Error) -> Fault {
    Fault::Database { reason: error.to_string() }
}

pub(super) fn integer_of(cell: &Cell) -> i64 {
    if let Cell::Integer(value) = cell { *value } else { 0 }
}

pub(super) fn text_of(cell: &Cell) -> String {
    if let Cell::Text(value) = cell { value.clone() } else { String::new() }
}

pub(super) fn bytes_of(cell: &Cell) -> Vec<u8> {
    if let Cell::Bytes(value) = cell { value.clone() } else { Vec::new() }
}

/// The keys as a JSON array of arrays; bytes in hexadecimal.
fn json_keys(keys: &[Vec<Cell>]) -> String {
    let key = |cell: &Cell| match cell {
        Cell::Integer(value) => serde_json::Value::from(*value),
        Cell::Text(value) => serde_json::Value::from(value.as_str()),
        Cell::Bytes(value) => serde_json::Value::from(HEXLOWER.encode(value)),
    };
    let rows = keys.iter().map(|row| row.iter().map(key).collect::<serde_json::Value>());
    rows.collect::<serde_json::Value>().to_string()
}

fn sqlite_row(row: &sqlx::sqlite::SqliteRow) -> Result<Row, sqlx::Error> {
    let cells = row.columns().iter().map(|column| {
        let index = column.ordinal();
        let value = row.try_get_raw(index)?;
        Ok(match value.type_info().name() {
            "TEXT" => Cell::Text(row.try_get(index)?),
            "BLOB" => Cell::Bytes(row.try_get(index)?),
            _ => Cell::Integer(row.try_get(index)?),
        })
    });
    cells.collect::<Result<Vec<Cell>, sqlx::Error>>().map(Row)
}

fn postgres_row(row: &sqlx::postgres::PgRow) -> Result<Row, sqlx::Error> {
    let cells = row.columns().iter().map(|column| {
        let index = column.ordinal();
        Ok(match column.type_info().name() {
            "TEXT" | "VARCHAR" => Cell::Text(row.try_get(index)?),
            "BYTEA" => Cell::Bytes(row.try_get(index)?),
            _ => Cell::Integer(row.try_get(index)?),
        })
    });
    cells.collect::<Result<Vec<Cell>, sqlx::Error>>().map(Row)
}
