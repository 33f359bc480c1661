//! Everything in which SQLite and PostgreSQL differ: marks in migrations, how many keys one statement reads and how
//! many rows it writes, how a write begins, and what its errors mean.

use crate::defect::Defect;
use crate::row::{Column, ColumnType, Keeping, Table};

/// The database engine that keeps a bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Engine {
    /// SQLite; the bank is a file.
    Sqlite,
    /// PostgreSQL; the bank is a schema.
    Postgres,
}

/// How many rows one `INSERT` has on SQLite.
pub const CHUNK_ROWS: usize = 1024;

/// How many rows of a table one statement inserts on PostgreSQL. Beyond that they are copied: a copy takes three round
/// trips, which only many rows make worth while.
pub const UNNEST_ROWS_MAX: usize = 8192;

impl Engine {
    /// Fills in the marks of a migration for this engine.
    pub fn migration(self, template: &str) -> String {
        let (position_key, clustered, hot) = match self {
            Self::Sqlite => ("INTEGER NOT NULL PRIMARY KEY", "WITHOUT ROWID", ""),
            Self::Postgres => ("BIGINT NOT NULL PRIMARY KEY", "", "WITH (fillfactor = 50)"),
        };
        template.replace("{position_key}", position_key).replace("{clustered}", clustered).replace("{hot}", hot)
    }

    /// Writes a query for this engine: `{keys}` becomes a table `k` of the bound keys, with columns a, b, c, …;
    /// `{session}` the number of the session that answers, `{durable}` whether the server keeps what it commits.
    pub fn read(self, template: &str, keys: &[ColumnType]) -> String {
        template
            .replace("{keys}", &self.keys(keys))
            .replace("{session}", self.session())
            .replace("{durable}", self.durable())
    }

    /// The number of the server's session that answers; a file has none.
    fn session(self) -> &'static str {
        match self {
            Self::Sqlite => "0",
            Self::Postgres => "CAST(pg_backend_pid() AS BIGINT)",
        }
    }

    /// Whether the server still keeps what it commits: it may be told otherwise at any time, and no connection hears of it.
    fn durable(self) -> &'static str {
        match self {
            Self::Sqlite => "'on'",
            Self::Postgres => "current_setting('fsync')",
        }
    }

    fn keys(self, keys: &[ColumnType]) -> String {
        let names = ["a", "b", "c", "d", "e", "f", "g"];
        match self {
            Self::Postgres => {
                let arrays: Vec<String> =
                    keys.iter().zip(1..).map(|(key, number)| format!("${number}::{}[]", postgres_name(*key))).collect();
                format!("UNNEST({}) AS k({})", arrays.join(", "), names[..keys.len()].join(", "))
            }
            Self::Sqlite => {
                let columns = keys.iter().zip(names).enumerate().map(|(index, (key, name))| match key {
                    ColumnType::Bytes => format!("unhex(value ->> {index}) AS {name}"),
                    ColumnType::Integer | ColumnType::Text => format!("value ->> {index} AS {name}"),
                });
                format!("(SELECT {} FROM json_each(?1)) AS k", columns.collect::<Vec<_>>().join(", "))
            }
        }
    }

    /// Takes the lock under which the writer decides a batch again. Run it after `BEGIN`.
    pub fn lock_head(self) -> &'static str {
        match self {
            // BEGIN IMMEDIATE has taken the lock already.
            Self::Sqlite => "SELECT size FROM ledger_head WHERE slot = 0",
            Self::Postgres => "SELECT size FROM ledger_head WHERE slot = 0 FOR UPDATE",
        }
    }

    /// Begins a transaction whose statements all see the same state.
    pub fn begin_snapshot(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN",
            Self::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }

    /// The same for statements that find their rows by key, however many rows there are: see [`Self::prefer_keys`].
    pub fn begin_snapshot_by_keys(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN",
            Self::Postgres => {
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL enable_hashjoin = off; \
                 SET LOCAL enable_mergejoin = off; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off"
            }
        }
    }

    /// Finds out whether the bank's tables exist.
    pub fn has_migrations(self) -> &'static str {
        match self {
            Self::Sqlite => "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'ledger_migrations'",
            Self::Postgres => {
                "SELECT CAST(CASE WHEN to_regclass('ledger_migrations') IS NULL THEN 0 ELSE 1 END AS BIGINT)"
            }
        }
    }

    /// Settings for a connection whose queries find their rows by key. The planner does not know how few keys there
    /// are, and must not read whole tables for them.
    pub fn prefer_keys(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => None,
            Self::Postgres => Some("SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_seqscan = off"),
        }
    }

    /// Writes bytes as a literal.
    pub fn bytes(self, bytes: &[u8]) -> String {
        let digits = data_encoding::HEXLOWER.encode(bytes);
        match self {
            Self::Sqlite => format!("x'{digits}'"),
            Self::Postgres => format!("'\\x{digits}'"),
        }
    }

    /// Begins a transaction that will write.
    pub fn begin(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN ISOLATION LEVEL READ COMMITTED",
        }
    }
}

