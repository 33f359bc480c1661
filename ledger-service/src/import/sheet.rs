//! Reads one CSV file of a town's folder row by row.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use baoyulan_ledger::ordinary;
use baoyulan_ledger::text::label_as_typed;
use csv::{ErrorKind, ReaderBuilder, StringRecord, Terminator};

use super::fault::{Fault, Place, Problem};
use super::field::Field;
use super::lines::{LONGEST_ROW, LineGuard, LineTrouble};

/// What the format says of a file.
#[derive(Debug)]
pub struct Layout {
    /// The file's name within the folder.
    pub file: &'static str,
    /// What a row is, for messages: a "unit" of `units.csv`.
    pub row: &'static str,
    /// The columns it must have, in any order, among any others.
    pub columns: &'static [&'static str],
    /// Whether it holds volunteers' data, which faults show sparingly.
    pub personal: bool,
}

/// What some programs write between columns, and people with a Chinese keyboard.
const SEPARATORS: [char; 5] = [';', '\t', '|', '，', '；'];

/// One CSV file, open for reading.
pub struct Sheet<R> {
    layout: &'static Layout,
    reader: csv::Reader<LineGuard<R>>,
    header: Vec<String>,
    /// Where the columns of the layout are in the header, in the layout's order.
    positions: Vec<usize>,
    record: StringRecord,
}

impl Sheet<BufReader<File>> {
    /// Opens the file of this layout and checks its header.
    pub fn open(folder: &Path, layout: &'static Layout) -> Result<Self, Fault> {
        let file = ordinary::open(&folder.join(layout.file)).map_err(|reason| {
            let is_missing = reason.kind() == io::ErrorKind::NotFound;
            let problem =
                if is_missing { Problem::FileMissing { others: Vec::new() } } else { Problem::Unreadable { reason } };
            Place::file(layout.file).fault(problem)
        })?;
        Self::new(BufReader::new(file), layout)
    }
}

impl<R: BufRead> Sheet<R> {
    /// Reads and checks the header of a file of this layout.
    pub fn new(input: R, layout: &'static Layout) -> Result<Self, Fault> {
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .terminator(Terminator::Any(b'\n'))
            .from_reader(LineGuard::new(input));
        let mut sheet = Self { layout, reader, header: Vec::new(), positions: Vec::new(), record: StringRecord::new() };
        if !sheet.read_filled_record()? {
            return Err(Place::file(layout.file).fault(Problem::FileEmpty));
        }
        // Names of columns are read as people type them.
        sheet.header = sheet.record.iter().map(|name| label_as_typed(name).to_ascii_lowercase()).collect();
        sheet.positions = sheet.find_columns()?;
        sheet.refuse_repeated_columns()?;
        Ok(sheet)
    }

