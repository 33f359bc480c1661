//! Writes a batch: the head's compare-and-swap and all rows, in one database transaction. The number of statements
//! depends on the rows only through `⌈rows / 1024⌉`.

use std::convert::identity;

#[cfg(feature = "postgres")]
use sqlx::postgres::PgConnection;
#[cfg(feature = "sqlite")]
use sqlx::sqlite::{SqliteArguments, SqliteConnection};
use sqlx::{AssertSqlSafe, Executor};

use super::conn::{Conn, Link};
use super::dialect::Engine;
#[cfg(feature = "sqlite")]
use super::dialect::{CHUNK_ROWS, insert_sqlite, move_head_sqlite};
#[cfg(feature = "postgres")]
use super::dialect::{UNNEST_ROWS_MAX, copy_postgres, in_schema, insert_postgres, move_head_postgres};
use super::rows::{Cells, Rows, TableRows};
use super::steps::Steps;
use super::watch::{Seen, Watch};
use crate::proof::Digest;
#[cfg(feature = "postgres")]
use crate::row::{Keeping, Table};

/// How many rows of a batch go to SQLite as one text. A larger batch is sent statement by statement, so that only a few
/// long texts stay prepared.
const ONE_TEXT_ROWS_MAX: usize = 1024;

/// The head's move from the values that were read to the new ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadMove {
    /// The size that was read.
    pub from_size: i64,
    /// The root that was read.
    pub from_root: Digest,
    /// How many records the journal has afterwards.
    pub size: i64,
    /// The root of the tree afterwards.
    pub root: Digest,
    /// The tree's right-hand edge afterwards; see [`crate::proof::Frontier::peaks`].
    pub frontier: Vec<u8>,
    /// When the last record was posted, in UTC seconds.
    pub posted_at: i64,
    /// The number that the next account gets.
    pub next_account: i64,
    /// The leaf of the last record. Its own row holds it.
    pub last_leaf: Digest,
}

impl HeadMove {
    /// What this process will have seen once the move is committed; `None` if it has seen nothing yet.
    pub(super) fn seen(&self, watch: &Watch) -> Option<Seen> {
        let Seen { bank_id, .. } = watch.seen()?;
        let size = u64::try_from(self.size).ok()?;
        Some(Seen { bank_id, size, root: self.root, last_leaf: self.last_leaf, posted_at: self.posted_at })
    }
}

/// Writes the rows, moves the head and commits. `has_begun` says that the transaction is open already. After an error
/// it is still open: call [`rollback`].
///
/// # Errors
/// The engine's. [`super::dialect::failure_of`] says what it means.
pub async fn write(conn: &mut Conn, head: &HeadMove, rows: Rows, has_begun: bool) -> Result<(), sqlx::Error> {
    let written = write_over(conn, head, rows, has_begun).await;
    conn.heard(written)
}

async fn write_over(conn: &mut Conn, head: &HeadMove, rows: Rows, has_begun: bool) -> Result<(), sqlx::Error> {
    let steps = conn.steps.clone();
    match &mut conn.link {
        #[cfg(feature = "sqlite")]
        Link::Sqlite(conn, _) => {
            let is_one_text = rows.len() <= ONE_TEXT_ROWS_MAX;
            let mut plan = SqlitePlan::new(rows, !has_begun, steps);
            plan.commit(head);
            plan.run(conn, is_one_text).await
        }
        #[cfg(feature = "postgres")]
        Link::Postgres(conn, schema) => {
            let is_one_statement = rows.len_max() <= UNNEST_ROWS_MAX;
            if is_one_statement && !has_begun {
                return one_statement(conn, schema, head, rows, &steps).await;
            }
            if !has_begun {
                steps.send(1, conn.execute("BEGIN ISOLATION LEVEL READ COMMITTED"), identity).await?;
            }
            if is_one_statement {
                one_statement(conn, schema, head, rows, &steps).await?;
            } else {
                copied(conn, schema, head, rows, &steps).await?;
            }
            steps.send(1, conn.execute("COMMIT"), identity).await.map(drop)
        }
        Link::Lent(_) | Link::Abandoned => Err(sqlx::Error::PoolClosed),
    }
}

/// Writes the rows and moves the head in a transaction that a host has begun, and leaves it open.
///
/// # Errors
/// The engine's own error.
pub async fn in_host(conn: &mut Conn, head: HeadMove, rows: Rows) -> Result<(), sqlx::Error> {
    let Link::Lent(lent) = &conn.link else { return Err(sqlx::Error::WorkerCrashed) };
    lent.write(head, rows).await
}

