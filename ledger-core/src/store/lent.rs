//! A connection that a host has lent, with its open transaction, for one piece of work. Whoever works has a [`Conn`] like any other,
//! but its statements are handed over to where the borrowed connection is, and run there one after the other.

use std::pin::pin;
use std::sync::Arc;

#[cfg(feature = "postgres")]
use sqlx::postgres::{PgConnection, Postgres};
#[cfg(feature = "sqlite")]
use sqlx::sqlite::{Sqlite, SqliteConnection};
use sqlx::{AssertSqlSafe, Transaction, pool::PoolConnection};
use tokio::sync::{mpsc, oneshot};

#[cfg(feature = "postgres")]
use super::conn::fetch_postgres;
#[cfg(feature = "sqlite")]
use super::conn::fetch_sqlite;
use super::conn::{Cell, Conn, Fetched};
use super::dialect::Engine;
use super::rows::Rows;
#[cfg(feature = "postgres")]
use super::steps::Steps;
use super::target::Target;
use super::write::{self, HeadMove};
use crate::row::ColumnType;

/// A host's connection with its open transaction, lent to [`Ledger::post_in`](crate::ledger::Ledger::post_in): made of a `&mut` to a
/// connection of `sqlx`, to one of a pool's, or to a [`Transaction`].
#[derive(Debug)]
pub enum HostConnection<'h> {
    /// To the bank's file.
    #[cfg(feature = "sqlite")]
    Sqlite(&'h mut SqliteConnection),
    /// To the database with the bank's schema.
    #[cfg(feature = "postgres")]
    Postgres(&'h mut PgConnection),
}

/// Lends a connection of an engine, however the host holds it.
macro_rules! lent {
    ($feature:literal $variant:ident: $conn:ty, $database:ty) => {
        #[cfg(feature = $feature)]
        impl<'h> From<&'h mut $conn> for HostConnection<'h> {
            fn from(conn: &'h mut $conn) -> Self {
                Self::$variant(conn)
            }
        }

        #[cfg(feature = $feature)]
        impl<'h> From<&'h mut PoolConnection<$database>> for HostConnection<'h> {
            fn from(conn: &'h mut PoolConnection<$database>) -> Self {
                Self::$variant(conn)
            }
        }

        #[cfg(feature = $feature)]
        impl<'h> From<&'h mut Transaction<'_, $database>> for HostConnection<'h> {
            fn from(transaction: &'h mut Transaction<'_, $database>) -> Self {
                Self::$variant(transaction)
            }
        }
    };
}

lent!("sqlite" Sqlite: SqliteConnection, Sqlite);
lent!("postgres" Postgres: PgConnection, Postgres);

/// A statement that is handed over.
enum Statement {
    Execute(AssertSqlSafe<String>),
    Fetch(AssertSqlSafe<String>, &'static [ColumnType], Vec<Vec<Cell>>),
    Write(Box<HeadMove>, Rows),
}

type Answer = Result<Vec<Fetched>, sqlx::Error>;

/// Hands statements over.
#[derive(Debug)]
pub(super) struct Lent {
    statements: mpsc::Sender<(Statement, oneshot::Sender<Answer>)>,
    schema: Option<Arc<str>>,
}

impl Lent {
    /// The schema with which tables are named; `None` on SQLite.
    pub(super) fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    /// Runs SQL without parameters; it may hold several statements.
    pub(super) async fn execute(&self, sql: AssertSqlSafe<String>) -> Result<(), sqlx::Error> {
        self.hand_over(Statement::Execute(sql)).await.map(drop)
    }

    /// Runs a query with its keys.
    pub(super) async fn fetch(
        &self,
        sql: AssertSqlSafe<String>,
        kinds: &'static [ColumnType],
        keys: Vec<Vec<Cell>>,
    ) -> Answer {
        self.hand_over(Statement::Fetch(sql, kinds, keys)).await
    }

    /// Writes the rows and moves the head.
    pub(super) async fn write(&self, head: HeadMove, rows: Rows) -> Result<(), sqlx::Error> {
        self.hand_over(Statement::Write(Box::new(head), rows)).await.map(drop)
    }

    async fn hand_over(&self, statement: Statement) -> Answer {
        let (answer, answered) = oneshot::channel();
        self.statements.send((statement, answer)).await.map_err(|_| sqlx::Error::PoolClosed)?;
        answered.await.map_err(|_| sqlx::Error::PoolClosed)?
    }
}

/// Takes the statements of a piece of work.
pub struct Served {
    statements: mpsc::Receiver<(Statement, oneshot::Sender<Answer>)>,
    schema: Arc<str>,
}

/// Makes a connection for a piece of work at this bank, and what takes its statements: see [`HostConnection::serve`].
pub fn lend(target: &Target) -> (Conn, Served) {
    let (sender, statements) = mpsc::channel(1);
    let schema: Option<Arc<str>> = target.schema().map(Into::into);
    let served = Served { statements, schema: schema.clone().unwrap_or_default() };
    (Conn::of_host(Lent { statements: sender, schema }, target), served)
}

impl HostConnection<'_> {
    /// The engine at the other end.
    pub fn engine(&self) -> Engine {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Engine::Sqlite,
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Engine::Postgres,
        }
    }

    /// Waits until the work is done, and runs its statements.
    pub async fn serve<T>(&mut self, mut served: Served, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                Some((statement, answer)) = served.statements.recv() => {
                    // Whoever works waits for the answer, and is dropped together with this.
                    let _ = answer.send(self.run(statement, &served.schema).await);
                }
            }
        }
    }

    async fn run(&mut self, statement: Statement, schema: &str) -> Answer {
        match (self, statement) {
            (host, Statement::Execute(sql)) => host.execute(sql).await.map(|()| Vec::new()),
            #[cfg(feature = "sqlite")]
            (Self::Sqlite(conn), Statement::Fetch(sql, kinds, keys)) => fetch_sqlite(conn, sql, kinds, &keys).await,
            #[cfg(feature = "sqlite")]
            (Self::Sqlite(conn), Statement::Write(head, rows)) => {
                write::in_sqlite(conn, &head, rows).await.map(|()| Vec::new())
            }
            #[cfg(feature = "postgres")]
            (Self::Postgres(conn), Statement::Fetch(sql, kinds, keys)) => fetch_postgres(conn, sql, kinds, &keys).await,
            #[cfg(feature = "postgres")]
            (Self::Postgres(conn), Statement::Write(head, rows)) => {
                write::one_statement(conn, schema, &head, rows, &Steps::default()).await.map(|()| Vec::new())
            }
        }
    }

    /// Runs SQL without parameters; it may hold several statements.
    pub(super) async fn execute(&mut self, sql: AssertSqlSafe<String>) -> Result<(), sqlx::Error> {
        let query = sqlx::raw_sql(sql);
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(conn) => query.execute(&mut **conn).await.map(drop),
            #[cfg(feature = "postgres")]
            Self::Postgres(conn) => query.execute(&mut **conn).await.map(drop),
        }
    }
}