/// Names every table of the ledger's with its schema. A pooler may have dropped the connection's search path, and another
/// town's tables have the same names.
pub fn in_schema(sql: &str, schema: &str) -> String {
    const PREFIX: &str = "ledger_";
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let mut named = String::with_capacity(sql.len() + 256);
    let mut rest = sql;
    while let Some(start) = rest.find(PREFIX) {
        let (before, name) = rest.split_at(start);
        let length = name.bytes().take_while(|byte| is_part(byte)).count();
        named += before;
        // The names of indices and new names of tables, which are in their table's schema, and of the parts of a statement.
        let is_table = !before.ends_with("INDEX ")
            && !before.ends_with("RENAME TO ")
            && !before.ends_with('.')
            && !name[..length].ends_with("_rows");
        if is_table && !before.as_bytes().last().is_some_and(is_part) {
            named += &format!("\"{schema}\".");
        }
        named += &name[..length];
        rest = &name[length..];
    }
    named + rest
}

/// Moves the head if it still has the size and root that were read. If it does not, `size` becomes
/// NULL, which the column refuses. So the whole write fails on both engines, and no second
/// statement has to look at the first one's outcome.
pub const MOVE_HEAD: &str = "UPDATE ledger_head SET size = CASE WHEN size = ?1 AND root = ?2 THEN CAST(?3 AS BIGINT) ELSE NULL END, \
root = ?4, frontier = ?5, posted_at = ?6, next_account = ?7 WHERE slot = 0";

/// [`MOVE_HEAD`] for SQLite, where a bare parameter takes the number after the last one.
pub fn move_head_sqlite() -> String {
    (1..=7).fold(move_head(), |text, number| text.replace(&format!("?{number}"), "?"))
}

/// [`MOVE_HEAD`] with PostgreSQL's parameters.
pub fn move_head_postgres() -> String {
    move_head().replace('?', "$")
}

fn move_head() -> String {
    if Defect::HeadNotCompared.is_on() { MOVE_HEAD.replace("AND root =", "OR root <>") } else { MOVE_HEAD.to_owned() }
}

/// Inserts one chunk of `rows` rows on SQLite. The columns that `is_shared` names have one cell for all rows; theirs are
/// the first parameters, then come those of the rows. Padding rows are NULL in the first column that is not shared, and are
/// filtered out; a chunk without padding skips the filter.
pub fn insert_sqlite(table: &Table, rows: usize, is_padded: bool, is_shared: &[bool]) -> String {
    let names: Vec<&str> = table.columns().map(|column| column.name).collect();
    let own = is_shared.iter().filter(|is_shared| !**is_shared).count();
    let row = format!("({})", vec!["?"; own].join(","));
    let (name, values) = (table.name, vec![row.as_str(); rows].join(","));
    let (names, on_conflict) = (names.join(", "), on_conflict(table));
    if !is_padded && own == is_shared.len() {
        return format!("INSERT INTO {name} ({names}) VALUES {values}{on_conflict}");
    }
    let mut number = 0;
    let cells = is_shared.iter().map(|is_shared| {
        if *is_shared {
            return "?".to_owned();
        }
        number += 1;
        format!("column{number}")
    });
    let cells = cells.collect::<Vec<_>>().join(", ");
    // WHERE also keeps SQLite from reading ON CONFLICT as part of a join.
    let filter = if is_padded { "column1 IS NOT NULL" } else { "TRUE" };
    format!("INSERT INTO {name} ({names}) SELECT {cells} FROM (VALUES {values}) WHERE {filter}{on_conflict}")
}

/// Inserts all rows of a table on PostgreSQL, from one array for each column. Parameters are numbered from `first`.
pub fn insert_postgres(table: &Table, first: usize, from: &str) -> String {
    let names: Vec<&str> = table.columns().map(|column| column.name).collect();
    let arrays =
        table.columns().zip(first..).map(|(column, number)| format!("${number}::{}[]", postgres_name(column.kind)));
    let (names, arrays) = (names.join(", "), arrays.collect::<Vec<_>>().join(", "));
    format!(
        "INSERT INTO {} ({names}) SELECT r.* FROM {from}UNNEST({arrays}) AS r({names}){}",
        table.name,
        on_conflict(table)
    )
}

