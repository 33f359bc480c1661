//! A connection to either engine. Every statement goes through here.

use std::time::Duration;

use std::borrow::Cow;

#[cfg(feature = "sqlite")]
use data_encoding::HEXLOWER;
#[cfg(feature = "postgres")]
use sqlx::postgres::PgConnection;
#[cfg(feature = "sqlite")]
use sqlx::sqlite::{SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Column as _, ConnectOptions, Connection, Row as _, TypeInfo};

use super::dialect::Engine;
use super::target::{Place, Target};
use crate::fault::Fault;
#[cfg(feature = "sqlite")]
use crate::private;
use crate::row::{ColumnType, Row, Sink, Source};

/// How long a SQLite connection waits while another process writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a PostgreSQL server may take to accept a connection.
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);
/// How many statements a connection keeps prepared.
const STATEMENTS_PREPARED_MAX: usize = 256;

/// A connection to a bank, on either engine.
#[derive(Debug)]
pub enum Conn {
    /// A connection to a SQLite file.
    #[cfg(feature = "sqlite")]
    Sqlite(Box<SqliteConnection>),
    /// A connection to a PostgreSQL schema.
    #[cfg(feature = "postgres")]
    Postgres(Box<PgConnection>),
}

/// A cell of a row that was read, or a part of a key to look up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Cell {
    Integer(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Sink for Vec<Cell> {
    fn integer(&mut self, value: i64) {
        self.push(Cell::Integer(value));
    }

    fn text(&mut self, value: &str) {
        self.push(Cell::Text(value.to_owned()));
    }

    fn bytes(&mut self, value: &[u8]) {
        self.push(Cell::Bytes(value.to_vec()));
    }
}

/// Makes a key of these values, in the order of [`Read::keys`].
macro_rules! key {
    ($($value:expr),* $(,)?) => {{
        let mut cells: Vec<$crate::store::conn::Cell> = Vec::new();
        $($crate::row::Value::put(&$value, &mut cells);)*
        cells
    }};
}
pub(super) use key;

/// A row that was read. Columns count from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched(pub Vec<Cell>);

impl Fetched {
    /// The integer in a column; 0 if the cell is NULL or of another type.
    pub fn integer(&self, column: usize) -> i64 {
        match self.0.get(column) {
            Some(Cell::Integer(value)) => *value,
            _ => 0,
        }
    }

    /// The text in a column; empty if the cell is NULL or of another type.
    pub fn text(&self, column: usize) -> String {
        match self.0.get(column) {
            Some(Cell::Text(value)) => value.clone(),
            _ => String::new(),
        }
    }

    /// The bytes in a column; empty if the cell is NULL or of another type.
    pub fn bytes(&self, column: usize) -> &[u8] {
        match self.0.get(column) {
            Some(Cell::Bytes(value)) => value,
            _ => &[],
        }
    }

    /// Reads a whole row, whose cells begin at the column `from`.
    ///
    /// # Errors
    /// [`Fault::Damaged`] if the ledger would not have written these cells.
    pub fn row<R: Row>(&self, from: usize) -> Result<R, Fault> {
        let mut reading = Reading { cells: self.0.get(from..).unwrap_or_default().iter() };
        R::take(&mut reading).ok_or_else(|| Fault::damaged(format!("a row of {}", R::table().name)))
    }

    /// Reads the value in a column. `what` names it in an error.
    ///
    /// # Errors
    /// [`Fault::Damaged`] if the ledger would not have written this value.
    pub fn value<V: crate::row::Value>(&self, column: usize, what: &str) -> Result<V, Fault> {
        let mut reading = Reading { cells: self.0.get(column..).unwrap_or_default().iter() };
        V::take(&mut reading).ok_or_else(|| Fault::damaged(what))
    }
}

struct Reading<'a> {
    cells: std::slice::Iter<'a, Cell>,
}

