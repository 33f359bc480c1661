//! One field of a row, and what it may be read as. The library's own checks decide; this file says what they found.
//!
//! A field is read as [`baoyulan_ledger::text`] reads what people type: what nobody sees around it does not count, and what
//! is a code or a number may have full-width digits.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use baoyulan_ledger::earn::policy::is_coefficient;
use baoyulan_ledger::people::CardNumber;
use baoyulan_ledger::text::{
    LABEL_LENGTH_MAX, PLAIN_LENGTH_MAX, code_as_typed, is_code, is_control, is_label, is_name, is_plain,
    label_as_typed, name_as_typed, trimmed,
};
use baoyulan_ledger::time::{LocalMinute, parse_date, parse_local_minute};
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::fault::{Fault, Problem};
use super::sheet::Row;
use super::shown::Shown;

/// The text of one row in one column.
#[derive(Debug, Clone, Copy)]
pub struct Field<'sheet> {
    row: Row<'sheet>,
    column: &'static str,
    text: &'sheet str,
}

impl<'sheet> Field<'sheet> {
    pub fn new(row: Row<'sheet>, column: &'static str, text: &'sheet str) -> Self {
        Self { row, column, text: trimmed(text) }
    }

    /// The line on which the field's row starts.
    pub fn line(&self) -> u64 {
        self.row.line()
    }

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

