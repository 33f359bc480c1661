//! Whether the bank's database takes writes now.

use super::conn::{Conn, all, database};
use super::dialect::Engine;
use super::target::Target;
use crate::fault::Fault;

/// Checks that the database takes writes. If the last write was refused, for example by a full disk, tries one: it changes
/// nothing.
///
/// # Errors
/// [`Fault::ReadOnly`] if it does not; [`Fault::Database`].
pub async fn check_writable(target: &Target) -> Result<(), Fault> {
    if let Some(file) = target.file() {
        check_file(file)?;
    }
    let has_refused = target.watch().has_refused();
    if !has_refused && target.engine() == Engine::Sqlite {
        return Ok(());
    }
    let mut conn = Conn::open(target, false).await?;
    if conn.engine() == Engine::Postgres {
        let rows = conn.fetch(&all(IS_READ_ONLY), Vec::new()).await?;
        if rows.first().is_some_and(|row| row.integer(0) != 0) {
            return Err(Fault::ReadOnly { reason: "the server is a standby, or takes no writes".to_owned() });
        }
    }
    let tried = if has_refused { conn.execute(TOUCH).await } else { Ok(()) };
    conn.close().await;
    tried.map_err(database)?;
    target.watch().has_written();
    Ok(())
}

const IS_READ_ONLY: &str = "SELECT CAST(CASE WHEN pg_is_in_recovery() \
    OR current_setting('default_transaction_read_only') = 'on' THEN 1 ELSE 0 END AS BIGINT)";
/// Writes a row as it is.
const TOUCH: &str = "UPDATE ledger_head SET slot = slot WHERE slot = 0";

/// Checks that this process may write to the file and beside it.
fn check_file(file: &std::path::Path) -> Result<(), Fault> {
    use rustix::fs::{Access, access};
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(std::path::Path::new("."));
    for path in [file, folder] {
        access(path, Access::WRITE_OK)
            .map_err(|error| Fault::ReadOnly { reason: format!("{} takes no writes: {error}", path.display()) })?;
    }
    Ok(())
}
