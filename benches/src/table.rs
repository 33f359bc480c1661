//! Tables, and how numbers are written in them. All figures are whole numbers; a ratio is given in hundredths.

/// A part of the report.
#[derive(Debug)]
pub struct Section {
    /// The heading.
    pub title: &'static str,
    /// The tables, in their order.
    pub tables: Vec<Table>,
    /// The aims of this part, each with the figure that was measured.
    pub aims: Vec<Aim>,
}

impl Section {
    /// Makes a part without tables and aims.
    pub fn new(title: &'static str) -> Self {
        Self { title, tables: Vec::new(), aims: Vec::new() }
    }
}

/// An aim and the figure that was measured.
#[derive(Debug)]
pub struct Aim {
    /// What is measured, in words.
    pub what: String,
    /// The aim, in words; empty if there is none.
    pub aim: String,
    /// The figure, in words.
    pub measured: String,
    /// Whether the aim is met; `None` if there is none.
    pub met: Option<bool>,
}

/// A table of the report.
#[derive(Debug)]
pub struct Table {
    caption: String,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Makes a table with these columns. The first holds words, the others figures.
    pub fn new(caption: &str, columns: &[&str]) -> Self {
        Self { caption: caption.to_owned(), rows: vec![columns.iter().map(|column| (*column).to_owned()).collect()] }
    }

    /// Adds a row at the end.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Writes the table in Markdown.
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

/// The middle value, or the lower of the two middle ones.
pub fn median(values: impl Iterator<Item = u64>) -> u64 {
    let mut values: Vec<u64> = values.collect();
    values.sort_unstable();
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or(0)
}

/// Writes `1234567` as `1,234,567`.
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

/// Writes hundredths as a factor: `1.23×`, or `12.3×` from ten upwards.
pub fn ratio(hundredths: u64) -> String {
    if hundredths < 1000 {
        format!("{}.{:02}×", hundredths / 100, hundredths % 100)
    } else {
        format!("{}.{}×", hundredths / 100, hundredths % 100 / 10)
    }
}

/// Writes nanoseconds as milliseconds.
pub fn milliseconds(nanoseconds: u64) -> String {
    let microseconds = nanoseconds / 1000;
    if microseconds < 10_000 {
        format!("{}.{:03}", microseconds / 1000, microseconds % 1000)
    } else {
        format!("{}.{}", microseconds / 1000, microseconds % 1000 / 100)
    }
}

/// Writes milliseconds as seconds.
pub fn seconds(milliseconds: u64) -> String {
    format!("{}.{}", milliseconds / 1000, milliseconds % 1000 / 100)
}
