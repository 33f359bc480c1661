//! Files of a town's folder, as a spreadsheet program, a hand or a bad disk may have left them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};

use baoyulan_ledger::command::Command;
use baoyulan_ledger::earn::AttendanceSheetRow;
use tempfile::TempDir;

use super::corpus;
use crate::import::attendance::{AttendanceRow, AttendanceRows, check_attendance};
use crate::import::fault::{Fault, Problem};
use crate::import::plan::commands;
use crate::import::sheet::{Layout, Sheet};
use crate::import::town::{FILES, LAYOUTS, read_town};

/// Longer files are not written anew: quotation marks might make a row too long.
const REWRITTEN_LENGTH_MAX: usize = 16 * 1024;

/// A small town, of which one file at a time is another.
static TOWN: LazyLock<Mutex<TempDir>> = LazyLock::new(|| {
    let folder = TempDir::new().unwrap();
    FILES.iter().for_each(|file| restore(folder.path(), file));
    Mutex::new(folder)
});

fn restore(folder: &Path, file: &str) {
    fs::copy(corpus("sheets").join(file), folder.join(file)).unwrap();
}

/// A file gives all its rows, each with its line, or one fault in words, with a place that the file has. What it gives does not
/// depend on how a spreadsheet program writes the same cells.
pub fn sheets(bytes: &[u8]) {
    let folder = TOWN.lock().unwrap_or_else(PoisonError::into_inner);
    for layout in LAYOUTS {
        match Sheet::new(bytes, layout) {
            Ok(_) => {
                let path = folder.path().join(layout.file);
                in_a_town(folder.path(), &path, layout, bytes);
                restore(folder.path(), layout.file);
            }
            Err(fault) => is_told(&fault, bytes),
        }
    }
}

fn in_a_town(folder: &Path, path: &PathBuf, layout: &'static Layout, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
    match Town::read(folder) {
        Ok(town) => {
            if let Some(lines) = town.lines(layout) {
                is_every_row(&lines, bytes);
            }
            if bytes.len() <= REWRITTEN_LENGTH_MAX {
                fs::write(path, rewritten(layout, bytes)).unwrap();
                assert_eq!(Town::read(folder).unwrap().content(), town.content());
            }
        }
        Err(fault) if fault.place.file == layout.file => is_told(&fault, bytes),
        // What other files refer to may be here no more.
        Err(fault) => assert!(matches!(fault.problem, Problem::Unknown { .. }), "{fault}"),
    }
}

/// All that a folder says.
struct Town {
    /// File and line of each, and what is to be done.
    commands: Vec<(&'static str, u64, Command)>,
    attendance: Vec<AttendanceRow>,
}

impl Town {
    fn read(folder: &Path) -> Result<Self, Fault> {
        let planned = commands(&read_town(folder)?).into_iter();
        let attendance = AttendanceRows::open(folder)?.collect::<Result<Vec<_>, Fault>>()?;
        assert_eq!(check_attendance(folder)?.rows, attendance.len() as u64);
        Ok(Self { commands: planned.map(|row| (row.file, row.line, row.command)).collect(), attendance })
    }

    /// The lines of a file's rows; `None` where it is one of those that make up the policy together.
    fn lines(&self, layout: &Layout) -> Option<Vec<u64>> {
        let of_policy = ["service_types.csv", "earning_rules.csv", "flat_awards.csv", "grades.csv", "themes.csv"]
            .contains(&layout.file);
        let mut lines: Vec<u64> = if layout.file == "attendance.csv" {
            self.attendance.iter().map(|row| row.line).collect()
        } else {
            self.commands.iter().filter(|(file, ..)| *file == layout.file).map(|(_, line, _)| *line).collect()
        };
        // Units come after the one that they are part of.
        lines.sort_unstable();
        (!of_policy).then_some(lines)
    }

    /// The same without its lines.
    fn content(&self) -> (Vec<&Command>, Vec<(&String, &AttendanceSheetRow)>) {
        let commands = self.commands.iter().map(|(.., command)| command).collect();
        (commands, self.attendance.iter().map(|row| (&row.row, &row.attendance)).collect())
    }
}

/// The lines of a file, whatever they end in.
fn lines_of(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n").replace('\r', "\n");
    text.trim_start_matches('\u{feff}').split('\n').map(str::to_owned).collect()
}

/// That no row is left out, and that a row begins where it is said to.
fn is_every_row(lines: &[u64], bytes: &[u8]) {
    let text = lines_of(bytes);
    let expected = {
        let text = text.join("\n");
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let rows = reader.records().map(Result::unwrap);
        rows.filter(|row| row.iter().any(|cell| !cell.trim().is_empty())).count() - 1
    };
    assert_eq!(lines.len(), expected, "rows");
    assert!(lines.is_sorted_by(|one, next| one < next), "{lines:?}");
    for line in lines {
        let line = &text[usize::try_from(*line).unwrap() - 1];
        assert!(!line.trim().is_empty(), "a row begins on a line without text");
    }
}

/// That a fault says where it is, what it is and what to do, on one line.
fn is_told(fault: &Fault, bytes: &[u8]) {
    let words = fault.to_string();
    let lines = lines_of(bytes).len() as u64;
    assert!(FILES.contains(&fault.place.file), "{words}");
    assert!(fault.place.line.is_none_or(|line| (1..=lines).contains(&line)), "{words}: of {lines} lines");
    assert!(words.contains("; ") && !words.contains(char::is_control) && words.len() < 2000, "{words:?}");
    if matches!(fault.problem, Problem::NotUtf8) {
        assert!(std::str::from_utf8(bytes).is_err() || bytes.contains(&0), "{words}");
    }
}

/// The same cells as another program may write them: a byte-order mark, CRLF, everything in quotation marks, the columns turned
/// round, and one more.
fn rewritten(layout: &'static Layout, bytes: &[u8]) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new()
        .quote_style(csv::QuoteStyle::Always)
        .terminator(csv::Terminator::CRLF)
        .from_writer(b"\xEF\xBB\xBF".to_vec());
    let mut write = |cells: Vec<&str>| writer.write_record(cells.into_iter().rev().chain(["note"])).unwrap();
    write(layout.columns.to_vec());
    let mut sheet = Sheet::new(bytes, layout).unwrap();
    while let Some(row) = sheet.next_row().unwrap() {
        write(layout.columns.iter().map(|column| row.field(column).unwrap().as_written()).collect());
    }
    writer.into_inner().unwrap()
}