    /// The next row, or none at the end of the file.
    pub fn next_row(&mut self) -> Result<Option<Row<'_>>, Fault> {
        if !self.read_filled_record()? {
            return Ok(None);
        }
        self.fit_width()?;
        Ok(Some(Row { layout: self.layout, positions: &self.positions, record: &self.record, line: self.line() }))
    }

    fn line(&self) -> u64 {
        self.reader.get_ref().row_line()
    }

    fn place(&self) -> Place {
        Place::file(self.layout.file).line(self.line())
    }

    /// Reads on to a record that has something in it: a spreadsheet writes emptied rows as commas alone.
    fn read_filled_record(&mut self) -> Result<bool, Fault> {
        while self.read_record()? {
            if !self.record.iter().all(|field| field.trim().is_empty()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn read_record(&mut self) -> Result<bool, Fault> {
        self.reader.get_mut().start_row();
        self.reader.read_record(&mut self.record).map_err(|error| self.reading_fault(error))
    }

    fn reading_fault(&self, error: csv::Error) -> Fault {
        #[expect(clippy::wildcard_enum_match_arm, reason = "the kinds are those of csv, which may add more")]
        let reason = match error.into_kind() {
            ErrorKind::Utf8 { err, .. } => {
                let place = match self.header.get(err.field()) {
                    Some(column) => self.place().column(column),
                    None => self.place(),
                };
                return place.fault(Problem::NotUtf8);
            }
            ErrorKind::Io(reason) => reason,
            other => io::Error::other(format!("{other:?}")),
        };
        match reason.downcast::<LineTrouble>() {
            Ok(LineTrouble::RowTooLong) => self.place().fault(Problem::RowTooLong { limit: LONGEST_ROW }),
            Ok(LineTrouble::QuoteNotClosed) => self.place().fault(Problem::QuoteNotClosed),
            Err(reason) => Place::file(self.layout.file).fault(Problem::Unreadable { reason }),
        }
    }

    fn find_columns(&self) -> Result<Vec<usize>, Fault> {
        // Every second byte of UTF-16 is none where the text is ASCII.
        if self.header.iter().any(|name| name.contains('\0')) {
            return Err(self.place().fault(Problem::NotUtf8));
        }
        if let [only] = self.header.as_slice()
            && let Some(separator) = only.chars().find(|character| SEPARATORS.contains(character))
        {
            return Err(self.place().fault(Problem::NotCommas { separator }));
        }
        let is_known = |name: &String| self.layout.columns.contains(&name.as_str());
        if !self.header.iter().any(is_known) {
            return Err(self.place().fault(Problem::NoHeader { columns: self.layout.columns }));
        }
        let find = |column: &&str| {
            let position = self.header.iter().position(|name| name == column);
            position.ok_or_else(|| self.place().column(column).fault(Problem::ColumnMissing))
        };
        self.layout.columns.iter().map(find).collect()
    }

    /// Columns without a name, as a spreadsheet leaves them beside a table, may be many.
    fn refuse_repeated_columns(&self) -> Result<(), Fault> {
        let mut seen = HashSet::new();
        for name in self.header.iter().filter(|name| !name.is_empty()) {
            if !seen.insert(name) {
                return Err(self.place().column(name).fault(Problem::ColumnRepeated));
            }
        }
        Ok(())
    }

    /// Makes the row as wide as the header. A spreadsheet leaves out empty cells at a row's end, or adds some.
    fn fit_width(&mut self) -> Result<(), Fault> {
        let (found, expected) = (self.record.len(), self.header.len());
        if self.record.iter().skip(expected).any(|field| !field.trim().is_empty()) {
            return Err(self.place().fault(Problem::FieldCount { found, expected }));
        }
        self.record.truncate(expected);
        (found..expected).for_each(|_| self.record.push_field(""));
        Ok(())
    }
}

/// One row of a sheet, as wide as its header.
#[derive(Debug, Clone, Copy)]
pub struct Row<'sheet> {
    layout: &'static Layout,
    positions: &'sheet [usize],
    record: &'sheet StringRecord,
    line: u64,
}

impl<'sheet> Row<'sheet> {
    /// The line on which the row starts, counted from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// The file the row is of.
    pub fn layout(&self) -> &'static Layout {
        self.layout
    }

    /// Where the row is.
    pub fn place(&self) -> Place {
        Place::file(self.layout.file).line(self.line)
    }

    /// The field in a column of the layout.
    pub fn field(&self, column: &'static str) -> Result<Field<'sheet>, Fault> {
        let mut columns = self.layout.columns.iter().zip(self.positions);
        columns
            .find(|(name, _)| **name == column)
            .and_then(|(_, position)| self.record.get(*position))
            .map(|text| Field::new(*self, column, text))
            .ok_or_else(|| self.place().column(column).fault(Problem::ColumnMissing))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static LAYOUT: Layout = Layout { file: "themes.csv", row: "month", columns: &["month", "name"], personal: false };

    /// Every row as `line:month=name`, or the fault.
    fn read(bytes: &[u8]) -> Result<Vec<String>, String> {
        let mut sheet = Sheet::new(bytes, &LAYOUT).map_err(|fault| fault.to_string())?;
        let mut rows = Vec::new();
        while let Some(row) = sheet.next_row().map_err(|fault| fault.to_string())? {
            let text = |column| row.field(column).unwrap().raw(99).unwrap();
            rows.push(format!("{}:{}={}", row.line(), text("month"), text("name")));
        }
        Ok(rows)
    }

    #[test]
    fn every_way_to_write_a_sheet_reads_the_same() {
        let cases: [(&str, &[&str]); 15] = [
            ("month,name\n3,a\n5,b\n", &["2:3=a", "3:5=b"]),
            ("month,name\n3,a\n5,b", &["2:3=a", "3:5=b"]),
            ("\u{feff}month,name\r\n3,a\r\n5,b\r\n", &["2:3=a", "3:5=b"]),
            ("month,name\r3,a\r5,b\r", &["2:3=a", "3:5=b"]),
            // Ends that are taken for text would take these rows with them, into a column that nobody reads.
            ("month,name,\r3,a,\r5,b,", &["2:3=a", "3:5=b"]),
            ("month,name,note\n3,a,\r5,b\n", &["2:3=a", "3:5=b"]),
            ("\u{feff}\"month\",\"name\"\r\n\"3\",\"a\"\r\n", &["2:3=a"]),
            ("\n  \nmonth,name\n\n\u{3000}\n3,a\n\r\n5,b\n \t \n", &["6:3=a", "8:5=b"]),
            ("name,month\na,3\n", &["2:3=a"]),
            ("origin,name,,month,\nx,a,y,3,z\n", &["2:3=a"]),
            ("month,name\n3,\"a, \"\"b\"\"\"\n", &["2:3=a, \"b\""]),
            ("month,name,note\n3,a,\"two\n\nlines\"\n5,b,c\n", &["2:3=a", "5:5=b"]),
            // As spreadsheets write emptied rows, and rows whose last cells are empty.
            ("month,name,note\n3,a\n,,\n , ,\u{3000},,\n5,b,c,,\n", &["2:3=a", "5:5=b"]),
            ("month,name\n3\n", &["2:3="]),
            (",,\r\n , \u{3000},\r\nmonth,name,\r\n3,a,\r\n", &["4:3=a"]),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text.as_bytes()).unwrap(), expected, "{text:?}");
        }
        assert_eq!(read(b"month,name\n").unwrap(), Vec::<String>::new());
    }

    #[test]
    fn what_is_wrong_with_a_sheet_is_said() {
        let cases: [(&[u8], &str); 27] = [
            (b"month;name\n3;a\n", "themes.csv, line 1: the columns are separated by ';' and not by commas; "),
            (b"month\tname\n3\ta\n", "themes.csv, line 1: the columns are separated by tabs and not by commas; "),
            (b"month|name\n3|a\n", "themes.csv, line 1: the columns are separated by '|' and not by commas; "),
            ("month，name\n".as_bytes(), "themes.csv, line 1: the columns are separated by '，' and not by commas; "),
            (b"sep=;\nmonth;name\n", "themes.csv, line 1: the columns are separated by ';' and not by commas; "),
            (b"sep=,\nmonth,name\n", "themes.csv, line 1: this line should name the columns, and names none of them; "),
            (
                "\n月份表,\nmonth,name\n".as_bytes(),
                "themes.csv, line 2: this line should name the columns, and names none of them; delete what stands above the names of the columns, or write them: month,name",
            ),
            (b"3,a\n5,b\n", "themes.csv, line 1: this line should name the columns, and names none of them; "),
            (b"m\0o\0n\0t\0h\0,\0n\0a\0m\0e\0\n\0", "themes.csv, line 1: the text is not UTF-8; "),
            (b"", "themes.csv: the file is empty; "),
            (b",,\n", "themes.csv: the file is empty; "),
            (b"\xEF\xBB\xBF\n \r\n", "themes.csv: the file is empty; "),
            (b"\nmonth\n", "themes.csv, line 2, column name: the header does not name this column; "),
            (b"month,names\n", "themes.csv, line 1, column name: the header does not name this column; "),
            (b"month,name,month\n", "themes.csv, line 1, column month: the header names this column more than once; "),
            (b"Month,name, month\n", "themes.csv, line 1, column month: the header names this column more than once; "),
            (b"month,name,x,x\n", "themes.csv, line 1, column x: the header names this column more than once; "),
            (b"month,name\n3,a,b\n", "themes.csv, line 2: the row has 3 fields where the header has 2; "),
            (b"mon\xFFth,name\n", "themes.csv, line 1: the text is not UTF-8; "),
            (b"\xFF\xFEm\x00o\x00\n\x00", "themes.csv, line 1: the text is not UTF-8; "),
            (b"month,name\n\n3,\xC0\xD7\n", "themes.csv, line 3, column name: the text is not UTF-8; "),
            (b"month,name,extra\n3,a,\xFF\n", "themes.csv, line 2, column extra: the text is not UTF-8; "),
            (b"month,name\n3,a\xFF,b,c\n", "themes.csv, line 2, column name: the text is not UTF-8; "),
            (b"month,name\n3,a,b,\xFF\n", "themes.csv, line 2: the text is not UTF-8; "),
            (b"month,name\n3,\"a\n5,b\n", "themes.csv, line 2: a double quote is opened and never closed; "),
            (b"month,name\n3,\"a", "themes.csv, line 2: a double quote is opened and never closed; "),
            (b"\"\n", "themes.csv, line 1: a double quote is opened and never closed; "),
        ];
        for (bytes, expected) in cases {
            let fault = read(bytes).unwrap_err();
            assert!(fault.starts_with(expected), "{fault} is not {expected}");
        }
    }

    #[test]
    fn a_row_that_is_too_long_is_refused_also_over_many_lines() {
        let expected = "themes.csv, line 3: the row is longer than 65536 bytes; ";
        let one_line = "month,name\n3,a\n5,".to_owned() + &"b".repeat(LONGEST_ROW);
        let many_lines = "month,name\n3,a\n5,\"".to_owned() + &"b\n".repeat(LONGEST_ROW);
        for text in [one_line, many_lines] {
            let fault = read(text.as_bytes()).unwrap_err();
            assert!(fault.starts_with(expected), "{fault}");
        }
    }
}
