//! The write of a batch: the head's compare-and-swap and all rows, in one database transaction and a number of statements
//! that depends on the rows only through `⌈rows / 1024⌉`.

use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteArguments, SqliteConnection};
use sqlx::{Arguments, AssertSqlSafe, Executor};

use super::conn::{Conn, bytes_of, integer_of, text_of};
use super::dialect::{
    CHUNK_ROWS, UNNEST_ROWS_MAX, copy_postgres, insert_postgres, insert_sqlite, move_head_postgres, move_head_sqlite,
};
use super::tables::{ColumnType, Table, TableId};
use crate::effect::Cell;
use crate::proof::Digest;

/// Rows of a whole batch that go to SQLite as one text; above, each statement is sent for itself, so that few large
/// texts stay prepared.
const ONE_TEXT_ROWS_MAX: usize = 1024;

/// The head's move, from the value that was read to the new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadMove {
    /// Size that was read.
    pub from_size: i64,
    /// Root that was read.
    pub from_root: Digest,
    /// New size.
    pub size: i64,
    /// New root.
    pub root: Digest,
    /// New right-hand edge of the tree.
    pub frontier: Vec<u8>,
    /// Time of the last record.
    pub posted_at: i64,
    /// The number of the next account.
    pub next_account: i64,
}

/// All rows of a batch, by table: the cells of one row after those of the other, as they are bound.
#[derive(Debug, Default)]
pub struct Rows {
    tables: std::collections::BTreeMap<TableId, Vec<Cell>>,
}

impl Rows {
    /// Adds a row.
    pub fn push(&mut self, table: TableId, row: impl IntoIterator<Item = Cell>) {
        let cells = self.tables.entry(table).or_default();
        cells.extend(row);
        debug_assert!(cells.len().is_multiple_of(table.table().columns.len()), "{}", table.table().name);
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    fn len_max(&self) -> usize {
        self.counts().max().unwrap_or(0)
    }

    fn len(&self) -> usize {
        self.counts().sum()
    }

    fn counts(&self) -> impl Iterator<Item = usize> {
        self.tables.iter().map(|(id, cells)| cells.len() / id.table().columns.len())
    }
}

/// Writes in a transaction of its own, which the commit ends. After an error the transaction is still open: [`rollback`].
///
/// # Errors
/// The engine's; [`super::dialect::failure_of`] tells what it means.
pub async fn write(conn: &mut Conn, head: &HeadMove, rows: Rows) -> Result<(), sqlx::Error> {
    match conn {
        Conn::Sqlite(conn) => {
            let plan = SqlitePlan::new(head, rows, true);
            plan.run(conn).await
        }
        Conn::Postgres(conn) if rows.len_max() <= UNNEST_ROWS_MAX => one_statement(conn, head, rows).await,
        Conn::Postgres(conn) => {
            conn.execute("BEGIN ISOLATION LEVEL READ COMMITTED").await?;
            copied(conn, head, rows).await?;
            conn.execute("COMMIT").await.map(drop)
        }
    }
}

/// Writes inside the transaction under whose lock the batch was decided, and commits it.
///
/// # Errors
/// See [`write()`].
pub async fn write_locked(conn: &mut Conn, head: &HeadMove, rows: Rows) -> Result<(), sqlx::Error> {
    match conn {
        Conn::Sqlite(conn) => SqlitePlan::new(head, rows, false).run(conn).await,
        Conn::Postgres(conn) => {
            if rows.len_max() <= UNNEST_ROWS_MAX {
                one_statement(conn, head, rows).await?;
            } else {
                copied(conn, head, rows).await?;
            }
            conn.execute("COMMIT").await.map(drop)
        }
    }
}

/// Ends a transaction that a failed write left open. Where there is none, that is no failure.
pub async fn rollback(conn: &mut Conn) -> Result<(), sqlx::Error> {
    match conn {
        Conn::Sqlite(_) => match conn.execute("ROLLBACK").await {
            // "cannot rollback - no transaction is active": the engine has rolled back itself.
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("1") => Ok(()),
            outcome => outcome,
        },
        Conn::Postgres(_) => conn.execute("ROLLBACK").await,
    }
}

/// The statements of a batch for SQLite.
struct SqlitePlan {
    statements: Vec<(String, Vec<Cell>, usize)>,
    one_text: bool,
}

impl SqlitePlan {
    fn new(head: &HeadMove, rows: Rows, with_begin: bool) -> Self {
        let one_text = rows.len() <= ONE_TEXT_ROWS_MAX;
        let mut statements = Vec::new();
        if with_begin {
            statements.push(("BEGIN IMMEDIATE".to_owned(), Vec::new(), 0));
        }
        statements.push((move_head_sqlite(), head_cells(head).to_vec(), 0));
        for (id, cells) in rows.tables {
            let (table, columns) = (id.table(), id.table().columns.len());
            let mut left = cells.len() / columns;
            let mut cells = cells.into_iter();
            while left > 0 {
                let rows = left.min(CHUNK_ROWS);
                let padded = rows.next_power_of_two();
                let chunk = cells.by_ref().take(rows * columns).collect();
                statements.push((insert_sqlite(table, padded), chunk, (padded - rows) * columns));
                left -= rows;
            }
        }
        statements.push(("COMMIT".to_owned(), Vec::new(), 0));
        Self { statements, one_text }
    }

