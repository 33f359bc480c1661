//! Reads whole tables for an audit: those of the journal in the order of the positions, all others in the order of their keys.
//! A cell that has another type than its column is a difference like any other.

use std::collections::HashSet;
use std::convert::identity;

use sqlx::{Arguments, ColumnIndex, Decode, Row as SqlRow, Type, TypeInfo as _, ValueRef as _};

use super::conn::{Cell, Conn, Link, Read, all, database, key};
use super::dialect::Engine;
use super::rows::TableRows;
use crate::audit::Difference;
use crate::effect::kinds;
use crate::fault::Fault;
use crate::poster::AuditDetailRow;
use crate::proof::chain::ReceiptRow;
use crate::proof::record::{OutcomeRow, RecordRow};
use crate::row::{ColumnType, POSITION, Row as _, Sink as _, Table};

/// How many positions are read at a time of a table whose key begins with the position.
const POSITIONS: i64 = 4096;
/// The same of any other table: each time the whole table is looked through.
const POSITIONS_FAR: i64 = 1 << 17;
/// How many rows are read at a time of a table that is no part of the journal.
const PAGE_ROWS: usize = 4096;

const REVERSED: Read = all("SELECT reversed_position FROM ledger_reversals");

/// Why an audit ends early.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// Something broke.
    Fault(Fault),
    /// It has found what it looks for.
    Differs(Box<Difference>),
}

impl From<Fault> for Stopped {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Difference> for Stopped {
    fn from(difference: Difference) -> Self {
        Self::Differs(Box::new(difference))
    }
}

/// What the rows of a table are to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    /// Its own row.
    Record,
    /// Rows of the kind with this number.
    Kind(i64),
    /// Its id, and beside it those of refused commands.
    Outcome,
    /// Its receipt.
    Receipt,
    /// What its digest was made of.
    Detail,
}

/// A table that is read in the order of positions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stream {
    pub(crate) table: &'static Table,
    pub(crate) holds: Holds,
    /// The column of the position.
    pub(crate) position: usize,
}

/// All tables with rows of records. A new kind of row is among them by itself.
pub(crate) fn streams() -> Vec<Stream> {
    let stream = |table: &'static Table, holds| Stream {
        table,
        holds,
        position: table.columns().position(|column| column == POSITION).unwrap_or(0),
    };
    let of_kinds = kinds().into_iter().map(|(kind, table)| {
        let is_id = table.name == OutcomeRow::table().name;
        if is_id { stream(OutcomeRow::table(), Holds::Outcome) } else { stream(table, Holds::Kind(kind)) }
    });
    let record = std::iter::once(stream(RecordRow::table(), Holds::Record));
    let beside = [stream(ReceiptRow::table(), Holds::Receipt), stream(AuditDetailRow::table(), Holds::Detail)];
    record.chain(of_kinds).chain(beside).collect()
}

/// The rows of the next positions, before `until`.
#[derive(Debug)]
pub(crate) struct Window {
    pub(crate) until: i64,
    /// Each with the number of its stream; some streams are further ahead.
    pub(crate) sheets: Vec<(usize, TableRows)>,
}

/// Reads the journal, window by window.
#[derive(Debug)]
pub(crate) struct JournalReader {
    /// Each stream with its step, and up to where it has been read.
    streams: Vec<(Stream, i64, i64)>,
    size: i64,
    next: i64,
}

