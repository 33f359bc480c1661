//! One field of a row, and what it may be read as.

use std::ops::RangeInclusive;

use jiff::civil::{Date, DateTime};
use rust_decimal::Decimal;

use super::fault::{Fault, Problem, Shown};
use super::sheet::Row;

/// The longest code, in characters.
pub const LONGEST_CODE: usize = 64;
/// The longest name, title or motto, in characters.
pub const LONGEST_NAME: usize = 200;
/// The largest number that every program reads exactly: 2^53 − 1.
pub const LARGEST_INTEGER: i64 = (1 << 53) - 1;

const LARGEST_COEFFICIENT: Decimal = Decimal::ONE_THOUSAND;
const MOST_DECIMALS: usize = 6;

/// The text of one row in one column.
#[derive(Debug, Clone, Copy)]
pub struct Field<'sheet> {
    row: Row<'sheet>,
    column: &'static str,
    text: &'sheet str,
}

impl<'sheet> Field<'sheet> {
    /// The field of `row` in `column`, which holds `text`.
    pub fn new(row: Row<'sheet>, column: &'static str, text: &'sheet str) -> Self {
        Self { row, column, text }
    }

    /// The line on which the field's row starts.
    pub fn line(&self) -> u64 {
        self.row.line()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Something is wrong with this field.
    pub fn fault(&self, problem: Problem) -> Fault {
        self.row.place().column(self.column).fault(problem)
    }

    /// The field's text as a fault may show it.
    pub fn shown(&self) -> Shown {
        if self.row.layout().personal { Shown::personal(self.text) } else { Shown::open(self.text) }
    }

    /// Any text of at most `longest` characters, as it is.
    pub fn raw(&self, longest: usize) -> Result<&'sheet str, Fault> {
        let short = self.text.len() <= longest || self.text.chars().count() <= longest;
        if short {
            Ok(self.text)
        } else {
            Err(self.fault(Problem::TextTooLong { found: self.text.chars().count(), limit: longest }))
        }
    }

    /// Text of at most `longest` characters without control characters; it may be empty.
    pub fn text(&self, longest: usize) -> Result<&'sheet str, Fault> {
        let text = self.raw(longest)?;
        match text.chars().find(|character| character.is_control()) {
            Some(character) => Err(self.fault(Problem::ControlCharacter { character })),
            None => Ok(text),
        }
    }

    /// Text as [`Field::text`], none if it is empty.
    pub fn optional_text(&self, longest: usize) -> Result<Option<String>, Fault> {
        let text = self.text(longest)?;
        Ok(Some(text.to_owned()).filter(|text| !text.is_empty()))
    }

    /// A name, title or motto; it may be empty.
    pub fn name(&self) -> Result<String, Fault> {
        self.text(LONGEST_NAME).map(str::to_owned)
    }

    /// A short text such as a kind or an origin; it may be empty.
    pub fn note(&self) -> Result<String, Fault> {
        self.text(LONGEST_CODE).map(str::to_owned)
    }

    /// A code, not empty.
    pub fn code(&self) -> Result<&'sheet str, Fault> {
        self.required(LONGEST_CODE)
    }

    /// A code of at most `longest` characters of `A-Za-z0-9._:/-`, not empty.
    pub fn plain_code(&self, longest: usize) -> Result<&'sheet str, Fault> {
        let text = self.required(longest)?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._:/-".contains(&byte);
        if text.bytes().all(plain) { Ok(text) } else { Err(self.fault(Problem::NotAPlainCode { value: self.shown() })) }
    }

    /// A whole number within `range`, written in ASCII digits.
    pub fn integer(&self, range: RangeInclusive<i64>) -> Result<i64, Fault> {
        let text = self.required(LONGEST_CODE)?;
        if !is_digits(text.strip_prefix('-').unwrap_or(text)) {
            return Err(self.fault(Problem::NotAnInteger { value: self.shown() }));
        }
        match text.parse() {
            Ok(number) if is_digits(text) && range.contains(&number) => Ok(number),
            _ => Err(self.out_of_range(*range.start(), *range.end())),
        }
    }

    /// A whole number as [`Field::integer`], of a smaller type.
    pub fn small_integer<N>(&self, range: RangeInclusive<N>) -> Result<N, Fault>
    where
        N: Copy + Into<i64> + TryFrom<i64>,
    {
        let (lowest, highest) = ((*range.start()).into(), (*range.end()).into());
        let number = self.integer(lowest..=highest)?;
        N::try_from(number).map_err(|_| self.out_of_range(lowest, highest))
    }

    /// A coefficient from 0 to 1000 with at most 6 decimals, which keeps the decimals it is written with.
    pub fn coefficient(&self) -> Result<Decimal, Fault> {
        let text = self.required(LONGEST_CODE)?;
        parse_coefficient(text).ok_or_else(|| self.fault(Problem::NotACoefficient { value: self.shown() }))
    }

    /// One of the given words, as what it stands for.
    pub fn word<T: Copy>(&self, words: &[(&'static str, T)]) -> Result<T, Fault> {
        let text = self.required(LONGEST_CODE)?;
        let meaning = words.iter().find(|(word, _)| *word == text);
        meaning.map(|(_, meaning)| *meaning).ok_or_else(|| {
            let allowed: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.fault(Problem::NotAmong { value: self.shown(), allowed: allowed.join(", ").into_boxed_str() })
        })
    }

    /// `yes` or `no`.
    pub fn yes_or_no(&self) -> Result<bool, Fault> {
        self.word(&[("yes", true), ("no", false)])
    }

    /// A date of the calendar, `YYYY-MM-DD`.
    pub fn date(&self) -> Result<Date, Fault> {
        let text = self.required(LONGEST_CODE)?;
        parse_date(text).ok_or_else(|| self.fault(Problem::NotADate { value: self.shown() }))
    }

    /// A local time, `YYYY-MM-DDTHH:MM`, 00:00–23:59.
    pub fn time(&self) -> Result<DateTime, Fault> {
        let text = self.required(LONGEST_CODE)?;
        parse_time(text).ok_or_else(|| self.fault(Problem::NotATime { value: self.shown() }))
    }

    /// A card number: 10 ASCII digits, the last two of which check the first eight.
    pub fn card_number(&self) -> Result<&'sheet str, Fault> {
        let text = self.required(LONGEST_CODE)?;
        if is_card_number(text) { Ok(text) } else { Err(self.fault(Problem::NotACardNumber { value: self.shown() })) }
    }

    fn out_of_range(&self, lowest: i64, highest: i64) -> Fault {
        self.fault(Problem::OutOfRange { value: self.shown(), lowest, highest })
    }

    /// Text as [`Field::text`], not empty.
    fn required(&self, longest: usize) -> Result<&'sheet str, Fault> {
        match self.text(longest)? {
            "" => Err(self.fault(Problem::FieldEmpty)),
            text => Ok(text),
        }
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn parse_coefficient(text: &str) -> Option<Decimal> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    if !is_digits(whole) || !is_digits(decimals) || decimals.len() > MOST_DECIMALS {
        return None;
    }
    let number: Decimal = text.parse().ok()?;
    Some(number).filter(|number| *number <= LARGEST_COEFFICIENT)
}

