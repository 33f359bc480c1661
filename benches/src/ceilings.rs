//! Ceilings: what the drivers, the disk and one core can do without a bank.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::{Result, ensure};
use baoyulan_ledger::store::dialect::Engine;
use ed25519_dalek::{Signer, SigningKey};
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, AssertSqlSafe, PgConnection, SqliteConnection};

use crate::callers::Measured;
use crate::place::{Link, Place};

/// How many transfers a bulk commit has; and the batches that are sent to the bank for comparison.
pub const BULK: [usize; 2] = [1000, 8190];
/// How many rows one `INSERT` has on SQLite. It is padded with NULL rows, so
/// that a few texts suffice and stay prepared.
const CHUNK: usize = 1024;
/// How many accounts the transfers are made between.
const ACCOUNTS: i64 = 10_000;
/// How many bytes a receipt's signed text has.
const MESSAGE: usize = 350;

const ROWS: &str = "CREATE TABLE bare_rows (id {position_key}, debit BIGINT NOT NULL, credit BIGINT NOT NULL, quantity BIGINT NOT NULL, \
posted_at BIGINT NOT NULL)";
const TRANSFERS: &str = "CREATE TABLE bulk_transfers (id {position_key}, debit BIGINT NOT NULL, credit BIGINT NOT NULL, \
quantity BIGINT NOT NULL, posted_at BIGINT NOT NULL); \
CREATE TABLE bulk_balances (account {position_key}, quantity BIGINT NOT NULL) {hot}";

/// Measures one row per durable commit with one caller: the least that a database can do for one command.
pub async fn bare_commits(engine: Engine, commits: usize) -> Result<Measured> {
    const INSERT: &str = "INSERT INTO bare_rows VALUES ($1, $2, $3, $4, $5)";
    macro_rules! insert {
        ($conn:expr, $id:expr) => {{
            let row = sqlx::query(INSERT).bind($id).bind($id % ACCOUNTS).bind($id % 977).bind(26_i64).bind($id);
            row.execute($conn.as_mut()).await?;
        }};
    }
    let place = Place::new(engine).await?;
    let mut link = place.link("bare.db").await?;
    link.execute(engine.migration(ROWS)).await?;
    let mut latencies = Vec::with_capacity(commits);
    let start = Instant::now();
    for id in 0..i64::try_from(commits)? {
        let asked = Instant::now();
        match &mut link {
            Link::Sqlite(conn) => insert!(conn, id),
            Link::Postgres(conn) => insert!(conn, id),
        }
        latencies.push(asked.elapsed());
    }
    let elapsed = start.elapsed();
    link.close().await?;
    place.remove().await?;
    Ok(Measured::of(commits, elapsed, latencies))
}

/// Measures commits of many transfers, with one row and two balances each, in the driver's fastest form. There are no
/// rules, lots, journal, ids or indexes. A latency is that of a commit.
pub async fn bulk(engine: Engine, transfers: usize, per_commit: usize) -> Result<Measured> {
    let place = Place::new(engine).await?;
    let mut link = place.link("bulk.db").await?;
    link.execute(engine.migration(TRANSFERS)).await?;
    let batches: Vec<Batch> = (0..transfers.div_ceil(per_commit)).map(|batch| Batch::new(batch, per_commit)).collect();
    let count = batches.len() * per_commit;
    let mut latencies = Vec::with_capacity(batches.len());
    let start = Instant::now();
    for batch in batches {
        let asked = Instant::now();
        match &mut link {
            Link::Sqlite(conn) => batch.write_sqlite(conn).await?,
            Link::Postgres(conn) => batch.write_postgres(conn).await?,
        }
        latencies.push(asked.elapsed());
    }
    let elapsed = start.elapsed();
    link.close().await?;
    place.remove().await?;
    Ok(Measured::of(count, elapsed, latencies))
}

/// The transfers of one commit, column by column, and how they change each balance.
struct Batch {
    transfers: [Vec<i64>; 5],
    balances: [Vec<i64>; 2],
}

