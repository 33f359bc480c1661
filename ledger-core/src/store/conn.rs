//! A connection to either engine. Every statement goes through here.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "sqlite")]
use data_encoding::HEXLOWER;
#[cfg(feature = "postgres")]
use sqlx::Executor as _;
#[cfg(feature = "postgres")]
use sqlx::postgres::{PgConnectOptions, PgConnection};
#[cfg(feature = "sqlite")]
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Column as _, ConnectOptions, Connection, Row as _, TypeInfo};

#[cfg(feature = "sqlite")]
use super::bank_file::{BankFile, ROOT_PAGES, RootPages};
#[cfg(feature = "postgres")]
use super::dialect::in_schema;
use super::dialect::{Engine, Failure, failure_of};
use super::lent::Lent;
use super::steps::Steps;
use super::target::{Opening, Place, Target};
use super::watch::Watch;
#[cfg(feature = "postgres")]
use crate::defect::Defect;
use crate::fault::{Cause, Fault};
#[cfg(feature = "sqlite")]
use crate::private;
use crate::row::{ColumnType, Row, Sink, Source};

/// How long a PostgreSQL server may take to accept a connection.
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);
/// How many statements a connection keeps prepared.
const STATEMENTS_PREPARED_MAX: usize = 256;

/// A connection to a bank, on either engine.
#[derive(Debug)]
pub struct Conn {
    pub(super) link: Link,
    engine: Engine,
    watch: Arc<Watch>,
    /// The server's session that was told what the ledger relies on; 0 with a file.
    session: i64,
    pub(super) steps: Steps,
}

/// What stands at the other end.
#[derive(Debug)]
pub(super) enum Link {
    /// A SQLite file.
    #[cfg(feature = "sqlite")]
    Sqlite(Box<SqliteConnection>, Box<BankFile>),
    /// A PostgreSQL schema, by its name.
    #[cfg(feature = "postgres")]
    Postgres(Box<PgConnection>, Arc<str>),
    /// A connection that a host has lent.
    Lent(Lent),
    /// Nothing any more: see [`Conn::check_place`].
    Abandoned,
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

/// A query without keys that is made for the occasion.
pub(super) fn once(sql: String) -> Read {
    Read { sql: Cow::Owned(sql), keys: &[] }
}

/// A query without keys.
pub(super) const fn all(sql: &'static str) -> Read {
    read(sql, &[])
}

impl Conn {
    /// Connects to a bank, and reads back what the ledger relies on. With `create`, makes the SQLite file if it is
    /// missing. [`Opening`] says what else may change.
    ///
    /// # Errors
    /// [`Fault::NoBank`] if there is no file; [`Fault::NotDurable`] if the connection could lose what it commits;
    /// [`Fault::WrongSchema`], [`Fault::WrongEncoding`], [`Fault::WrongIsolation`]; [`Fault::Moved`] if the file is being
    /// replaced; [`Fault::Database`] if the database does not answer.
    pub async fn open(target: &Target, create: bool) -> Result<Self, Fault> {
        target.watch().go_on()?;
        let steps = Steps::of(target);
        let (link, session) = match target.place() {
            #[cfg(feature = "sqlite")]
            Place::Sqlite(options) => (steps.send(1, open_sqlite(target, options, create), database).await?, 0),
            #[cfg(feature = "postgres")]
            Place::Postgres { options, schema } => {
                let (conn, session) = open_postgres(target, options, schema, &steps).await?;
                (Link::Postgres(Box::new(conn), schema.as_str().into()), session)
            }
        };
        let mut conn = Self { link, engine: target.engine(), watch: Arc::clone(target.watch()), session, steps };
        // What a connection cannot write it cannot lose.
        if conn.engine() == Engine::Postgres || target.opening() == Opening::Writing {
            conn.assert_durable().await?;
        }
        #[cfg(feature = "sqlite")]
        conn.note_file().await?;
        Ok(conn)
    }