/// Copies all rows of a table into PostgreSQL.
pub fn copy_postgres(table: &Table) -> String {
    let names: Vec<&str> = table.columns().map(|column| column.name).collect();
    format!("COPY {} ({}) FROM STDIN BINARY", table.name, names.join(", "))
}

fn on_conflict(table: &Table) -> String {
    let Keeping::State(key_columns) = table.keeping else { return String::new() };
    let names = |columns: &[Column]| columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ");
    let (key, rest) = table.own_columns.split_at(key_columns);
    let updates: Vec<String> = rest.iter().map(|column| format!("{0} = excluded.{0}", column.name)).collect();
    format!(" ON CONFLICT ({}) DO UPDATE SET {}", names(key), updates.join(", "))
}

/// PostgreSQL's name for a column's type.
pub(super) fn postgres_name(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Integer => "bigint",
        ColumnType::Text => "text",
        ColumnType::Bytes => "bytea",
    }
}

/// Why a write failed, and what the writer may do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// Another writer was first: it moved the head, or took a key. Nothing was changed.
    Conflict,
    /// The database gave this transaction up for the sake of another one. Nothing was changed, and it may go through now.
    GivenUp,
    /// Somebody else's transaction has kept this one waiting for too long. Nothing was changed.
    Held,
    /// The database refused a statement before the commit. Nothing was changed.
    Refused,
    /// The database takes no writes: a standby, a file or a server that can only be read, a full disk. Nothing was changed.
    ReadOnly,
    /// The database itself is not what the engine once wrote. Waiting does not mend that.
    Damaged,
    /// Nobody can tell whether the write was committed.
    Unknown,
}

/// Finds out from the engine's error code why a write failed.
pub fn failure_of(error: &sqlx::Error) -> Failure {
    let sqlx::Error::Database(database) = error else { return Failure::Unknown };
    match database.code().as_deref() {
        // SQLite: NOT NULL (the head), PRIMARY KEY, UNIQUE. PostgreSQL: not null, unique.
        Some("1299" | "1555" | "2067" | "23502" | "23505") => Failure::Conflict,
        // PostgreSQL: serialisation, deadlock.
        Some("40001" | "40P01") => Failure::GivenUp,
        // SQLite: FULL; READONLY with all its kinds; a write, or room for the index of the log, refused by the system, as
        // beyond a quota. PostgreSQL: a read-only transaction, a full disk, a role without the right.
        Some("13" | "8" | "264" | "520" | "776" | "778" | "1032" | "1288" | "1544" | "4874") => Failure::ReadOnly,
        Some("25006" | "53100") => Failure::ReadOnly,
        // With `row_security` off, a policy that would hide rows is told with the same code.
        Some("42501") if !database.message().contains("row-level security") => Failure::ReadOnly,
        // SQLite: BUSY after the whole timeout. PostgreSQL: a lock that was not to be had within `lock_timeout`.
        Some("5" | "261" | "517" | "55P03") => Failure::Held,
        // SQLite: constraints that the rules already guarantee.
        Some("19") => Failure::Refused,
        // SQLite: CORRUPT in its variants, NOTADB; a file or a log that is shorter than what was written. PostgreSQL: data and
        // index corrupted, a table or a column that is gone.
        Some("11" | "26" | "267" | "522" | "523" | "779" | "XX001" | "XX002" | "42P01" | "42703") => Failure::Damaged,
        // PostgreSQL's classes 22, 23, 42, 53 and 54 (data, integrity, syntax, resources) all fail before the commit.
        Some(code) if code.len() == 5 && ["22", "23", "42", "53", "54"].contains(&&code[..2]) => Failure::Refused,
        _ => Failure::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_named_with_their_schema_and_nothing_else_is() {
        for (sql, expected) in [
            ("SELECT m.a FROM ledger_x m, ledger_y", "SELECT m.a FROM \"t\".ledger_x m, \"t\".ledger_y"),
            ("DELETE FROM ledger_x WHERE k.a = ledger_x.a", "DELETE FROM \"t\".ledger_x WHERE k.a = \"t\".ledger_x.a"),
            ("CREATE UNIQUE INDEX ledger_x_y ON ledger_x (y)", "CREATE UNIQUE INDEX ledger_x_y ON \"t\".ledger_x (y)"),
            ("WITH h AS (SELECT 1), ledger_x_rows AS (SELECT 1)", "WITH h AS (SELECT 1), ledger_x_rows AS (SELECT 1)"),
            ("SELECT to_regclass('ledger_x')", "SELECT to_regclass('\"t\".ledger_x')"),
            ("SELECT 1", "SELECT 1"),
            ("SELECT '这' FROM ledger_x", "SELECT '这' FROM \"t\".ledger_x"),
        ] {
            assert_eq!(in_schema(sql, "t"), expected);
        }
    }
}
