//! The one writer of CSV that people open: whatever is downloaded, printed or reported as a table.
//!
//! A spreadsheet calculates a cell that begins like a formula, and what stands in a cell may be out of somebody's file. So a
//! text that begins like one gets an apostrophe in front, as spreadsheets themselves mark a text; so does what stands behind a
//! semicolon, a tabulator or a bar, for some countries' spreadsheets begin a new cell there. Numbers of our own are written as
//! they are, also below zero: they stay numbers, and no number is a formula.

use std::io::Write;

/// What stands in a cell.
#[derive(Debug, Clone, Copy)]
pub enum Cell<'a> {
    Text(&'a str),
    Number(i128),
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Cell<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl From<i128> for Cell<'_> {
    fn from(number: i128) -> Self {
        Self::Number(number)
    }
}

impl From<i64> for Cell<'_> {
    fn from(number: i64) -> Self {
        Self::Number(number.into())
    }
}

impl Cell<'_> {
    fn written(self) -> String {
        match self {
            Self::Text(text) => harmless(text),
            Self::Number(number) => number.to_string(),
        }
    }
}

/// The text with an apostrophe before whatever a spreadsheet may take for something to calculate: at its start, and where
/// another country's spreadsheet begins a new cell.
fn harmless(text: &str) -> String {
    let mut written = String::with_capacity(text.len() + 1);
    let mut begins = true;
    for character in text.chars() {
        if begins && is_formulas(character) {
            written.push('\'');
        }
        written.push(character);
        // A blank before a formula hides it from nobody.
        begins = is_separator(character) || (begins && character == ' ');
    }
    written
}

/// What a formula begins with. A full-width sign is one where people write Chinese.
fn is_formulas(character: char) -> bool {
    matches!(character, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠')
}

/// What separates cells in some countries' tables. A comma does in ours, so a cell that has one stands in quotation marks.
fn is_separator(character: char) -> bool {
    matches!(character, ';' | '\t' | '|')
}

/// A table of `N` columns.
pub struct Cells<W: Write, const N: usize>(csv::Writer<W>);

impl<W: Write, const N: usize> Cells<W, N> {
    /// Writes the header.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn new(output: W, header: [&str; N]) -> anyhow::Result<Self> {
        let mut cells = Self(csv::Writer::from_writer(output));
        cells.row(header.map(Cell::Text))?;
        Ok(cells)
    }

    /// Writes a row.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn row(&mut self, row: [Cell<'_>; N]) -> anyhow::Result<()> {
        Ok(self.0.write_record(row.map(Cell::written))?)
    }

    /// Writes what is left, and gives back what was written to.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(self) -> anyhow::Result<W> {
        let mut output = self.0.into_inner().map_err(|error| anyhow::anyhow!("{}", error.error()))?;
        output.flush()?;
        Ok(output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_begins_like_a_formula_and_numbers_stay_numbers() {
        for (text, cell) in [
            ("=1+1", "'=1+1"),
            ("+8613800000000", "'+8613800000000"),
            ("-2", "'-2"),
            ("@x", "'@x"),
            ("\t=1", "'\t'=1"),
            (" =1", " '=1"),
            ("x;=1+1", "x;'=1+1"),
            ("x; @y|-1\t+2", "x; '@y|'-1\t'+2"),
            ("x;y=1", "x;y=1"),
            ("\r=1", "'\r=1"),
            ("＝1", "'＝1"),
            ("没有", "没有"),
            ("1-2", "1-2"),
            ("", ""),
        ] {
            assert_eq!(Cell::Text(text).written(), cell);
        }
        assert_eq!(Cell::Number(-2).written(), "-2");
        let mut cells = Cells::new(Vec::new(), ["a", "b"]).unwrap();
        cells.row(["=A1".into(), (-3_i64).into()]).unwrap();
        assert_eq!(cells.finish().unwrap(), b"a,b\n'=A1,-3\n");
    }

    /// Whoever writes a table goes through here.
    #[test]
    fn nobody_else_writes_csv() {
        fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
            let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
            paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
        }
        let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let writes = |path: &std::path::PathBuf| {
            let text = std::fs::read_to_string(path).unwrap();
            ["csv::Writer", "write_record"].iter().any(|word| text.contains(word))
        };
        let writers: Vec<_> = files(&source).into_iter().filter(writes).collect();
        // The other two are tests that make sheets to be read.
        let known = ["cells.rs", "fuzz/sheets.rs", "import/town/tests.rs"];
        assert_eq!(writers.len(), known.len(), "{writers:?}");
        assert!(writers.iter().all(|path| known.iter().any(|known| path.ends_with(known))));
    }
}
