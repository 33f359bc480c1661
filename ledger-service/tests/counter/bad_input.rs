//! Garbage in: a clear error that names file, line and column, no panic, and nothing written.

use bank_tests::bank::{TestBank, refuse_records_from, take_records};
use bank_tests::both_engines;

use crate::support::{Counter, Folder, program, run};

/// A file, what is done to it, and what the error must name.
type Case = (&'static str, fn(&str) -> Vec<u8>, &'static [&'static str]);

fn replaced(text: &str, old: &str, new: &str) -> Vec<u8> {
    assert!(text.contains(old), "{old}");
    text.replacen(old, new, 1).into_bytes()
}

const CASES: &[Case] = &[
    ("attendance.csv", |_| Vec::new(), &["empty"]),
    ("volunteers.csv", |_| Vec::new(), &["empty"]),
    ("attendance.csv", |text| replaced(text, "check_out", "checkout"), &["check_out"]),
    ("attendance.csv", |text| replaced(text, "grade,source", "grade,grade,source"), &["line 1", "grade"]),
    ("stations.csv", |text| replaced(text, "station,name,unit", "station,name"), &["unit"]),
    ("attendance.csv", |text| replaced(text, "\n3,", "\n3,3,"), &["line 4"]),
    ("attendance.csv", |text| replaced(text, "clerk-2,grid-3\n", "clerk-2,grid-3,x\n"), &["line 3"]),
    (
        "attendance.csv",
        |text| [text.as_bytes(), b"9,A0001,1000186983,\xff\xfe,,good,kiosk,a,b\n"].concat(),
        &["line 3267", "UTF-8"],
    ),
    ("volunteers.csv", |text| replaced(text, "1000001422,周江玉", "1000001422,周\u{0}玉"), &["line 3", "name"]),
    ("volunteers.csv", |text| replaced(text, "周江玉", "周\u{1b}[31m玉"), &["line 3", "name"]),
    ("volunteers.csv", |text| replaced(text, "周江玉", &"玉".repeat(201)), &["line 3", "name"]),
    ("volunteers.csv", |text| replaced(text, "周江玉", &"玉".repeat(30_000)), &["line 3"]),
    ("volunteers.csv", |text| replaced(text, "1000001422", "1000000743"), &["line 3", "card_no"]),
    ("volunteers.csv", |text| replaced(text, "1000001422", "1000001423"), &["line 3", "card_no"]),
    ("activities.csv", |text| replaced(text, "A0002", "A0001"), &["line 3", "activity_id"]),
    ("activities.csv", |text| replaced(text, ",science,", ",rocketry,"), &["line 3", "service_type"]),
    ("activities.csv", |text| replaced(text, ",S14,", ",S99,"), &["line 3", "station"]),
    ("activities.csv", |text| replaced(text, "2026-01-22T20:00", "2026-01-22T18:30"), &["line 2", "end"]),
    ("activities.csv", |text| replaced(text, "2026-01-22T20:00", "2026-01-22T24:00"), &["line 2", "end"]),
    ("activities.csv", |text| replaced(text, "2026-01-22,", "2026-02-30,"), &["line 2", "date"]),
    ("service_types.csv", |text| replaced(text, "E03", "E33"), &["line 2", "rule"]),
    ("stations.csv", |text| replaced(text, "grid-1", "grid-9"), &["line 2", "unit"]),
    ("units.csv", |text| replaced(text, "xincheng,baohua", "xincheng,atlantis"), &["line 3", "parent"]),
    ("stock.csv", |text| replaced(text, "S01,G01,11", "S01,G01,-11"), &["line 2", "pieces"]),
    ("stock.csv", |text| replaced(text, "S01,G01,11", "S01,G01,9007199254740992"), &["line 2", "pieces"]),
    ("stock.csv", |text| replaced(text, "S01,G01,11", "S01,G01,1.5"), &["line 2", "pieces"]),
    ("stock.csv", |text| replaced(text, "S01,G01,11", "S01,G77,11"), &["line 2", "sku"]),
    ("stock.csv", |text| replaced(text, "S01,G02", "S01,G01"), &["line 3"]),
    ("catalogue.csv", |text| replaced(text, "香皂,30", "香皂,0"), &["line 2", "points"]),
    ("catalogue.csv", |text| replaced(text, "香皂,30", "香皂,-30"), &["line 2", "points"]),
    ("catalogue.csv", |text| replaced(text, "香皂,30", "香皂,99999999999999999999"), &["line 2", "points"]),
    ("catalogue.csv", |text| replaced(text, "G01", "G01234567"), &["line 2", "sku"]),
    ("earning_rules.csv", |text| replaced(text, "10,1.0", "10,-1.0"), &["line 2", "coefficient"]),
    ("earning_rules.csv", |text| replaced(text, "10,1.0", "10,NaN"), &["line 2", "coefficient"]),
    ("earning_rules.csv", |text| replaced(text, "10,1.0", "-10,1.0"), &["line 2", "points_per_hour"]),
    ("grades.csv", |text| replaced(text, "1.2", "1.2.3"), &["line 2", "coefficient"]),
    ("themes.csv", |text| replaced(text, "3,", "13,"), &["line 2", "month"]),
    ("attendance.csv", |text| replaced(text, "good,kiosk", "\"good,kiosk"), &[]),
];

both_engines!(a_broken_folder_is_refused_and_nothing_is_written, async |bank| {
    let counter = Counter(bank);
    for (file, change, named) in CASES {
        let folder = Folder::town();
        folder.write(file, change(&folder.read(file)));
        let path = folder.path().display().to_string();
        let said = counter.run(&["import", &path]);
        assert_eq!(said.code, 1, "{file} {named:?}: {said:?}");
        let error = &said.error;
        assert!(error.starts_with(file) && named.iter().all(|word| error.contains(word)), "{file} {named:?}: {error}");
        assert!(!error.contains("panicked") && error.lines().count() == 1 && error.chars().count() < 600, "{error}");
        assert!(!error.contains('玉'), "names stay out of errors: {error}");
    }
    assert_eq!(counter.run(&["balances"]).refused(), "no_bank");
    assert_eq!(std::fs::read_dir(bank.folder()).unwrap().count(), 0, "nothing is written");
});

both_engines!(a_broken_folder_leaves_a_bank_as_it_was, async |bank| {
    let counter = Counter(bank);
    counter.import(&Folder::town());
    let (state, head) = (counter.state(), bank_tests::journal::recompute(bank.url()).await);
    for (file, change, _) in CASES.iter().step_by(4) {
        let folder = Folder::town();
        folder.write(file, change(&folder.read(file)));
        assert_eq!(counter.run(&["import", &folder.path().display().to_string()]).code, 1);
    }
    // An activity that points were given on cannot become another.
    let folder = Folder::town();
    folder.write("activities.csv", replaced(&folder.read("activities.csv"), "2026-01-22T20:00", "2026-01-22T21:00"));
    let said = counter.run(&["import", &folder.path().display().to_string()]);
    assert!(said.error.starts_with("activities.csv, line 2, column end"), "{said:?}");
    assert_eq!(counter.state(), state);
    assert_eq!(bank_tests::journal::recompute(bank.url()).await, head);
});

#[test]
fn a_folder_or_a_file_that_is_not_there_is_said() {
    let bank = bank_tests::bank::TestBank::sqlite();
    let counter = Counter(&bank);
    assert_eq!(counter.run(&["import", "/no/such/folder"]).code, 1);
    for file in ["attendance.csv", "units.csv", "grades.csv", "partners.csv"] {
        let folder = Folder::town();
        std::fs::remove_file(folder.path().join(file)).unwrap();
        let said = counter.run(&["import", &folder.path().display().to_string()]);
        assert!(said.code == 1 && said.error.starts_with(file), "{said:?}");
    }
}

#[test]
fn a_report_takes_nobodys_place_and_names_lines() {
    let bank = bank_tests::bank::TestBank::sqlite();
    let counter = Counter(&bank);
    let file = bank.url().strip_prefix("sqlite://").unwrap();
    let folder = Folder::town();
    let path = folder.path().display().to_string();
    for report in [file.to_owned(), format!("{file}-wal"), format!("{file}-shm")] {
        let said = counter.run(&["import", &path, "--demo", "--report", &report]);
        assert!(said.code == 1 && said.error.contains("this is the place of the bank"), "{said:?}");
    }
    // By whatever name: through a link, or in another spelling.
    let (link, folder_link) = (folder.path().join("refused-link.csv"), folder.path().join("elsewhere"));
    std::os::unix::fs::symlink(file, &link).unwrap();
    std::os::unix::fs::symlink(bank.folder(), &folder_link).unwrap();
    let key = format!("{}/x.receipt-key", bank.key_folder().display());
    for report in [link, folder_link.join("bank.db"), folder_link.join("bank.db-wal"), key.into()] {
        let said = counter.run(&["import", &path, "--demo", "--report", &report.display().to_string()]);
        assert!(said.code == 1 && said.error.contains("this is the place of the bank"), "{report:?} {said:?}");
    }
    let said = counter.run(&["import", &path, "--demo", "--report", "/dev/stdout"]);
    assert!(said.code == 1 && said.error.contains("not an ordinary file"), "{said:?}");
    assert_eq!(std::fs::read_dir(bank.folder()).unwrap().count(), 0, "nothing is written");
    // Rows that the sheet calls by one name, or by none, are found by their lines.
    folder.write("attendance.csv", folder.read("attendance.csv").replace("\n2,", "\n,").replace("\n3,", "\n1,"));
    // Beside the bank, only its own names are taken.
    let report = format!("{file}.csv");
    counter.run(&["import", &path, "--demo", "--report", &report]).good();
    let (sheet, refused) = (folder.read("attendance.csv"), std::fs::read(report).unwrap());
    let lines: Vec<&str> = sheet.lines().collect();
    let mut rows = csv::Reader::from_reader(&refused[..]);
    for row in rows.records().map(Result::unwrap) {
        let line: usize = row[3].parse().unwrap();
        assert_eq!(lines[line - 1].split(',').next().unwrap(), &row[0], "{row:?}");
    }
}

#[test]
fn where_a_bank_was_moved_away_no_new_one_is_made_unawares() {
    let bank = bank_tests::bank::TestBank::sqlite();
    let counter = Counter(&bank);
    let folder = Folder::town();
    let path = folder.path().display().to_string();
    counter.import(&folder);
    let files = |bank: &bank_tests::bank::TestBank| {
        let files =
            std::fs::read_dir(bank.folder()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
        files.collect::<std::collections::BTreeSet<_>>()
    };
    let file = bank.url().strip_prefix("sqlite://").unwrap();
    std::fs::rename(file, format!("{file}.away")).unwrap();
    let before = files(&bank);
    for command in [&["import", &path, "--demo"][..], &["init"], &["balances"], &["serve", "--listen", "127.0.0.1:0"]] {
        let said = counter.run(command);
        assert!(said.code == 1 && said.error.contains("--new-bank"), "{command:?} {said:?}");
    }
    assert_eq!(files(&bank), before, "nothing was made");
    std::fs::rename(format!("{file}.away"), file).unwrap();
    counter.run(&["trial-balance"]).good();
    std::fs::rename(file, format!("{file}.away")).unwrap();
    counter.run(&["import", &path, "--demo", "--new-bank"]).good();
    // Another bank beside it is no other one's place.
    let other = format!("sqlite://{file}.other.db");
    let mut command = program(&["--bank", &other, "init"]);
    run(command.arg("--key-folder").arg(bank.key_folder())).good();
}

#[test]
fn a_command_that_posts_nothing_accepts_nothing() {
    let bank = bank_tests::bank::TestBank::sqlite();
    let counter = Counter(&bank);
    counter.import(&Folder::town());
    for command in [
        &["balances"][..],
        &["statement", "--card", "1000157592"],
        &["credential", "list"],
        &["keys"],
        &["trial-balance"],
        &["audit"],
    ] {
        for accept in ["--accept-clock", "--accept-rollback"] {
            let said = counter.run(&[command, &[accept]].concat());
            assert!(said.code == 1 && said.output.is_empty() && said.error.contains(accept), "{said:?}");
        }
        counter.run(command).good();
    }
    counter.run(&["card", "block", "--card", "1000157592", "--accept-clock"]).good();
}

#[test]
fn an_earlier_report_is_kept_under_a_number() {
    let bank = bank_tests::bank::TestBank::sqlite();
    let counter = Counter(&bank);
    let folder = Folder::town();
    let path = folder.path().display().to_string();
    let report = bank.folder().join("refused.csv");
    let import = ["import", &path, "--demo", "--report", report.to_str().unwrap()];
    assert!(!counter.run(&import).error.contains("is kept"));
    let first = std::fs::read_to_string(&report).unwrap() + "a note,,,\n";
    std::fs::write(&report, &first).unwrap();
    for (number, language, said) in [(1, "zh-Hans", "改名留着"), (2, "zh-Hant", "改名留著"), (3, "en", "is kept as")]
    {
        let again = counter.run(&[&import[..], &["--language", language]].concat());
        let kept = bank.folder().join(format!("refused.{number}.csv"));
        assert!(
            again.code == 0 && again.error.contains(said) && again.error.contains(kept.to_str().unwrap()),
            "{again:?}"
        );
        assert!(std::fs::read_to_string(kept).unwrap().starts_with("row,code,words,line\n"));
    }
    assert_eq!(std::fs::read_to_string(bank.folder().join("refused.1.csv")).unwrap(), first);
    // A report without rows holds nothing that somebody might miss.
    std::fs::write(&report, "row,code,words,line\n").unwrap();
    counter.run(&import).good();
    assert!(!bank.folder().join("refused.4.csv").exists());
}

both_engines!(a_weak_pin_is_refused_and_why_is_said, async |bank| {
    let counter = Counter(bank);
    counter.import(&Folder::town());
    let (state, card) = (counter.state(), "1000186983");
    for (pin, code, language, words) in [
        ("48291", "pin_not_six_digits", "en", "six digits"),
        ("131313", "pin_repeats", "zh-Hans", "重复"),
        ("890123", "pin_runs", "zh-Hant", "順著數"),
        ("489984", "pin_mirrored", "en", "backwards"),
        ("159357", "pin_drawn", "zh-Hans", "键盘"),
        ("140352", "pin_date", "zh-Hant", "生日"),
        ("186983", "pin_on_card", "en", "card number"),
    ] {
        let said = counter.run_with(&["--language", language, "pin", "set", "--card", card], pin);
        let (first, second) = said.error.split_once('\n').unwrap();
        assert_eq!((said.code, first), (1, code), "{said:?}");
        assert!(second.contains(words) && !said.error.contains(pin), "{said:?}");
    }
    assert_eq!(counter.state(), state);
    counter.run_with(&["pin", "set", "--card", card], "482913\n").good();
});

/// The folder or the bank's address may be another town's.
#[test]
fn a_folder_goes_into_no_bank_but_the_one_that_was_named() {
    let bank = TestBank::sqlite();
    let counter = Counter(&bank);
    let folder = Folder::town();
    let path = folder.path().display().to_string();
    let import = |more: &[&str]| counter.run(&[&["import", path.as_str()], more].concat());
    let own = ["--issuer", "baohua", "--origin", "points.example/journal", "--time-zone", "Asia/Shanghai"];
    assert_eq!(import(&own).code, 0);
    let before = counter.state();
    // Others' rows would be accepted: they are refused because of the name.
    folder.write("volunteers.csv", folder.read("volunteers.csv").replacen("周江玉", "别人", 1));
    for (flag, words) in [
        (&["--issuer", "xincheng"][..], "this bank has --issuer baohua, not xincheng: nothing was imported"),
        (&["--origin", "other/journal"], "this bank has --origin points.example/journal, not other/journal"),
        (&["--time-zone", "Asia/Tokyo"], "this bank has --time-zone Asia/Shanghai, not Asia/Tokyo"),
        (&["--demo"], "this bank is not for demonstration"),
        (&["--new-bank"], "there is a bank already"),
    ] {
        let said = import(flag);
        assert!(said.code == 1 && said.error.starts_with(words), "{flag:?}: {said:?}");
    }
    let mut named = counter.command(&["import", &path]);
    let said = run(named.env("POINTS_BANK_ISSUER", "xincheng").env("POINTS_BANK_LANGUAGE", "zh-Hans"));
    assert!(said.code == 1 && said.error.starts_with("这个银行的 --issuer 是 baohua，不是 xincheng"), "{said:?}");
    assert_eq!(counter.state(), before);
    let said = import(&["--issuer", "baohua", "--time-zone", "asia/shanghai"]);
    assert!(
        said.code == 0 && said.error.ends_with("rows of the other files that changed the bank: volunteers.csv 1\n"),
        "{said:?}"
    );
    assert!(import(&[]).error.ends_with("the other files changed nothing\n"));
}

both_engines!(an_import_that_is_broken_off_does_not_say_that_nothing_was_changed, async |bank| {
    let counter = Counter(bank);
    let folder = Folder::town();
    let (header, _) = folder.rows("attendance.csv");
    let attendance = folder.read("attendance.csv");
    folder.write("attendance.csv", format!("{header}\n"));
    folder.write(
        "volunteers.csv",
        folder.read("volunteers.csv").lines().take(2).map(|line| format!("{line}\n")).collect::<String>(),
    );
    folder.write(
        "activities.csv",
        folder.read("activities.csv").lines().take(1).map(|line| format!("{line}\n")).collect::<String>(),
    );
    let path = folder.path().display().to_string();
    assert_eq!(counter.run(&["import", &path]).code, 0);

    let town = Folder::town();
    let path = town.path().display().to_string();
    // The other files still find room, the attendance does not.
    refuse_records_from(bank, 1500).await;
    let said = counter.run(&["import", &path]);
    assert!(
        said.code == 1 && said.error.starts_with("outcome_unknown\nthe import was broken off: what was posted stays"),
        "{said:?}"
    );
    assert!(!said.error.contains("nothing was changed"), "{said:?}");
    take_records(bank).await;
    assert_eq!(town.read("attendance.csv"), attendance);
    assert_eq!(counter.run(&["import", &path]).code, 0);
    assert_eq!(counter.balance("1000157592"), town_balance());
});

fn town_balance() -> (i64, i64) {
    let bank = TestBank::sqlite();
    let counter = Counter(&bank);
    counter.import(&Folder::town());
    counter.balance("1000157592")
}

/// What the page says in its reader's language, the counter says in theirs.
#[test]
fn what_is_wrong_or_odd_in_a_folder_is_said_in_the_language_that_was_asked_for() {
    let bank = TestBank::sqlite();
    let counter = Counter(&bank);
    let folder = Folder::town();
    let (_, mut rows) = folder.rows("attendance.csv");
    // Cells that are empty.
    for row in &mut rows[..10] {
        let mut cells: Vec<&str> = row.split(',').collect();
        cells[7] = "";
        *row = cells.join(",");
    }
    folder.write_rows("attendance.csv", &rows);
    folder.write("activities.csv", folder.read("activities.csv").replacen(",T01,,", ",T01,1000000743,", 1));
    let path = folder.path().display().to_string();
    let import = |language| counter.run(&["--language", language, "import", &path]);
    let said = import("zh-Hans");
    assert!(said.error.contains("invalid_field  这些行里有一格没填、太长，或者写得不对，请改好再试。\n"), "{said:?}");
    assert!(import("en").error.contains("invalid_field  Something in these rows is empty"));
    folder.write("stock.csv", folder.read("stock.csv").replace("S01,G01,11", "S01,G01,12"));
    let warning = "stock.csv 第 2 行";
    assert!(import("zh-Hans").error.starts_with(warning), "{:?}", import("zh-Hans"));
    folder.write("stock.csv", folder.read("stock.csv").replace("S01,G01,12", "S01,G01,-1"));
    let said = import("zh-Hant");
    assert!(said.code == 1 && said.error.starts_with("stock.csv 第 2 列「pieces」欄："), "{said:?}");
}

#[test]
fn a_folder_that_is_not_there_is_told_as_such_and_a_sheet_that_is_no_towns_by_its_name() {
    let bank = TestBank::sqlite();
    let counter = Counter(&bank);
    let said = counter.run(&["import", "/nowhere/town"]);
    assert!(said.code == 1 && said.error.starts_with("the folder /nowhere/town cannot be read;"), "{said:?}");
    let folder = Folder::town();
    folder.write("attendance (1).csv", folder.read("attendance.csv"));
    folder.write("notes.txt", "");
    let said = counter.run(&["--language", "zh-Hans", "import", folder.path().to_str().unwrap()]);
    assert!(said.code == 0 && said.error.starts_with("attendance (1).csv 不是导入用的文件名，没有读它\n"), "{said:?}");
    assert!(!said.error.contains("notes"), "{said:?}");
    // Twice the same is said of a card as of anything else.
    let block = ["card", "block", "--card", "1000270985"];
    counter.run(&block).good();
    let said = counter.run(&block);
    assert_eq!(said.error, "already_registered\n1000270985 stands like this already. There is nothing more to do.\n");
    let said = counter.run(&["expire", "--until", "2100-01-01T00:00:00Z"]);
    assert!(said.error.contains("The cut-off time is not right: "), "{said:?}");
    let said = counter.run(&["credential", "add", "--role", "teller", "--station", "S01", "--name", ""]);
    assert!(said.error.contains("The name of who acts is not right: "), "{said:?}");
}

/// Nobody writes into the pipe.
#[test]
fn a_pipe_in_a_folder_is_not_waited_for() {
    let bank = TestBank::sqlite();
    let folder = Folder::town();
    let pipe = folder.path().join("volunteers.csv");
    std::fs::remove_file(&pipe).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let said = Counter(&bank).run(&["import", folder.path().to_str().unwrap()]);
    assert!(said.code == 1 && said.error.starts_with("volunteers.csv: "), "{said:?}");
}
