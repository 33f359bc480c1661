//! A batch's rows, stored column by column as the drivers take them. No cell is allocated, moved or freed on its own.

use std::ops::Range;
use std::sync::Arc;

use super::dialect::CHUNK_ROWS;
use crate::effect::Effect;
use crate::row::{Column, ColumnType, Keeping, Row, Sink, Table};

/// From this many rows on, a cell that all of them share is bound once.
const SHARING_ROWS_MIN: usize = 128;

/// The cells of one column.
#[derive(Debug)]
pub(crate) enum Cells {
    Integers(Vec<i64>),
    /// Equal neighbours share their text, for most rows of a batch have the same actor and kind.
    Texts(Vec<Arc<str>>),
    /// All bytes joined, and where each cell ends.
    Bytes(Vec<u8>, Vec<usize>),
}

impl Cells {
    fn new(kind: ColumnType) -> Self {
        match kind {
            ColumnType::Integer => Self::Integers(Vec::new()),
            ColumnType::Text => Self::Texts(Vec::new()),
            ColumnType::Bytes => Self::Bytes(Vec::new(), Vec::new()),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Integers(cells) => cells.len(),
            Self::Texts(cells) => cells.len(),
            Self::Bytes(_, ends) => ends.len(),
        }
    }

    /// Adds the cells of another column of the same type.
    fn append(&mut self, other: Self) {
        match (self, other) {
            (Self::Integers(all), Self::Integers(more)) => all.extend(more),
            (Self::Texts(all), Self::Texts(more)) => all.extend(more),
            (Self::Bytes(bytes, ends), Self::Bytes(more, more_ends)) => {
                let length = bytes.len();
                bytes.extend(more);
                ends.extend(more_ends.into_iter().map(|end| length + end));
            }
            (Self::Integers(_) | Self::Texts(_) | Self::Bytes(..), _) => debug_assert!(false, "a column has one type"),
        }
    }

    /// Takes the first cells out of the column.
    fn take(&mut self, cells: usize) -> Self {
        match self {
            Self::Integers(all) => Self::Integers(take(all, cells)),
            Self::Texts(all) => Self::Texts(take(all, cells)),
            Self::Bytes(bytes, ends) => {
                let ends_taken = take(ends, cells);
                let taken = ends_taken.last().copied().unwrap_or(0);
                ends.iter_mut().for_each(|end| *end -= taken);
                Self::Bytes(take(bytes, taken), ends_taken)
            }
        }
    }

    /// Whether all these rows have the same cell.
    fn is_shared(&self, rows: &Range<usize>) -> bool {
        let mut others = rows.start + 1..rows.end;
        match self {
            Self::Integers(cells) => others.all(|row| cells[row] == cells[rows.start]),
            Self::Texts(cells) => others.all(|row| cells[row] == cells[rows.start]),
            Self::Bytes(..) => others.all(|row| self.bytes(row) == self.bytes(rows.start)),
        }
    }

    /// The bytes of a row's cell; empty if the column has another type.
    pub(super) fn bytes(&self, row: usize) -> &[u8] {
        let Self::Bytes(bytes, ends) = self else { return &[] };
        let start = row.checked_sub(1).map_or(0, |before| ends[before]);
        &bytes[start..ends[row]]
    }
}

/// Takes the first items and leaves the rest.
fn take<T>(all: &mut Vec<T>, items: usize) -> Vec<T> {
    let rest = all.split_off(items);
    std::mem::replace(all, rest)
}

/// The rows of one table.
#[derive(Debug)]
pub(crate) struct TableRows {
    pub(crate) table: &'static Table,
    pub(super) columns: Vec<Cells>,
}

impl TableRows {
    /// No rows yet.
    pub(crate) fn new(table: &'static Table) -> Self {
        let columns = table.columns().map(|Column { kind, .. }| Cells::new(kind)).collect();
        Self { table, columns }
    }

    fn take_blocks(&mut self) -> Self {
        let blocks = self.len() / CHUNK_ROWS * CHUNK_ROWS;
        let columns = self.columns.iter_mut().map(|column| column.take(blocks)).collect();
        Self { table: self.table, columns }
    }

    /// Which columns have the same cell in all these rows. Few rows share none, so that few texts serve them all; and one
    /// column is always the rows' own.
    pub(super) fn shared(&self, rows: &Range<usize>) -> Vec<bool> {
        let may_share = rows.len() >= SHARING_ROWS_MIN;
        let mut is_shared: Vec<bool> = self.columns.iter().map(|column| may_share && column.is_shared(rows)).collect();
        if is_shared.iter().all(|is_shared| *is_shared)
            && let Some(first) = is_shared.first_mut()
        {
            *first = false;
        }
        is_shared
    }

