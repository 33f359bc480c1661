//! Streams `attendance.csv`, which may hold a million rows, in constant memory.

use std::borrow::Cow;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use baoyulan_ledger::command::Command;
use baoyulan_ledger::earn::AttendanceSheetRow;

use super::fault::Fault;
use super::rewritten::Forms;
use super::sheet::{Layout, Row, Sheet};

/// The longest text, in characters, of a column that the ledger judges row by row. It may be anything else.
const JUDGED_LENGTH_MAX: usize = 256;

pub static LAYOUT: Layout = Layout {
    file: "attendance.csv",
    row: "row",
    columns: &[
        "row",
        "activity_id",
        "card_no",
        "check_in",
        "check_out",
        "grade",
        "source",
        "entered_by",
        "confirmed_by",
    ],
    personal: true,
};

/// One volunteer at one activity, as the file says it. Whether it is accepted is for the ledger to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttendanceRow {
    /// The line on which the row starts.
    pub line: u64,
    /// What the file calls the row, which is what the report calls it.
    pub row: String,
    pub attendance: AttendanceSheetRow,
}

impl AttendanceRow {
    fn read(row: Row<'_>) -> Result<Self, Fault> {
        let short = |column| row.field(column)?.short();
        let judged = |column| row.field(column)?.raw(JUDGED_LENGTH_MAX).map(Cow::into_owned);
        Ok(Self {
            line: row.line(),
            row: short("row")?,
            attendance: AttendanceSheetRow {
                activity: judged("activity_id")?,
                card: judged("card_no")?,
                check_in: judged("check_in")?,
                check_out: judged("check_out")?,
                grade: judged("grade")?,
                source: short("source")?,
                entered_by: short("entered_by")?,
                confirmed_by: short("confirmed_by")?,
            },
        })
    }
}

/// An attendance as a command. Volunteer and activity identify it, so it needs no id.
pub fn command(attendance: AttendanceSheetRow) -> Command {
    Command::RecordAttendance(attendance)
}

/// How much there is to post, and in which form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttendanceCount {
    pub rows: u64,
    pub forms: Forms,
}

/// Streams `attendance.csv` once to check its structure. The first thing that is wrong is the fault.
pub fn check_attendance(folder: &Path) -> Result<AttendanceCount, Fault> {
    let mut count = AttendanceCount { rows: 0, forms: Forms::default() };
    for row in AttendanceRows::open(folder)? {
        count.forms.count(&row?.attendance);
        count.rows += 1;
    }
    Ok(count)
}

/// The rows of `attendance.csv` in the file's order. The first fault ends them.
pub struct AttendanceRows {
    sheet: Sheet<BufReader<File>>,
    ended: bool,
}

impl AttendanceRows {
    /// Opens the file and checks its header.
    pub fn open(folder: &Path) -> Result<Self, Fault> {
        Ok(Self { sheet: Sheet::open(folder, &LAYOUT)?, ended: false })
    }
}

impl Iterator for AttendanceRows {
    type Item = Result<AttendanceRow, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let row = self.sheet.next_row().transpose();
        let item = row.map(|row| row.and_then(AttendanceRow::read));
        self.ended = !matches!(item, Some(Ok(_)));
        item
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::sample::{Copy, real_folder};
    use super::*;

    fn check_changed(old: &str, new: &str) -> Result<AttendanceCount, String> {
        let copy = Copy::new();
        copy.replace("attendance.csv", old, new);
        check_attendance(copy.path()).map_err(|fault| fault.to_string())
    }

    #[test]
    fn the_attendance_of_the_town_streams_clean() {
        let count = check_attendance(&real_folder()).unwrap();
        assert_eq!((count.rows, count.forms.rewritten()), (3265, Vec::new()));
        let rows: Vec<AttendanceRow> =
            AttendanceRows::open(&real_folder()).unwrap().collect::<Result<_, Fault>>().unwrap();
        assert_eq!(rows.len(), 3265);
        let first = AttendanceRow {
            line: 2,
            row: "1".to_owned(),
            attendance: AttendanceSheetRow {
                activity: "A0001".to_owned(),
                card: "1000186983".to_owned(),
                check_in: "2026-01-22T18:23".to_owned(),
                check_out: "2026-01-22T20:12".to_owned(),
                grade: "good".to_owned(),
                source: "kiosk".to_owned(),
                entered_by: "clerk-2".to_owned(),
                confirmed_by: "grid-2".to_owned(),
            },
        };
        assert_eq!(rows[0], first);
        assert_eq!(rows[3264].line, 3266);
    }

