//! What is wrong with a town's files, in the reader's language: where, and then the words of `locales/<language>/faults.ftl`.

use std::sync::LazyLock;

use baoyulan_ledger::earn::policy::{COEFFICIENT_MAX, COEFFICIENT_PLACES_MAX};
use page_parts::{FluentValue, Language, Messages};

use super::fault::{Fault, Notice, Place, Problem, Warning};

/// In the order of the languages.
const FILES: [&str; 3] = [
    include_str!("../../locales/zh-Hans/faults.ftl"),
    include_str!("../../locales/zh-Hant/faults.ftl"),
    include_str!("../../locales/en/faults.ftl"),
];

static MESSAGES: LazyLock<Messages> = LazyLock::new(|| Messages::read(FILES));

/// A sentence's key, and its values. Numbers are texts, as they stand in the file.
type Sentence = (&'static str, Vec<(&'static str, FluentValue<'static>)>);

impl Fault {
    /// Where it is, what it is, and what to do.
    pub fn say(&self, language: Language) -> String {
        self.place.say(language) + &say(language, self.problem.sentence(language))
    }
}

impl Warning {
    /// Where it is, what it is, and what to do.
    pub fn say(&self, language: Language) -> String {
        self.place.say(language) + &say(language, self.notice.sentence(language))
    }
}

fn say(language: Language, (key, values): Sentence) -> String {
    MESSAGES.say(language, key.to_owned(), &values)
}

impl Place {
    /// With the mark that stands before the sentence.
    fn say(&self, language: Language) -> String {
        let (line, column) = match language {
            Language::SimplifiedChinese => (" 第 # 行", "“#”列"),
            Language::TraditionalChinese => (" 第 # 列", "「#」欄"),
            Language::English => (", line #", ", column #"),
        };
        let mut place = self.file.to_owned();
        if let Some(number) = self.line {
            place += &line.replace('#', &number.to_string());
        }
        if let Some(name) = &self.column {
            place += &column.replace('#', name);
        }
        place + if language == Language::English { ": " } else { "：" }
    }
}

impl Problem {
    fn sentence(&self, language: Language) -> Sentence {
        let shown = |value: &super::shown::Shown| ("value", FluentValue::from(value.say(language)));
        let text = |name, text: &dyn ToString| (name, FluentValue::from(text.to_string()));
        match self {
            Self::KnownDifferently { column } => ("known-differently", vec![text("column", column)]),
            Self::FileMissing { others } if others.is_empty() => ("file-missing", vec![]),
            Self::FileMissing { others } => ("files-missing", vec![text("others", &others.join(", "))]),
            Self::Unreadable { reason } => ("unreadable", vec![text("reason", reason)]),
            Self::FileEmpty => ("file-empty", vec![]),
            Self::ColumnMissing => ("column-missing", vec![]),
            Self::NoHeader { columns } => ("no-header", vec![text("columns", &columns.join(","))]),
            Self::NotCommas { separator: '\t' } if language == Language::English => {
                ("not-commas", vec![text("separator", &"tabs")])
            }
            Self::NotCommas { separator: '\t' } => ("not-commas", vec![text("separator", &"Tab")]),
            Self::NotCommas { separator } => ("not-commas", vec![text("separator", &format!("'{separator}'"))]),
            Self::ColumnRepeated => ("column-repeated", vec![]),
            Self::FieldCount { found, expected } => {
                ("field-count", vec![text("found", found), text("expected", expected)])
            }
            Self::RowTooLong { limit } => ("row-too-long", vec![text("limit", limit)]),
            Self::QuoteNotClosed => ("quote-not-closed", vec![]),
            Self::NotUtf8 => ("not-utf8", vec![]),
            Self::ControlCharacter { character } => {
                ("control-character", vec![text("character", &format!("U+{:04X}", u32::from(*character)))])
            }
            Self::TextTooLong { found, limit } => ("text-too-long", vec![text("found", found), text("limit", limit)]),
            Self::FieldEmpty => ("field-empty", vec![]),
            Self::NoLetter => ("no-letter", vec![]),
            Self::NotAReceiptCode(value) => ("not-a-receipt-code", vec![shown(value)]),
            Self::NotAnInteger(value) => ("not-an-integer", vec![shown(value)]),
            Self::OutOfRange { value, lowest, highest } => {
                ("out-of-range", vec![shown(value), text("lowest", lowest), text("highest", highest)])
            }
            Self::NotACoefficient(value) => {
                let most = [text("highest", &COEFFICIENT_MAX), text("places", &COEFFICIENT_PLACES_MAX)];
                ("not-a-coefficient", [vec![shown(value)], most.to_vec()].concat())
            }
            Self::NotAmong { value, allowed } => ("not-among", vec![shown(value), text("allowed", allowed)]),
            Self::NotADate(value) => ("not-a-date", vec![shown(value)]),
            Self::NotATime(value) => ("not-a-time", vec![shown(value)]),
            Self::NotACardNumber(value) => ("not-a-card-number", vec![shown(value)]),
            Self::Repeated { what, value, first_line } => {
                ("repeated", vec![text("what", what), shown(value), text("first_line", first_line)])
            }
            Self::Unknown { what, value, file } => {
                ("unknown", vec![text("what", what), shown(value), text("file", file)])
            }
            Self::UnitUnderItself(value) => ("unit-under-itself", vec![shown(value)]),
            Self::EndNotAfterStart => ("end-not-after-start", vec![]),
            Self::DateNotOfStart => ("date-not-of-start", vec![]),
            Self::LongerThanADay => ("longer-than-a-day", vec![]),
            Self::YearOutOfRange => ("year-out-of-range", vec![]),
        }
    }
}

impl Notice {
    fn sentence(&self, language: Language) -> Sentence {
        match self {
            Self::UnknownOrganiser(value) => ("unknown-organiser", vec![("value", value.say(language).into())]),
            Self::StockOpened { opened, pieces } => {
                let values = [("opened", opened), ("pieces", pieces)];
                ("stock-opened", values.map(|(name, value)| (name, value.to_string().into())).to_vec())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::shown::Shown;
    use super::*;

    /// One of each, with and without a value that may be shown.
    fn examples() -> Vec<Problem> {
        let values = || [Shown::personal("王小芳"), Shown::open("S01")];
        let of_values = |make: fn(Shown) -> Problem| values().map(make);
        let mut examples = vec![
            Problem::KnownDifferently { column: "start" },
            Problem::FileMissing { others: vec![] },
            Problem::FileMissing { others: vec!["teams.csv", "units.csv"] },
            Problem::Unreadable { reason: std::io::Error::other("no such device") },
            Problem::FileEmpty,
            Problem::ColumnMissing,
            Problem::NoHeader { columns: &["team", "name"] },
            Problem::NotCommas { separator: '\t' },
            Problem::ColumnRepeated,
            Problem::FieldCount { found: 4, expected: 3 },
            Problem::RowTooLong { limit: 65_536 },
            Problem::QuoteNotClosed,
            Problem::NotUtf8,
            Problem::ControlCharacter { character: '\u{1b}' },
            Problem::TextTooLong { found: 201, limit: 200 },
            Problem::FieldEmpty,
            Problem::NoLetter,
            Problem::EndNotAfterStart,
            Problem::DateNotOfStart,
            Problem::LongerThanADay,
            Problem::YearOutOfRange,
        ];
        for make in [
            Problem::NotAReceiptCode,
            Problem::NotAnInteger,
            Problem::NotACoefficient,
            Problem::NotADate,
            Problem::NotATime,
            Problem::NotACardNumber,
            Problem::UnitUnderItself,
            |value| Problem::OutOfRange { value, lowest: 0, highest: 9 },
            |value| Problem::NotAmong { value, allowed: "yes, no".into() },
            |value| Problem::Repeated { what: "unit", value, first_line: 1234 },
            |value| Problem::Unknown { what: "unit", value, file: "units.csv" },
        ] {
            examples.extend(of_values(make));
        }
        examples
    }

    fn notices() -> [Notice; 2] {
        [Notice::UnknownOrganiser(Shown::open("1000157592")), Notice::StockOpened { opened: 3, pieces: 1000 }]
    }

    #[test]
    fn every_fault_and_every_warning_has_its_words_in_three_languages() {
        let place = || Place::file("units.csv").line(1203).column("parent");
        for language in Language::ALL {
            let start = [
                "units.csv 第 1203 行“parent”列：",
                "units.csv 第 1203 列「parent」欄：",
                "units.csv, line 1203, column parent: ",
            ];
            let start = start[language as usize];
            let faults = examples().into_iter().map(|problem| place().fault(problem).say(language));
            let warnings = notices().map(|notice| Warning { place: place(), notice }.say(language));
            for said in faults.chain(warnings) {
                let words = said.strip_prefix(start).unwrap_or_else(|| panic!("{said}"));
                let is_chinese = words.chars().any(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter));
                assert_eq!(is_chinese, language != Language::English, "{said}");
                assert!(!words.contains("folder") && !words.contains('$') && !words.contains("  "), "{said}");
            }
        }
    }

    #[test]
    fn the_words_keep_to_the_rules() {
        let problems = examples().into_iter().map(|problem| problem.sentence(Language::English).0);
        let notices = notices().map(|notice| notice.sentence(Language::English).0);
        let mut keys: Vec<String> = problems.chain(notices).map(str::to_owned).collect();
        keys.sort();
        keys.dedup();
        let mut flaws = page_parts::check::flaws(&keys, FILES, &[]);
        // What a row of a file is called is said in English alone.
        flaws.retain(|flaw| {
            !["repeated", "unknown"].iter().any(|key| flaw.ends_with(&format!("{key} has other values than elsewhere")))
        });
        assert_eq!(flaws, [""; 0]);
    }
}
