//! What is wrong with a town's folder, where, and what to do about it.

use std::fmt;
use std::io;

use thiserror::Error;

/// The first thing found wrong with a town's folder. The folder is not imported.
#[derive(Debug, Error)]
#[error("{place}: {problem}")]
pub struct Fault {
    /// Where it is.
    pub place: Place,
    /// What it is, and what to do about it.
    pub problem: Problem,
}

/// Something a coordinator should look at, but which does not keep the folder from being imported.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{place}: {notice}")]
pub struct Warning {
    /// Where it is.
    pub place: Place,
    /// What it is, and what to do about it.
    pub notice: Notice,
}

/// A place in a town's folder, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file's name within the folder.
    pub file: &'static str,
    /// The line on which the row starts, counted from 1 over every line of the file.
    pub line: Option<u64>,
    /// The column's name in the header.
    pub column: Option<Box<str>>,
}

impl Place {
    /// A file as a whole.
    pub fn file(file: &'static str) -> Self {
        Self { file, line: None, column: None }
    }

    /// The row of this file that starts on `line`.
    pub fn line(mut self, line: u64) -> Self {
        self.line = Some(line);
        self
    }

    /// The field of this row in `column`; the name may come from a file's header, so it is cut and escaped.
    pub fn column(mut self, column: &str) -> Self {
        self.column = Some(cut(column).escape_debug().to_string().into_boxed_str());
        self
    }

    /// This place is wrong.
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

/// Everything that can be wrong with the structure of a town's folder.
#[derive(Debug, Error)]
pub enum Problem {
    /// The bank has the row's activity with another content.
    #[error(
        "the bank knows this activity with another {0}, and points were given on that; correct the row, or give the activity a new activity_id"
    )]
    KnownDifferently(String),
    /// A file that the format asks for is not there.
    #[error("the file is not in the folder; check the folder's path, or add the file")]
    FileMissing,
    /// The operating system does not let the file be read.
    #[error("the file cannot be read ({reason}); check that it is a file you may read, and try again")]
    Unreadable {
        /// What the operating system says.
        reason: io::Error,
    },
    /// There is no header line.
    #[error("the file is empty; write the header line, also if there are no rows")]
    FileEmpty,
    /// The header lacks a column of the format.
    #[error("the header does not name this column; add the column, spelled exactly so")]
    ColumnMissing,
    /// The header names a column twice.
    #[error("the header names this column more than once; keep one of them")]
    ColumnRepeated,
    /// A row is not as wide as the header.
    #[error(
        "the row has {found} fields where the header has {expected}; give every column one field, and put double quotes around a text that holds a comma"
    )]
    FieldCount {
        /// The fields of the row.
        found: usize,
        /// The columns of the header.
        expected: usize,
    },
    /// A row is longer than any sensible one.
    #[error("the row is longer than {limit} bytes; look for a double quote that is never closed, or shorten the row")]
    RowTooLong {
        /// The longest row that is read.
        limit: usize,
    },
    /// A quoted field runs to the end of the file.
    #[error("a double quote is opened and never closed; close it, or remove it")]
    QuoteNotClosed,
    /// The bytes are not UTF-8.
    #[error("the text is not UTF-8; save the file again as \"CSV UTF-8\"")]
    NotUtf8,
    /// A character that no text of a spreadsheet holds.
    #[error("the text holds the control character U+{:04X}; remove it", u32::from(*character))]
    ControlCharacter {
        /// The first of them.
        character: char,
    },
    /// More text than the column takes.
    #[error("the text is {found} characters long; shorten it to at most {limit}")]
    TextTooLong {
        /// The characters of the text.
        found: usize,
        /// The most that the column takes.
        limit: usize,
    },
    /// Nothing where something is needed.
    #[error("the field is empty; fill it in")]
    FieldEmpty,
    /// A station code or SKU with other characters than those that fit on a label.
    #[error("not a code{value}; use only the letters A-Z and a-z, digits and . _ : / -")]
    NotAPlainCode {
        /// The text.
        value: Shown,
    },
    /// A number with anything but digits.
    #[error("not a whole number{value}; write digits only, e.g. 25")]
    NotAnInteger {
        /// The text.
        value: Shown,
    },
    /// A number that makes no sense here.
    #[error("the number{value} is out of range; write a whole number from {lowest} to {highest}")]
    OutOfRange {
        /// The text.
        value: Shown,
        /// The lowest number that makes sense.
        lowest: i64,
        /// The highest number that makes sense.
        highest: i64,
    },
    /// A coefficient that is malformed, negative, too large or too fine.
    #[error("not a coefficient{value}; write a number from 0 to 1000 with at most 6 decimals, e.g. 1.25")]
    NotACoefficient {
        /// The text.
        value: Shown,
    },
    /// A word other than those the column knows.
    #[error("unknown word{value}; write one of: {allowed}")]
    NotAmong {
        /// The text.
        value: Shown,
        /// The words the column knows.
        allowed: Box<str>,
    },
    /// Not a date, or none of the calendar.
    #[error("not a real date{value}; write it as YYYY-MM-DD, e.g. 2026-03-05")]
    NotADate {
        /// The text.
        value: Shown,
    },
    /// Not a time, or none of the calendar and clock.
    #[error("not a real time{value}; write it as YYYY-MM-DDTHH:MM from 00:00 to 23:59, e.g. 2026-03-05T18:30")]
    NotATime {
        /// The text.
        value: Shown,
    },
    /// Not ten digits, or the last two do not check the first eight.
    #[error("not a card number{value}; write the 10 digits of the card, the last two of which are its check digits")]
    NotACardNumber {
        /// The text.
        value: Shown,
    },
    /// A key that an earlier row has already.
    #[error("the {what}{value} is already on line {first_line}; keep one of the two rows")]
    Repeated {
        /// What the key names.
        what: &'static str,
        /// The key.
        value: Shown,
        /// Where the earlier row starts.
        first_line: u64,
    },
    /// A key that no row of the other file has.
    #[error("unknown {what}{value}; add it to {file} or correct the row")]
    Unknown {
        /// What the key names.
        what: &'static str,
        /// The key.
        value: Shown,
        /// The file that lacks it.
        file: &'static str,
    },
    /// Following the parents of a unit leads back to it.
    #[error("the unit{value} ends up under itself; correct the parents so that they lead to the town")]
    UnitUnderItself {
        /// The unit.
        value: Shown,
    },
    /// An activity that does not end after it starts.
    #[error("the activity does not end after it starts; correct its start or its end")]
    EndNotAfterStart,
}