impl Source for Reading<'_> {
    fn integer(&mut self) -> Option<i64> {
        if let Cell::Integer(value) = self.cells.next()? { Some(*value) } else { None }
    }

    fn text(&mut self) -> Option<&str> {
        if let Cell::Text(value) = self.cells.next()? { Some(value) } else { None }
    }

    fn bytes(&mut self) -> Option<&[u8]> {
        if let Cell::Bytes(value) = self.cells.next()? { Some(value) } else { None }
    }
}

/// A query, with `{keys}` where the keys go, and the types of the keys.
#[derive(Debug, Clone)]
pub struct Read {
    /// The SQL, the same for both engines.
    pub sql: Cow<'static, str>,
    /// The types of the key columns a, b, c, …; at most five.
    pub keys: &'static [ColumnType],
}

/// A query by keys of these types.
pub(super) const fn read(sql: &'static str, keys: &'static [ColumnType]) -> Read {
    Read { sql: Cow::Borrowed(sql), keys }
}

/// A query without keys.
pub(super) const fn all(sql: &'static str) -> Read {
    read(sql, &[])
}

impl Conn {
    /// Connects to a bank. With `create`, makes the SQLite file if it is missing.
    ///
    /// # Errors
    /// [`Fault::NoBank`] if there is no file, [`Fault::NotDurable`] if the connection could lose what it commits,
    /// [`Fault::Database`] if the database does not answer.
    pub async fn open(target: &Target, create: bool) -> Result<Self, Fault> {
        let mut conn = match target.place() {
            #[cfg(feature = "sqlite")]
            Place::Sqlite(options) => {
                let file = options.get_filename();
                if !create && !file.exists() {
                    return Err(Fault::NoBank { url: target.shown().to_owned() });
                }
                // SQLite would make it as the umask has it. The files beside it get the mode that this one has.
                if create && !file.exists() {
                    match private::create_new(file) {
                        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                            return Err(Fault::Database { reason: format!("{}: {error}", file.display()) });
                        }
                        _ => {}
                    }
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
            #[cfg(feature = "postgres")]
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
                        // No statement here runs long enough to be worth compiling.
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

    /// Tells the engine that every query on this connection finds its rows by key.
    /// The writer and [`super::grouped`] do this.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn prefer_keys(&mut self) -> Result<(), Fault> {
        match self.engine().prefer_keys() {
            Some(settings) => self.execute(settings).await.map_err(database),
            None => Ok(()),
        }
    }

    /// Closes the connection and waits until it is closed.
    pub async fn close(self) {
        // What was committed is durable, so it does not matter whether the server hears the goodbye.
        let _ = match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(conn) => conn.close().await,
            #[cfg(feature = "postgres")]
            Self::Postgres(conn) => conn.close().await,
        };
    }

    /// The engine at the other end.
    pub fn engine(&self) -> Engine {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Engine::Sqlite,
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Engine::Postgres,
        }
    }