    async fn run(self, conn: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        if self.one_text {
            let text: Vec<&str> = self.statements.iter().map(|(text, ..)| text.as_str()).collect();
            let text = text.join(";");
            let mut arguments = SqliteArguments::default();
            for (_, cells, padding) in self.statements {
                add(&mut arguments, cells, padding)?;
            }
            return conn.execute(sqlx::query_with(AssertSqlSafe(text), arguments)).await.map(drop);
        }
        for (text, cells, padding) in self.statements {
            let mut arguments = SqliteArguments::default();
            add(&mut arguments, cells, padding)?;
            conn.execute(sqlx::query_with(AssertSqlSafe(text), arguments)).await?;
        }
        Ok(())
    }
}

fn add(arguments: &mut SqliteArguments, cells: Vec<Cell>, padding: usize) -> Result<(), sqlx::Error> {
    arguments.reserve(cells.len() + padding, 0);
    for cell in cells {
        match cell {
            Cell::Integer(value) => arguments.add(value),
            Cell::Text(value) => arguments.add(value),
            Cell::Bytes(value) => arguments.add(value),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    for _ in 0..padding {
        arguments.add(None::<i64>).map_err(sqlx::Error::Encode)?;
    }
    Ok(())
}

fn head_cells(head: &HeadMove) -> [Cell; 7] {
    [
        Cell::from(head.from_size),
        Cell::from(head.from_root),
        Cell::from(head.size),
        Cell::from(head.root),
        Cell::Bytes(head.frontier.clone()),
        Cell::from(head.posted_at),
        Cell::from(head.next_account),
    ]
}

type PgQuery<'q> = sqlx::query::Query<'q, sqlx::Postgres, sqlx::postgres::PgArguments>;

fn bind_head<'q>(query: PgQuery<'q>, head: &HeadMove) -> PgQuery<'q> {
    let query = query.bind(head.from_size).bind(head.from_root.to_vec()).bind(head.size).bind(head.root.to_vec());
    query.bind(head.frontier.clone()).bind(head.posted_at).bind(head.next_account)
}

fn bind_columns<'q>(mut query: PgQuery<'q>, table: &Table, cells: &[Cell]) -> PgQuery<'q> {
    for (index, column) in table.columns.iter().enumerate() {
        let cells = cells.iter().skip(index).step_by(table.columns.len());
        query = match column.kind {
            ColumnType::Integer => query.bind(cells.map(integer_of).collect::<Vec<i64>>()),
            ColumnType::Text => query.bind(cells.map(text_of).collect::<Vec<String>>()),
            ColumnType::Bytes => query.bind(cells.map(bytes_of).collect::<Vec<Vec<u8>>>()),
        };
    }
    query
}

/// The text of a whole batch on PostgreSQL: every table's insert waits for the head's row, and so for its lock.
pub fn batch_postgres(tables: impl Iterator<Item = TableId>) -> String {
    let mut text = format!("WITH head AS ({} RETURNING slot)", move_head_postgres());
    let mut parameter = 8;
    for id in tables {
        let table = id.table();
        text += &format!(", {}_rows AS ({})", table.name, insert_postgres(table, parameter, "head, "));
        parameter += table.columns.len();
    }
    text + " SELECT slot FROM head"
}

async fn one_statement(conn: &mut PgConnection, head: &HeadMove, rows: Rows) -> Result<(), sqlx::Error> {
    let text = batch_postgres(rows.tables.keys().copied());
    let mut query = bind_head(sqlx::query(AssertSqlSafe(text)), head);
    for (id, rows) in &rows.tables {
        query = bind_columns(query, id.table(), rows);
    }
    match conn.execute(query).await?.rows_affected() {
        1 => Ok(()),
        // Without a head's row every insert would have waited for nothing, and nothing would be written.
        _ => Err(sqlx::Error::RowNotFound),
    }
}

/// A large batch on PostgreSQL: many rows that are only added are copied, all others are merged from arrays.
async fn copied(conn: &mut PgConnection, head: &HeadMove, rows: Rows) -> Result<(), sqlx::Error> {
    conn.execute(bind_head(sqlx::query(AssertSqlSafe(move_head_postgres())), head)).await?;
    for (id, rows) in rows.tables {
        let table = id.table();
        if table.is_state || rows.len() / table.columns.len() <= UNNEST_ROWS_MAX {
            let query = sqlx::query(AssertSqlSafe(insert_postgres(table, 1, "")));
            conn.execute(bind_columns(query, table, &rows)).await?;
        } else {
            let mut copy = conn.copy_in_raw(&copy_postgres(table)).await?;
            copy.send(binary_copy(&rows, table.columns.len())).await?;
            copy.finish().await?;
        }
    }
    Ok(())
}

/// PostgreSQL's binary copy format: a signature, then a field count and length-prefixed fields for each row, then −1.
fn binary_copy(cells: &[Cell], columns: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(cells.len() * 16 + 32);
    bytes.extend_from_slice(b"PGCOPY\n\xff\r\n\0");
    bytes.extend_from_slice(&[0; 8]);
    let field = |bytes: &mut Vec<u8>, value: &[u8]| {
        // A value is bounded by the edges far below 2 GiB.
        bytes.extend_from_slice(&i32::try_from(value.len()).unwrap_or(i32::MAX).to_be_bytes());
        bytes.extend_from_slice(value);
    };
    for row in cells.chunks_exact(columns) {
        bytes.extend_from_slice(&i16::try_from(row.len()).unwrap_or(i16::MAX).to_be_bytes());
        for cell in row {
            match cell {
                Cell::Integer(value) => field(&mut bytes, &value.to_be_bytes()),
                Cell::Text(value) => field(&mut bytes, value.as_bytes()),
                Cell::Bytes(value) => field(&mut bytes, value),
            }
        }
    }
    bytes.extend_from_slice(&(-1_i16).to_be_bytes());
    bytes
}