/// Everything that is worth a warning.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Notice {
    /// An activity with an organiser whom `volunteers.csv` does not know.
    #[error(
        "unknown organiser{value}, so nobody gets the organiser's points; add the volunteer to volunteers.csv or correct the row if somebody should"
    )]
    UnknownOrganiser {
        /// The card number.
        value: Shown,
    },
}

/// A value of a file as it may be shown: quoted, cut and escaped; or not at all.
///
/// It displays with a space before it, so that a sentence reads well without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown(Option<Box<str>>);

impl Shown {
    /// A value that is no secret.
    pub fn open(text: &str) -> Self {
        let short = cut(text);
        let ellipsis = if short.len() < text.len() { "…" } else { "" };
        Self(Some(format!("{short:?}{ellipsis}").into_boxed_str()))
    }

    /// A value from among a volunteer's data: shown only if it looks like a code, since a name may have slipped
    /// into the wrong column.
    pub fn personal(text: &str) -> Self {
        let like_a_code =
            text.bytes().all(|byte| byte.is_ascii_graphic()) && text.bytes().any(|byte| byte.is_ascii_digit());
        if like_a_code { Self::open(text) } else { Self(None) }
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(text) => write!(formatter, " {text}"),
            None => Ok(()),
        }
    }
}

/// The longest piece of a file that a message shows, in characters.
const LONGEST_SHOWN: usize = 40;

fn cut(text: &str) -> &str {
    match text.char_indices().nth(LONGEST_SHOWN) {
        Some((end, _)) => text.get(..end).unwrap_or_default(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shown_value_is_cut_and_escaped() {
        let cases = [
            ("S01", " \"S01\""),
            ("", " \"\""),
            ("a\nb\u{0}\u{85}\u{1b}\u{202e}", " \"a\\nb\\0\\u{85}\\u{1b}\\u{202e}\""),
            ("say \"hi\"", " \"say \\\"hi\\\"\""),
        ];
        for (text, expected) in cases {
            assert_eq!(Shown::open(text).to_string(), expected);
        }
        assert_eq!(Shown::open(&"驿".repeat(41)).to_string(), format!(" \"{}\"…", "驿".repeat(40)));
        assert_eq!(Shown::open(&"驿".repeat(40)).to_string(), format!(" \"{}\"", "驿".repeat(40)));
    }

    #[test]
    fn a_name_among_personal_data_is_not_shown() {
        for name in ["王小芳", "Wang Fang", "WangFang", ""] {
            assert_eq!(Shown::personal(name).to_string(), "", "{name}");
        }
        for code in ["T9", "1000347227", "grid-1"] {
            assert_eq!(Shown::personal(code), Shown::open(code));
        }
    }

    #[test]
    fn a_column_name_of_a_file_is_cut_and_escaped() {
        let place = Place::file("units.csv").line(1).column(&"\r".repeat(50));
        assert_eq!(place.to_string(), format!("units.csv, line 1, column {}", "\\r".repeat(40)));
    }
}
