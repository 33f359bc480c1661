//! Tables, and numbers as they are written in them. Whole numbers throughout: a ratio is its hundredths.

/// A part of the report.
#[derive(Debug)]
pub struct Section {
    /// Its heading.
    pub title: &'static str,
    /// Its tables.
    pub tables: Vec<Table>,
    /// What was aimed at, and what was measured.
    pub aims: Vec<Aim>,
}

impl Section {
    /// An empty one.
    pub fn new(title: &'static str) -> Self {
        Self { title, tables: Vec::new(), aims: Vec::new() }
    }
}

/// What was aimed at, and what was measured.
#[derive(Debug)]
pub struct Aim {
    /// Of what.
    pub what: String,
    /// The aim; empty where the figure is only told.
    pub aim: String,
    /// What was measured.
    pub measured: String,
    /// Whether the aim is met.
    pub met: Option<bool>,
}

/// A table.
#[derive(Debug)]
pub struct Table {
    caption: String,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns, of which the first is words and the others are figures.
    pub fn new(caption: &str, columns: &[&str]) -> Self {
        Self { caption: caption.to_owned(), rows: vec![columns.iter().map(|column| (*column).to_owned()).collect()] }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The table in Markdown.
    pub fn markdown(&self) -> String {
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let columns = self.rows.first().map_or(0, Vec::len);
        let mut text = if self.caption.is_empty() { String::new() } else { format!("### {}\n\n", self.caption) };
        for (index, row) in self.rows.iter().enumerate() {
            let cells = row.iter().enumerate().map(|(column, cell)| {
                let width = width(column);
                if column == 0 { format!(" {cell:<width$} ") } else { format!(" {cell:>width$} ") }
            });
            text += &format!("|{}|\n", cells.collect::<Vec<_>>().join("|"));
            if index == 0 {
                let rules = (0..columns).map(|column| {
                    let rule = "-".repeat(width(column) + 1);
                    if column == 0 { format!("{rule}-") } else { format!("{rule}:") }
                });
                text += &format!("|{}|\n", rules.collect::<Vec<_>>().join("|"));
            }
        }
        text
    }
}

/// The middle one; of an even number, the lower of the two.
pub fn median(values: impl Iterator<Item = u64>) -> u64 {
    let mut values: Vec<u64> = values.collect();
    values.sort_unstable();
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or(0)
}

/// `1234567` as `1,234,567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Hundredths as a factor: `1.23×`, or `12.3×` from ten on.
pub fn ratio(hundredths: u64) -> String {
    if hundredths < 1000 {
        format!("{}.{:02}×", hundredths / 100, hundredths % 100)
    } else {
        format!("{}.{}×", hundredths / 100, hundredths % 100 / 10)
    }
}

/// Nanoseconds as milliseconds.
pub fn milliseconds(nanoseconds: u64) -> String {
    let microseconds = nanoseconds / 1000;
    if microseconds < 10_000 {
        format!("{}.{:03}", microseconds / 1000, microseconds % 1000)
    } else {
        format!("{}.{}", microseconds / 1000, microseconds % 1000 / 100)
    }
}

/// Milliseconds as seconds.
pub fn seconds(milliseconds: u64) -> String {
    format!("{}.{}", milliseconds / 1000, milliseconds % 1000 / 100)
}