    /// Takes the cells of one more row, from left to right.
    pub(crate) fn filling(&mut self) -> Filling<'_> {
        Filling { columns: self.columns.iter_mut() }
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.columns.first().map_or(0, Cells::len)
    }
}

/// Fills the columns of one row from left to right.
pub(crate) struct Filling<'a> {
    columns: std::slice::IterMut<'a, Cells>,
}

impl Sink for Filling<'_> {
    fn integer(&mut self, value: i64) {
        if let Some(Cells::Integers(cells)) = self.columns.next() {
            cells.push(value);
        }
    }

    fn text(&mut self, value: &str) {
        if let Some(Cells::Texts(cells)) = self.columns.next() {
            let shared = cells.last().filter(|last| ***last == *value).cloned();
            cells.push(shared.unwrap_or_else(|| value.into()));
        }
    }

    fn bytes(&mut self, value: &[u8]) {
        if let Some(Cells::Bytes(bytes, ends)) = self.columns.next() {
            bytes.extend_from_slice(value);
            ends.push(bytes.len());
        }
    }
}

/// All rows of a batch, by table.
#[derive(Debug, Default)]
pub struct Rows {
    // A batch touches few tables, and searching a short list is faster than a map.
    tables: Vec<TableRows>,
}

impl Rows {
    /// Adds a row that is beside the journal, or the present state of something.
    pub fn push<R: Row>(&mut self, row: &R) {
        let table = R::table();
        debug_assert!(table.keeping != Keeping::Journal, "{} needs a position", table.name);
        row.put(&mut self.filling(table));
    }

    /// Adds the present state of something, if the world knows it.
    #[cfg(feature = "town")]
    pub fn push_known<R: Row>(&mut self, row: Option<&R>) {
        if let Some(row) = row {
            self.push(row);
        }
    }

    /// Adds a row of the journal that is not an effect of a command.
    pub fn push_at<R: Row>(&mut self, position: i64, row: &R) {
        let mut filling = self.filling(R::table());
        filling.integer(position);
        row.put(&mut filling);
    }

    /// Adds an effect's row to the record at this position.
    pub fn push_effect(&mut self, position: i64, effect: &Effect) {
        if let Effect::Id(row) = effect {
            return self.push(&row.outcome(position));
        }
        let mut filling = self.filling(effect.table());
        filling.integer(position);
        effect.put(&mut filling);
    }

    /// Adds the rows of another batch behind these.
    pub(crate) fn append(&mut self, other: Self) {
        for more in other.tables {
            match self.tables.iter_mut().find(|rows| std::ptr::eq(rows.table, more.table)) {
                Some(rows) => {
                    rows.columns.iter_mut().zip(more.columns).for_each(|(column, more)| column.append(more));
                }
                None => self.tables.push(more),
            }
        }
    }

    /// Whether some table has a full block of rows.
    pub(super) fn has_full_block(&self) -> bool {
        self.tables.iter().any(|rows| rows.len() >= CHUNK_ROWS)
    }

    /// Takes all full blocks out. In each table, fewer rows than a block remain.
    pub(super) fn take_blocks(&mut self) -> Self {
        let full = self.tables.iter_mut().filter(|rows| rows.len() >= CHUNK_ROWS);
        Self { tables: full.map(TableRows::take_blocks).collect() }
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    fn filling(&mut self, table: &'static Table) -> Filling<'_> {
        let known = self.tables.iter().position(|rows| std::ptr::eq(rows.table, table));
        let index = known.unwrap_or_else(|| {
            self.tables.push(TableRows::new(table));
            self.tables.len() - 1
        });
        self.tables[index].filling()
    }

    /// Returns the rows table by table, sorted by name. Batches that touch the
    /// same tables thus run the same statements.
    pub(crate) fn into_tables(mut self) -> Vec<TableRows> {
        self.tables.sort_unstable_by_key(|rows| rows.table.name);
        debug_assert!(
            self.tables.iter().all(|rows| rows.columns.iter().all(|column| column.len() == rows.len())),
            "every row fills every column"
        );
        self.tables
    }

    /// How many rows all tables have together.
    pub(super) fn len(&self) -> usize {
        self.tables.iter().map(TableRows::len).sum()
    }

    /// How many rows the fullest table has.
    #[cfg(feature = "postgres")]
    pub(super) fn len_max(&self) -> usize {
        self.tables.iter().map(TableRows::len).max().unwrap_or(0)
    }
}