/// Writes the rows and moves the head in an open transaction.
#[cfg(feature = "sqlite")]
pub(super) async fn in_sqlite(conn: &mut SqliteConnection, head: &HeadMove, rows: Rows) -> Result<(), sqlx::Error> {
    let is_one_text = rows.len() <= ONE_TEXT_ROWS_MAX;
    let mut plan = SqlitePlan::new(rows, false, Steps::default());
    plan.move_head(head);
    plan.run(conn, is_one_text).await
}

/// Writes some rows of a batch, and leaves the transaction open. Begins it first if `begins`.
///
/// # Errors
/// The engine's own error.
pub(super) async fn ahead(conn: &mut Conn, rows: Rows, begins: bool) -> Result<(), sqlx::Error> {
    let written = ahead_over(conn, rows, begins).await;
    conn.heard(written)
}

async fn ahead_over(conn: &mut Conn, rows: Rows, begins: bool) -> Result<(), sqlx::Error> {
    let steps = conn.steps.clone();
    match &mut conn.link {
        #[cfg(feature = "sqlite")]
        Link::Sqlite(conn, _) => SqlitePlan::new(rows, begins, steps).run(conn, false).await,
        // PostgreSQL takes a batch as a whole.
        #[cfg(feature = "postgres")]
        Link::Postgres(..) => Err(sqlx::Error::WorkerCrashed),
        Link::Lent(_) | Link::Abandoned => Err(sqlx::Error::PoolClosed),
    }
}

/// Rolls back what a failed write left open. Succeeds also if no transaction is open.
pub async fn rollback(conn: &mut Conn) -> Result<(), sqlx::Error> {
    match (conn.engine(), conn.execute("ROLLBACK").await) {
        // "cannot rollback - no transaction is active": the engine has rolled back by itself.
        (Engine::Sqlite, Err(sqlx::Error::Database(error))) if error.code().as_deref() == Some("1") => Ok(()),
        (_, outcome) => outcome,
    }
}

/// A statement of a SQLite batch.
#[cfg(feature = "sqlite")]
enum Statement {
    Bare(&'static str),
    Head(HeadMove),
    Rows(Chunk),
}

/// Rows of one table that go into one statement.
#[cfg(feature = "sqlite")]
struct Chunk {
    /// The table's place in the plan.
    table: usize,
    rows: std::ops::Range<usize>,
    /// How many rows of NULL follow, up to the power of two for which the text is made.
    padding: usize,
    /// Which columns have the same cell in all rows: it is bound once.
    is_shared: Vec<bool>,
}

/// All statements of a SQLite batch.
#[cfg(feature = "sqlite")]
struct SqlitePlan {
    tables: Vec<TableRows>,
    statements: Vec<Statement>,
    steps: Steps,
}

#[cfg(feature = "sqlite")]
impl SqlitePlan {
    fn new(rows: Rows, begins: bool, steps: Steps) -> Self {
        let tables = rows.into_tables();
        let mut statements = Vec::new();
        if begins {
            statements.push(Statement::Bare("BEGIN IMMEDIATE"));
        }
        for (index, table) in tables.iter().enumerate() {
            for from in (0..table.len()).step_by(CHUNK_ROWS) {
                let rows = from..table.len().min(from + CHUNK_ROWS);
                let padding = rows.len().next_power_of_two() - rows.len();
                let is_shared = table.shared(&rows);
                statements.push(Statement::Rows(Chunk { table: index, rows, padding, is_shared }));
            }
        }
        Self { tables, statements, steps }
    }

    /// Moves the head. If somebody else has moved it, this fails.
    fn move_head(&mut self, head: &HeadMove) {
        self.statements.push(Statement::Head(head.clone()));
    }

    /// Moves the head and commits. If somebody else has moved the head, nothing of the transaction remains.
    fn commit(&mut self, head: &HeadMove) {
        self.move_head(head);
        self.statements.push(Statement::Bare("COMMIT"));
    }

    async fn run(self, conn: &mut SqliteConnection, is_one_text: bool) -> Result<(), sqlx::Error> {
        let steps = &self.steps;
        if is_one_text && !steps.is_cut_within(self.statements.len()) {
            let texts: Vec<String> = self.statements.iter().map(|statement| self.text(statement)).collect();
            let mut arguments = SqliteArguments::default();
            for statement in &self.statements {
                self.add(&mut arguments, statement)?;
            }
            let query = sqlx::query_with(AssertSqlSafe(texts.join(";")), arguments);
            return steps.send(texts.len(), conn.execute(query), identity).await.map(drop);
        }
        let mut statements = self.statements.iter();
        let Some(first) = statements.next() else { return Ok(()) };
        let mut query = self.query(first)?;
        for next in statements {
            // The engine runs on a thread of its own. While it does, the next statement is made ready.
            let executing = steps.send(1, conn.execute(query), identity);
            let (done, next) = tokio::join!(biased; executing, async { self.query(next) });
            done?;
            query = next?;
        }
        steps.send(1, conn.execute(query), identity).await.map(drop)
    }

