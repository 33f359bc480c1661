//! The textbook writer: one database transaction for each posting, as an ordinary
//! service made of axum and sqlx would do it.
//!
//! It writes the rows that the bank writes for an earning: record, outcome of the id, attendance, four entries, lot,
//! balances. But it looks nothing up, works out no points, and hashes and signs nothing. It takes its locks as late as
//! it can, and its pool does not test connections. So it is faster than such a service would be.

use anyhow::{Result, ensure};
use baoyulan_ledger::store::dialect::Engine;
use sqlx::{AssertSqlSafe, Connection, PgPool, SqlitePool};
use uuid::Uuid;

use crate::callers::{Measured, measure};
use crate::place::Place;
use crate::town::{VOLUNTEERS, volunteer_of};

/// How many connections the service has on PostgreSQL.
const CONNECTIONS: u32 = 32;
/// Into how many accounts each of the bank's two can be split.
pub const SPREAD_MAX: usize = 64;

const TABLES: &str = "
CREATE TABLE textbook_records (position {position_key}, kind TEXT NOT NULL, posted_at BIGINT NOT NULL,
    effective_day BIGINT NOT NULL, actor TEXT NOT NULL, channel BIGINT NOT NULL, policy_version BIGINT NOT NULL);
CREATE TABLE textbook_outcomes (credential TEXT NOT NULL, id BYTEA NOT NULL, content_hash BYTEA NOT NULL,
    position BIGINT NOT NULL, decided_at BIGINT NOT NULL, PRIMARY KEY (credential, id)) {clustered};
CREATE TABLE textbook_attendances (position {position_key}, member BIGINT NOT NULL, activity BIGINT NOT NULL,
    day BIGINT NOT NULL, check_in BIGINT NOT NULL, check_out BIGINT NOT NULL, minutes BIGINT NOT NULL,
    points BIGINT NOT NULL, rule TEXT NOT NULL, grade TEXT NOT NULL, source TEXT NOT NULL, entered_by TEXT NOT NULL,
    confirmed_by TEXT NOT NULL);
CREATE INDEX textbook_attendances_member ON textbook_attendances (member, day);
CREATE TABLE textbook_entries (position BIGINT NOT NULL, account BIGINT NOT NULL, lot BIGINT NOT NULL,
    quantity BIGINT NOT NULL, balance_after BIGINT NOT NULL, PRIMARY KEY (position, account, lot)) {clustered};
CREATE TABLE textbook_lots (account BIGINT NOT NULL, expires_at BIGINT NOT NULL, remaining BIGINT NOT NULL,
    PRIMARY KEY (account, expires_at)) {clustered} {hot};
CREATE TABLE textbook_balances (account {position_key}, quantity BIGINT NOT NULL) {hot};";

const IDENTITY: &str = "ALTER TABLE textbook_records ALTER position ADD GENERATED ALWAYS AS IDENTITY;";

const ACCOUNTS: &str = "INSERT INTO textbook_balances (account, quantity) \
WITH RECURSIVE n(a) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT a + 1 FROM n WHERE a < ";

const RECORD: &str = "INSERT INTO textbook_records (kind, posted_at, effective_day, actor, channel, policy_version) \
VALUES ('ATTD', $1, $2, 'clerk', 5, 1) RETURNING position";
const OUTCOME: &str = "INSERT INTO textbook_outcomes (credential, id, content_hash, position, decided_at) \
VALUES ('clerk', $1, $2, $3, $4) ON CONFLICT DO NOTHING";
const ATTENDANCE: &str = "INSERT INTO textbook_attendances (position, member, activity, day, check_in, check_out, minutes, points, \
rule, grade, source, entered_by, confirmed_by) VALUES ($1, $2, $3, $4, $5, $6, 120, 26, 'cleaning', 'good', 'roster', 'op-01', 'op-02')";
const ENTRIES: &str = "INSERT INTO textbook_entries (position, account, lot, quantity, balance_after) \
VALUES ($1, $2, 0, $3, $4), ($1, $5, 0, $6, $7), ($1, $8, 0, $9, $10), ($1, $11, 0, $12, $13)";
const LOT: &str = "INSERT INTO textbook_lots (account, expires_at, remaining) VALUES ($1, $2, $3) \
ON CONFLICT (account, expires_at) DO UPDATE SET remaining = textbook_lots.remaining + excluded.remaining";
const UPDATE: &str = "UPDATE textbook_balances SET quantity = CASE account WHEN $1 THEN CAST($2 AS BIGINT) \
WHEN $3 THEN CAST($4 AS BIGINT) WHEN $5 THEN CAST($6 AS BIGINT) ELSE CAST($8 AS BIGINT) END WHERE account IN ($1, $3, $5, $7)";

