//! What a spreadsheet makes of the tables that the program prints, and what the program says of a sheet that one has rewritten.

use bank_tests::bank::TestBank;
use bank_tests::both_engines;

use crate::support::{Counter, Folder, Said, program, run};

/// No cell begins like a formula, unless it is a number.
fn assert_harmless(table: &str) -> usize {
    let mut rows = csv::ReaderBuilder::new().has_headers(false).from_reader(table.as_bytes());
    let cells: Vec<String> =
        rows.records().flat_map(|row| row.unwrap().iter().map(str::to_owned).collect::<Vec<_>>()).collect();
    for cell in &cells {
        let begins = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
        assert!(!begins || cell.parse::<i128>().is_ok(), "{cell:?}\n{table}");
    }
    cells.len()
}

#[test]
fn no_table_that_is_printed_has_a_cell_that_calculates() {
    let bank = TestBank::sqlite();
    let counter = Counter(&bank);
    let folder = Folder::town();
    let (_, mut stations) = folder.rows("stations.csv");
    stations.push("-S77,=1+1,grid-1,seed".to_owned());
    folder.write_rows("stations.csv", &stations);
    let rows = ["=1+1", "+1", "-1", "@SUM(A1)", "'=1", "＝1"].map(|row| format!("{row},=A1,@x,-,+,=,=,=2,@y"));
    folder.write_rows("attendance.csv", &rows);
    let report = bank.folder().join("refused.csv");
    let path = folder.path().display().to_string();
    let said = counter.run(&["import", &path, "--demo", "--report", report.to_str().unwrap()]);
    assert_eq!(said.code, 1, "no row could be read: {said:?}");
    counter.run(&["credential", "add", "--role", "teller", "--station", "-S77", "--name=-x"]).good();

    let tables: [&[&str]; 3] = [&["balances"], &["trial-balance"], &["credential", "list"]];
    for command in tables {
        assert!(assert_harmless(&counter.run(command).good()) > 4, "{command:?}");
    }
    let refused = std::fs::read_to_string(report).unwrap();
    assert!(assert_harmless(&refused) == 28 && refused.contains("\n'-1,card_check_digits,"), "{refused}");
    // These are all: the help names what each command prints.
    let help = [&["--help"][..], &["credential", "--help"]].map(|arguments| run(&mut program(arguments)).good());
    let printed = help.concat().lines().filter(|line| line.contains("as CSV")).count();
    assert_eq!(printed, tables.len());
}

/// All cells of that column, as the change makes them.
fn rewrite(folder: &Folder, column: usize, change: impl Fn(usize, &str) -> String) {
    let (_, rows) = folder.rows("attendance.csv");
    let changed = |(number, row): (usize, &String)| {
        let mut cells: Vec<String> = row.split(',').map(str::to_owned).collect();
        cells[column] = change(number, &cells[column]);
        cells.join(",")
    };
    folder.write_rows("attendance.csv", &rows.iter().enumerate().map(changed).collect::<Vec<_>>());
}

/// As a spreadsheet writes a time.
fn by_a_spreadsheet(time: &str) -> String {
    time.replace("-0", "/").replace('-', "/").replace('T', " ")
}

fn import(counter: &Counter, folder: &Folder, language: &str) -> Said {
    counter.run(&["import", &folder.path().display().to_string(), "--demo", "--language", language])
}

both_engines!(a_sheet_that_a_spreadsheet_has_rewritten_is_said_first, async |bank| {
    let counter = Counter(bank);
    let folder = Folder::town();
    rewrite(&folder, 3, |_, time| by_a_spreadsheet(time));
    for (language, counts, said_first) in [
        (
            "en",
            "3265 rows: 0 accepted, 3265 refused",
            "every check_in in attendance.csv is in another form, such as \"2026/1/22 18:23\": a spreadsheet has rewritten them.",
        ),
        (
            "zh-Hans",
            "共 3265 行：收下 0 行，没收 3265 行",
            "attendance.csv 的 check_in 全都看不懂，例如“2026/1/22 18:23”：多半是表格软件改写了。",
        ),
        (
            "zh-Hant",
            "共 3265 筆：收下 0 筆，沒收 3265 筆",
            "attendance.csv 的 check_in 全都看不懂，例如「2026/1/22 18:23」：多半是試算表軟體改寫了。",
        ),
    ] {
        let said = import(&counter, &folder, language);
        assert_eq!(said.code, 1, "{said:?}");
        assert!(said.error.starts_with(said_first), "{said:?}");
        assert!(said.error.contains(counts), "{said:?}");
    }
    // Whoever adds new rows to old ones may have some in another form; what is left is read.
    let folder = Folder::town();
    rewrite(&folder, 3, |number, time| if number % 20 == 0 { time.to_owned() } else { by_a_spreadsheet(time) });
    let said = import(&counter, &folder, "en");
    assert!(
        said.error.starts_with("3,102 of 3,265 cells in the column check_in of attendance.csv are in another form"),
        "{said:?}"
    );
    said.good();
    // A few are no more than their refusals.
    let folder = Folder::town();
    rewrite(&folder, 3, |number, time| if number % 20 == 0 { by_a_spreadsheet(time) } else { time.to_owned() });
    let said = import(&counter, &folder, "en");
    assert!(said.error.starts_with("3265 rows: "), "{said:?}");
    said.good();
});

both_engines!(a_column_that_is_wrong_throughout_is_said_with_the_words_of_its_code, async |bank| {
    let counter = Counter(bank);
    let folder = Folder::town();
    // As the pages show grades.
    rewrite(&folder, 5, |_, grade| if grade == "good" { "良".to_owned() } else { grade.to_owned() });
    for (language, hint, words) in [
        ("en", "half of the rows or more were refused for one reason (unknown_grade)", "There is no such grade"),
        ("zh-Hans", "一半以上的行因为同一个原因没有收下（unknown_grade）", "没有这个"),
        ("zh-Hant", "一半以上的資料因為同一個原因沒有收下（unknown_grade）", "沒有這個"),
    ] {
        let said = import(&counter, &folder, language);
        assert!(said.error.starts_with(hint), "{said:?}");
        let line = said.error.lines().find(|line| line.contains(" unknown_grade  ")).unwrap();
        assert!(line.contains(words), "{line}");
    }
});