impl JournalReader {
    /// Begins at position 0.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub(crate) async fn begin(conn: &mut Conn, size: u64) -> Result<Self, Fault> {
        let by_position = tables_by_position(conn).await?;
        let streams = streams().into_iter().map(|stream| {
            let is_near = by_position.iter().any(|name| name == stream.table.name);
            (stream, if is_near { POSITIONS } else { POSITIONS_FAR }, 0)
        });
        Ok(Self { streams: streams.collect(), size: size as i64, next: 0 })
    }

    /// Reads the next window; `None` after the last one.
    ///
    /// # Errors
    /// [`Stopped`].
    pub(crate) async fn window(&mut self, conn: &mut Conn) -> Result<Option<Window>, Stopped> {
        if self.next >= self.size {
            return Ok(None);
        }
        let until = (self.next + POSITIONS).min(self.size);
        let mut sheets = Vec::new();
        for (number, (stream, step, read)) in self.streams.iter_mut().enumerate() {
            if *read >= until {
                continue;
            }
            let (from, to) = (*read, (*read + *step).min(self.size));
            let bounds = [Cell::Integer(from), Cell::Integer(to)];
            let sql = conn_text(conn, stream.table, "position >= ?1 AND position < ?2", "position", None);
            sheets.push((number, fetch(conn, stream.table, sql, &bounds).await?));
            *read = to;
        }
        self.next = until;
        Ok(Some(Window { until, sheets }))
    }

    /// Looks for rows at positions where there is no record.
    ///
    /// # Errors
    /// The first of them.
    pub(crate) async fn end(&self, conn: &mut Conn) -> Result<(), Stopped> {
        let counts: Vec<String> =
            self.streams.iter().enumerate().map(|(number, (stream, ..))| strays(number, stream)).collect();
        let question = Read { sql: counts.join(" UNION ALL ").into(), keys: &[ColumnType::Integer; 3] };
        let rows = conn.fetch(&question, vec![key![0_i64, self.size, -1_i64]]).await?;
        let first = rows.iter().find(|row| row.integer(1) > 0).and_then(|row| usize::try_from(row.integer(0)).ok());
        let Some((stream, ..)) = first.and_then(|number| self.streams.get(number)) else { return Ok(()) };
        let first = if stream.holds == Holds::Outcome { -1 } else { 0 };
        let bounds = [Cell::Integer(first), Cell::Integer(self.size)];
        let sql = conn_text(conn, stream.table, "position < ?1 OR position >= ?2", "position", Some(1));
        let strays = fetch(conn, stream.table, sql, &bounds).await?;
        Err(Difference::extra(&strays, 0).into())
    }
}

/// Counts the rows of a table at positions where there is no record. The ids of refused commands are at -1.
fn strays(number: usize, Stream { table, holds, .. }: &Stream) -> String {
    let first = if *holds == Holds::Outcome { "k.c" } else { "k.a" };
    format!(
        "SELECT CAST({number} AS BIGINT), COUNT(*) FROM {{keys}} CROSS JOIN {} t WHERE t.position < {first} OR t.position >= k.b",
        table.name
    )
}

/// The positions of all records that are reversed. Whether they may be is not looked at here.
///
/// # Errors
/// [`Fault::Database`].
pub(crate) async fn reversed(conn: &mut Conn) -> Result<HashSet<i64>, Fault> {
    let rows = conn.fetch(&REVERSED, Vec::new()).await?;
    Ok(rows.iter().map(|row| row.integer(0)).collect())
}

/// The tables whose primary key begins with the position.
async fn tables_by_position(conn: &mut Conn) -> Result<Vec<String>, Fault> {
    let question = match conn.engine() {
        Engine::Sqlite => all("SELECT m.name FROM sqlite_master m, pragma_table_info(m.name) c \
             WHERE m.type = 'table' AND c.pk = 1 AND c.name = 'position'"),
        Engine::Postgres => {
            all("SELECT CAST(c.relname AS TEXT) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid \
             JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0] \
             WHERE i.indisprimary AND a.attname = 'position' AND c.relnamespace = \
             (SELECT h.relnamespace FROM pg_class h WHERE h.oid = to_regclass('ledger_head'))")
        }
    };
    let rows = conn.fetch(&question, Vec::new()).await?;
    Ok(rows.iter().map(|row| row.text(0)).collect())
}

/// Reads the rows of a table that come after those of a page, in the order of its first columns, which are its key.
///
/// # Errors
/// [`Stopped`].
pub(crate) async fn page(
    conn: &mut Conn,
    table: &'static Table,
    key: usize,
    after: Option<&TableRows>,
) -> Result<TableRows, Stopped> {
    page_where(conn, table, key, after, "1 = 1").await
}

/// The same for the ids of refused commands, whose key is the credential and the id.
///
/// # Errors
/// [`Stopped`].
pub(crate) async fn refused_page(conn: &mut Conn, after: Option<&TableRows>) -> Result<TableRows, Stopped> {
    page_where(conn, OutcomeRow::table(), 2, after, "position < 0").await
}

/// Whether others may come after the rows of a page.
pub(crate) fn is_full(page: &TableRows) -> bool {
    page.len() == PAGE_ROWS
}

async fn page_where(
    conn: &mut Conn,
    table: &'static Table,
    key: usize,
    after: Option<&TableRows>,
    condition: &str,
) -> Result<TableRows, Stopped> {
    let names: Vec<&str> = table.columns().take(key).map(|column| column.name).collect();
    let names = names.join(", ");
    let mut last = Vec::new();
    let mut bound = condition.to_owned();
    if let Some(after) = after {
        last.extend((0..key).map(|column| after.owned_cell(after.len() - 1, column)));
        let parameters: Vec<String> = (1..=key).map(|number| format!("?{number}")).collect();
        bound += &format!(" AND ({names}) > ({})", parameters.join(", "));
    }
    let sql = conn_text(conn, table, &bound, &names, Some(PAGE_ROWS));
    fetch(conn, table, sql, &last).await
}

