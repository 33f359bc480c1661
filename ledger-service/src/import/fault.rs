//! What is wrong with a town's files, where, and what to do about it. The words are in [`super::said`].

use std::fmt;
use std::io;

use page_parts::Language;
use thiserror::Error;

use super::shown::{Shown, cut};

/// The first thing that is wrong with a town's files, which are then not imported.
#[derive(Debug, Error)]
#[error("{}", self.say(Language::English))]
pub struct Fault {
    pub place: Place,
    pub problem: Problem,
}

/// Something a coordinator should look at, but which does not keep the files from being imported.
#[derive(Debug, PartialEq, Eq)]
pub struct Warning {
    pub place: Place,
    pub notice: Notice,
}

/// A place in a town's files, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its name.
    pub file: &'static str,
    /// The line on which the row starts, counted from 1 over every line of the file.
    pub line: Option<u64>,
    /// Its name in the header.
    pub column: Option<Box<str>>,
}

impl Place {
    pub fn file(file: &'static str) -> Self {
        Self { file, line: None, column: None }
    }

    /// Narrows a file to the row that starts on `line`.
    pub fn line(mut self, line: u64) -> Self {
        self.line = Some(line);
        self
    }

    /// Narrows a row to its field in `column`, whose name is cut and escaped, since it may come from a file's header.
    pub fn column(mut self, column: &str) -> Self {
        self.column = Some(cut(column).escape_debug().to_string().into_boxed_str());
        self
    }

    /// Says what is wrong at this place.
    pub fn fault(self, problem: Problem) -> Fault {
        Fault { place: self, problem }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.say(Language::English))
    }
}

/// Everything that can be wrong with a town's files, with its words in `locales/<language>/faults.ftl`.
#[derive(Debug)]
pub enum Problem {
    KnownDifferently {
        /// The first column that differs.
        column: &'static str,
    },
    /// The file, and all these others.
    FileMissing {
        others: Vec<&'static str>,
    },
    Unreadable {
        /// What the operating system says.
        reason: io::Error,
    },
    FileEmpty,
    ColumnMissing,
    NoHeader {
        columns: &'static [&'static str],
    },
    NotCommas {
        separator: char,
    },
    ColumnRepeated,
    FieldCount {
        found: usize,
        expected: usize,
    },
    RowTooLong {
        limit: usize,
    },
    QuoteNotClosed,
    NotUtf8,
    ControlCharacter {
        /// The first in the text.
        character: char,
    },
    /// Both in characters.
    TextTooLong {
        found: usize,
        limit: usize,
    },
    FieldEmpty,
    NoLetter,
    NotAReceiptCode(Shown),
    NotAnInteger(Shown),
    OutOfRange {
        value: Shown,
        lowest: i64,
        highest: i64,
    },
    NotACoefficient(Shown),
    NotAmong {
        value: Shown,
        /// The words that the column knows, with commas between them.
        allowed: Box<str>,
    },
    NotADate(Shown),
    NotATime(Shown),
    NotACardNumber(Shown),
    Repeated {
        /// What a row of the file is, as in [`Layout::row`](super::sheet::Layout::row).
        what: &'static str,
        value: Shown,
        /// Where the earlier row starts.
        first_line: u64,
    },
    Unknown {
        /// What a row of the other file is, as in [`Layout::row`](super::sheet::Layout::row).
        what: &'static str,
        value: Shown,
        /// The other file.
        file: &'static str,
    },
    UnitUnderItself(Shown),
    EndNotAfterStart,
    DateNotOfStart,
    LongerThanADay,
    YearOutOfRange,
}

/// Everything that is worth a warning.
#[derive(Debug, PartialEq, Eq)]
pub enum Notice {
    UnknownOrganiser(Shown),
    StockOpened { opened: i64, pieces: i64 },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_name_of_a_file_is_cut_and_escaped() {
        let place = Place::file("units.csv").line(1).column(&"\r".repeat(50));
        assert_eq!(place.column.as_deref(), Some("\\r".repeat(40).as_str()));
    }
}
