//! What a slip says, from top to bottom.

use super::slip::{Kind, Line, Slip};
use super::words::Words;

/// One row; how it looks is the typesetter's.
#[derive(Debug, PartialEq, Eq)]
pub enum Row {
    /// White on black, across the paper.
    Band(String),
    /// Large, in the middle; a little smaller where it then fits on one line.
    Heading(String),
    Middle(String),
    Left(String),
    /// A word at the left, its value at the right.
    Pair(String, String),
    /// The same, without the word where there is no room for both: what the value is can be seen.
    EvidentPair(String, String),
    /// The same as a pair, large.
    LargePair(String, String),
    Rule,
    Code,
}

/// The rows of a slip, with its QR code or with words in its place.
pub fn rows(slip: &Slip, has_code: bool) -> Vec<Row> {
    let words = Words::of(slip.language);
    let copy = || slip.is_copy.then(|| Row::Band(words.copy.to_owned()));
    let reversed = || Row::Band(words.reversal.to_owned());
    let partly = || slip.is_partly_returned.then(|| Row::Band(words.partly.to_owned()));
    let mut rows = Vec::new();
    rows.extend(copy());
    rows.extend((slip.kind == Kind::Reversal || slip.is_reversed).then(reversed));
    rows.extend(partly());
    rows.push(Row::Heading(slip.title.clone()));
    rows.push(Row::Rule);
    rows.push(pair(words.number, &slip.receipt_number));
    rows.push(pair(words.station, &slip.station));
    rows.push(Row::EvidentPair(words.time.to_owned(), slip.time.clone()));
    rows.push(Row::Rule);
    rows.extend(slip.lines.iter().flat_map(|line| line_rows(line, words)));
    rows.push(Row::Rule);
    rows.extend(sums(slip, words));
    rows.push(Row::Rule);
    rows.extend(code_block(slip, words, has_code));
    rows.extend(slip.is_reversed.then(reversed));
    rows.extend(partly());
    rows.extend(copy());
    rows
}

fn pair(left: &str, right: impl ToString) -> Row {
    Row::Pair(left.to_owned(), right.to_string())
}

fn line_rows(line: &Line, words: &Words) -> [Row; 2] {
    let Line { name, pieces, points_each } = line;
    let price = format!("{pieces} × {points_each}{}", words.points_each);
    // Both are at most 2⁵³, so the product may not fit.
    [Row::Left(name.clone()), Row::Pair(price, (i128::from(*pieces) * i128::from(*points_each)).to_string())]
}

fn sums(slip: &Slip, words: &Words) -> Vec<Row> {
    let label = match slip.kind {
        Kind::Redemption => words.total,
        Kind::Reversal => words.given_back,
    };
    let total = Row::LargePair(label.to_owned(), slip.points.to_string());
    let left = slip.points_left.map(|points| pair(words.points_left, points));
    std::iter::once(total).chain(left).collect()
}

/// The code and, for whoever cannot scan it, in text what to ask for and what to compare.
fn code_block(slip: &Slip, words: &Words, has_code: bool) -> Vec<Row> {
    let mut rows = Vec::new();
    if has_code {
        rows.extend([Row::Code, Row::Middle(words.scan.to_owned()), Row::Middle(slip.receipt_number.clone())]);
    } else {
        rows.extend([Row::Heading(slip.receipt_number.clone()), Row::Heading(words.ask.to_owned())]);
    }
    rows.push(pair(words.points, slip.points));
    if let Some(journal) = &slip.journal {
        let (before, after) = words.record;
        // Where it takes two lines, the dot begins the second.
        rows.push(pair(words.genuine, format!("{before}{}{after} ·\u{a0}{}", journal.size, journal.root_start)));
    }
    rows
}
