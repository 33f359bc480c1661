//! Migrations. They run forward only and once each, under a lock, so that two processes can start at the same time.

use data_encoding::HEXLOWER;

use super::conn::{Conn, database, once};
use super::dialect::Engine;
use super::target::Target;
use crate::fault::Fault;
use crate::proof::sha256;

/// The migrations in their order. The first makes version 1.
pub const MIGRATIONS: &[&str] =
    &[include_str!("../../migrations/0001_bank.sql"), include_str!("../../migrations/0002_clock_head_visits.sql")];

const CREATE_TABLE: &str = "CREATE TABLE IF NOT EXISTS ledger_migrations \
(version BIGINT NOT NULL PRIMARY KEY, digest TEXT NOT NULL, applied_at BIGINT NOT NULL)";

/// Whether the bank's tables exist, in a version that this program knows.
///
/// # Errors
/// [`Fault::SchemaTooNew`], [`Fault::SchemaDiffers`], [`Fault::Database`].
pub async fn is_migrated(conn: &mut Conn) -> Result<bool, Fault> {
    let question = conn.engine().has_migrations();
    if conn.fetch_text(question).await?.first().is_none_or(|row| row.integer(0) == 0) {
        return Ok(false);
    }
    Ok(applied(conn).await? == MIGRATIONS.len())
}

/// How many migrations the bank has applied.
async fn applied(conn: &mut Conn) -> Result<usize, Fault> {
    let rows = conn.fetch_text("SELECT version, digest FROM ledger_migrations ORDER BY version").await?;
    if rows.len() > MIGRATIONS.len() {
        let newest = rows.last().map_or(0, |row| row.integer(0));
        return Err(Fault::SchemaTooNew { found: newest, known: MIGRATIONS.len() as i64 });
    }
    match rows.iter().zip(MIGRATIONS).find(|(row, migration)| row.text(1) != digest(migration)) {
        Some((row, _)) => Err(Fault::SchemaDiffers { version: row.integer(0) }),
        None => Ok(rows.len()),
    }
}

/// Takes the lock and applies the missing migrations. The transaction stays open: the
/// caller founds the bank in it and commits.
///
/// # Errors
/// Those of [`is_migrated`].
pub async fn migrate_locked(conn: &mut Conn, target: &Target, now: i64) -> Result<(), Fault> {
    let run = async |conn: &mut Conn, sql: &str| conn.execute(sql).await.map_err(database);
    run(conn, conn.engine().begin()).await?;
    if let (Engine::Postgres, Some(schema)) = (conn.engine(), target.schema()) {
        // The number is arbitrary; other programs hardly use it. The transaction holds the lock.
        run(conn, "SELECT pg_advisory_xact_lock(7017280452245743464)").await?;
        // A role may be allowed to use a schema but not to create one, so look for it first.
        let exists = format!("SELECT COUNT(*) FROM pg_catalog.pg_namespace WHERE nspname = '{schema}'");
        if conn.fetch(&once(exists), Vec::new()).await?.first().is_none_or(|row| row.integer(0) == 0) {
            run(conn, &format!("CREATE SCHEMA IF NOT EXISTS \"{schema}\"")).await?;
        }
    }
    run(conn, CREATE_TABLE).await?;
    for (index, migration) in MIGRATIONS.iter().enumerate().skip(applied(conn).await?) {
        run(conn, &conn.engine().migration(migration)).await?;
        let (version, digest) = (index + 1, digest(migration));
        run(
            conn,
            &format!(
                "INSERT INTO ledger_migrations (version, digest, applied_at) VALUES ({version}, '{digest}', {now})"
            ),
        )
        .await?;
    }
    Ok(())
}

fn digest(migration: &str) -> String {
    HEXLOWER.encode(&sha256(&[migration.as_bytes()]))
}