/// jiff reads more forms than the format allows, so the shape is checked first.
fn parse_date(text: &str) -> Option<Date> {
    has_shape(text, "0000-00-00").then(|| text.parse().ok())?
}

fn parse_time(text: &str) -> Option<DateTime> {
    has_shape(text, "0000-00-00T00:00").then(|| text.parse().ok())?
}

/// Whether the text has a digit where the shape has `0`, and the shape's own character elsewhere.
fn has_shape(text: &str, shape: &str) -> bool {
    let fits = |(byte, expected): (u8, u8)| match expected {
        b'0' => byte.is_ascii_digit(),
        _ => byte == expected,
    };
    text.len() == shape.len() && text.bytes().zip(shape.bytes()).all(fits)
}

/// ISO/IEC 7064 MOD 97-10: the last two digits are `98 − n × 100 mod 97` for the number `n` of the first eight.
fn is_card_number(text: &str) -> bool {
    if !has_shape(text, "0000000000") {
        return false;
    }
    let (first_eight, last_two) = text.split_at(8);
    match (first_eight.parse::<u64>(), last_two.parse::<u64>()) {
        (Ok(number), Ok(check)) => check == 98 - number * 100 % 97,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coefficients_are_strict_and_keep_their_decimals() {
        for good in ["0", "1.0", "1.000000", "1000", "1000.000000", "0.000001", "007"] {
            let number = parse_coefficient(good).unwrap();
            let decimals = good.split_once('.').map_or(0, |(_, decimals)| decimals.len());
            assert_eq!(number.scale() as usize, decimals, "{good}");
        }
        assert_eq!(parse_coefficient("1.20").unwrap().to_string(), "1.20");
        let bad = [
            "",
            ".",
            "1.",
            ".5",
            "-1",
            "+1",
            "1,2",
            "1e2",
            "1_0",
            " 1",
            "1.0000000",
            "1000.000001",
            "1001",
            "１",
            "NaN",
            "99999999999999999999999999999999999999",
        ];
        for text in bad {
            assert_eq!(parse_coefficient(text), None, "{text}");
        }
    }

    #[test]
    fn dates_and_times_are_exact_and_real() {
        assert_eq!(parse_date("2028-02-29"), Some(jiff::civil::date(2028, 2, 29)));
        let bad_dates = [
            "",
            "2026-02-29",
            "2026-00-01",
            "2026-13-01",
            "2026-01-00",
            "2026-1-1",
            "20260101",
            "2026-01-01 ",
            "+002026-01-01",
            "2026/01/01",
            "2026-01-01T00:00",
            "２026-1-1",
            "2026-W01-1",
        ];
        for text in bad_dates {
            assert_eq!(parse_date(text), None, "{text}");
        }
        let evening = jiff::civil::date(2026, 1, 22).at(18, 30, 0, 0);
        assert_eq!(parse_time("2026-01-22T18:30"), Some(evening));
        assert!(parse_time("2026-01-22T00:00").is_some());
        assert!(parse_time("2026-01-22T23:59").is_some());
        let bad_times = [
            "",
            "2026-01-22",
            "2026-01-22T24:00",
            "2026-01-22T23:60",
            "2026-02-30T10:00",
            "2026-01-22 10:00",
            "2026-01-22t10:00",
            "2026-01-22T10:00:00",
            "2026-01-22T10:00Z",
            "2026-01-22T1000",
            "2026-01-22T9:00",
            "2026-01-22T-1:00",
        ];
        for text in bad_times {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }

    #[test]
    fn card_numbers_have_ten_digits_and_the_right_last_two() {
        for number in (0..100_000_000_u64).step_by(999_983) {
            for last in 0..100 {
                let card = format!("{number:08}{last:02}");
                let divides = (number * 100 + last) % 97 == 1 && last >= 2;
                assert_eq!(is_card_number(&card), divides && last < 99, "{card}");
            }
        }
        assert!(is_card_number("1000000743"));
        for text in ["", "1000000744", "100000743", "01000000743", "１000000743", "1000000 43"] {
            assert!(!is_card_number(text), "{text}");
        }
    }
}
