//! The rows of one table, handed out position by position.

use std::collections::VecDeque;

use crate::audit::Difference;
use crate::row::Row;
use crate::store::audit::Stream;
use crate::store::rows::TableRows;

/// What has been read of a table and not been used yet.
#[derive(Debug)]
pub(super) struct Feed {
    pub(super) stream: Stream,
    sheets: VecDeque<TableRows>,
    /// The next row of the first sheet.
    row: usize,
}

impl Feed {
    pub(super) fn of(stream: Stream) -> Self {
        Self { stream, sheets: VecDeque::new(), row: 0 }
    }

    pub(super) fn push(&mut self, sheet: TableRows) {
        self.sheets.push_back(sheet);
    }

    /// The next row, if it is of the record at this position.
    pub(super) fn next_at(&mut self, position: i64) -> Option<(&TableRows, usize)> {
        while self.sheets.front().is_some_and(|sheet| self.row >= sheet.len()) {
            self.sheets.pop_front();
            self.row = 0;
        }
        let (sheet, row) = (self.sheets.front()?, self.row);
        if sheet.integer(row, self.stream.position) != position {
            return None;
        }
        self.row += 1;
        Some((sheet, row))
    }

    /// The only row of a record, as a type that is known, with its own cells from the column `from` on.
    pub(super) fn only<R: Row>(&mut self, position: i64, from: usize) -> Result<Option<R>, Difference> {
        let Some((sheet, row)) = self.next_at(position) else { return Ok(None) };
        let taken = sheet.row(row, from).map_err(|column| misread(sheet, row, column))?;
        match self.next_at(position) {
            Some((sheet, row)) => Err(Difference::extra(sheet, row)),
            None => Ok(Some(taken)),
        }
    }
}

/// A cell that the ledger would not have written.
pub(super) fn misread(sheet: &TableRows, row: usize, column: usize) -> Difference {
    Difference::cell(sheet, row, column, "a value that the ledger writes")
}
