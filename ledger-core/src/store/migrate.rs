//! Migrations. They run forward only and once each, under a lock, so that two processes can start at the same time.

use data_encoding::HEXLOWER;

use super::conn::{Conn, database, of_commit, once};
use super::dialect::Engine;
use super::target::Target;
use crate::fault::Fault;
use crate::proof::sha256;

/// The migrations in their order. The first makes version 1.
pub const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/0001_bank.sql"),
    include_str!("../../migrations/0002_clock_head_visits.sql"),
    include_str!("../../migrations/0003_holds_reversals_expiry.sql"),
];

const CREATE_TABLE: &str = "CREATE TABLE IF NOT EXISTS ledger_migrations \
(version BIGINT NOT NULL PRIMARY KEY, digest TEXT NOT NULL, applied_at BIGINT NOT NULL)";

/// How many migrations the bank has applied; `None` if there are no tables of a bank.
///
/// # Errors
/// [`Fault::SchemaTooNew`], [`Fault::SchemaDiffers`], [`Fault::Database`].
pub async fn version(conn: &mut Conn) -> Result<Option<usize>, Fault> {
    let question = conn.engine().has_migrations();
    if conn.fetch_text(question).await?.first().is_none_or(|row| row.integer(0) == 0) {
        return Ok(None);
    }
    applied(conn, MIGRATIONS).await.map(Some)
}

/// The first row of the list of migrations that is not this program's, with what is wrong; `None` if they are all as they should
/// be.
///
/// # Errors
/// [`Fault::Database`].
pub async fn first_wrong(conn: &mut Conn) -> Result<Option<(i64, String)>, Fault> {
    let rows = conn.fetch_text("SELECT version, digest FROM ledger_migrations ORDER BY version").await?;
    for (row, expected) in rows.iter().zip(1_i64..) {
        let version = row.integer(0);
        let migration = usize::try_from(version - 1).ok().and_then(|index| MIGRATIONS.get(index));
        if version != expected || migration.is_none_or(|migration| row.text(1) != digest(migration)) {
            return Ok(Some((version, "another one".to_owned())));
        }
    }
    let (count, known) = (rows.len(), MIGRATIONS.len());
    Ok((count != known).then(|| (known as i64, format!("{count} rows"))))
}

/// How many of these migrations the bank has applied.
async fn applied(conn: &mut Conn, migrations: &[&str]) -> Result<usize, Fault> {
    let rows = conn.fetch_text("SELECT version, digest FROM ledger_migrations ORDER BY version").await?;
    if rows.len() > migrations.len() {
        let newest = rows.last().map_or(0, |row| row.integer(0));
        return Err(Fault::SchemaTooNew { found: newest, known: migrations.len() as i64 });
    }
    match rows.iter().zip(migrations).find(|(row, migration)| row.text(1) != digest(migration)) {
        Some((row, _)) => Err(Fault::SchemaDiffers { version: row.integer(0) }),
        None => Ok(rows.len()),
    }
}

/// Takes the lock and applies those of these migrations that are missing. The transaction stays open: the
/// caller founds the bank in it and commits.
///
/// # Errors
/// Those of [`version`].
pub async fn migrate_locked(conn: &mut Conn, target: &Target, migrations: &[&str], now: i64) -> Result<(), Fault> {
    lock(conn, target).await?;
    run(conn, CREATE_TABLE).await?;
    let applied = applied(conn, migrations).await?;
    for (index, migration) in migrations.iter().enumerate().skip(applied) {
        apply(conn, index + 1, migration, now).await?;
    }
    Ok(())
}

/// Brings a bank up to the last of these migrations, under the lock: of several who try at once, one does it. If a migration fails,
/// the bank is as it was.
///
/// # Errors
/// Those of [`version`].
pub async fn bring_up(conn: &mut Conn, target: &Target, migrations: &[&str], now: i64) -> Result<(), Fault> {
    let outcome = migrate_locked(conn, target, migrations, now).await;
    end(conn, outcome).await
}

/// Makes the tables of a version of the bank, and writes no rows into them.
///
/// # Errors
/// [`Fault::Database`].
pub async fn make_tables(conn: &mut Conn, version: usize) -> Result<(), Fault> {
    run(conn, CREATE_TABLE).await?;
    for migration in MIGRATIONS.iter().take(version) {
        run(conn, &conn.engine().migration(migration)).await?;
    }
    Ok(())
}

/// Commits, or rolls back what has failed.
async fn end(conn: &mut Conn, outcome: Result<(), Fault>) -> Result<(), Fault> {
    if outcome.is_err() {
        // If that fails too, the connection is gone, and the transaction with it.
        let _ = conn.execute("ROLLBACK").await;
        return outcome;
    }
    run(conn, "COMMIT").await.map_err(of_commit)
}

/// Begins a transaction that keeps out everybody else who wants to migrate or found, and makes the schema if need be.
///
/// # Errors
/// [`Fault::Database`].
pub async fn lock(conn: &mut Conn, target: &Target) -> Result<(), Fault> {
    run(conn, conn.engine().begin()).await?;
    if let (Engine::Postgres, Some(schema)) = (conn.engine(), target.schema()) {
        // The number is arbitrary; other programs hardly use it. The transaction holds the lock. All banks of the database share
        // it, so whoever waits here waits for others' banks too, however long they take.
        let patience = target.patience().as_millis();
        let lock = format!(
            "SET LOCAL lock_timeout = 0; SELECT pg_advisory_xact_lock(7017280452245743464); \
             SET LOCAL lock_timeout = {patience}"
        );
        run(conn, &lock).await?;
        // A role may be allowed to use a schema but not to create one, so look for it first.
        let exists = format!("SELECT COUNT(*) FROM pg_catalog.pg_namespace WHERE nspname = '{schema}'");
        if conn.fetch(&once(exists), Vec::new()).await?.first().is_none_or(|row| row.integer(0) == 0) {
            run(conn, &format!("CREATE SCHEMA IF NOT EXISTS \"{schema}\"")).await?;
        }
    }
    Ok(())
}

async fn apply(conn: &mut Conn, version: usize, migration: &str, now: i64) -> Result<(), Fault> {
    run(conn, &conn.engine().migration(migration)).await?;
    let digest = digest(migration);
    let insert = "INSERT INTO ledger_migrations (version, digest, applied_at)";
    run(conn, &format!("{insert} VALUES ({version}, '{digest}', {now})")).await
}

async fn run(conn: &mut Conn, sql: &str) -> Result<(), Fault> {
    conn.execute(sql).await.map_err(database)
}

fn digest(migration: &str) -> String {
    HEXLOWER.encode(&sha256(&[migration.as_bytes()]))
}
