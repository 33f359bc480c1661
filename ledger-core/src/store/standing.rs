//! Whether the bank's database takes writes now.

use std::path::Path;

use super::conn::{Conn, Read, all, database};
use super::dialect::Engine;
#[cfg(feature = "sqlite")]
use super::file::folder_of;
use crate::fault::Fault;
use crate::row::Table;

const IS_STANDBY: Read = all("SELECT CAST(CASE WHEN pg_is_in_recovery() THEN 1 ELSE 0 END AS BIGINT)");

/// Checks that the server, or the file, is one that takes writes.
///
/// # Errors
/// [`Fault::ReadOnly`] if it is not; [`Fault::Database`].
pub async fn check_kind(conn: &mut Conn, file: Option<&Path>) -> Result<(), Fault> {
    #[cfg(feature = "sqlite")]
    if let Some(file) = file {
        return check_file(file);
    }
    if conn.engine() == Engine::Postgres
        && conn.fetch(&IS_STANDBY, Vec::new()).await?.iter().any(|row| row.integer(0) != 0)
    {
        return Err(Fault::read_only("the server is a standby"));
    }
    Ok(())
}

/// Checks that this process may write to the file and beside it.
#[cfg(feature = "sqlite")]
fn check_file(file: &Path) -> Result<(), Fault> {
    use rustix::fs::{Access, access};
    // SQLite keeps its log beside the file itself, wherever a link to it stands.
    let file = &file.canonicalize().unwrap_or_else(|_| file.to_owned());
    for path in [file, folder_of(file)] {
        access(path, Access::WRITE_OK)
            .map_err(|error| Fault::read_only(format!("{} takes no writes: {error}", path.display())))?;
    }
    Ok(())
}

/// How often a row is written to find out whether there is room. Every time takes a page of SQLite's log, and a batch of
/// orders takes dozens: a disk that has room for one page and no more is still full.
const TOUCHES: usize = 64;

/// Writes a row as it is, and no row into each table, to find out whether a database that has refused a write takes them again: a
/// right may be missing for one table alone, or the table.
///
/// # Errors
/// [`Fault::ReadOnly`] if it does not; [`Fault::Damaged`]; [`Fault::Database`].
pub async fn touch(conn: &mut Conn) -> Result<(), Fault> {
    for _ in 0..TOUCHES {
        conn.execute("UPDATE ledger_head SET slot = slot WHERE slot = 0").await.map_err(database)?;
    }
    for Table { name, .. } in super::tables() {
        let nothing = format!("INSERT INTO {name} SELECT * FROM {name} WHERE 1 = 0");
        conn.execute(&nothing).await.map_err(database)?;
    }
    Ok(())
}
