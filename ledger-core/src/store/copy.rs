//! Whole tables, read from one bank and written into another, in the order of their keys. Which tables and columns there are is
//! found out from the migrations, so that a new table cannot be forgotten.

use std::convert::identity;

use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, AssertSqlSafe, ColumnIndex, Decode, Executor, Row, Type};

use super::conn::{Conn, Link, database};
use super::dialect::{CHUNK_ROWS, Engine};
#[cfg(feature = "postgres")]
use super::dialect::{in_schema, postgres_name};
use super::migrate;
use crate::fault::Fault;
use crate::row::ColumnType;

/// The tables of access, which no record mentions. They are not copied: whoever was logged in logs in again.
const VISITS: [&str; 4] = ["ledger_sessions", "ledger_login_links", "ledger_pin_misses", "ledger_visits"];

const SHAPES: &str = "SELECT m.name, c.name, c.type, c.pk FROM sqlite_master m, pragma_table_info(m.name) c \
                      WHERE m.type = 'table' ORDER BY m.name, c.cid";

/// A table of a bank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// `ledger_…`.
    pub name: String,
    columns: Vec<(String, ColumnType)>,
    /// Which columns are the primary key, in its order.
    key: Vec<usize>,
}

/// Some rows of a table, column by column.
#[derive(Debug)]
pub struct Chunk {
    columns: Vec<Cells>,
    rows: usize,
}

#[derive(Debug)]
enum Cells {
    Integers(Vec<i64>),
    Texts(Vec<String>),
    Bytes(Vec<Vec<u8>>),
}

impl Shape {
    /// The tables that a copy of a bank of this version has: all but those of access.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn all(version: usize) -> Result<Vec<Self>, Fault> {
        let mut conn = Conn::in_memory().await?;
        migrate::make_tables(&mut conn, version).await?;
        let mut shapes: Vec<Self> = Vec::new();
        for row in conn.fetch_text(SHAPES).await? {
            let (name, place) = (row.text(0), row.integer(3));
            if VISITS.contains(&name.as_str()) {
                continue;
            }
            if shapes.last().is_none_or(|shape| shape.name != name) {
                shapes.push(Self { name, columns: Vec::new(), key: Vec::new() });
            }
            let Some(shape) = shapes.last_mut() else { continue };
            if let Some(place) = usize::try_from(place).ok().and_then(|place| place.checked_sub(1)) {
                // The key's columns may stand in another order than the table's.
                shape.key.resize(shape.key.len().max(place + 1), 0);
                shape.key[place] = shape.columns.len();
            }
            let kind = match row.text(2).as_str() {
                "TEXT" => ColumnType::Text,
                "BYTEA" => ColumnType::Bytes,
                _ => ColumnType::Integer,
            };
            shape.columns.push((row.text(1), kind));
        }
        Ok(shapes)
    }

    /// The hashes of all leaves, in the order of the journal.
    pub fn leaves() -> Self {
        let columns = [("position", ColumnType::Integer), ("leaf", ColumnType::Bytes)]
            .map(|(name, kind)| (name.to_owned(), kind));
        Self { name: "ledger_records".to_owned(), columns: columns.into(), key: vec![0] }
    }

    /// How many rows the table has.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn rows(&self, conn: &mut Conn) -> Result<u64, Fault> {
        let question = super::conn::Read { sql: format!("SELECT COUNT(*) FROM {}", self.name).into(), keys: &[] };
        let rows = conn.fetch(&question, Vec::new()).await?;
        Ok(rows.first().map_or(0, |row| row.integer(0)).unsigned_abs())
    }

    /// Reads the rows that come after the last row of a chunk, or the first ones. Few rows are the last ones.
    ///
    /// # Errors
    /// [`Fault::Database`]; [`Fault::Damaged`] if a cell has another type than its column.
    pub async fn read(&self, conn: &mut Conn, after: Option<&Chunk>) -> Result<Chunk, Fault> {
        let names =
            |columns: &[usize]| columns.iter().map(|&column| self.columns[column].0.as_str()).collect::<Vec<_>>();
        let key = names(&self.key).join(", ");
        let all = self.columns.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
        let bound = match after {
            Some(_) => format!(" WHERE ({key}) > ({})", parameters(conn, self.key.len())),
            None => String::new(),
        };
        let sql = format!("SELECT {all} FROM {}{bound} ORDER BY {key} LIMIT {CHUNK_ROWS}", self.name);
        let sql = conn.sql(sql);
        // Whoever copies gives the connection up after any error.
        let steps = conn.steps.clone();
        match &mut conn.link {
            Link::Sqlite(conn, _) => {
                let mut arguments = SqliteArguments::default();
                after.map_or(Ok(()), |after| after.add_last(&mut arguments, &self.key)).map_err(encode)?;
                let query = sqlx::query_with(sql, arguments);
                self.chunk(&steps.send(1, query.fetch_all(conn.as_mut()), identity).await.map_err(database)?)
            }
            #[cfg(feature = "postgres")]
            Link::Postgres(conn, _) => {
                let mut arguments = sqlx::postgres::PgArguments::default();
                after.map_or(Ok(()), |after| after.add_last(&mut arguments, &self.key)).map_err(encode)?;
                let query = sqlx::query_with(sql, arguments);
                self.chunk(&steps.send(1, query.fetch_all(conn.as_mut()), identity).await.map_err(database)?)
            }
            Link::Lent(_) | Link::Abandoned => Err(database(sqlx::Error::PoolClosed)),
        }
    }

    fn chunk<R: Row>(&self, rows: &[R]) -> Result<Chunk, Fault>
    where
        usize: ColumnIndex<R>,
        i64: for<'r> Decode<'r, R::Database> + Type<R::Database>,
        String: for<'r> Decode<'r, R::Database> + Type<R::Database>,
        Vec<u8>: for<'r> Decode<'r, R::Database> + Type<R::Database>,
    {
        let column = |(index, (_, kind)): (usize, &(String, ColumnType))| {
            Ok(match kind {
                ColumnType::Integer => {
                    Cells::Integers(rows.iter().map(|row| row.try_get(index)).collect::<Result<_, _>>()?)
                }
                ColumnType::Text => Cells::Texts(rows.iter().map(|row| row.try_get(index)).collect::<Result<_, _>>()?),
                ColumnType::Bytes => Cells::Bytes(rows.iter().map(|row| row.try_get(index)).collect::<Result<_, _>>()?),
            })
        };
        let columns = self.columns.iter().enumerate().map(column).collect::<Result<Vec<_>, sqlx::Error>>();
        let columns = columns.map_err(|error| Fault::damaged(format!("a row of {}: {error}", self.name)))?;
        Ok(Chunk { columns, rows: rows.len() })
    }

    /// Writes the rows in the open transaction.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn write(&self, conn: &mut Conn, chunk: Chunk) -> Result<(), Fault> {
        if chunk.rows == 0 {
            return Ok(());
        }
        let names = self.columns.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
        let insert = format!("INSERT INTO {} ({names})", self.name);
        let steps = conn.steps.clone();
        match &mut conn.link {
            Link::Sqlite(conn, _) => {
                let row = format!("({})", vec!["?"; self.columns.len()].join(","));
                let sql = format!("{insert} VALUES {}", vec![row.as_str(); chunk.rows].join(","));
                let mut arguments = SqliteArguments::default();
                for row in 0..chunk.rows {
                    chunk.columns.iter().try_for_each(|cells| cells.add(&mut arguments, row)).map_err(encode)?;
                }
                let query = sqlx::query_with(AssertSqlSafe(sql), arguments);
                steps.send(1, conn.execute(query), identity).await.map(drop).map_err(database)
            }
            #[cfg(feature = "postgres")]
            Link::Postgres(conn, schema) => {
                let arrays = self.columns.iter().zip(1..);
                let arrays = arrays.map(|((_, kind), number)| format!("${number}::{}[]", postgres_name(*kind)));
                let sql = format!("{insert} SELECT * FROM UNNEST({})", arrays.collect::<Vec<_>>().join(", "));
                let sql = AssertSqlSafe(in_schema(&sql, schema));
                let query = chunk.columns.into_iter().fold(sqlx::query(sql), |query, cells| match cells {
                    Cells::Integers(cells) => query.bind(cells),
                    Cells::Texts(cells) => query.bind(cells),
                    Cells::Bytes(cells) => query.bind(cells),
                });
                steps.send(1, conn.execute(query), identity).await.map(drop).map_err(database)
            }
            Link::Lent(_) | Link::Abandoned => Err(database(sqlx::Error::PoolClosed)),
        }
    }
}

