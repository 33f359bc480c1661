//! The states that follow from the journal, compared row by row with the tables that keep them.

use crate::audit::Difference;
use crate::row::{Keeping, Table};
use crate::store::cells::CellAt;
use crate::store::rows::TableRows;

/// What a table should hold.
#[derive(Debug)]
pub(crate) struct Expected {
    rows: TableRows,
    /// How many columns its key has.
    key: usize,
    /// The rows in the order of their keys.
    order: Vec<u32>,
    /// Which of the rows, in that order, have been found.
    is_found: Vec<bool>,
}

impl Expected {
    /// These rows, and no others. `key` says how many columns the key has.
    pub(crate) fn of(rows: TableRows, key: usize) -> Self {
        let mut order: Vec<u32> = (0..rows.len() as u32).collect();
        order.sort_unstable_by(|one, other| rows.compare(*one as usize, &rows, *other as usize, key));
        let is_found = vec![false; rows.len()];
        Self { rows, key, order, is_found }
    }

    /// The table.
    pub(crate) fn table(&self) -> &'static Table {
        self.rows.table
    }

    /// How many columns the key has.
    pub(crate) fn key(&self) -> usize {
        self.key
    }

    /// Compares some rows of the table.
    ///
    /// # Errors
    /// The first [`Difference`].
    pub(crate) fn compare(&mut self, page: &TableRows) -> Result<(), Difference> {
        for row in 0..page.len() {
            let place = self.order.binary_search_by(|at| self.rows.compare(*at as usize, page, row, self.key));
            let Ok(place) = place else {
                if is_nothing(page, row, self.key) {
                    continue;
                }
                return Err(Difference::extra(page, row));
            };
            if let Some(difference) = Difference::between(page, row, &self.rows, self.order[place] as usize) {
                return Err(difference);
            }
            if std::mem::replace(&mut self.is_found[place], true) {
                return Err(Difference::extra(page, row));
            }
        }
        Ok(())
    }

    /// Compares what is left after all rows of the table.
    ///
    /// # Errors
    /// The first row that the table lacks.
    pub(crate) fn end(&self) -> Result<(), Difference> {
        for (row, _) in self.order.iter().zip(&self.is_found).filter(|(_, is_found)| !**is_found) {
            if !is_nothing(&self.rows, *row as usize, self.key) {
                return Err(Difference::missing(&self.rows, *row as usize));
            }
        }
        Ok(())
    }
}

/// Whether a state says as much as no row would: nothing is left in a lot, or counted.
fn is_nothing(rows: &TableRows, row: usize, key: usize) -> bool {
    let columns = rows.table.columns().len();
    matches!(rows.table.keeping, Keeping::State(_))
        && columns > key
        && (key..columns).all(|column| rows.cell(row, column) == CellAt::Integer(0))
}