    fn query(&self, statement: &Statement) -> Result<SqliteQuery, sqlx::Error> {
        let mut arguments = SqliteArguments::default();
        self.add(&mut arguments, statement)?;
        Ok(sqlx::query_with(AssertSqlSafe(self.text(statement)), arguments))
    }

    fn text(&self, statement: &Statement) -> String {
        match statement {
            Statement::Bare(text) => (*text).to_owned(),
            Statement::Head(_) => move_head_sqlite(),
            Statement::Rows(Chunk { table, rows, padding, is_shared }) => {
                insert_sqlite(self.tables[*table].table, rows.len() + padding, *padding > 0, is_shared)
            }
        }
    }

    fn add(&self, arguments: &mut SqliteArguments, statement: &Statement) -> Result<(), sqlx::Error> {
        match statement {
            Statement::Bare(_) => Ok(()),
            Statement::Head(head) => add_head(arguments, head),
            Statement::Rows(chunk) => add_rows(arguments, &self.tables[chunk.table], chunk),
        }
        .map_err(sqlx::Error::Encode)
    }
}

#[cfg(feature = "sqlite")]
type SqliteQuery = sqlx::query::Query<'static, sqlx::Sqlite, SqliteArguments>;

#[cfg(feature = "sqlite")]
fn add_head(arguments: &mut SqliteArguments, head: &HeadMove) -> Result<(), sqlx::error::BoxDynError> {
    use sqlx::Arguments as _;
    arguments.add(head.from_size)?;
    arguments.add(head.from_root.to_vec())?;
    arguments.add(head.size)?;
    arguments.add(head.root.to_vec())?;
    arguments.add(head.frontier.clone())?;
    arguments.add(head.posted_at)?;
    arguments.add(head.next_account)
}

#[cfg(feature = "sqlite")]
fn add_rows(arguments: &mut SqliteArguments, table: &TableRows, chunk: &Chunk) -> Result<(), sqlx::error::BoxDynError> {
    use sqlx::Arguments as _;
    let Chunk { rows, padding, is_shared, .. } = chunk;
    let columns =
        |shared: bool| table.columns.iter().zip(is_shared).filter(move |(_, is_shared)| **is_shared == shared);
    for (column, _) in columns(true) {
        add_cell(arguments, column, rows.start)?;
    }
    let own: Vec<&Cells> = columns(false).map(|(column, _)| column).collect();
    arguments.reserve((rows.len() + padding) * own.len(), 0);
    for row in rows.clone() {
        for column in &own {
            add_cell(arguments, column, row)?;
        }
    }
    (0..padding * own.len()).try_for_each(|_| arguments.add(None::<i64>))
}

#[cfg(feature = "sqlite")]
fn add_cell(arguments: &mut SqliteArguments, column: &Cells, row: usize) -> Result<(), sqlx::error::BoxDynError> {
    use sqlx::Arguments as _;
    match column {
        Cells::Integers(cells) => arguments.add(cells[row]),
        Cells::Texts(cells) => arguments.add(std::sync::Arc::clone(&cells[row])),
        Cells::Bytes(..) => arguments.add(column.bytes(row).to_vec()),
    }
}

#[cfg(feature = "postgres")]
type PgQuery<'q> = sqlx::query::Query<'q, sqlx::Postgres, sqlx::postgres::PgArguments>;

#[cfg(feature = "postgres")]
fn bind_head<'q>(query: PgQuery<'q>, head: &HeadMove) -> PgQuery<'q> {
    let query = query.bind(head.from_size).bind(head.from_root.to_vec()).bind(head.size).bind(head.root.to_vec());
    query.bind(head.frontier.clone()).bind(head.posted_at).bind(head.next_account)
}

#[cfg(feature = "postgres")]
fn bind_columns<'q>(query: PgQuery<'q>, rows: &'q TableRows) -> PgQuery<'q> {
    let count = rows.len();
    rows.columns.iter().fold(query, |query, column| match column {
        Cells::Integers(cells) => query.bind(cells),
        Cells::Texts(cells) => query.bind(cells.iter().map(AsRef::as_ref).collect::<Vec<&str>>()),
        Cells::Bytes(..) => query.bind((0..count).map(|row| column.bytes(row)).collect::<Vec<&[u8]>>()),
    })
}