impl Chunk {
    /// How many rows it has.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Whether others may come after it.
    pub fn is_full(&self) -> bool {
        self.rows == CHUNK_ROWS
    }

    /// The leaves of a chunk of [`Shape::leaves`], each with its position.
    pub fn into_leaves(self) -> impl Iterator<Item = (i64, Vec<u8>)> {
        let mut columns = self.columns.into_iter();
        let positions = if let Some(Cells::Integers(positions)) = columns.next() { positions } else { Vec::new() };
        let leaves = if let Some(Cells::Bytes(leaves)) = columns.next() { leaves } else { Vec::new() };
        positions.into_iter().zip(leaves)
    }

    /// Binds the key of the last row.
    fn add_last<A: Arguments>(&self, arguments: &mut A, key: &[usize]) -> Result<(), sqlx::error::BoxDynError>
    where
        i64: for<'q> sqlx::Encode<'q, A::Database> + Type<A::Database>,
        String: for<'q> sqlx::Encode<'q, A::Database> + Type<A::Database>,
        Vec<u8>: for<'q> sqlx::Encode<'q, A::Database> + Type<A::Database>,
    {
        key.iter().try_for_each(|&column| self.columns[column].add(arguments, self.rows - 1))
    }
}

impl Cells {
    fn add<A: Arguments>(&self, arguments: &mut A, row: usize) -> Result<(), sqlx::error::BoxDynError>
    where
        i64: for<'q> sqlx::Encode<'q, A::Database> + Type<A::Database>,
        String: for<'q> sqlx::Encode<'q, A::Database> + Type<A::Database>,
        Vec<u8>: for<'q> sqlx::Encode<'q, A::Database> + Type<A::Database>,
    {
        match self {
            Self::Integers(cells) => arguments.add(cells[row]),
            Self::Texts(cells) => arguments.add(cells[row].clone()),
            Self::Bytes(cells) => arguments.add(cells[row].clone()),
        }
    }
}

fn encode(error: sqlx::error::BoxDynError) -> Fault {
    database(sqlx::Error::Encode(error))
}

/// As many parameters, as the engine writes them.
fn parameters(conn: &Conn, count: usize) -> String {
    let parameter = |number: usize| match conn.engine() {
        Engine::Sqlite => "?".to_owned(),
        Engine::Postgres => format!("${number}"),
    };
    (1..=count).map(parameter).collect::<Vec<_>>().join(", ")
}
