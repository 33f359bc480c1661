//! What a sheet holds: its rows as the library's types, and their keys.

use std::path::Path;

use baoyulan_ledger::command::Command;

use super::fault::{Fault, Place};
use super::keys::Keys;
use super::plan::Planned;
use super::sheet::{Layout, Row, Sheet};

/// What a row says, and the line on which it starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lined<T> {
    pub line: u64,
    pub content: T,
}

/// All rows of a sheet in the file's order.
#[derive(Debug)]
pub struct Table<T> {
    pub layout: &'static Layout,
    pub rows: Vec<Lined<T>>,
    /// What other sheets may refer to.
    pub keys: Keys,
}

impl<T> Table<T> {
    /// Reads a whole sheet; `read_row` also adds each row's key.
    pub fn read(
        folder: &Path,
        layout: &'static Layout,
        mut read_row: impl FnMut(Row<'_>, &mut Keys) -> Result<T, Fault>,
    ) -> Result<Self, Fault> {
        let mut sheet = Sheet::open(folder, layout)?;
        let mut table = Self { layout, rows: Vec::new(), keys: Keys::new(layout) };
        while let Some(row) = sheet.next_row()? {
            let content = read_row(row, &mut table.keys)?;
            table.rows.push(Lined { line: row.line(), content });
        }
        Ok(table)
    }

    /// Where the field of a row is, once the sheet has been closed.
    pub fn place(&self, row: &Lined<T>, column: &str) -> Place {
        Place::file(self.layout.file).line(row.line).column(column)
    }

    /// The command that each row becomes, in the file's order.
    pub fn planned(&self, command: impl Fn(&T) -> Command) -> Vec<Planned> {
        self.rows.iter().map(|row| self.planned_row(row, command(&row.content))).collect()
    }

    /// The command that one row becomes.
    pub fn planned_row(&self, row: &Lined<T>, command: Command) -> Planned {
        Planned { file: self.layout.file, line: row.line, command }
    }
}
