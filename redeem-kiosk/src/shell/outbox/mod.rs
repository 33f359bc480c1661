//! The outbox: orders, kept before they are sent, until their outcome is known. One SQLite file, one agent.
//!
//! It promises: what [`Outbox::store`] has returned for survives a kill and a power cut, in the file that the next start
//! opens; what an order asked for, a card number in it, is wiped with its outcome, from the file and from its log.
//!
//! A file that is deleted or replaced can still be written by whoever has it open, and nobody would ever read that. So it is
//! looked at before and after each write whether the files are still those that were opened, as this process has left them;
//! and `outbox.id`, beside it, tells a start that there was an outbox, which, and how far it had come: an older copy of it has
//! forgotten orders.

mod place;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use baoyulan_ledger::proof::VerifyingKey;
use serde::{Deserialize, Serialize};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous};
use sqlx::{ConnectOptions, Row, Sqlite, SqlitePool, Transaction};
use tokio::sync::{Mutex, MutexGuard};
use uuid::Uuid;

pub use self::place::Misplaced;
use self::place::{Opened, Place, Reached};
use super::private;
use crate::app::commands::{Kept, News, Settled};
use crate::app::order::Order;
use crate::app::receipt::{Mark, Seen, SeenReceipt, Terms};

/// The form of the file; another one is another program's.
const VERSION: i64 = 3;
const TABLE: &str = "
CREATE TABLE IF NOT EXISTS outbox (
    id TEXT NOT NULL PRIMARY KEY,       -- made here; the service's Idempotency-Key
    kind TEXT NOT NULL,                 -- redemption, reversal
    credential TEXT NOT NULL,           -- whose scope the id is in
    body TEXT NOT NULL,                 -- what is asked for, and its terms; empty once it is settled
    stored_at INTEGER NOT NULL,         -- UTC milliseconds
    state TEXT NOT NULL,                -- waiting, accepted, refused
    receipt_number TEXT NOT NULL,       -- of what was accepted
    code TEXT NOT NULL,                 -- of what was refused
    settled_at INTEGER NOT NULL,        -- 0 while it waits
    told INTEGER NOT NULL               -- whether its person, or staff, know the outcome
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS seen (
    position INTEGER NOT NULL PRIMARY KEY,  -- of the receipt, in the journal
    number TEXT NOT NULL,
    issuer TEXT NOT NULL,
    id TEXT NOT NULL                        -- the order that it answered
) STRICT;
CREATE TABLE IF NOT EXISTS keys (
    issuer TEXT NOT NULL,                   -- the bank's name
    public_key BLOB NOT NULL,               -- Ed25519, 32 bytes
    PRIMARY KEY (issuer, public_key)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS commits (place INTEGER NOT NULL PRIMARY KEY, count INTEGER NOT NULL) STRICT;
INSERT OR IGNORE INTO commits VALUES (1, 0);
CREATE TABLE IF NOT EXISTS identity (place INTEGER NOT NULL PRIMARY KEY, identity TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS probe (place INTEGER NOT NULL PRIMARY KEY, filler TEXT NOT NULL) STRICT;
";

#[derive(Debug)]
pub struct Found {
    pub kept: Vec<Kept>,
    /// Outcomes that nobody was told.
    pub news: Vec<News>,
    /// The receipts that it has seen.
    pub seen: Seen,
    /// The bank's keys that it has met.
    pub keys: Vec<BankKey>,
}

/// A public key, and the name of the bank whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankKey {
    pub issuer: String,
    pub key: VerifyingKey,
}

/// An order as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptBody {
    pub order: Order,
    pub terms: Terms,
}

impl KeptBody {
    /// Reads what this version or the first one has kept.
    fn read(text: &str) -> Option<Self> {
        let of_first = || Some(Self { order: serde_json::from_str(text).ok()?, terms: Terms::default() });
        serde_json::from_str(text).ok().or_else(of_first)
    }
}

#[derive(Clone)]
pub struct Outbox {
    pool: SqlitePool,
    place: Place,
    /// Held by whoever writes: nobody else's writing is taken for it.
    opened: Arc<Mutex<Option<Opened>>>,
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
        Self { pool: pool.connect_lazy_with(options), place: Place { file: file.to_owned() }, opened: Arc::default() }
    }

    /// Makes the file ready and reads what it holds.
    ///
    /// # Errors
    /// Where it cannot be read and written, or is not an outbox of this version.
    pub async fn load(&self) -> anyhow::Result<Found> {
        let mut opened = self.opened.lock().await;
        let before = self.place.reached()?;
        if let Some(before) = &before {
            if !self.place.file.try_exists()? {
                return Err(Misplaced::Gone.into());
            }
            if self.place.commits_in_file().await < before.commits_in_file {
                return Err(Misplaced::Older.into());
            }
        }
        let version: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&self.pool).await?;
        anyhow::ensure!((0..=VERSION).contains(&version), "the outbox is of another version, {version}");
        sqlx::raw_sql(TABLE).execute(&self.pool).await?;
        let identity = self.identify(before.as_ref()).await?;
        let commits: i64 = sqlx::query_scalar("SELECT count FROM commits").fetch_one(&self.pool).await?;
        if before.as_ref().is_some_and(|before| commits < before.commits) {
            return Err(Misplaced::Older.into());
        }
        sqlx::raw_sql("PRAGMA user_version = 3").execute(&self.pool).await?;
        self.fill().await?;
        let reached = Reached { identity, commits, commits_in_file: commits };
        if before.as_ref() != Some(&reached) {
            self.place.write_reached(&reached)?;
        }
        *opened = Some(Opened { files: self.place.files()?, reached });
        let waiting = sqlx::query("SELECT id, credential, body FROM outbox WHERE state = 'waiting' ORDER BY id");
        let kept: Vec<Kept> = waiting.fetch_all(&self.pool).await?.iter().map(kept).collect::<anyhow::Result<_>>()?;
        let untold = sqlx::query(
            "SELECT id, kind, receipt_number, code FROM outbox WHERE state <> 'waiting' AND told = 0 ORDER BY settled_at",
        );
        let news = untold.fetch_all(&self.pool).await?.iter().map(news).collect::<anyhow::Result<_>>()?;
        let seen = self.seen(kept.iter().map(|kept| kept.terms.after).min()).await?;
        let keys = sqlx::query("SELECT issuer, public_key FROM keys").fetch_all(&self.pool).await?;
        let keys = keys.iter().map(bank_key).collect::<anyhow::Result<_>>()?;
        Ok(Found { kept, news, seen, keys })
    }

    /// The latest receipt that was seen, and those that come after what the oldest order comes after.
    async fn seen(&self, first: Option<Mark>) -> anyhow::Result<Seen> {
        let rows = sqlx::query(
            "SELECT position, number, issuer, id FROM seen WHERE position > ? OR position = (SELECT MAX(position) FROM seen) \
             ORDER BY position",
        );
        let first_position = first.map_or(i64::MAX, |first| first.position);
        let mut seen = Seen::default();
        for row in rows.bind(first_position).fetch_all(&self.pool).await? {
            let (position, number, issuer) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            seen.add(SeenReceipt { id: id(&row)?, number, position, issuer });
        }
        seen.forget_until(first);
        Ok(seen)
    }

    /// Keeps an order, durably.
    ///
    /// # Errors
    /// Where it cannot be written: then it must not be sent.
    pub async fn store(&self, id: Uuid, body: &KeptBody, credential: &str, now: i64) -> anyhow::Result<()> {
        let (opened, mut writing) = self.begin().await?;
        sqlx::query("INSERT INTO outbox VALUES (?, ?, ?, ?, ?, 'waiting', '', '', 0, 0)")
            .bind(id.to_string())
            .bind(body.order.kind())
            .bind(credential)
            .bind(serde_json::to_string(body)?)
            .bind(now)
            .execute(&mut *writing)
            .await?;
        self.commit(opened, writing, Log::Kept).await
    }

    /// Takes out an order of which it is not certain that it was written. It was never sent.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn forget(&self, id: Uuid) -> anyhow::Result<()> {
        let opened = self.opened.lock().await;
        // Also out of a file that is out of place: should it come back, a start would send the order.
        let is_in_place = self.place.compare(opened.as_ref()).is_ok();
        let mut writing = self.pool.begin().await?;
        sqlx::query("DELETE FROM outbox WHERE id = ? AND state = 'waiting'")
            .bind(id.to_string())
            .execute(&mut *writing)
            .await?;
        if is_in_place {
            return self.commit(opened, writing, Log::Kept).await;
        }
        Ok(writing.commit().await?)
    }

    /// Keeps how an order ended, with the receipt that was seen, durably, and wipes what it asked for.
    ///
    /// # Errors
    /// Where it cannot be written: a later start would send the order again and get the same answer.
    pub async fn settle(
        &self,
        id: Uuid,
        settled: &Settled,
        seen: Option<&SeenReceipt>,
        now: i64,
    ) -> anyhow::Result<()> {
        let (opened, mut writing) = self.begin().await?;
        if let Some(SeenReceipt { id, number, position, issuer }) = seen {
            sqlx::query("INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?)")
                .bind(position)
                .bind(number)
                .bind(issuer)
                .bind(id.to_string())
                .execute(&mut *writing)
                .await?;
        }
        let state = if settled.receipt_number.is_empty() { "refused" } else { "accepted" };
        sqlx::query(
            "UPDATE outbox SET state = ?, receipt_number = ?, code = ?, settled_at = ?, body = '' WHERE id = ?",
        )
        .bind(state)
        .bind(&settled.receipt_number)
        .bind(&settled.code)
        .bind(now)
        .bind(id.to_string())
        .execute(&mut *writing)
        .await?;
        self.commit(opened, writing, Log::Wiped).await
    }

    /// Its outcome is known to whom it belongs, or to staff.
    ///
    /// # Errors
    /// Where it cannot be written: then it is told once more.
    pub async fn told(&self, id: Uuid) -> anyhow::Result<()> {
        let (opened, mut writing) = self.begin().await?;
        sqlx::query("UPDATE outbox SET told = 1 WHERE id = ?").bind(id.to_string()).execute(&mut *writing).await?;
        self.commit(opened, writing, Log::Kept).await
    }

    /// Keeps keys of the bank's, durably. What was met before stays known.
    ///
    /// # Errors
    /// Where they cannot be written: then a later start would believe others.
    pub async fn meet(&self, keys: &[BankKey]) -> anyhow::Result<()> {
        let (opened, mut writing) = self.begin().await?;
        for BankKey { issuer, key } in keys {
            sqlx::query("INSERT OR IGNORE INTO keys VALUES (?, ?)")
                .bind(issuer)
                .bind(key.as_bytes().as_slice())
                .execute(&mut *writing)
                .await?;
        }
        self.commit(opened, writing, Log::Kept).await
    }

    /// Writes more than an order takes, and takes it away again.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn probe(&self) -> anyhow::Result<()> {
        let mut opened = self.opened.lock().await;
        self.place.compare(opened.as_ref())?;
        let filled = self.fill().await;
        self.place.take_over(opened.as_mut())?;
        filled
    }

    async fn fill(&self) -> anyhow::Result<()> {
        let filler = "x".repeat(8192);
        sqlx::query("INSERT OR REPLACE INTO probe VALUES (1, ?)").bind(filler).execute(&self.pool).await?;
        sqlx::raw_sql("DELETE FROM probe; PRAGMA wal_checkpoint(TRUNCATE)").execute(&self.pool).await?;
        Ok(())
    }

    /// Whether the paths still lead to the files that were opened, as they were left. Before they are opened, nothing is out of
    /// place.
    ///
    /// # Errors
    /// Where they do not: what is written then would be lost.
    pub async fn in_place(&self) -> Result<(), Misplaced> {
        self.place.compare(self.opened.lock().await.as_ref())
    }

    /// Begins to write, where everything is in place.
    async fn begin(&self) -> anyhow::Result<(MutexGuard<'_, Option<Opened>>, Transaction<'static, Sqlite>)> {
        let opened = self.opened.lock().await;
        self.place.compare(opened.as_ref())?;
        Ok((opened, self.pool.begin().await?))
    }

    /// Keeps what was written, durably, and how far the outbox has come with it.
    async fn commit(
        &self,
        mut opened: MutexGuard<'_, Option<Opened>>,
        mut writing: Transaction<'static, Sqlite>,
        log: Log,
    ) -> anyhow::Result<()> {
        let count = sqlx::query_scalar("UPDATE commits SET count = count + 1 RETURNING count");
        let commits: i64 = count.fetch_one(&mut *writing).await?;
        let written = async {
            writing.commit().await?;
            if log == Log::Wiped {
                sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)").execute(&self.pool).await?;
            }
            anyhow::Ok(())
        };
        let written = written.await;
        self.place.take_over(opened.as_mut())?;
        written?;
        let Some(Opened { reached, .. }) = opened.as_mut() else { return Ok(()) };
        reached.commits = commits;
        if log == Log::Wiped {
            reached.commits_in_file = commits;
        }
        self.place.write_reached(reached)
    }

    /// Compares the file's own identity with the one that was here before. A file without one gets one, where none was here.
    async fn identify(&self, before: Option<&Reached>) -> anyhow::Result<String> {
        let own: Option<String> =
            sqlx::query_scalar("SELECT identity FROM identity").fetch_optional(&self.pool).await?;
        match (before, own) {
            (Some(before), Some(own)) if before.identity == own => Ok(own),
            (Some(_), _) => Err(Misplaced::Replaced.into()),
            (None, Some(own)) => Ok(own),
            (None, None) => {
                let new = Uuid::now_v7().to_string();
                sqlx::query("INSERT INTO identity VALUES (1, ?)").bind(&new).execute(&self.pool).await?;
                Ok(new)
            }
        }
    }

    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// What becomes of the write-ahead log, which still has the rows as they were.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Log {
    Kept,
    Wiped,
}

fn bank_key(row: &SqliteRow) -> anyhow::Result<BankKey> {
    let bytes: [u8; 32] = row.try_get::<&[u8], _>("public_key")?.try_into()?;
    let key = VerifyingKey::from_bytes(&bytes).ok_or_else(|| anyhow::anyhow!("a key in the outbox is none"))?;
    Ok(BankKey { issuer: row.try_get("issuer")?, key })
}

fn kept(row: &SqliteRow) -> anyhow::Result<Kept> {
    let body: String = row.try_get("body")?;
    // What is wrong with it is not said: it names a card.
    let KeptBody { order, terms } =
        KeptBody::read(&body).ok_or_else(|| anyhow::anyhow!("an order in the outbox cannot be read"))?;
    Ok(Kept { id: id(row)?, order, terms, credential: row.try_get("credential")? })
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