    async fn assert_durable(&mut self) -> Result<(), Fault> {
        let expected: &[(&'static str, &str)] = match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => &[("PRAGMA journal_mode", "wal"), ("PRAGMA synchronous", "2")],
            #[cfg(feature = "postgres")]
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

    /// Runs SQL of our own that has no parameters; it may hold several statements.
    pub async fn execute(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        let query = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(conn) => query.execute(conn.as_mut()).await.map(drop),
            #[cfg(feature = "postgres")]
            Self::Postgres(conn) => query.execute(conn.as_mut()).await.map(drop),
        }
    }

    /// Runs a query without keys and returns its rows.
    pub async fn fetch_text(&mut self, sql: &'static str) -> Result<Vec<Fetched>, Fault> {
        self.fetch(&all(sql), Vec::new()).await
    }

    /// Looks up these keys; returns no rows if there are none. Keys with a NUL are left out: no row has one in its
    /// text, and PostgreSQL would refuse the query.
    pub async fn fetch_by_keys(&mut self, read: &Read, mut keys: Vec<Vec<Cell>>) -> Result<Vec<Fetched>, Fault> {
        keys.retain(|key| !key.iter().any(|cell| matches!(cell, Cell::Text(text) if text.contains('\0'))));
        if keys.is_empty() { Ok(Vec::new()) } else { self.fetch(read, keys).await }
    }

    /// Whether the server still answers on this connection.
    pub async fn is_alive(&mut self) -> bool {
        self.execute("SELECT 1").await.is_ok()
    }

    /// Looks up these keys: a vector for each key, in the order of [`Read::keys`].
    pub async fn fetch(&mut self, read: &Read, keys: Vec<Vec<Cell>>) -> Result<Vec<Fetched>, Fault> {
        let sql = AssertSqlSafe(self.engine().read(&read.sql, read.keys));
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(conn) => {
                let mut query = sqlx::query(sql);
                if !read.keys.is_empty() {
                    query = query.bind(json_keys(&keys));
                }
                let rows = query.fetch_all(conn.as_mut()).await.map_err(database)?;
                rows.iter().map(sqlite_row).collect::<Result<_, _>>().map_err(database)
            }
            #[cfg(feature = "postgres")]
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

    /// Prepares SQL without running it, so that a test can find statements that an engine does not accept.
    ///
    /// # Errors
    /// The engine's own error.
    pub async fn prepare(&mut self, sql: String) -> Result<(), sqlx::Error> {
        use sqlx::{Executor, SqlSafeStr};
        let sql = AssertSqlSafe(sql).into_sql_str();
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(conn) => conn.prepare(sql).await.map(drop),
            #[cfg(feature = "postgres")]
            Self::Postgres(conn) => conn.prepare(sql).await.map(drop),
        }
    }
}

/// Turns an error of a read, or of a write that has not begun, into a fault.
pub fn database(error: sqlx::Error) -> Fault {
    Fault::Database { reason: error.to_string() }
}

#[cfg(feature = "postgres")]
fn integer_of(cell: &Cell) -> i64 {
    if let Cell::Integer(value) = cell { *value } else { 0 }
}

#[cfg(feature = "postgres")]
fn text_of(cell: &Cell) -> String {
    if let Cell::Text(value) = cell { value.clone() } else { String::new() }
}

#[cfg(feature = "postgres")]
fn bytes_of(cell: &Cell) -> Vec<u8> {
    if let Cell::Bytes(value) = cell { value.clone() } else { Vec::new() }
}

#[cfg(feature = "sqlite")]
/// Writes the keys as a JSON array of arrays, with bytes in hexadecimal.
fn json_keys(keys: &[Vec<Cell>]) -> String {
    let key = |cell: &Cell| match cell {
        Cell::Integer(value) => serde_json::Value::from(*value),
        Cell::Text(value) => serde_json::Value::from(value.as_str()),
        Cell::Bytes(value) => serde_json::Value::from(HEXLOWER.encode(value)),
    };
    let rows = keys.iter().map(|row| row.iter().map(key).collect::<serde_json::Value>());
    rows.collect::<serde_json::Value>().to_string()
}

#[cfg(feature = "sqlite")]
fn sqlite_row(row: &sqlx::sqlite::SqliteRow) -> Result<Fetched, sqlx::Error> {
    let cells = row.columns().iter().map(|column| {
        let index = column.ordinal();
        use sqlx::ValueRef as _;
        let value = row.try_get_raw(index)?;
        Ok(match value.type_info().name() {
            "TEXT" => Cell::Text(row.try_get(index)?),
            "BLOB" => Cell::Bytes(row.try_get(index)?),
            _ => Cell::Integer(row.try_get(index)?),
        })
    });
    cells.collect::<Result<Vec<Cell>, sqlx::Error>>().map(Fetched)
}

#[cfg(feature = "postgres")]
fn postgres_row(row: &sqlx::postgres::PgRow) -> Result<Fetched, sqlx::Error> {
    let cells = row.columns().iter().map(|column| {
        let index = column.ordinal();
        Ok(match column.type_info().name() {
            "TEXT" | "VARCHAR" => Cell::Text(row.try_get(index)?),
            "BYTEA" => Cell::Bytes(row.try_get(index)?),
            _ => Cell::Integer(row.try_get(index)?),
        })
    });
    cells.collect::<Result<Vec<Cell>, sqlx::Error>>().map(Fetched)
}
