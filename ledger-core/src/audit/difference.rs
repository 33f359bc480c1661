//! The first thing in which a bank is not what its journal says.

use std::fmt;

use crate::row::Keeping;
use crate::store::cells::CellAt;
use crate::store::rows::TableRows;
use crate::text::shown;

/// Tables that hold what is known of people. What stands in them is never said.
const OF_PEOPLE: [&str; 4] = ["ledger_people", "ledger_titles", "ledger_pins", "ledger_audit_details"];
/// What is said of it instead.
const ANOTHER: &str = "another value";

/// Where the bank is not what the journal says, what stands there, and what should. In English, for engineers; it names nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The table, `ledger_…`.
    pub table: &'static str,
    /// The row, by its position or its key; empty where the whole table is meant.
    pub row: String,
    /// The column; empty where the whole row is meant.
    pub column: &'static str,
    /// What stands there.
    pub found: String,
    /// What should stand there.
    pub expected: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.table)?;
        for part in [&*self.row, self.column].into_iter().filter(|part| !part.is_empty()) {
            write!(formatter, ", {part}")?;
        }
        write!(formatter, ": found {}, expected {}", self.found, self.expected)
    }
}

impl Difference {
    /// Something of the record at a position.
    pub(crate) fn at(
        position: i64,
        (table, column): (&'static str, &'static str),
        found: impl fmt::Display,
        expected: impl fmt::Display,
    ) -> Self {
        Self {
            table,
            row: format!("position {position}"),
            column,
            found: found.to_string(),
            expected: expected.to_string(),
        }
    }

    /// A cell of a row.
    pub(crate) fn cell(rows: &TableRows, row: usize, column: usize, expected: &str) -> Self {
        let table = rows.table.name;
        let found = if OF_PEOPLE.contains(&table) { ANOTHER.to_owned() } else { rows.cell(row, column).to_string() };
        Self {
            table,
            row: name_of(rows, row),
            column: rows.table.columns().nth(column).map_or("", |column| column.name),
            found,
            expected: expected.to_owned(),
        }
    }

    /// A row that is there and should not be.
    pub(crate) fn extra(rows: &TableRows, row: usize) -> Self {
        let (found, expected) = ("a row".to_owned(), "none".to_owned());
        Self { table: rows.table.name, row: name_of(rows, row), column: "", found, expected }
    }

    /// A row that should be there.
    pub(crate) fn missing(rows: &TableRows, row: usize) -> Self {
        let (found, expected) = ("no row".to_owned(), "one".to_owned());
        Self { found, expected, ..Self::extra(rows, row) }
    }

    /// The first cell in which a row is not the one that it should be.
    pub(crate) fn between(found: &TableRows, row: usize, expected: &TableRows, expected_row: usize) -> Option<Self> {
        let differs = |column: &usize| found.cell(row, *column) != expected.cell(expected_row, *column);
        let column = (0..found.table.columns().len()).find(differs)?;
        let is_of_people = OF_PEOPLE.contains(&found.table.name);
        let should = expected.cell(expected_row, column);
        let expected = if is_of_people { "what the journal has a digest of".to_owned() } else { should.to_string() };
        Some(Self::cell(found, row, column, &expected))
    }
}

/// The row's position and what comes after it, or the key of a state.
fn name_of(rows: &TableRows, row: usize) -> String {
    let columns = match rows.table.keeping {
        Keeping::State(key) => key,
        Keeping::Journal | Keeping::Beside if OF_PEOPLE.contains(&rows.table.name) => 1,
        Keeping::Journal | Keeping::Beside => 2,
    };
    let names = rows.table.columns().take(columns).enumerate();
    let parts = names.map(|(column, of)| {
        let cell = rows.cell(row, column);
        if let CellAt::Text(text) = cell {
            format!("{} {}", of.name, shown(text))
        } else {
            format!("{} {cell}", of.name)
        }
    });
    parts.collect::<Vec<_>>().join(", ")
}
