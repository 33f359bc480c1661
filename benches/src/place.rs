//! Where a run keeps its tables: in a new file or a new schema, so that no run finds another's rows.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result, bail, ensure};
use baoyulan_ledger::store::dialect::Engine;
use baoyulan_ledger::{Ledger, NewBank, Options};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, SqliteConnection};
use tempfile::TempDir;
use xtask::postgres::shared_url;

/// Finds the engine that an option names.
pub fn engine(name: &str) -> Result<Engine> {
    match name {
        "sqlite" => Ok(Engine::Sqlite),
        "postgres" => Ok(Engine::Postgres),
        _ => bail!("the engines are sqlite and postgres"),
    }
}

/// The engine's name in the report.
pub fn engine_name(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => "SQLite",
        Engine::Postgres => "PostgreSQL",
    }
}

/// The engine's name in the options.
pub fn engine_option(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => "sqlite",
        Engine::Postgres => "postgres",
    }
}

/// Where one run keeps its tables and the bank's key.
pub struct Place {
    pub engine: Engine,
    folder: TempDir,
    schema: String,
}

impl Place {
    /// Makes a new place, after everything that the last one left to be written is on disk.
    pub async fn new(engine: Engine) -> Result<Self> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let schema = format!("bench_{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let place = Self { engine, folder: TempDir::new()?, schema };
        if engine == Engine::Postgres {
            place.administer(format!("CREATE SCHEMA {}", place.schema)).await?;
        }
        place.settle().await?;
        Ok(place)
    }

    /// Waits until nothing is left that the system would write during the next measurement.
    pub async fn settle(&self) -> Result<()> {
        if self.engine == Engine::Postgres {
            self.administer("CHECKPOINT".to_owned()).await?;
        }
        Command::new("sync").status().context("sync")?;
        Ok(())
    }

    /// Removes the tables and the folder.
    pub async fn remove(self) -> Result<()> {
        if self.engine == Engine::Postgres {
            self.administer(format!("DROP SCHEMA {} CASCADE", self.schema)).await?;
        }
        Ok(self.folder.close()?)
    }

    /// The address of this place's bank.
    pub fn bank_url(&self) -> Result<String> {
        match self.engine {
            Engine::Sqlite => Ok(format!("sqlite://{}/bank.db", self.folder.path().display())),
            Engine::Postgres => Ok(format!("{}?schema={}", shared_url()?, self.schema)),
        }
    }

    /// The folder with the bank's key and the run's other files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Opens this place's bank, and founds it if there is none.
    pub async fn open_bank(&self) -> Result<Ledger> {
        let options = Options {
            key_folder: Some(self.folder.path().to_owned()),
            ..Options::create(NewBank::of_town("baoyulan"))
        };
        Ok(Ledger::open(&self.bank_url()?, options).await?)
    }

    /// How many bytes the bank's SQLite file has, with everything in it that was
    /// committed. Nobody else may have it open.
    pub async fn bank_file_bytes(&self) -> Result<u64> {
        let mut link = self.link("bank.db").await?;
        link.execute("PRAGMA wal_checkpoint(TRUNCATE)".to_owned()).await?;
        let log = self.folder.path().join("bank.db-wal");
        let left = if log.exists() { log.metadata()?.len() } else { 0 };
        ensure!(left == 0, "{left} bytes are left beside the file");
        link.close().await?;
        Ok(self.folder.path().join("bank.db").metadata()?.len())
    }

    fn sqlite_options(&self, file: &str) -> SqliteConnectOptions {
        SqliteConnectOptions::new()
            .filename(self.folder.path().join(file))
            .create_if_missing(true)
            .page_size(8192)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .pragma("wal_autocheckpoint", "4000")
            .pragma("cache_size", "-65536")
            .disable_statement_logging()
    }

    fn postgres_options(&self) -> Result<PgConnectOptions> {
        let options: PgConnectOptions = shared_url()?.parse()?;
        Ok(options.options([("search_path", self.schema.as_str())]).disable_statement_logging())
    }

    /// Connects to the SQLite file with this name, or to the schema. The connection is as durable as the bank's own.
    pub async fn link(&self, file: &str) -> Result<Link> {
        Ok(match self.engine {
            Engine::Sqlite => Link::Sqlite(Box::new(SqliteConnection::connect_with(&self.sqlite_options(file)).await?)),
            Engine::Postgres => Link::Postgres(Box::new(PgConnection::connect_with(&self.postgres_options()?).await?)),
        })
    }

    /// A pool with as many connections to a SQLite file as can write at a time: one.
    pub async fn sqlite_pool(&self, file: &str) -> Result<SqlitePool> {
        Ok(SqlitePoolOptions::new()
            .max_connections(1)
            .test_before_acquire(false)
            .acquire_timeout(std::time::Duration::from_secs(600))
            .connect_with(self.sqlite_options(file))
            .await?)
    }

    /// A pool with this many connections to the PostgreSQL schema.
    pub async fn postgres_pool(&self, connections: u32) -> Result<PgPool> {
        Ok(PgPoolOptions::new()
            .min_connections(connections)
            .max_connections(connections)
            .test_before_acquire(false)
            .acquire_timeout(std::time::Duration::from_secs(600))
            .connect_with(self.postgres_options()?)
            .await?)
    }

    async fn administer(&self, sql: String) -> Result<()> {
        let mut conn = PgConnection::connect(shared_url()?).await?;
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut conn).await?;
        Ok(conn.close().await?)
    }
}

/// The benchmark's own connection, without the ledger.
pub enum Link {
    Sqlite(Box<SqliteConnection>),
    Postgres(Box<PgConnection>),
}

impl Link {
    /// Runs SQL without parameters; it may hold several statements.
    pub async fn execute(&mut self, sql: String) -> Result<()> {
        let text = sqlx::raw_sql(AssertSqlSafe(sql));
        match self {
            Self::Sqlite(conn) => text.execute(conn.as_mut()).await.map(drop)?,
            Self::Postgres(conn) => text.execute(conn.as_mut()).await.map(drop)?,
        }
        Ok(())
    }

    /// Closes the connection.
    pub async fn close(self) -> Result<()> {
        match self {
            Self::Sqlite(conn) => conn.close().await?,
            Self::Postgres(conn) => conn.close().await?,
        }
        Ok(())
    }
}

/// Asks both engines for their versions.
pub async fn versions() -> Result<Vec<String>> {
    let sqlite: String = sqlx::query_scalar("SELECT sqlite_version()")
        .fetch_one(&mut SqliteConnection::connect("sqlite::memory:").await?)
        .await?;
    let postgres: String = sqlx::query_scalar("SELECT CAST(current_setting('server_version') AS TEXT)")
        .fetch_one(&mut PgConnection::connect(shared_url()?).await?)
        .await?;
    Ok(vec![format!("SQLite {sqlite}"), format!("PostgreSQL {postgres}, its settings as they are delivered")])
}