/// Measures how many earnings this many callers get done. `spread` says into how many accounts each of the bank's own
/// two is split. With one, every earning waits for the one before.
pub async fn earnings(engine: Engine, callers: usize, commands: usize, spread: usize) -> Result<Measured> {
    let place = Place::new(engine).await?;
    let tables = engine.migration(TABLES);
    let accounts = format!("{ACCOUNTS}{}) SELECT a, 0 FROM n", 2 * SPREAD_MAX + 2 * VOLUNTEERS - 1);
    let sum = "SELECT CAST(SUM(quantity) AS BIGINT) FROM textbook_balances";
    let (measured, sum): (_, i64) = match engine {
        Engine::Sqlite => {
            let pool = place.sqlite_pool("textbook.db").await?;
            sqlx::raw_sql(AssertSqlSafe(tables + &accounts)).execute(&pool).await?;
            let calls = pool.clone();
            let call = move |number| {
                let pool = calls.clone();
                async move { earn_sqlite(&pool, Earning::of(number, spread)).await }
            };
            place.settle().await?;
            (measure(callers, commands, call).await?, sqlx::query_scalar(sum).fetch_one(&pool).await?)
        }
        Engine::Postgres => {
            let pool = place.postgres_pool(CONNECTIONS).await?;
            sqlx::raw_sql(AssertSqlSafe(tables + IDENTITY + &accounts)).execute(&pool).await?;
            let calls = pool.clone();
            let call = move |number| {
                let pool = calls.clone();
                async move { earn_postgres(&pool, Earning::of(number, spread)).await }
            };
            place.settle().await?;
            (measure(callers, commands, call).await?, sqlx::query_scalar(sum).fetch_one(&pool).await?)
        }
    };
    ensure!(sum == 0, "the textbook's balances sum to {sum}");
    place.remove().await?;
    Ok(measured)
}

/// What one earning posts.
#[derive(Debug, Clone, Copy)]
struct Earning {
    number: i64,
    member: i64,
    /// The accounts in ascending order, and what each gains.
    legs: [(i64, i64); 4],
}

impl Earning {
    fn of(number: usize, spread: usize) -> Self {
        // All numbers are far below 2⁶³.
        let signed = |number: usize| i64::try_from(number).unwrap_or(0);
        let (own, member) = (signed(number % spread), signed(volunteer_of(number)));
        let (split, points) = (signed(SPREAD_MAX), 2 * signed(SPREAD_MAX) + 2 * member);
        let legs = [(own, 26), (split + own, 120), (points, -26), (points + 1, -120)];
        Self { number: signed(number), member, legs }
    }
}

/// Expands to the same body for the pools of both engines. Their types have
/// nothing in common that would make it shorter.
macro_rules! earn {
    ($name:ident, $pool:ty, $begin:literal, $lock:literal) => {
        async fn $name(pool: &$pool, earning: Earning) -> Result<()> {
            let (now, day) = (1_790_000_000 + earning.number / 1000, 20_000 + earning.number / 2739);
            let mut conn = pool.acquire().await?;
            let mut transaction = conn.begin_with($begin).await?;
            let position: i64 = sqlx::query_scalar(RECORD).bind(now).bind(day).fetch_one(&mut *transaction).await?;
            let outcome = sqlx::query(OUTCOME).bind(Uuid::now_v7().as_bytes().to_vec()).bind(vec![7_u8; 32]);
            let outcome = outcome.bind(position).bind(now).execute(&mut *transaction).await?;
            ensure!(outcome.rows_affected() == 1, "the id was used before");
            let attendance = sqlx::query(ATTENDANCE).bind(position).bind(earning.member).bind(earning.number / 83);
            let attendance = attendance.bind(day).bind(day * 1440 + 535).bind(day * 1440 + 660);
            attendance.execute(&mut *transaction).await?;

            let balances = sqlx::query_as(concat!(
                "SELECT account, quantity FROM textbook_balances WHERE account IN ($1, $2, $3, $4) ORDER BY account",
                $lock
            ));
            let balances = earning.legs.iter().fold(balances, |query, (account, _)| query.bind(*account));
            let balances: Vec<(i64, i64)> = balances.fetch_all(&mut *transaction).await?;
            ensure!(balances.len() == earning.legs.len(), "an account is missing");
            let mut entries = sqlx::query(ENTRIES).bind(position);
            let mut update = sqlx::query(UPDATE);
            for ((account, quantity), (_, balance)) in earning.legs.into_iter().zip(balances) {
                entries = entries.bind(account).bind(quantity).bind(balance + quantity);
                update = update.bind(account).bind(balance + quantity);
            }
            entries.execute(&mut *transaction).await?;
            let lot = sqlx::query(LOT).bind(earning.legs[2].0).bind(1_893_427_200_i64).bind(26_i64);
            lot.execute(&mut *transaction).await?;
            update.execute(&mut *transaction).await?;
            Ok(transaction.commit().await?)
        }
    };
}

earn!(earn_sqlite, SqlitePool, "BEGIN IMMEDIATE", "");
earn!(earn_postgres, PgPool, "BEGIN", " FOR UPDATE");