    /// Notes which files the connection has open, and where in them the bank stands.
    #[cfg(feature = "sqlite")]
    async fn note_file(&mut self) -> Result<(), Fault> {
        if self.engine != Engine::Sqlite {
            return Ok(());
        }
        let pages = self.root_pages().await?;
        if let Link::Sqlite(_, file) = &mut self.link {
            file.note(pages);
        }
        Ok(())
    }

    /// Connects to an empty database in memory.
    ///
    /// # Errors
    /// [`Fault::Database`].
    #[cfg(feature = "sqlite")]
    pub(super) async fn in_memory() -> Result<Self, Fault> {
        let conn = SqliteConnection::connect("sqlite::memory:").await.map_err(database)?;
        let link = Link::Sqlite(Box::new(conn), Box::new(BankFile::at(std::path::Path::new(""))));
        Ok(Self { link, engine: Engine::Sqlite, watch: Arc::default(), session: 0, steps: Steps::default() })
    }

    /// A connection whose statements are run over one that a host has lent.
    pub(super) fn of_host(lent: Lent, target: &Target) -> Self {
        let watch = Arc::clone(target.watch());
        Self { link: Link::Lent(lent), engine: target.engine(), watch, session: 0, steps: Steps::default() }
    }

    /// What this process has seen of the bank.
    pub fn watch(&self) -> &Watch {
        &self.watch
    }

    /// Checks that whoever opens the bank now gets what this connection has open, and that nothing has contradicted what
    /// was seen of it. Returns how long the journal is at least: whoever reads it from now on and finds less has found
    /// something else, see `check_size`.
    ///
    /// # Errors
    /// [`Fault::Moved`], or the first contradiction.
    pub async fn check_place(&mut self) -> Result<u64, Fault> {
        self.watch.go_on()?;
        #[cfg(feature = "sqlite")]
        return match self.check_file().await {
            // Whoever puts a file in order (VACUUM) may move tables to other pages.
            Err(Fault::Moved { .. }) if self.has_other_pages().await => self.check_file().await,
            outcome => outcome,
        }
        .map_err(|fault| if matches!(fault, Fault::Moved { .. }) { self.watch.stop(fault) } else { fault });
        #[cfg(not(feature = "sqlite"))]
        Ok(0)
    }

    #[cfg(feature = "sqlite")]
    async fn check_file(&self) -> Result<u64, Fault> {
        if let Link::Sqlite(_, file) = &self.link { file.check(&self.watch).await } else { Ok(0) }
    }

    /// Asks the engine on which pages the bank stands; `None` if there is no bank.
    #[cfg(feature = "sqlite")]
    async fn root_pages(&mut self) -> Result<Option<RootPages>, Fault> {
        let rows = self.fetch(&ROOT_PAGES, Vec::new()).await?;
        Ok(rows.first().map(|row| RootPages { bank: row.integer(0), head: row.integer(1) }))
    }

    /// Whether the bank stands on other pages than before.
    #[cfg(feature = "sqlite")]
    async fn has_other_pages(&mut self) -> bool {
        let pages = self.root_pages().await.ok().flatten();
        if let (Link::Sqlite(_, file), Some(pages)) = (&mut self.link, pages) {
            file.has_other_pages(pages)
        } else {
            false
        }
    }

    /// Checks the journal's size against what [`Self::check_place`] returned before it was read: the file itself never holds
    /// more than the engine shows.
    ///
    /// # Errors
    /// [`Fault::Moved`].
    pub(super) fn check_size(&self, size: u64, size_min: u64) -> Result<(), Fault> {
        #[cfg(feature = "sqlite")]
        if matches!(self.link, Link::Sqlite(..)) && size < size_min {
            return Err(self.overwritten());
        }
        Ok(())
    }

