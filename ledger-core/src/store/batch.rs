//! Reads which records were posted together.

use std::collections::HashMap;

use super::conn::{Conn, Read, key, read};
use crate::fault::Fault;
use crate::row::ColumnType::Integer;

const RECORDS: Read =
    read("SELECT t.position, t.records FROM {keys} CROSS JOIN ledger_batches t WHERE t.position = k.a", &[Integer]);

pub(super) fn reads() -> Vec<Read> {
    vec![RECORDS]
}

/// How many records were posted together, by the first one's position. Of the positions that are not the first of several,
/// nothing is said.
///
/// # Errors
/// [`Fault::Database`].
pub async fn records(conn: &mut Conn, firsts: &[i64]) -> Result<HashMap<i64, i64>, Fault> {
    let rows = conn.fetch_by_keys(&RECORDS, firsts.iter().map(|first| key![*first]).collect()).await?;
    Ok(rows.iter().map(|row| (row.integer(0), row.integer(1))).collect())
}
