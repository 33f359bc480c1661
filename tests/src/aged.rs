//! A bank as the first version of the program has left it.

#![expect(clippy::unwrap_used, reason = "a helper of tests: what fails here fails the test")]

use baoyulan_ledger::store::dialect::Engine;
use baoyulan_ledger::store::migrate::MIGRATIONS;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};

use crate::bank::TestBank;

/// Makes the bank with a town in it what the first version of the program would have made of it: the first migration alone, and
/// the rows of its tables.
pub async fn age(bank: &TestBank) {
    let tables = first_tables().await;
    let copy = |from: &str, to: &str| {
        let copy = tables.iter().map(|(table, columns)| {
            format!("INSERT INTO {to}.{table} ({columns}) SELECT {columns} FROM {from}.{table};")
        });
        let first = format!("DELETE FROM {to}.ledger_migrations WHERE version > 1;");
        copy.collect::<String>() + &first
    };
    let made = |sql: String| format!("{LIST}; {sql}");
    if let Some((server, schema)) = bank.url().split_once("?schema=") {
        let old = made(Engine::Postgres.migration(MIGRATIONS[0]));
        let sql = format!(
            "CREATE SCHEMA {schema}_old; SET search_path = {schema}_old; {old}; {} DROP SCHEMA {schema} CASCADE; \
             ALTER SCHEMA {schema}_old RENAME TO {schema}",
            copy(schema, &format!("{schema}_old"))
        );
        let mut conn = PgConnection::connect(server).await.unwrap();
        conn.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.unwrap();
        conn.close().await.unwrap();
    } else {
        let old = made(Engine::Sqlite.migration(MIGRATIONS[0]));
        let path = bank.folder().join("old.db");
        let mut conn = SqliteConnection::connect(&format!("sqlite://{}?mode=rwc", path.display())).await.unwrap();
        let attach = format!("ATTACH '{}' AS present;", bank.folder().join("bank.db").display());
        let sql = format!("PRAGMA journal_mode = wal; {attach} {old}; {}", copy("present", "main"));
        conn.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.unwrap();
        conn.close().await.unwrap();
        std::fs::rename(path, bank.folder().join("bank.db")).unwrap();
    }
}

const LIST: &str = "CREATE TABLE ledger_migrations \
                    (version BIGINT NOT NULL PRIMARY KEY, digest TEXT NOT NULL, applied_at BIGINT NOT NULL)";

/// The tables of the first migration, each with its columns.
async fn first_tables() -> Vec<(String, String)> {
    let sql = Engine::Sqlite.migration(MIGRATIONS[0]);
    let mut conn = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    conn.execute(sqlx::raw_sql(AssertSqlSafe(format!("{LIST}; {sql}")))).await.unwrap();
    let question = "SELECT m.name, group_concat(c.name, ', ') FROM sqlite_master m, pragma_table_info(m.name) c \
                    WHERE m.type = 'table' GROUP BY m.name";
    sqlx::query_as(question).fetch_all(&mut conn).await.unwrap()
}
