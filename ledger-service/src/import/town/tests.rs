use std::fs;

use super::super::plan::commands;
use super::super::sample::{Copy, expect_faults, real_town};
use super::*;

/// All sheets that are read whole: the last one, of attendances, is not.
const SHEETS: &[&Layout] = LAYOUTS.split_last().unwrap().1;

#[test]
fn the_town_reads_clean() {
    let town = real_town();
    assert_eq!(town.warnings, []);
    let planned = commands(&town);
    let files: Vec<(&str, usize)> =
        planned.chunk_by(|one, next| one.file == next.file).map(|chunk| (chunk[0].file, chunk.len())).collect();
    let expected = [
        ("units.csv", 51),
        ("teams.csv", 10),
        ("partners.csv", 4),
        ("stations.csv", 14),
        ("earning_rules.csv", 1),
        ("volunteers.csv", 520),
        ("activities.csv", 220),
        ("catalogue.csv", 25),
        ("stock.csv", 350),
    ];
    assert_eq!(files, expected);
}

/// The same sheet as a spreadsheet program may write it: a byte-order mark, CRLF, the columns turned round with
/// an extra one among them, and a blank line after the header.
fn rewrite(text: &str) -> String {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(b"\xEF\xBB\xBF".to_vec());
    let turned = |record: &csv::StringRecord, extra: &str| -> Vec<String> {
        let mut fields: Vec<String> = record.iter().rev().map(str::to_owned).collect();
        fields.insert(1, extra.to_owned());
        fields
    };
    writer.write_record(turned(reader.headers().unwrap(), "note, extra")).unwrap();
    for record in reader.records() {
        writer.write_record(turned(&record.unwrap(), "two\nlines? no: \"three\"\u{7}")).unwrap();
    }
    let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
    text.replacen("\r\n", "\r\n\r\n \t\r\n", 1) + "\r\n\r\n"
}

#[test]
fn a_town_from_another_spreadsheet_program_reads_the_same() {
    let copy = Copy::new();
    for file in copy.files() {
        if file.ends_with(".csv") {
            copy.edit(&file, |text| rewrite(&text));
        }
    }
    let again = commands(&read_town(copy.path()).unwrap());
    for (again, before) in again.iter().zip(commands(&real_town())) {
        assert_eq!(again.command, before.command);
        // Every row takes two lines now, and two blank ones stand before the first. The policy is no row.
        let expected = if before.line == 1 { 1 } else { 2 * before.line };
        assert_eq!((again.file, again.line), (before.file, expected));
    }
}

/// As an old CSV of a Macintosh has them: rows that were taken for one header would disappear without a word.
#[test]
fn a_town_whose_lines_end_in_cr_reads_the_same() {
    let copy = Copy::new();
    for file in copy.files() {
        if file.ends_with(".csv") {
            copy.edit(&file, |text| text.replace('\n', ",\r"));
        }
    }
    let again = commands(&read_town(copy.path()).unwrap());
    for (again, before) in again.iter().zip(commands(&real_town())) {
        assert_eq!(again.command, before.command);
        assert_eq!((again.file, again.line), (before.file, before.line));
    }
    assert_eq!(again.len(), commands(&real_town()).len());
}

#[test]
fn every_file_must_be_there_and_have_a_header() {
    for layout in SHEETS {
        let copy = Copy::new();
        let path = copy.path().join(layout.file);
        let fault = || read_town(copy.path()).unwrap_err().to_string();
        for column in layout.columns {
            let header = layout.columns.join(",");
            let others = header.replacen(column, "other", 1);
            copy.replace(layout.file, &header, &others);
            let missing = format!("{}, line 1, column {column}: the header does not name", layout.file);
            assert!(fault().starts_with(&missing), "{}", fault());
            copy.replace(layout.file, &others, &header);
        }
        fs::write(&path, "").unwrap();
        assert!(fault().starts_with(&format!("{}: the file is empty", layout.file)), "{}", fault());
        fs::remove_file(&path).unwrap();
        assert!(fault().starts_with(&format!("{}: the file is missing", layout.file)), "{}", fault());
        fs::create_dir(&path).unwrap();
        assert!(fault().starts_with(&format!("{}: the file cannot be read (", layout.file)), "{}", fault());
    }
}

#[test]
fn all_files_that_are_missing_are_named_at_once() {
    let copy = Copy::new();
    for file in ["units.csv", "attendance.csv", "grades.csv"] {
        fs::remove_file(copy.path().join(file)).unwrap();
    }
    let fault = read_town(copy.path()).unwrap_err();
    assert_eq!(
        fault.to_string(),
        "units.csv: the file is missing, like grades.csv, attendance.csv; add them to the others, and import all of them together"
    );
    assert_eq!(
        fault.say(page_parts::Language::SimplifiedChinese),
        "units.csv：没有这个文件，也没有 grades.csv, attendance.csv。请补上，和别的文件一起再导入一次。"
    );
}

#[test]
fn rows_that_are_no_rows_of_the_sheet_are_faults() {
    let twice = "line 1, column name: the header names this column more than once";
    expect_faults(&teams::LAYOUT, &[("motto,", "motto,name,", twice)]);
    expect_faults(
        &stock::LAYOUT,
        &[
            ("S01,G02,17", "S01,G02", "line 3, column pieces: the field is empty"),
            ("S01,G02,17", "S01,G02,17,x", "line 3: the row has 4 fields where the header has 3"),
            ("S01,G02", "S01,\"G02", "line 3: a double quote is opened and never closed"),
        ],
    );
    expect_faults(
        &partners::LAYOUT,
        &[
            ("P2,", "P2,\"", "line 3: a double quote is opened and never closed"),
            ("P2,", &"x".repeat(65_536), "line 3: the row is longer than 65536 bytes"),
        ],
    );
    let copy = Copy::new();
    fs::write(copy.path().join("partners.csv"), b"partner,name,origin\nP1,\xC4\xCF\xBE\xA9,seed\n").unwrap();
    let fault = read_town(copy.path()).unwrap_err().to_string();
    assert!(fault.starts_with("partners.csv, line 2, column name: the text is not UTF-8; "), "{fault}");
}

#[test]
fn a_fault_reads_as_one_sentence() {
    let copy = Copy::new();
    copy.replace("activities.csv", "elder", "gardening");
    let expected = "activities.csv, line 2, column service_type: no row of service_types.csv has the service type \"gardening\"; \
                    add one, or correct this row";
    assert_eq!(read_town(copy.path()).unwrap_err().to_string(), expected);
}