    /// That a bank's file holds what nobody has written through the engine. From now on nothing is read or written.
    #[cfg(feature = "sqlite")]
    pub(super) fn overwritten(&self) -> Fault {
        if let Link::Sqlite(_, file) = &self.link {
            return self.watch.stop(file.overwritten());
        }
        Fault::damaged("the journal's tree")
    }

    /// Checks that the session that answers is the one that was told what the ledger relies on.
    ///
    /// # Errors
    /// [`Fault::SharedSession`].
    pub(super) fn check_session(&self, session: i64) -> Result<(), Fault> {
        if self.session == session { Ok(()) } else { Err(Fault::SharedSession) }
    }

    /// Checks what the server says of `fsync`. From the first time that it may lose what it commits, nothing is written until
    /// the bank is opened again.
    ///
    /// # Errors
    /// [`Fault::NotDurable`].
    pub(super) fn check_durable(&self, found: String) -> Result<(), Fault> {
        if found == "on" {
            return Ok(());
        }
        let (setting, expected) = ("fsync".to_owned(), "on".to_owned());
        Err(self.watch.stop(Fault::NotDurable { setting, found, expected }))
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
    pub async fn close(mut self) {
        if self.watch.go_on().is_err() {
            // See `Drop`.
            return;
        }
        // What was committed is durable, so it does not matter whether the server hears the goodbye.
        let _ = match std::mem::replace(&mut self.link, Link::Abandoned) {
            #[cfg(feature = "sqlite")]
            Link::Sqlite(conn, _) => conn.close().await,
            #[cfg(feature = "postgres")]
            Link::Postgres(conn, _) => conn.close().await,
            // The host closes its own.
            Link::Lent(_) | Link::Abandoned => Ok(()),
        };
    }

    /// The engine at the other end.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// The text for the engine at the other end: on PostgreSQL every table is named with its schema.
    pub(super) fn sql(&self, text: String) -> AssertSqlSafe<String> {
        AssertSqlSafe(match &self.link {
            #[cfg(feature = "postgres")]
            Link::Postgres(_, schema) => in_schema(&text, schema),
            #[cfg(feature = "postgres")]
            Link::Lent(lent) => lent.schema().map_or_else(|| text.clone(), |schema| in_schema(&text, schema)),
            _ => text,
        })
    }

    async fn assert_durable(&mut self) -> Result<(), Fault> {
        let expected: &[(&'static str, &str)] = match self.engine {
            Engine::Sqlite => &[("PRAGMA journal_mode", "wal"), ("PRAGMA synchronous", "2")],
            Engine::Postgres => &[("SHOW synchronous_commit", "on"), ("SHOW fsync", "on")],
        };
        for (question, expected) in expected {
            let found = self.setting(question).await?;
            if found != *expected {
                let setting = question.split(' ').nth(1).unwrap_or(question).to_owned();
                return Err(Fault::NotDurable { setting, found, expected: (*expected).to_owned() });
            }
        }
        Ok(())
    }

    /// The one cell that a question has for an answer.
    async fn setting(&mut self, question: &'static str) -> Result<String, Fault> {
        let rows = self.fetch_text(question).await?;
        Ok(match rows.first().and_then(|row| row.0.first()) {
            Some(Cell::Integer(value)) => value.to_string(),
            Some(Cell::Text(value)) => value.clone(),
            Some(Cell::Bytes(_)) | None => String::new(),
        })
    }

    /// Runs SQL of our own that has no parameters; it may hold several statements.
    pub async fn execute(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        let steps = self.steps.clone();
        for (part, statements) in steps.parts(self.engine, sql) {
            let executed = steps.send(statements, self.execute_at_once(part), std::convert::identity).await;
            self.heard(executed)?;
        }
        Ok(())
    }

    /// What the engine has answered. If the connection was cut, there is none any more.
    pub(super) fn heard<T>(&mut self, answer: T) -> T {
        if self.steps.is_cut() {
            self.link = Link::Abandoned;
        }
        answer
    }

    async fn execute_at_once(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        let sql = self.sql(sql.to_owned());
        if let Link::Lent(lent) = &self.link {
            return lent.execute(sql).await;
        }
        let query = sqlx::raw_sql(sql);
        match &mut self.link {
            #[cfg(feature = "sqlite")]
            Link::Sqlite(conn, _) => query.execute(conn.as_mut()).await.map(drop),
            #[cfg(feature = "postgres")]
            Link::Postgres(conn, _) => query.execute(conn.as_mut()).await.map(drop),
            Link::Lent(_) | Link::Abandoned => Err(sqlx::Error::PoolClosed),
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
        let steps = self.steps.clone();
        let fetched = steps.send(1, self.fetch_at_once(read, keys), database).await;
        self.heard(fetched)
    }

    async fn fetch_at_once(&mut self, read: &Read, keys: Vec<Vec<Cell>>) -> Result<Vec<Fetched>, Fault> {
        let sql = self.sql(self.engine().read(&read.sql, read.keys));
        match &mut self.link {
            #[cfg(feature = "sqlite")]
            Link::Sqlite(conn, _) => fetch_sqlite(conn, sql, read.keys, &keys).await,
            #[cfg(feature = "postgres")]
            Link::Postgres(conn, _) => fetch_postgres(conn, sql, read.keys, &keys).await,
            Link::Lent(lent) => lent.fetch(sql, read.keys, keys).await,
            Link::Abandoned => Err(sqlx::Error::PoolClosed),
        }
        .map_err(database)
    }

    /// Prepares SQL without running it, so that a test can find statements that an engine does not accept.
    ///
    /// # Errors
    /// The engine's own error.
    pub async fn prepare(&mut self, sql: String) -> Result<(), sqlx::Error> {
        use sqlx::{Executor, SqlSafeStr};
        let sql = self.sql(sql).into_sql_str();
        match &mut self.link {
            #[cfg(feature = "sqlite")]
            Link::Sqlite(conn, _) => conn.prepare(sql).await.map(drop),
            #[cfg(feature = "postgres")]
            Link::Postgres(conn, _) => conn.prepare(sql).await.map(drop),
            Link::Lent(_) | Link::Abandoned => Err(sqlx::Error::PoolClosed),
        }
    }
}

impl Drop for Conn {
    fn drop(&mut self) {
        #[cfg(feature = "sqlite")]
        if self.watch.go_on().is_err() && matches!(self.link, Link::Sqlite(..)) {
            // If the last connection were closed, the engine would move its log into a file that may not be its own any more, and
            // delete the log that has its name by now, with what was answered. So one is never closed.
            std::mem::forget(std::mem::replace(&mut self.link, Link::Abandoned));
        }
    }
}

/// Runs a query with its keys.
#[cfg(feature = "sqlite")]
pub(super) async fn fetch_sqlite(
    conn: &mut SqliteConnection,
    sql: AssertSqlSafe<String>,
    kinds: &[ColumnType],
    keys: &[Vec<Cell>],
) -> Result<Vec<Fetched>, sqlx::Error> {
    let mut query = sqlx::query(sql);
    if !kinds.is_empty() {
        query = query.bind(json_keys(keys));
    }
    query.fetch_all(conn).await?.iter().map(sqlite_row).collect()
}

/// Runs a query with its keys.
#[cfg(feature = "postgres")]
pub(super) async fn fetch_postgres(
    conn: &mut PgConnection,
    sql: AssertSqlSafe<String>,
    kinds: &[ColumnType],
    keys: &[Vec<Cell>],
) -> Result<Vec<Fetched>, sqlx::Error> {
    let mut query = sqlx::query(sql);
    for (index, kind) in kinds.iter().enumerate() {
        let column = keys.iter().map(|key| &key[index]);
        query = match kind {
            ColumnType::Integer => query.bind(column.map(integer_of).collect::<Vec<i64>>()),
            ColumnType::Text => query.bind(column.map(text_of).collect::<Vec<String>>()),
            ColumnType::Bytes => query.bind(column.map(bytes_of).collect::<Vec<Vec<u8>>>()),
        };
    }
    query.fetch_all(conn).await?.iter().map(postgres_row).collect()
}

#[cfg(feature = "sqlite")]
async fn open_sqlite(target: &Target, options: &SqliteConnectOptions, create: bool) -> Result<Link, Fault> {
    let path = options.get_filename();
    // Where nobody may look, nobody can say that it is gone.
    let is_there = path.try_exists().map_err(|error| file_fault(path, &error))?;
    if !create && !is_there {
        return Err(if target.watch().seen().is_some() {
            target.watch().stop(BankFile::at(path).gone())
        } else {
            target.no_bank()
        });
    }
    // SQLite would make it as the umask has it. The files beside it get the mode that this one has.
    if create
        && !is_there
        && let Err(error) = private::create_new(path)
        && error.kind() != std::io::ErrorKind::AlreadyExists
    {
        return Err(file_fault(path, &error));
    }
    let options = options.clone();
    let options = match target.opening() {
        Opening::Writing => options
            .create_if_missing(create)
            .page_size(4096)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full),
        Opening::Plain => options.create_if_missing(false),
        Opening::Fresh => options
            .create_if_missing(true)
            .page_size(4096)
            .journal_mode(SqliteJournalMode::Off)
            .synchronous(SqliteSynchronous::Off),
        Opening::Reading => options.create_if_missing(false).read_only(true),
        Opening::Frozen => options.create_if_missing(false).read_only(true).immutable(true),
    };
    let options = options
        .busy_timeout(target.patience())
        .foreign_keys(false)
        .pragma("wal_autocheckpoint", "4000")
        .pragma("temp_store", "memory")
        .pragma("cache_size", "-32768")
        .statement_cache_capacity(STATEMENTS_PREPARED_MAX)
        .disable_statement_logging();
    // Somebody may put another file there while it is being opened; then it is opened again.
    loop {
        let before = path.exists().then(|| BankFile::at(path));
        let conn = SqliteConnection::connect_with(&options).await.map_err(database)?;
        let after = BankFile::at(path);
        if before.is_none_or(|before| before.is_same(&after)) {
            return Ok(Link::Sqlite(Box::new(conn), Box::new(after)));
        }
    }
}

#[cfg(feature = "sqlite")]
fn file_fault(path: &std::path::Path, error: &std::io::Error) -> Fault {
    Fault::database(format!("{}: {error}", path.display()))
}

/// Connects, sets what the ledger relies on, and reads it back: a pooler drops the settings with which a connection
/// starts, and may keep others.
#[cfg(feature = "postgres")]
async fn open_postgres(
    target: &Target,
    options: &PgConnectOptions,
    schema: &str,
    steps: &Steps,
) -> Result<(PgConnection, i64), Fault> {
    let options = options
        .clone()
        .statement_cache_capacity(STATEMENTS_PREPARED_MAX)
        .application_name("points-bank")
        .disable_statement_logging();
    let connected = async {
        let same = std::convert::identity;
        let mut conn = steps.send(1, PgConnection::connect_with(&options), same).await.map_err(database)?;
        let settings = conn.execute(AssertSqlSafe(settings(schema, target.patience())));
        steps.send(1, settings, same).await.map_err(database)?;
        let question = sqlx::query_as(SETTINGS).fetch_one(&mut conn);
        let found: Settings = steps.send(1, question, same).await.map_err(database)?;
        let session = found.4;
        if found.5 {
            target.watch().refused();
        }
        check_settings(schema, found)?;
        Ok((conn, session))
    };
    let silent = || Fault::database("the server does not answer");
    tokio::time::timeout(CONNECT_PATIENCE, connected).await.map_err(|_| silent())?
}

/// What every PostgreSQL connection is told.
#[cfg(feature = "postgres")]
fn settings(schema: &str, patience: Duration) -> String {
    let patience = patience.as_millis();
    format!(
        "SET search_path = \"{schema}\"; SET default_transaction_isolation = 'read committed'; \
         SET synchronous_commit = on; SET client_encoding = 'UTF8'; SET plan_cache_mode = force_generic_plan; \
         SET client_min_messages = warning; SET jit = off; SET row_security = off; \
         SET lock_timeout = {patience}"
    )
}

#[cfg(feature = "postgres")]
const SETTINGS: &str = "SELECT current_setting('search_path'), current_setting('server_encoding'), \
    current_setting('client_encoding'), current_setting('default_transaction_isolation'), \
    CAST(pg_backend_pid() AS BIGINT), \
    current_setting('default_transaction_read_only') = 'on' \
    OR NOT COALESCE(has_table_privilege(to_regclass('ledger_head'), 'UPDATE'), true), \
    COALESCE((SELECT MIN(CAST(c.relname AS TEXT)) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
    WHERE n.nspname = current_schema() AND c.relkind = 'r' AND c.relname LIKE 'ledger\\_%' AND c.relpersistence <> 'p'), '')";

#[cfg(feature = "postgres")]
type Settings = (String, String, String, String, i64, bool, String);

#[cfg(feature = "postgres")]
fn check_settings(schema: &str, found: Settings) -> Result<(), Fault> {
    let (path, server, client, isolation, _, _, unlogged) = found;
    if path.trim_matches('"') != schema {
        return Err(Fault::WrongSchema { found: path, expected: schema.to_owned() });
    }
    for (what, found) in [("encoding", server), ("client_encoding", client)] {
        if found != "UTF8" {
            return Err(Fault::WrongEncoding { what: what.to_owned(), found });
        }
    }
    if isolation != "read committed" {
        return Err(Fault::WrongIsolation { found: isolation });
    }
    if !unlogged.is_empty() && !Defect::DurabilityNotChecked.is_on() {
        // A crash of the server empties such a table.
        let setting = format!("the table {unlogged}");
        return Err(Fault::NotDurable { setting, found: "UNLOGGED".to_owned(), expected: "LOGGED".to_owned() });
    }
    Ok(())
}

/// Whether a prepared statement is not where it was prepared, or one is there that nobody here has prepared: a pooler hands the
/// same session to several, or another one to the same.
fn is_of_another_session(error: &sqlx::Error) -> bool {
    const DUPLICATE: &str = "42P05";
    const UNKNOWN: &str = "26000";
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| [DUPLICATE, UNKNOWN].contains(&code.as_ref()))
}

/// Turns an error of a read, or of a write that has not begun, into a fault.
pub fn database(error: sqlx::Error) -> Fault {
    let reason = error.to_string();
    if is_of_another_session(&error) {
        return Fault::SharedSession;
    }
    let failure = failure_of(&error);
    let source: Option<Cause> = Some(Arc::new(error));
    match failure {
        Failure::ReadOnly => Fault::ReadOnly { reason, source },
        Failure::Damaged => Fault::Damaged { what: reason, source },
        Failure::Held => Fault::HeadHeld { reason, source },
        Failure::Conflict | Failure::GivenUp | Failure::Refused | Failure::Unknown => {
            Fault::Database { reason, source }
        }
    }
}

/// A fault of a statement that commits what it does: unless the engine has said no, nobody can tell whether it was carried out.
pub fn of_commit(fault: Fault) -> Fault {
    let is_unknown = |cause: &Cause| cause.downcast_ref().is_some_and(|error| failure_of(error) == Failure::Unknown);
    if let Fault::Database { reason, source: Some(cause) } = &fault
        && is_unknown(cause)
    {
        return Fault::OutcomeUnknown { reason: reason.clone(), source: Some(Arc::clone(cause)) };
    }
    fault
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
