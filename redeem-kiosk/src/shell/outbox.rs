//! The outbox: orders, kept before they are sent, until their outcome is known. One SQLite file, one agent.
//!
//! It promises: what [`Outbox::store`] has returned for survives a kill and a power cut; what an order asked for, a card
//! number in it, is wiped with its outcome, from the file and from its log.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous};
use sqlx::{ConnectOptions, Row, SqlitePool};
use uuid::Uuid;

use crate::app::commands::{Kept, News, Settled};
use crate::app::order::Order;

/// The form of the file; another one is another program's.
const VERSION: i64 = 1;
const TABLE: &str = "
CREATE TABLE IF NOT EXISTS outbox (
    id TEXT NOT NULL PRIMARY KEY,       -- made here; the service's Idempotency-Key
    kind TEXT NOT NULL,                 -- redemption, reversal
    credential TEXT NOT NULL,           -- whose scope the id is in
    body TEXT NOT NULL,                 -- what is asked for; empty once it is settled
    stored_at INTEGER NOT NULL,         -- UTC milliseconds
    state TEXT NOT NULL,                -- waiting, accepted, refused
    receipt_number TEXT NOT NULL,       -- of what was accepted
    code TEXT NOT NULL,                 -- of what was refused
    settled_at INTEGER NOT NULL,        -- 0 while it waits
    told INTEGER NOT NULL               -- whether its person, or staff, know the outcome
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS probe (place INTEGER NOT NULL PRIMARY KEY, filler TEXT NOT NULL) STRICT;
";

#[derive(Debug)]
pub struct Found {
    pub kept: Vec<Kept>,
    /// Outcomes that nobody was told.
    pub news: Vec<News>,
}

#[derive(Clone)]
pub struct Outbox {
    pool: SqlitePool,
}

impl Outbox {
    /// At that file, which is opened when it is used for the first time.
    pub fn new(file: &Path) -> Self {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            // A second agent on the same file would send the same orders.
            .locking_mode(sqlx::sqlite::SqliteLockingMode::Exclusive)
            .pragma("secure_delete", "ON")
            .busy_timeout(Duration::from_secs(2))
            .disable_statement_logging();
        let pool = SqlitePoolOptions::new().max_connections(1).acquire_timeout(Duration::from_secs(5));
        // A connection that ends lets the file go, and another agent could take it.
        let pool = pool.idle_timeout(None).max_lifetime(None);
        Self { pool: pool.connect_lazy_with(options) }
    }

    /// Makes the file ready and reads what it holds.
    ///
    /// # Errors
    /// Where it cannot be read and written, or is not an outbox of this version.
    pub async fn load(&self) -> anyhow::Result<Found> {
        let version: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&self.pool).await?;
        anyhow::ensure!(version == 0 || version == VERSION, "the outbox is of another version, {version}");
        sqlx::raw_sql(TABLE).execute(&self.pool).await?;
        sqlx::raw_sql("PRAGMA user_version = 1").execute(&self.pool).await?;
        self.probe().await?;
        let waiting = sqlx::query("SELECT id, credential, body FROM outbox WHERE state = 'waiting' ORDER BY id");
        let kept = waiting.fetch_all(&self.pool).await?.iter().map(kept).collect::<anyhow::Result<_>>()?;
        let untold = sqlx::query(
            "SELECT id, kind, receipt_number, code FROM outbox WHERE state <> 'waiting' AND told = 0 ORDER BY settled_at",
        );
        let news = untold.fetch_all(&self.pool).await?.iter().map(news).collect::<anyhow::Result<_>>()?;
        Ok(Found { kept, news })
    }

    /// Keeps an order, durably.
    ///
    /// # Errors
    /// Where it cannot be written: then it must not be sent.
    pub async fn store(&self, id: Uuid, order: &Order, credential: &str, now: i64) -> anyhow::Result<()> {
        sqlx::query("INSERT INTO outbox VALUES (?, ?, ?, ?, ?, 'waiting', '', '', 0, 0)")
            .bind(id.to_string())
            .bind(order.kind())
            .bind(credential)
            .bind(serde_json::to_string(order)?)
            .bind(now)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Takes out an order of which it is not certain that it was written. It was never sent.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn forget(&self, id: Uuid) -> anyhow::Result<()> {
        sqlx::query("DELETE FROM outbox WHERE id = ? AND state = 'waiting'")
            .bind(id.to_string())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Keeps how an order ended, durably, and wipes what it asked for.
    ///
    /// # Errors
    /// Where it cannot be written: a later start would send the order again and get the same answer.
    pub async fn settle(&self, id: Uuid, settled: &Settled, now: i64) -> anyhow::Result<()> {
        let state = if settled.receipt_number.is_empty() { "refused" } else { "accepted" };
        sqlx::query(
            "UPDATE outbox SET state = ?, receipt_number = ?, code = ?, settled_at = ?, body = '' WHERE id = ?",
        )
        .bind(state)
        .bind(&settled.receipt_number)
        .bind(&settled.code)
        .bind(now)
        .bind(id.to_string())
        .execute(&self.pool)
        .await?;
        // The write-ahead log still has the row as it was.
        sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)").execute(&self.pool).await?;
        Ok(())
    }

    /// Its outcome is known to whom it belongs, or to staff.
    ///
    /// # Errors
    /// Where it cannot be written: then it is told once more.
    pub async fn told(&self, id: Uuid) -> anyhow::Result<()> {
        sqlx::query("UPDATE outbox SET told = 1 WHERE id = ?").bind(id.to_string()).execute(&self.pool).await?;
        Ok(())
    }

    /// Writes more than an order takes, and takes it away again.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn probe(&self) -> anyhow::Result<()> {
        let filler = "x".repeat(8192);
        sqlx::query("INSERT OR REPLACE INTO probe VALUES (1, ?)").bind(filler).execute(&self.pool).await?;
        sqlx::raw_sql("DELETE FROM probe; PRAGMA wal_checkpoint(TRUNCATE)").execute(&self.pool).await?;
        Ok(())
    }

    pub async fn close(&self) {
        self.pool.close().await;
    }
}

fn kept(row: &SqliteRow) -> anyhow::Result<Kept> {
    let body: String = row.try_get("body")?;
    // What is wrong with it is not said: it names a card.
    let order = serde_json::from_str(&body).map_err(|_| anyhow::anyhow!("an order in the outbox cannot be read"))?;
    Ok(Kept { id: id(row)?, order, credential: row.try_get("credential")? })
}

fn news(row: &SqliteRow) -> anyhow::Result<News> {
    let settled = Settled { receipt_number: row.try_get("receipt_number")?, code: row.try_get("code")? };
    Ok(News { id: id(row)?, kind: row.try_get("kind")?, settled })
}

fn id(row: &SqliteRow) -> anyhow::Result<Uuid> {
    Ok(Uuid::parse_str(row.try_get::<&str, _>("id")?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_file_is_not_let_go_of_while_nothing_is_written() {
        let outbox = Outbox::new(Path::new("outbox.db"));
        let options = outbox.pool.options();
        assert_eq!((options.get_idle_timeout(), options.get_max_lifetime()), (None, None));
    }

    #[tokio::test]
    async fn what_is_written_is_on_the_disk_before_it_is_called_kept() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = Outbox::new(&folder.path().join("outbox.db"));
        outbox.load().await.unwrap();
        // 2 is FULL: each commit waits until the disk has it.
        let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&outbox.pool).await.unwrap();
        let journal: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&outbox.pool).await.unwrap();
        assert_eq!((synchronous, journal.as_str()), (2, "wal"));
    }
}