impl Batch {
    fn new(batch: usize, transfers: usize) -> Self {
        // Both formulas visit all accounts in a scattered order, and the numbers stay far below 2⁶³.
        let numbers = (batch * transfers..(batch + 1) * transfers).map(|number| i64::try_from(number).unwrap_or(0));
        let ids: Vec<i64> = numbers.collect();
        let column = |of: fn(i64) -> i64| ids.iter().map(|id| of(*id)).collect::<Vec<i64>>();
        let (debits, credits) = (column(|id| id * 7919 % ACCOUNTS), column(|id| (id * 6007 + 1) % ACCOUNTS));
        let mut changes = BTreeMap::new();
        for (debit, credit) in debits.iter().zip(&credits) {
            *changes.entry(*debit).or_insert(0) += 26;
            *changes.entry(*credit).or_insert(0) -= 26;
        }
        let transfers = [ids.clone(), debits, credits, column(|_| 26), column(|id| 1_790_000_000 + id / 1000)];
        Self { transfers, balances: [changes.keys().copied().collect(), changes.values().copied().collect()] }
    }

    /// Writes the batch as one text.
    async fn write_sqlite(&self, conn: &mut SqliteConnection) -> Result<()> {
        let mut text = "BEGIN IMMEDIATE".to_owned();
        let mut arguments = SqliteArguments::default();
        let mut insert = |table: &str, columns: &[Vec<i64>], on_conflict: &str| {
            let rows = columns[0].len();
            for from in (0..rows).step_by(CHUNK) {
                let chunk = (rows - from).min(CHUNK);
                let padded = chunk.next_power_of_two();
                let row = format!("({})", vec!["?"; columns.len()].join(","));
                let values = vec![row.as_str(); padded].join(",");
                text += &format!(
                    "; INSERT INTO {table} SELECT * FROM (VALUES {values}) WHERE column1 IS NOT NULL{on_conflict}"
                );
                for row in from..from + padded {
                    for column in columns {
                        let value = (row < from + chunk).then(|| column[row]);
                        arguments.add(value).map_err(sqlx::Error::Encode)?;
                    }
                }
            }
            Ok::<_, sqlx::Error>(())
        };
        insert("bulk_transfers", &self.transfers, "")?;
        let add = " ON CONFLICT (account) DO UPDATE SET quantity = quantity + excluded.quantity";
        insert("bulk_balances", &self.balances, add)?;
        text += "; COMMIT";
        sqlx::query_with(AssertSqlSafe(text), arguments).execute(conn).await?;
        Ok(())
    }

    /// Writes the batch as one statement.
    async fn write_postgres(&self, conn: &mut PgConnection) -> Result<()> {
        const TEXT: &str = "WITH transfers AS (INSERT INTO bulk_transfers \
            SELECT * FROM UNNEST($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])) \
            INSERT INTO bulk_balances AS b SELECT * FROM UNNEST($6::bigint[], $7::bigint[]) \
            ON CONFLICT (account) DO UPDATE SET quantity = b.quantity + excluded.quantity";
        let columns = self.transfers.iter().chain(&self.balances);
        columns.fold(sqlx::query(TEXT), |query, column| query.bind(column)).execute(conn).await?;
        Ok(())
    }
}

/// Measures how many texts of a receipt's length one core can sign, one by one.
pub fn signatures(count: usize) -> Result<Measured> {
    let key = SigningKey::from_bytes(&[7; 32]);
    let mut message = [b'x'; MESSAGE];
    let mut latencies = Vec::with_capacity(count);
    let start = Instant::now();
    for number in 0..count {
        let asked = Instant::now();
        message[..8].copy_from_slice(&number.to_be_bytes());
        ensure!(key.sign(&message).to_bytes()[63] < 0x20, "not a signature");
        latencies.push(asked.elapsed());
    }
    Ok(Measured::of(count, start.elapsed(), latencies))
}