    /// Any text of at most `length_max` characters, control characters too.
    pub fn raw(&self, length_max: usize) -> Result<Cow<'sheet, str>, Fault> {
        let fits = self.text.len() <= length_max || self.text.chars().count() <= length_max;
        if fits { Ok(label_as_typed(self.text)) } else { Err(self.text_fault(self.text, length_max)) }
    }

    /// What stands in the cell.
    pub fn as_written(&self) -> &'sheet str {
        self.text
    }

    /// The name of a person.
    pub fn name(&self) -> Result<String, Fault> {
        let name = name_as_typed(self.text);
        match name {
            name if is_name(&name) => Ok(name.into_owned()),
            name if is_plain(&name, PLAIN_LENGTH_MAX) && !name.is_empty() => Err(self.fault(Problem::NoLetter)),
            name => Err(self.text_fault(&name, PLAIN_LENGTH_MAX)),
        }
    }

    /// A name, a title, or another text that the library takes as it is; it may be empty.
    pub fn plain(&self) -> Result<String, Fault> {
        self.text(PLAIN_LENGTH_MAX)
    }

    /// What people read on a shelf or a slip: it is not empty.
    pub fn title(&self) -> Result<String, Fault> {
        let title = self.plain()?;
        if title.is_empty() { Err(self.text_fault(&title, PLAIN_LENGTH_MAX)) } else { Ok(title) }
    }

    /// A text no longer than a code; it may be empty.
    pub fn short(&self) -> Result<String, Fault> {
        self.text(LABEL_LENGTH_MAX)
    }

    /// A code of the town's, in any script.
    pub fn code(&self) -> Result<Cow<'sheet, str>, Fault> {
        let code = label_as_typed(self.text);
        if is_label(&code) { Ok(code) } else { Err(self.text_fault(&code, LABEL_LENGTH_MAX)) }
    }

    /// A code of at most `length_max` characters that a receipt may hold.
    pub fn receipt_code(&self, length_max: usize) -> Result<Cow<'sheet, str>, Fault> {
        let code = code_as_typed(self.text);
        if is_code(&code, length_max) { Ok(code) } else { Err(self.text_fault(&code, length_max)) }
    }

    /// A whole number within `range`, written in ASCII digits.
    pub fn integer<N>(&self, range: RangeInclusive<N>) -> Result<N, Fault>
    where
        N: Copy + PartialOrd + Into<i64> + TryFrom<i64>,
    {
        let text = self.code()?;
        if !is_digits(text.strip_prefix('-').unwrap_or(&text)) {
            return Err(self.fault(Problem::NotAnInteger(self.shown())));
        }
        let number = text.parse::<i64>().ok().and_then(|number| N::try_from(number).ok());
        // "-0" is no way to write a number.
        number.filter(|number| is_digits(&text) && range.contains(number)).ok_or_else(|| {
            let (lowest, highest) = ((*range.start()).into(), (*range.end()).into());
            self.fault(Problem::OutOfRange { value: self.shown(), lowest, highest })
        })
    }

    /// What points are multiplied by; it keeps the decimals that it is written with.
    pub fn coefficient(&self) -> Result<Decimal, Fault> {
        let text = self.code()?;
        parse_coefficient(&text).ok_or_else(|| self.fault(Problem::NotACoefficient(self.shown())))
    }

    /// One of `words`, as what it stands for.
    pub fn word<T>(&self, words: &[&str], meaning: impl FnOnce(&str) -> Option<T>) -> Result<T, Fault> {
        meaning(&self.code()?).ok_or_else(|| {
            self.fault(Problem::NotAmong { value: self.shown(), allowed: words.join(", ").into_boxed_str() })
        })
    }

    pub fn yes_or_no(&self) -> Result<bool, Fault> {
        self.word(&["yes", "no"], |word| match word {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        })
    }

    /// A date of the calendar, `YYYY-MM-DD`.
    pub fn date(&self) -> Result<Date, Fault> {
        let text = self.code()?;
        parse_date(&text).ok_or_else(|| self.fault(Problem::NotADate(self.shown())))
    }

    /// A time by the clock on the wall, `YYYY-MM-DDTHH:MM`, 00:00 to 23:59.
    pub fn local_minute(&self) -> Result<LocalMinute, Fault> {
        let text = self.code()?;
        parse_local_minute(&text).ok_or_else(|| self.fault(Problem::NotATime(self.shown())))
    }

    /// The number of a card, with the right check digits, as its ten digits.
    pub fn card_number(&self) -> Result<String, Fault> {
        let number = CardNumber::parse(&self.code()?).map(|card| card.to_string());
        number.ok_or_else(|| self.fault(Problem::NotACardNumber(self.shown())))
    }

    /// The number of a card, or a name in its place. A number that is no card's was mistyped, or a spreadsheet has rewritten it
    /// (1.00035E+09, or ######## where the column was too narrow): nobody could become known by it later.
    pub fn card_if_any(&self) -> Result<String, Fault> {
        match CardNumber::parse(self.text) {
            Some(card) => Ok(card.to_string()),
            None if !self.text.is_empty() && !is_somebodys_name(self.text) => {
                Err(self.fault(Problem::NotACardNumber(Shown::personal(self.text))))
            }
            None => self.short(),
        }
    }

    fn text(&self, length_max: usize) -> Result<String, Fault> {
        if is_plain(self.text, length_max) {
            Ok(self.text.to_owned())
        } else {
            Err(self.text_fault(self.text, length_max))
        }
    }

    /// Why what was read of the field is not what the library takes, where it takes at most `length_max` characters.
    fn text_fault(&self, text: &str, length_max: usize) -> Fault {
        let found = text.chars().count();
        let control = text.chars().find(|character| is_control(*character));
        self.fault(match control {
            _ if found > length_max => Problem::TextTooLong { found, limit: length_max },
            Some(character) => Problem::ControlCharacter { character },
            None if found == 0 => Problem::FieldEmpty,
            None => Problem::NotAReceiptCode(self.shown()),
        })
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Digits, and perhaps a point and more digits: the library's number type would read other forms too.
fn parse_coefficient(text: &str) -> Option<Decimal> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let digits = is_digits(whole) && is_digits(decimals);
    digits.then(|| text.parse().ok())?.filter(|number| is_coefficient(*number))
}

/// Whether a text may be what people are called, and is neither a number nor what a spreadsheet puts in the place of one.
fn is_somebodys_name(text: &str) -> bool {
    text.contains(char::is_alphabetic) && !text.contains(char::is_numeric) && !text.starts_with('#')
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
}
