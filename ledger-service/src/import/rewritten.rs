//! A column of the attendance that a spreadsheet has rewritten: whoever opens a sheet and saves it again may find all times in
//! another form, and card numbers as powers of ten. The ledger refuses each of these rows; what has happened shows only in all
//! of them together, and is said first.

use baoyulan_ledger::earn::AttendanceSheetRow;
use baoyulan_ledger::people::CardNumber;
use baoyulan_ledger::time::parse_local_minute;
use page_parts::{Language, grouped};
use serde::{Deserialize, Serialize};

use super::attendance::LAYOUT;

/// A column counts as rewritten where so many in a hundred of its cells cannot be read.
const UNREADABLE_PERCENT: u64 = 10;

/// A column that a spreadsheet seems to have rewritten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rewritten {
    /// The column.
    pub column: String,
    /// How many of its cells cannot be read.
    pub unreadable: u64,
    /// How many of its cells have something in them.
    pub filled: u64,
    /// One of those that cannot be read; empty where it may be something else, such as a name.
    pub example: String,
}

impl Rewritten {
    /// What has happened, and what to do.
    pub fn say(&self, language: Language) -> String {
        let Self { column, unreadable, filled, .. } = self;
        let (file, is_all, is_card) = (LAYOUT.file, unreadable == filled, column == "card_no");
        let count = |rows: &u64| grouped(i64::try_from(*rows).unwrap_or(i64::MAX));
        let (unreadable, filled) = (count(unreadable), count(filled));
        match language {
            Language::SimplifiedChinese => {
                let which = if is_all { "全都".to_owned() } else { format!("{filled} 个里有 {unreadable} 个") };
                let such = self.such("，例如“", "”");
                let form = if is_card { "十位数字" } else { " 2026-03-05T18:30 这样的时间" };
                format!(
                    "{file} 的 {column} {which}看不懂{such}：多半是表格软件改写了。请把这一列设成“文本”格式，重新填成{form}，再导入一次。"
                )
            }
            Language::TraditionalChinese => {
                let which = if is_all { "全都".to_owned() } else { format!("{filled} 個裡有 {unreadable} 個") };
                let such = self.such("，例如「", "」");
                let form = if is_card { "十位數字" } else { " 2026-03-05T18:30 這樣的時間" };
                format!(
                    "{file} 的 {column} {which}看不懂{such}：多半是試算表軟體改寫了。請把這一欄設成「文字」格式，重新填成{form}，再匯入一次。"
                )
            }
            Language::English => {
                let which = match is_all {
                    true => format!("every {column} in {file} is"),
                    false => format!("{unreadable} of {filled} cells in the column {column} of {file} are"),
                };
                let such = self.such(", such as \"", "\"");
                let form = if is_card { "the ten digits" } else { "times like 2026-03-05T18:30" };
                format!(
                    "{which} in another form{such}: a spreadsheet has rewritten them. Set the column's format to text, write {form}, and import again."
                )
            }
        }
    }

    fn such(&self, before: &str, after: &str) -> String {
        if self.example.is_empty() { String::new() } else { format!("{before}{}{after}", self.example) }
    }
}

/// What is counted while the attendance is read for the first time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Forms {
    rows: u64,
    /// Rows of which every column can be read.
    readable: u64,
    columns: [Column; 3],
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Column {
    filled: u64,
    unreadable: u64,
    example: String,
}

/// The columns whose cells have a form of their own.
const COLUMNS: [&str; 3] = ["card_no", "check_in", "check_out"];

impl Forms {
    /// Counts a row.
    pub fn count(&mut self, row: &AttendanceSheetRow) {
        let is_time = |text: &str| parse_local_minute(text).is_some();
        let cells = [
            (&row.card, CardNumber::parse(&row.card).is_some()),
            (&row.check_in, is_time(&row.check_in)),
            (&row.check_out, is_time(&row.check_out)),
        ];
        let mut is_readable = true;
        for (column, (text, is_one)) in self.columns.iter_mut().zip(cells) {
            column.filled += u64::from(!text.is_empty());
            if text.is_empty() || is_one {
                continue;
            }
            is_readable = false;
            column.unreadable += 1;
            if column.example.is_empty() {
                column.example = example(text);
            }
        }
        self.rows += 1;
        self.readable += u64::from(is_readable);
    }

    /// Whether there are rows, and not one of them can be read.
    pub fn is_nothing_readable(&self) -> bool {
        self.rows > 0 && self.readable == 0
    }

