//! What is wrong with a town's folder, where, and what to do about it.

use std::fmt;
use std::io;

use baoyulan_ledger::earn::policy::{COEFFICIENT_MAX, COEFFICIENT_PLACES_MAX};
use thiserror::Error;

use super::shown::{Shown, cut};

/// The first thing that is wrong with a town's folder, which is then not imported.
#[derive(Debug, Error)]
#[error("{place}: {problem}")]
pub struct Fault {
    pub place: Place,
    pub problem: Problem,
}

/// Something a coordinator should look at, but which does not keep the folder from being imported.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{place}: {notice}")]
pub struct Warning {
    pub place: Place,
    pub notice: Notice,
}

/// A place in a town's folder, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its name within the folder.
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

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.file)?;
        if let Some(line) = self.line {
            write!(formatter, ", line {line}")?;
        }
        if let Some(column) = &self.column {
            write!(formatter, ", column {column}")?;
        }
        Ok(())
    }
}

fn separator_words(separator: char) -> String {
    if separator == '\t' { "tabs".to_owned() } else { format!("'{separator}'") }
}

/// Everything that can be wrong with a town's folder. Each message says what it is and, after a semicolon, what to do.
#[derive(Debug, Error)]
pub enum Problem {
    #[error(
        "the bank knows this activity with another {column}, and points were given on that; correct the row, or give the activity a new activity_id"
    )]
    KnownDifferently {
        /// The first column that differs.
        column: &'static str,
    },
    #[error("the file is missing; add it to the folder or to the upload, or check the folder's path")]
    FileMissing,
    #[error("the file cannot be read ({reason}); check that it is a file you may read, and try again")]
    Unreadable {
        /// What the operating system says.
        reason: io::Error,
    },
    #[error("the file is empty; write the header line, even if there are no rows")]
    FileEmpty,
    #[error("the header does not name this column; add the column, spelled exactly like this")]
    ColumnMissing,
    #[error(
        "this line should name the columns, and names none of them; delete what stands above the names of the columns, or write them: {}",
        columns.join(",")
    )]
    NoHeader { columns: &'static [&'static str] },
    #[error("the columns are separated by {} and not by commas; save the file again as \"CSV UTF-8\", with commas", separator_words(*.separator))]
    NotCommas { separator: char },
    #[error("the header names this column more than once; keep one of them")]
    ColumnRepeated,
    #[error(
        "the row has {found} fields where the header has {expected}; give every column one field, and put double quotes around a text that holds a comma"
    )]
    FieldCount { found: usize, expected: usize },
    #[error("the row is longer than {limit} bytes; look for a double quote that is never closed, or shorten the row")]
    RowTooLong { limit: usize },
    #[error("a double quote is opened and never closed; close it, or remove it")]
    QuoteNotClosed,
    #[error("the text is not UTF-8; save the file again as \"CSV UTF-8\"")]
    NotUtf8,
    #[error("the text holds the control character U+{:04X}; nobody can see it: delete the text and type it again", u32::from(*character))]
    ControlCharacter {
        /// The first in the text.
        character: char,
    },
    /// Both in characters.
    #[error("the text is {found} characters long; shorten it to at most {limit}")]
    TextTooLong { found: usize, limit: usize },
    #[error("the field is empty; fill it in")]
    FieldEmpty,
    #[error("a name has letters, and this one has none; write the person's name")]
    NoLetter,
    #[error("the text{0} is not a code; use only the letters A-Z and a-z, digits and . _ : / -")]
    NotAReceiptCode(Shown),
    #[error("the text{0} is not a whole number; write digits only, e.g. 25")]
    NotAnInteger(Shown),
    #[error("the number{value} is out of range; write a whole number from {lowest} to {highest}")]
    OutOfRange { value: Shown, lowest: i64, highest: i64 },
    #[error(
        "the text{0} is not a coefficient; write a number from 0 to {COEFFICIENT_MAX} with at most {COEFFICIENT_PLACES_MAX} decimals, e.g. 1.25"
    )]
    NotACoefficient(Shown),
    #[error("this column does not know the word{value}; write one of: {allowed}")]
    NotAmong {
        value: Shown,
        /// The words that the column knows, with commas between them.
        allowed: Box<str>,
    },
    #[error("the text{0} is not a real date; write it as YYYY-MM-DD, e.g. 2026-03-05")]
    NotADate(Shown),
    #[error("the text{0} is not a real time; write it as YYYY-MM-DDTHH:MM from 00:00 to 23:59, e.g. 2026-03-05T18:30")]
    NotATime(Shown),
    #[error(
        "the text{0} is not a card number; write the 10 digits of the card, the last two of which are its check digits"
    )]
    NotACardNumber(Shown),
    #[error("the {what}{value} is already on line {first_line}; keep one of the two rows")]
    Repeated {
        /// What a row of the file is, as in [`Layout::row`](super::sheet::Layout::row).
        what: &'static str,
        value: Shown,
        /// Where the earlier row starts.
        first_line: u64,
    },
    #[error("no row of {file} has the {what}{value}; add one, or correct this row")]
    Unknown {
        /// What a row of the other file is, as in [`Layout::row`](super::sheet::Layout::row).
        what: &'static str,
        value: Shown,
        /// The other file.
        file: &'static str,
    },
    #[error("the unit{0} is part of itself; correct the parents so that they lead to the town")]
    UnitUnderItself(Shown),
    #[error("the activity does not end after it starts; correct its start or its end")]
    EndNotAfterStart,
    #[error(
        "the activity starts on another day than its date; write the day on which it starts, also if it runs past midnight"
    )]
    DateNotOfStart,
    #[error("the activity lasts longer than 24 hours; correct its start or its end, or make an activity of each day")]
    LongerThanADay,
    #[error("the activity is not in the years 1970 to 9999; correct its year")]
    YearOutOfRange,
}

/// Everything that is worth a warning.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Notice {
    #[error(
        "no row of volunteers.csv has the organiser's card{0}, and unless the bank knows it, nobody gets the organiser's points; add the volunteer, or correct the row"
    )]
    UnknownOrganiser(Shown),
    #[error(
        "the bank opened this stock with {opened}, not {pieces}, and an import opens stock only once: nothing was changed; for more pieces, add an offer with a SKU of its own"
    )]
    StockOpened { opened: i64, pieces: i64 },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_name_of_a_file_is_cut_and_escaped() {
        let place = Place::file("units.csv").line(1).column(&"\r".repeat(50));
        assert_eq!(place.to_string(), format!("units.csv, line 1, column {}", "\\r".repeat(40)));
    }
}
