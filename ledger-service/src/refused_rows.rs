//! The report of an import's refused rows, `row,code,words,line`: the third column says in the reader's language what the code
//! means. The fourth is the line of the file on which the row starts: what a sheet calls its rows may be empty, or the same for all.
//!
//! What the counter reports is worded at once. The report of an upload is read later, by whoever asks for it: it is kept with
//! the rejections themselves, and worded when it is fetched.

use baoyulan_ledger::Rejection;
use page_parts::{Language, rejection};

use crate::cells::Cells;

/// A row without which an import does not go on, and why it is refused.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.say(Language::English))]
pub struct RefusedRow {
    pub file: &'static str,
    pub line: u64,
    pub rejection: Rejection,
}

impl RefusedRow {
    pub fn say(&self, language: Language) -> String {
        let (file, line, words) = (self.file, self.line, rejection::say(language, &self.rejection));
        match language {
            Language::SimplifiedChinese => format!("{file} 第 {line} 行：{words}"),
            Language::TraditionalChinese => format!("{file} 第 {line} 列：{words}"),
            Language::English => format!("{file}, line {line}: {words}"),
        }
    }
}

/// How a report says why.
#[derive(Debug, Clone, Copy)]
pub enum Wording {
    In(Language),
    Later,
}

impl Wording {
    /// The report's header.
    pub fn header(self) -> [&'static str; 4] {
        let third = match self {
            Self::In(_) => "words",
            Self::Later => "rejection",
        };
        ["row", "code", third, "line"]
    }

    /// The third column of a row.
    pub fn cell(self, rejection: &Rejection) -> String {
        match self {
            Self::In(language) => rejection::say(language, rejection),
            Self::Later => serde_json::to_string(rejection).unwrap_or_default(),
        }
    }
}

/// A report that was kept for later, in that language.
///
/// # Errors
/// Where it is no CSV.
pub fn worded(kept: &[u8], language: Language) -> anyhow::Result<Vec<u8>> {
    let mut rows = csv::Reader::from_reader(kept);
    let mut cells = Cells::new(Vec::with_capacity(kept.len()), Wording::In(language).header())?;
    for row in rows.records() {
        let row = row?;
        let [number, code] = [row.get(0), row.get(1)].map(Option::unwrap_or_default);
        let rejection = row.get(2).and_then(|kept| serde_json::from_str::<Rejection>(kept).ok());
        // Reports of earlier versions have codes alone, or no lines.
        let words = rejection.map(|rejection| rejection::say(language, &rejection));
        let words = words.or_else(|| rejection::say_code(language, code)).unwrap_or_default();
        let line = row.get(3).unwrap_or_default();
        cells.row([number.into(), code.into(), (&words).into(), line.into()])?;
    }
    cells.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(wording: Wording) -> Vec<u8> {
        let mut cells = Cells::new(Vec::new(), wording.header()).unwrap();
        for (row, rejection) in rejection::examples().iter().enumerate() {
            let (row, code, words) = (row.to_string(), rejection.code(), wording.cell(rejection));
            cells.row([(&row).into(), (&code).into(), (&words).into(), "7".into()]).unwrap();
        }
        cells.finish().unwrap()
    }

    /// The door of what must be registered first: said with its place.
    #[test]
    fn a_row_that_stops_an_import_is_told_with_its_place_in_the_words_of_all_doors() {
        for rejection in rejection::examples() {
            let row = RefusedRow { file: "teams.csv", line: 3, rejection: rejection.clone() };
            for (language, place) in
                Language::ALL.into_iter().zip(["teams.csv 第 3 行：", "teams.csv 第 3 列：", "teams.csv, line 3: "])
            {
                assert_eq!(row.say(language), format!("{place}{}", rejection::say(language, &rejection)));
            }
        }
    }

    /// The report's door, at the counter and over HTTP: it says of every rejection what all doors say.
    #[test]
    fn a_report_says_of_every_rejection_what_all_doors_say() {
        for language in Language::ALL {
            let at_once = written(Wording::In(language));
            assert_eq!(worded(&written(Wording::Later), language).unwrap(), at_once);
            let mut rows = csv::Reader::from_reader(&at_once[..]);
            for (row, rejection) in rows.records().zip(rejection::examples()) {
                let row = row.unwrap();
                assert_eq!((&row[1], &row[2]), (&*rejection.code(), &*rejection::say(language, &rejection)));
            }
        }
    }

    #[test]
    fn a_report_of_an_earlier_version_is_worded_from_its_codes() {
        let worded = worded(b"row,code\n7,unknown_card\n8,of_another_version\n", Language::SimplifiedChinese).unwrap();
        let expected = "row,code,words,line\n7,unknown_card,没有人用这个卡号，请再看一看卡上的十位数字。,\n8,of_another_version,,\n";
        assert_eq!(String::from_utf8(worded).unwrap(), expected);
    }
}