/// All columns of the rows for which the condition holds.
fn conn_text(conn: &Conn, table: &'static Table, condition: &str, order: &str, limit: Option<usize>) -> String {
    let columns: Vec<&str> = table.columns().map(|column| column.name).collect();
    let limit = limit.map_or_else(String::new, |limit| format!(" LIMIT {limit}"));
    let sql = format!("SELECT {} FROM {} WHERE {condition} ORDER BY {order}{limit}", columns.join(", "), table.name);
    match conn.engine() {
        Engine::Sqlite => sql,
        Engine::Postgres => sql.replace('?', "$"),
    }
}

async fn fetch(conn: &mut Conn, table: &'static Table, sql: String, bound: &[Cell]) -> Result<TableRows, Stopped> {
    let (sql, steps) = (conn.sql(sql), conn.steps.clone());
    match &mut conn.link {
        #[cfg(feature = "sqlite")]
        Link::Sqlite(conn, _) => {
            let arguments = arguments::<sqlx::sqlite::SqliteArguments>(bound)?;
            let query = sqlx::query_with(sql, arguments);
            let rows = steps.send(1, query.fetch_all(conn.as_mut()), identity).await.map_err(database)?;
            Ok(sheet(table, &rows)?)
        }
        #[cfg(feature = "postgres")]
        Link::Postgres(conn, _) => {
            let arguments = arguments::<sqlx::postgres::PgArguments>(bound)?;
            let query = sqlx::query_with(sql, arguments);
            let rows = steps.send(1, query.fetch_all(conn.as_mut()), identity).await.map_err(database)?;
            Ok(sheet(table, &rows)?)
        }
        Link::Lent(_) | Link::Abandoned => Err(database(sqlx::Error::PoolClosed).into()),
    }
}

fn arguments<A: Arguments + Default>(bound: &[Cell]) -> Result<A, Fault>
where
    i64: for<'q> sqlx::Encode<'q, A::Database> + Type<A::Database>,
    String: for<'q> sqlx::Encode<'q, A::Database> + Type<A::Database>,
    Vec<u8>: for<'q> sqlx::Encode<'q, A::Database> + Type<A::Database>,
{
    let mut arguments = A::default();
    for cell in bound {
        let added = match cell {
            Cell::Integer(value) => arguments.add(*value),
            Cell::Text(value) => arguments.add(value.clone()),
            Cell::Bytes(value) => arguments.add(value.clone()),
        };
        added.map_err(|error| database(sqlx::Error::Encode(error)))?;
    }
    Ok(arguments)
}

/// Puts rows into columns.
fn sheet<R: SqlRow>(table: &'static Table, rows: &[R]) -> Result<TableRows, Difference>
where
    usize: ColumnIndex<R>,
    i64: for<'r> Decode<'r, R::Database> + Type<R::Database>,
    for<'r> &'r str: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> &'r [u8]: Decode<'r, R::Database> + Type<R::Database>,
{
    let mut sheet = TableRows::new(table);
    for row in rows {
        let mut filling = sheet.filling();
        for (column, of) in table.columns().enumerate() {
            let filled = match of.kind {
                ColumnType::Integer => row.try_get(column).map(|value| filling.integer(value)),
                ColumnType::Text => row.try_get(column).map(|value: &str| filling.text(value)),
                ColumnType::Bytes if is_text(row, column) => Err(sqlx::Error::RowNotFound),
                ColumnType::Bytes => row.try_get(column).map(|value: &[u8]| filling.bytes(value)),
            };
            if filled.is_err() {
                return Err(other_type(table, row, column, of.name));
            }
        }
    }
    Ok(sheet)
}

/// Whether SQLite keeps a text where there should be bytes: its columns take anything.
fn is_text<R: SqlRow>(row: &R, column: usize) -> bool
where
    usize: ColumnIndex<R>,
{
    row.try_get_raw(column).is_ok_and(|value| value.type_info().name() == "TEXT")
}

fn other_type<R: SqlRow>(table: &'static Table, row: &R, column: usize, name: &'static str) -> Difference
where
    usize: ColumnIndex<R>,
    i64: for<'r> Decode<'r, R::Database> + Type<R::Database>,
{
    let first = table.columns().next().map_or("", |column| column.name);
    let at = row.try_get::<i64, _>(0).ok().filter(|_| column > 0);
    Difference {
        table: table.name,
        row: at.map_or_else(String::new, |at| format!("{first} {at}")),
        column: name,
        found: "a cell of another type".to_owned(),
        expected: "the type of the column".to_owned(),
    }
}
