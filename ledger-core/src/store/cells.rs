//! Rows that stand in columns, read cell by cell and compared.

use std::cmp::Ordering;
use std::fmt;

use data_encoding::HEXLOWER;

use super::conn::Cell;
use super::rows::{Cells, TableRows};
use crate::row::{Row, Sink, Source};
use crate::text::shown;

/// A cell where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum CellAt<'a> {
    Integer(i64),
    Text(&'a str),
    Bytes(&'a [u8]),
}

impl fmt::Display for CellAt<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(value) => value.fmt(formatter),
            Self::Text(text) => write!(formatter, "\"{}\"", shown(text)),
            Self::Bytes(bytes) => formatter.write_str(&HEXLOWER.encode(bytes)),
        }
    }
}

impl TableRows {
    /// The cell of a row in a column; the columns are those of [`crate::row::Table::columns`].
    pub(crate) fn cell(&self, row: usize, column: usize) -> CellAt<'_> {
        match &self.columns[column] {
            Cells::Integers(cells) => CellAt::Integer(cells[row]),
            Cells::Texts(cells) => CellAt::Text(&cells[row]),
            cells @ Cells::Bytes(..) => CellAt::Bytes(cells.bytes(row)),
        }
    }

    /// A copy of a cell.
    pub(crate) fn owned_cell(&self, row: usize, column: usize) -> Cell {
        match self.cell(row, column) {
            CellAt::Integer(value) => Cell::Integer(value),
            CellAt::Text(text) => Cell::Text(text.to_owned()),
            CellAt::Bytes(bytes) => Cell::Bytes(bytes.to_vec()),
        }
    }

    /// The number in a column of numbers; 0 in any other.
    pub(crate) fn integer(&self, row: usize, column: usize) -> i64 {
        if let Cells::Integers(cells) = &self.columns[column] { cells[row] } else { 0 }
    }

    /// Compares the first cells of a row with those of another table's row.
    pub(crate) fn compare(&self, row: usize, other: &Self, other_row: usize, columns: usize) -> Ordering {
        let cells = (0..columns).map(|column| self.cell(row, column).cmp(&other.cell(other_row, column)));
        cells.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }

    /// Reads a row, whose own cells begin at the column `from`. `Err` is the column whose cell the ledger would not have written:
    /// what was read is written again and compared, for "none" has one spelling.
    pub(crate) fn read<T>(
        &self,
        row: usize,
        from: usize,
        take: impl FnOnce(&mut Reading<'_>) -> Option<T>,
        put: impl FnOnce(&T, &mut Comparing<'_>),
    ) -> Result<T, usize> {
        let mut reading = Reading { rows: self, row, next: from };
        let taken = take(&mut reading).ok_or_else(|| reading.next.saturating_sub(1).max(from))?;
        let mut comparing = Comparing { rows: self, row, next: from, differs: None };
        put(&taken, &mut comparing);
        comparing.differs.map_or(Ok(taken), Err)
    }

    /// The same for a row of a type that is known.
    pub(crate) fn row<R: Row>(&self, row: usize, from: usize) -> Result<R, usize> {
        self.read(row, from, |cells| R::take(cells), |taken, comparing| taken.put(comparing))
    }
}

/// Gives the cells of one row, from left to right.
pub(crate) struct Reading<'a> {
    rows: &'a TableRows,
    row: usize,
    next: usize,
}

impl<'a> Reading<'a> {
    fn step(&mut self) -> Option<CellAt<'a>> {
        let column = self.next;
        self.next += 1;
        (column < self.rows.columns.len()).then(|| self.rows.cell(self.row, column))
    }
}

impl Source for Reading<'_> {
    fn integer(&mut self) -> Option<i64> {
        if let CellAt::Integer(value) = self.step()? { Some(value) } else { None }
    }

    fn text(&mut self) -> Option<&str> {
        if let CellAt::Text(text) = self.step()? { Some(text) } else { None }
    }

    fn bytes(&mut self) -> Option<&[u8]> {
        if let CellAt::Bytes(bytes) = self.step()? { Some(bytes) } else { None }
    }
}

/// Takes the cells of a row and compares them with those that stand there.
pub(crate) struct Comparing<'a> {
    rows: &'a TableRows,
    row: usize,
    next: usize,
    /// The first column that is another.
    differs: Option<usize>,
}

impl Comparing<'_> {
    fn compare(&mut self, cell: CellAt<'_>) {
        if self.differs.is_none() && self.rows.cell(self.row, self.next) != cell {
            self.differs = Some(self.next);
        }
        self.next += 1;
    }
}

impl Sink for Comparing<'_> {
    fn integer(&mut self, value: i64) {
        self.compare(CellAt::Integer(value));
    }

    fn text(&mut self, value: &str) {
        self.compare(CellAt::Text(value));
    }

    fn bytes(&mut self, value: &[u8]) {
        self.compare(CellAt::Bytes(value));
    }
}