    #[test]
    fn what_the_rules_for_rows_refuse_passes() {
        let odd = "1,,not a card,\"24:00\n\u{0}\",,\u{1b},,,\n";
        let copy = Copy::new();
        copy.edit("attendance.csv", |text| format!("\u{feff}{text}\n{odd}\r\n9,A,B,C,D,E,F,G,H"));
        let rows: Vec<AttendanceRow> =
            AttendanceRows::open(copy.path()).unwrap().skip(3265).collect::<Result<_, Fault>>().unwrap();
        assert_eq!(rows[0].attendance.check_in, "24:00\n\u{0}");
        assert_eq!(rows[0].attendance.grade, "\u{1b}");
        assert_eq!((rows[0].line, rows[1].line), (3268, 3271));
        assert_eq!(rows[1].attendance.confirmed_by, "H");
        assert_eq!(check_changed("A0001", &"号".repeat(256)).unwrap().rows, 3265);
    }

    #[test]
    fn what_is_wrong_with_the_structure_is_a_fault() {
        let long = "号".repeat(257);
        let code = "x".repeat(65);
        let cases = [
            ("check_out,", "checkout,", "line 1, column check_out: the header does not name this column; "),
            ("source,", "row,", "line 1, column source: the header does not name this column; "),
            ("source,", "source,row,", "line 1, column row: the header names this column more than once; "),
            ("\n1,", "\n1,1,", "line 2: the row has 10 fields where the header has 9; "),
            ("\n1,", "\n\u{0},", "line 2, column row: the text holds the control character U+0000; "),
            ("kiosk", "ki\u{85}osk", "line 2, column source: the text holds the control character U+0085; "),
            ("clerk-2", "\"a\nb\"", "line 2, column entered_by: the text holds the control character U+000A; "),
            ("grid-2", "grid\t2", "line 2, column confirmed_by: the text holds the control character U+0009; "),
            ("\n1,", &format!("\n{code},"), "line 2, column row: the text is 65 characters long; "),
            ("kiosk", &code, "line 2, column source: the text is 65 characters long; "),
            ("clerk-2", &code, "line 2, column entered_by: the text is 65 characters long; "),
            ("grid-2", &code, "line 2, column confirmed_by: the text is 65 characters long; "),
            ("A0001", &long, "line 2, column activity_id: the text is 257 characters long; "),
            ("1000186983", &long, "line 2, column card_no: the text is 257 characters long; "),
            ("2026-01-22T18:23", &long, "line 2, column check_in: the text is 257 characters long; "),
            ("2026-01-22T20:12", &long, "line 2, column check_out: the text is 257 characters long; "),
            ("good", &long, "line 2, column grade: the text is 257 characters long; "),
            ("good", "\"good", "line 2: the row is longer than 65536 bytes; "),
            ("A0001", &"x".repeat(70_000), "line 2: the row is longer than 65536 bytes; "),
        ];
        for (old, new, expected) in cases {
            let fault = check_changed(old, new).expect_err(expected);
            assert!(fault.starts_with(&format!("attendance.csv, {expected}")), "{fault}");
        }
    }

    #[test]
    fn the_file_must_be_there_and_be_text() {
        let copy = Copy::new();
        let path = copy.path().join("attendance.csv");
        let fault = || check_attendance(copy.path()).unwrap_err().to_string();
        let mut bytes = fs::read(&path).unwrap();
        bytes.extend_from_slice(b"\n1,A0001,\xFF\xFE,,,,,,\n");
        fs::write(&path, bytes).unwrap();
        assert!(
            fault().starts_with("attendance.csv, line 3268, column card_no: the text is not UTF-8; "),
            "{}",
            fault()
        );
        fs::write(&path, "\n").unwrap();
        assert!(fault().starts_with("attendance.csv: the file is empty; "), "{}", fault());
        fs::remove_file(&path).unwrap();
        assert!(fault().starts_with("attendance.csv: the file is missing; "), "{}", fault());
    }

    #[test]
    fn the_first_fault_ends_the_rows() {
        let copy = Copy::new();
        copy.replace("attendance.csv", "\n2,", "\n2,,");
        let mut rows = AttendanceRows::open(copy.path()).unwrap();
        assert!(rows.next().unwrap().is_ok());
        assert!(rows.next().unwrap().is_err());
        assert!(rows.next().is_none());
    }
}
