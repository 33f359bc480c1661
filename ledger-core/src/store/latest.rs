//! Reads the latest row of each key. When something is set again and again, its last row is the one that holds. All
//! such tables share this loader; the key is the row's first column.

use std::collections::BTreeMap;

use super::conn::{Cell, Conn, Read};
use crate::fault::Fault;
use crate::row::{ColumnType, Row, Table};

/// Reads the latest row of every key in the table.
pub(super) async fn whole<R: Row>(conn: &mut Conn, key_of: fn(&R) -> &String) -> Result<BTreeMap<String, R>, Fault> {
    let rows = conn.fetch(&whole_read(R::table()), Vec::new()).await?;
    rows.iter().map(|row| row.row(0)).map(|row| row.map(|row: R| (key_of(&row).clone(), row))).collect()
}

/// Reads the latest row of each of these keys. Keys without a row are left out.
pub(super) async fn by_keys<R: Row>(
    conn: &mut Conn,
    keys: impl IntoIterator<Item = String>,
    key_of: fn(&R) -> &String,
) -> Result<BTreeMap<String, R>, Fault> {
    let keys = keys.into_iter().map(|key| vec![Cell::Text(key)]).collect();
    let rows = conn.fetch_by_keys(&by_key_read(R::table()), keys).await?;
    rows.iter().map(|row| row.row(0)).map(|row| row.map(|row: R| (key_of(&row).clone(), row))).collect()
}

/// Reads all rows of a table, oldest first.
pub(super) fn whole_read(table: &'static Table) -> Read {
    let sql = format!("SELECT {} FROM {} t ORDER BY t.position", columns(table), table.name);
    Read { sql: sql.into(), keys: &[] }
}

/// Reads all rows of some keys, oldest first.
pub(super) fn by_key_read(table: &'static Table) -> Read {
    let key = table.own_columns[0].name;
    let sql = format!(
        "SELECT {} FROM {{keys}} CROSS JOIN {} t WHERE t.{key} = k.a ORDER BY t.position",
        columns(table),
        table.name
    );
    Read { sql: sql.into(), keys: &[ColumnType::Text] }
}

fn columns(table: &'static Table) -> String {
    let names: Vec<String> = table.own_columns.iter().map(|column| format!("t.{}", column.name)).collect();
    names.join(", ")
}