/// Writes a whole PostgreSQL batch in one statement. Every table's insert waits
/// for the head's row, and so for its lock.
#[cfg(feature = "postgres")]
pub fn batch_postgres(tables: impl Iterator<Item = &'static Table>) -> String {
    let mut text = format!("WITH head AS ({} RETURNING slot)", move_head_postgres());
    let mut parameter = 8;
    for table in tables {
        text += &format!(", {}_rows AS ({})", table.name, insert_postgres(table, parameter, "head, "));
        parameter += table.columns().len();
    }
    text + " SELECT slot FROM head"
}

/// Moves the head and writes all rows in one statement: it is carried out as a whole or not at all, also if nobody waits for it any
/// more.
#[cfg(feature = "postgres")]
pub(super) async fn one_statement(
    conn: &mut PgConnection,
    schema: &str,
    head: &HeadMove,
    rows: Rows,
    steps: &Steps,
) -> Result<(), sqlx::Error> {
    let tables = rows.into_tables();
    let text = in_schema(&batch_postgres(tables.iter().map(|rows| rows.table)), schema);
    let query = bind_head(sqlx::query(AssertSqlSafe(text)), head);
    let query = tables.iter().fold(query, bind_columns);
    match steps.send(1, conn.execute(query), identity).await?.rows_affected() {
        1 => Ok(()),
        // No head's row was found: the inserts waited for nothing, and nothing was written.
        _ => Err(sqlx::Error::RowNotFound),
    }
}

/// Writes a large PostgreSQL batch. Tables with many rows that are only added are
/// copied; the others are merged from arrays.
#[cfg(feature = "postgres")]
async fn copied(
    conn: &mut PgConnection,
    schema: &str,
    head: &HeadMove,
    rows: Rows,
    steps: &Steps,
) -> Result<(), sqlx::Error> {
    let move_head = in_schema(&move_head_postgres(), schema);
    let move_head = bind_head(sqlx::query(AssertSqlSafe(move_head)), head);
    steps.send(1, conn.execute(move_head), identity).await?;
    for rows in rows.into_tables() {
        let table = rows.table;
        if matches!(table.keeping, Keeping::State(_)) || rows.len() <= UNNEST_ROWS_MAX {
            let query = sqlx::query(AssertSqlSafe(in_schema(&insert_postgres(table, 1, ""), schema)));
            steps.send(1, conn.execute(bind_columns(query, &rows)), identity).await?;
        } else {
            steps.send(1, copy(conn, &in_schema(&copy_postgres(table), schema), &rows), identity).await?;
        }
    }
    Ok(())
}

#[cfg(feature = "postgres")]
async fn copy(conn: &mut PgConnection, sql: &str, rows: &TableRows) -> Result<(), sqlx::Error> {
    let mut copy = conn.copy_in_raw(sql).await?;
    copy.send(binary_copy(rows)).await?;
    copy.finish().await.map(drop)
}

/// Writes PostgreSQL's binary copy format: a signature; for each row a field count and length-prefixed fields; then −1.
#[cfg(feature = "postgres")]
fn binary_copy(rows: &TableRows) -> Vec<u8> {
    let columns = rows.columns.len();
    let mut bytes = Vec::with_capacity(rows.len() * columns * 16 + 32);
    bytes.extend_from_slice(b"PGCOPY\n\xff\r\n\0");
    bytes.extend_from_slice(&[0; 8]);
    let field = |bytes: &mut Vec<u8>, value: &[u8]| {
        // The limits at the ledger's edges keep every value far below 2 GiB.
        bytes.extend_from_slice(&i32::try_from(value.len()).unwrap_or(i32::MAX).to_be_bytes());
        bytes.extend_from_slice(value);
    };
    for row in 0..rows.len() {
        bytes.extend_from_slice(&i16::try_from(columns).unwrap_or(i16::MAX).to_be_bytes());
        for column in &rows.columns {
            match column {
                Cells::Integers(cells) => field(&mut bytes, &cells[row].to_be_bytes()),
                Cells::Texts(cells) => field(&mut bytes, cells[row].as_bytes()),
                Cells::Bytes(..) => field(&mut bytes, column.bytes(row)),
            }
        }
    }
    bytes.extend_from_slice(&(-1_i16).to_be_bytes());
    bytes
}