    /// The columns that seem to have been rewritten.
    pub fn rewritten(&self) -> Vec<Rewritten> {
        let named = COLUMNS.into_iter().zip(&self.columns);
        let most = named.filter(|(_, Column { filled, unreadable, .. })| {
            *unreadable > 0 && unreadable * 100 >= filled * UNREADABLE_PERCENT
        });
        let rewritten = most.map(|(name, Column { filled, unreadable, example })| Rewritten {
            column: name.to_owned(),
            unreadable: *unreadable,
            filled: *filled,
            example: example.clone(),
        });
        rewritten.collect()
    }
}

/// The cell as it may be shown: a time or a number. Anything else may be somebody's name in a wrong column.
fn example(text: &str) -> String {
    const LENGTH_MAX: usize = 32;
    let of_times =
        |character: char| character.is_ascii_digit() || "/-.:, +EAPMTZ年月日时時分秒上下午".contains(character);
    let is_time = text.chars().all(of_times) && text.chars().any(|character| character.is_ascii_digit());
    if is_time && text.chars().count() <= LENGTH_MAX { text.to_owned() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms(rows: &[(&str, &str, &str)]) -> Forms {
        let mut forms = Forms::default();
        for (card, check_in, check_out) in rows {
            let [activity, grade, source, entered_by, confirmed_by] = [const { String::new() }; 5];
            let (card, check_in, check_out) = ((*card).to_owned(), (*check_in).to_owned(), (*check_out).to_owned());
            forms.count(&AttendanceSheetRow {
                activity,
                card,
                check_in,
                check_out,
                grade,
                source,
                entered_by,
                confirmed_by,
            });
        }
        forms
    }

    const GOOD: (&str, &str, &str) = ("1000186983", "2026-01-22T18:23", "2026-01-22T20:12");

    #[test]
    fn a_column_is_rewritten_where_one_cell_in_ten_cannot_be_read() {
        let bad = ("1000186983", "2026/1/22 18:23", "");
        let of = |bads: usize, goods: usize| forms(&[vec![bad; bads], vec![GOOD; goods]].concat());
        for (bads, goods, columns) in [(0, 10, 0), (1, 10, 0), (1, 9, 1), (9, 1, 1), (10, 0, 1), (1, 0, 1), (0, 0, 0)] {
            let forms = of(bads, goods);
            assert_eq!(forms.rewritten().len(), columns, "{bads} of {}", bads + goods);
            assert_eq!(forms.is_nothing_readable(), bads > 0 && goods == 0);
        }
        let both = forms(&[("1.00019E+09", "22/1/2026 6:23 PM", "x"), ("1.00019E+09", "", "下午8:12")]);
        let columns: Vec<(String, u64, u64, String)> = both
            .rewritten()
            .into_iter()
            .map(|Rewritten { column, unreadable, filled, example }| (column, unreadable, filled, example))
            .collect();
        let column = |name: &str, cells, example: &str| (name.to_owned(), cells, cells, example.to_owned());
        let expected = [
            column("card_no", 2, "1.00019E+09"),
            column("check_in", 1, "22/1/2026 6:23 PM"),
            column("check_out", 2, "下午8:12"),
        ];
        assert_eq!(columns, expected);
    }

    #[test]
    fn a_name_in_a_wrong_column_is_no_example() {
        for name in ["王小芳", "Wang", "PM", "王 8:30"] {
            assert_eq!(example(name), "");
        }
    }

    #[test]
    fn it_is_said_in_three_languages() {
        let forms = forms(&[("1000186983", "2026/1/22 18:23", "2026-01-22T20:12"); 3265]);
        let [rewritten] = &forms.rewritten()[..] else { unreachable!() };
        for (language, said) in [
            (
                Language::English,
                "every check_in in attendance.csv is in another form, such as \"2026/1/22 18:23\": a spreadsheet has rewritten them. Set the column's format to text, write times like 2026-03-05T18:30, and import again.",
            ),
            (
                Language::SimplifiedChinese,
                "attendance.csv 的 check_in 全都看不懂，例如“2026/1/22 18:23”：多半是表格软件改写了。请把这一列设成“文本”格式，重新填成 2026-03-05T18:30 这样的时间，再导入一次。",
            ),
            (
                Language::TraditionalChinese,
                "attendance.csv 的 check_in 全都看不懂，例如「2026/1/22 18:23」：多半是試算表軟體改寫了。請把這一欄設成「文字」格式，重新填成 2026-03-05T18:30 這樣的時間，再匯入一次。",
            ),
        ] {
            assert_eq!(rewritten.say(language), said);
        }
        let most = Rewritten { column: "card_no".to_owned(), unreadable: 3200, filled: 3265, example: String::new() };
        let said = "3,200 of 3,265 cells in the column card_no of attendance.csv are in another form: a spreadsheet";
        assert!(most.say(Language::English).starts_with(said), "{}", most.say(Language::English));
        assert!(most.say(Language::SimplifiedChinese).contains("card_no 3,265 个里有 3,200 个看不懂"));
    }
}
