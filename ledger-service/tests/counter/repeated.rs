//! A second import, a reordered one, an extended one, and one that is killed and repeated, all end in the state of one.

use std::time::{Duration, Instant};

use bank_tests::bank::TestBank;
use bank_tests::both_engines;
use bank_tests::journal::{Tables, assert_whole};

use crate::support::{Counter, Folder};

/// How often an import is killed, at least.
const KILLS: u64 = 6;
/// By so many kills one must have been half-way.
const KILLS_MAX: u64 = 30;
/// How long an import may take to its next commit.
const PATIENCE: Duration = Duration::from_secs(60);

/// The state that one import of the folder leads to.
fn after_one_import(folder: &Folder) -> String {
    let bank = TestBank::sqlite();
    let counter = Counter(&bank);
    counter.import(folder);
    counter.state()
}

both_engines!(a_second_import_changes_nothing, async |bank| {
    let counter = Counter(bank);
    let folder = Folder::town();
    let first = counter.import(&folder);
    let state = counter.state();
    assert_eq!(state, after_one_import(&folder));
    let head = bank_tests::journal::recompute(bank.url()).await;

    let second = counter.import(&folder);
    assert_eq!(second.iter().filter(|line| line.ends_with(",already_recorded")).count(), 3094 + 12);
    let refused = |lines: &[String]| -> Vec<String> {
        lines.iter().filter(|line| !line.ends_with(",already_recorded")).cloned().collect()
    };
    assert_eq!(refused(&second), refused(&first), "what was refused is refused for the same reason");
    assert_eq!(counter.state(), state);
    assert_eq!(bank_tests::journal::recompute(bank.url()).await, head, "not one record was added");
});

both_engines!(a_corrected_row_of_attendance_is_not_said_to_be_recorded, async |bank| {
    let counter = Counter(bank);
    let folder = Folder::town();
    counter.import(&folder);
    let state = counter.state();
    let sheet = folder.read("attendance.csv");
    let (first, corrected) = (sheet.lines().nth(1).unwrap(), sheet.lines().nth(1).unwrap().replace("T18:", "T19:"));
    assert_ne!(first, corrected);
    folder.write("attendance.csv", sheet.replace(first, &corrected));
    let report = bank.folder().join("corrected.csv");
    for (language, said) in [
        ("zh-Hans", "什么也没有改。如果后来改过"),
        ("zh-Hant", "什麼也沒有改。如果後來改過"),
        ("en", "nothing was changed now. If "),
    ] {
        let folder = folder.path().display().to_string();
        let report = report.with_extension(language);
        let import = ["--language", language, "import", &folder, "--report", report.to_str().unwrap()];
        counter.run(&import).good();
        let report = std::fs::read_to_string(report).unwrap();
        let row = report.lines().nth(1).unwrap();
        assert!(row.starts_with("1,already_recorded,") && row.contains(said), "{row}");
    }
    assert_eq!(counter.state(), state);
});

both_engines!(a_changed_figure_of_stock_is_said_and_changes_nothing, async |bank| {
    let counter = Counter(bank);
    let folder = Folder::town();
    counter.import(&folder);
    let state = counter.state();
    folder.write("stock.csv", folder.read("stock.csv").replace("S01,G01,11", "S01,G01,500"));
    let said = counter.run(&["import", &folder.path().display().to_string()]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(
        said.error.contains("stock.csv, line 2, column pieces: the bank opened this stock with 11, not 500"),
        "{said:?}"
    );
    assert_eq!(said.error.matches("stock.csv").count(), 1, "{said:?}");
    assert_eq!(counter.state(), state);
});

both_engines!(a_reordered_import_changes_nothing, async |bank| {
    let counter = Counter(bank);
    let folder = Folder::town();
    counter.import(&folder);
    let state = counter.state();
    for file in ["attendance.csv", "volunteers.csv", "activities.csv", "units.csv", "stock.csv"] {
        let (_, mut rows) = folder.rows(file);
        rows.reverse();
        folder.write_rows(file, &rows);
    }
    counter.import(&folder);
    assert_eq!(counter.state(), state);
});

both_engines!(an_import_may_grow, async |bank| {
    let counter = Counter(bank);
    let whole = Folder::town();
    let part = Folder::town();
    for (file, kept) in [("attendance.csv", 1300), ("volunteers.csv", 400), ("activities.csv", 220), ("stock.csv", 100)]
    {
        let (_, mut rows) = part.rows(file);
        rows.truncate(kept);
        part.write_rows(file, &rows);
    }
    // Of the first part, rows of volunteers who come later are refused: and accepted when they are known.
    let (_, attendance) = part.rows("attendance.csv");
    counter.import(&part);
    let (_, all) = whole.rows("attendance.csv");
    let unknown: Vec<String> = attendance
        .iter()
        .filter(|row| !part.read("volunteers.csv").contains(row.split(',').nth(2).unwrap()))
        .cloned()
        .collect();
    assert!(unknown.len() > 100);
    counter.import(&whole);
    let extended = counter.state();

    // The state of one import of the rows in the order in which they came to be acceptable.
    let mut order: Vec<String> = attendance.iter().filter(|row| !unknown.contains(row)).cloned().collect();
    order.extend(all.iter().filter(|row| !order.contains(row)).cloned().collect::<Vec<_>>());
    let reordered = Folder::town();
    reordered.write_rows("attendance.csv", &order);
    assert_eq!(extended, after_one_import(&reordered));
    assert_whole(bank.url()).await;
});

/// The town with its attendance many times over, in other years' activities, so that an import takes several commits.
fn long_town() -> Folder {
    let folder = Folder::town();
    let (_, activities) = folder.rows("activities.csv");
    let (_, attendance) = folder.rows("attendance.csv");
    let mut more_activities = activities.clone();
    let mut more_attendance = attendance.clone();
    for year in 2017..=2025 {
        let moved = |row: &String| {
            let mut moved = row.replace(",A", &format!(",Y{year}-A")).replace("2026-", &format!("{year}-"));
            if moved.starts_with('A') {
                moved = format!("Y{year}-{moved}");
            }
            moved
        };
        more_activities.extend(activities.iter().map(moved));
        more_attendance.extend(attendance.iter().map(moved));
    }
    folder.write_rows("activities.csv", &more_activities);
    folder.write_rows("attendance.csv", &more_attendance);
    // Everybody had agreed before the first of these years.
    folder.write("volunteers.csv", folder.read("volunteers.csv").replace(",2026-01-", ",2017-01-"));
    folder
}

/// Records in the journal; 0 where there is no bank yet.
async fn size(bank: &TestBank) -> i64 {
    if bank.is_postgres() || bank.folder().join("bank.db").exists() {
        let mut tables = Tables::open(bank.url()).await;
        if tables.names().await.contains("ledger_head") {
            return tables.rows("SELECT size FROM ledger_head").await.first().map_or(0, |row| row[0].integer());
        }
    }
    0
}

/// Whether a kill was later than the first commit and earlier than the last: there is a size between two others.
fn was_killed_half_way(sizes: &[i64]) -> bool {
    sizes.first().zip(sizes.last()).is_some_and(|(first, last)| sizes.iter().any(|size| first < size && size < last))
}

both_engines!(a_killed_import_is_repeated, async |bank| {
    let counter = Counter(bank);
    let folder = long_town();
    let path = folder.path().display().to_string();
    let mut sizes: Vec<i64> = Vec::new();
    // Each run is killed a moment after its first commit, which is soon followed by others: until one was killed half-way, which
    // is seen when the next one has something left to do.
    for round in 0..KILLS_MAX {
        let before = size(bank).await;
        let mut import = counter.start(&["import", &path, "--demo"]);
        let begun = Instant::now();
        while size(bank).await == before && import.try_wait().unwrap().is_none() {
            assert!(begun.elapsed() < PATIENCE, "the import neither commits nor ends");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        tokio::time::sleep(Duration::from_millis(round % 6 * 15)).await;
        import.kill().unwrap();
        import.wait().unwrap();
        sizes.push(size(bank).await);
        assert_eq!(counter.run(&["trial-balance"]).code, 0);
        if round + 1 >= KILLS && was_killed_half_way(&sizes) {
            break;
        }
    }
    assert!(was_killed_half_way(&sizes), "no import was killed half-way: {sizes:?}");
    counter.import(&folder);
    let state = counter.state();
    assert_eq!(state, after_one_import(&folder));
    // Ten years, each of which is the town's own: the rows' order holds from chunk to chunk.
    assert!(state.contains("MIN,equity,0,3920060\n") && state.contains("POINT,liability,0,797090\n"), "{state}");
    assert_whole(bank.url()).await;
});
