//! Towns that exercise what ours does not: the day's cap, midnight, training and a fail on a service day, the calendar.

use bank_tests::both_engines;

use crate::support::{Counter, Folder};

const ANNA: &str = "1000000743";
const BERT: &str = "1000001422";

/// One activity: code, kind of service, date, start, end, organiser, service day.
type Plan<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str, &'a str, &'a str);

/// The town with these activities and this attendance: row, activity, card, in, out, grade.
fn town(activities: &[Plan], attendance: &[(&str, &str, &str, &str, &str, &str)]) -> Folder {
    let folder = Folder::town();
    let activities = activities.iter().map(|(code, service, date, start, end, organiser, service_day)| {
        format!("{code},活动,{service},{date},{start},{end},S01,T1,{organiser},{service_day}")
    });
    folder.write_rows("activities.csv", &activities.collect::<Vec<_>>());
    let attendance = attendance.iter().map(|(row, activity, card, check_in, check_out, grade)| {
        format!("{row},{activity},{card},{check_in},{check_out},{grade},roster,clerk-1,grid-1")
    });
    folder.write_rows("attendance.csv", &attendance.collect::<Vec<_>>());
    folder
}

both_engines!(a_day_counts_eight_hours_at_most, async |bank| {
    let counter = Counter(bank);
    // General service, 10 an hour, outside theme months. 240 counted, 225 → 210 left of 240 … all on one day.
    let folder = town(
        &[
            ("D1", "civility", "2026-02-03", "2026-02-03T06:00", "2026-02-03T11:00", "", "no"),
            ("D2", "civility", "2026-02-03", "2026-02-03T11:00", "2026-02-03T15:00", "", "no"),
            ("D3", "civility", "2026-02-03", "2026-02-03T15:00", "2026-02-03T20:00", "", "no"),
            ("D4", "civility", "2026-02-03", "2026-02-03T20:00", "2026-02-03T23:00", "", "no"),
            ("D5", "civility", "2026-02-04", "2026-02-04T08:00", "2026-02-04T08:29", "", "no"),
        ],
        &[
            ("7", "D1", ANNA, "2026-02-03T06:00", "2026-02-03T11:00", "good"), // 300 credited, 240 counted: 40
            ("x-3", "D2", ANNA, "2026-02-03T11:00", "2026-02-03T14:45", "good"), // 225 credited, 210 counted: 35
            ("", "D3", ANNA, "2026-02-03T15:00", "2026-02-03T20:00", "fail"),  // 300 credited, 30 left counted: 0
            ("7", "D4", ANNA, "2026-02-03T20:00", "2026-02-03T23:00", "good"), // 180 credited, nothing left: 0
            ("9", "D5", ANNA, "2026-02-04T08:00", "2026-02-04T08:29", "good"), // 29 credited, none counted: 0
            ("row ten", "D5", ANNA, "2026-02-04T08:00", "2026-02-04T08:29", "good"),
        ],
    );
    assert_eq!(counter.import(&folder), ["row ten,already_recorded"]);
    assert_eq!(counter.balance(ANNA), (300 + 225 + 300 + 180 + 29, 75));
});

both_engines!(an_activity_past_midnight_is_of_its_own_day, async |bank| {
    let counter = Counter(bank);
    let folder = town(
        &[
            // Evening patrol, 1.3; and two more that make up the next day.
            ("N1", "patrol", "2026-01-31", "2026-01-31T22:00", "2026-02-01T02:00", "", "yes"),
            ("N2", "civility", "2026-02-01", "2026-02-01T02:00", "2026-02-01T06:00", "", "yes"),
            ("N3", "civility", "2026-02-01", "2026-02-01T08:00", "2026-02-01T12:00", "", "no"),
            ("N4", "civility", "2026-02-01", "2026-02-01T01:00", "2026-02-01T02:30", "", "no"),
        ],
        &[
            ("1", "N1", ANNA, "2026-01-31T21:50", "2026-02-01T02:10", "good"), // 240 of 31 January: 52, and 5
            ("2", "N2", ANNA, "2026-02-01T02:00", "2026-02-01T06:00", "good"), // 240 of 1 February: 40, and 5 of a new month
            ("3", "N3", ANNA, "2026-02-01T08:00", "2026-02-01T12:00", "good"), // 240: 40
            ("4", "N4", ANNA, "2026-02-01T01:00", "2026-02-01T02:30", "good"), // overlaps the night before
        ],
    );
    assert_eq!(counter.import(&folder), ["4,overlaps_other_attendance"]);
    assert_eq!(counter.balance(ANNA), (720, 52 + 5 + 40 + 5 + 40));
});

both_engines!(training_and_a_fail_neither_earn_nor_use_up_the_service_day, async |bank| {
    let counter = Counter(bank);
    let folder = town(
        &[
            ("T1", "training", "2026-03-05", "2026-03-05T08:00", "2026-03-05T10:00", ANNA, "yes"),
            ("T2", "civility", "2026-03-05", "2026-03-05T10:00", "2026-03-05T12:00", ANNA, "yes"),
            ("T3", "civility", "2026-03-05", "2026-03-05T13:00", "2026-03-05T14:00", BERT, "yes"),
            ("T4", "civility", "2026-03-06", "2026-03-06T13:00", "2026-03-06T14:00", BERT, "yes"),
        ],
        &[
            ("1", "T1", ANNA, "2026-03-05T08:00", "2026-03-05T10:00", "excellent"), // training: 2 h × 5 × 1.2 = 12; no hours, no awards
            ("2", "T2", ANNA, "2026-03-05T10:00", "2026-03-05T12:00", "fail"), // 0, organiser 10; neither E07 nor E08
            ("3", "T3", ANNA, "2026-03-05T13:00", "2026-03-05T13:10", "pass"), // too short to count: E07 5, E08 5
            ("4", "T4", ANNA, "2026-03-06T13:00", "2026-03-06T14:00", "pass"), // 8, E08 5; E07 is used up
        ],
    );
    assert_eq!(counter.import(&folder), [] as [String; 0]);
    assert_eq!(counter.balance(ANNA), (120 + 10 + 60, 12 + 10 + 10 + 13));
    let statement = counter.run(&["statement", "--card", ANNA, "--language", "zh-Hans"]).good();
    assert!(statement.contains("120 分钟 → 2 小时 × 5 × 1.0 × 1.2 = 12 分"), "{statement}");
});

both_engines!(a_row_that_earns_nothing_is_recorded_and_makes_no_transaction, async |bank| {
    let counter = Counter(bank);
    let folder = town(
        &[("Z1", "training", "2026-02-05", "2026-02-05T08:00", "2026-02-05T10:00", "", "yes")],
        &[
            ("1", "Z1", ANNA, "2026-02-05T08:00", "2026-02-05T08:20", "good"),
            ("2", "Z1", ANNA, "2026-02-05T08:00", "2026-02-05T10:00", "good"),
        ],
    );
    assert_eq!(counter.import(&folder), ["2,already_recorded"]);
    assert_eq!(counter.balance(ANNA), (0, 0));
    assert!(counter.run(&["statement", "--card", ANNA, "--language", "zh-Hans"]).good().contains("还没有记录"));
});

both_engines!(points_of_a_year_long_ago_are_posted_and_cannot_be_spent, async |bank| {
    let counter = Counter(bank);
    // Points of 2020 could be spent to the end of 2023, those of 2022 to the end of 2025.
    let day = |code, date, start, end| -> Plan { (code, "civility", date, start, end, "", "no") };
    let folder = town(
        &[
            day("E1", "2020-02-05", "2020-02-05T08:00", "2020-02-05T12:00"),
            day("E2", "2022-02-05", "2022-02-05T08:00", "2022-02-05T10:00"),
            day("E3", "2022-12-31", "2022-12-31T20:00", "2023-01-01T00:00"),
        ],
        &[
            ("1", "E1", ANNA, "2020-02-05T08:00", "2020-02-05T12:00", "good"),
            ("2", "E2", ANNA, "2022-02-05T08:00", "2022-02-05T10:00", "good"),
            ("3", "E3", ANNA, "2022-12-31T20:00", "2023-01-01T00:00", "good"),
        ],
    );
    // They had agreed to it before all that.
    folder.write("volunteers.csv", folder.read("volunteers.csv").replace(",2026-01-", ",2020-02-"));
    // The import itself takes place while the points of 2022 can still be spent, and says which of them cannot.
    let path = folder.path().display().to_string();
    let ran = counter.run(&["--now", "2025-12-30T12:00:00+08:00", "import", &path, "--demo"]);
    assert!(
        ran.error.contains("600 minutes of service, 100 points, of which 40 have expired already"),
        "{}",
        ran.error
    );
    ran.good();
    assert_eq!(counter.balance(ANNA), (600, 100), "posted, expired or not");

    let redeem = |now: &str, item: &str| {
        counter.run(&["--now", now, "redeem", "--card", ANNA, "--station", "S01", "--item", item])
    };
    // 60 can be spent, 40 have expired.
    assert_eq!(redeem("2025-12-31T23:59:58+08:00", "G05=1").refused(), "points_expired");
    redeem("2025-12-31T23:59:58+08:00", "G01=1").good();
    redeem("2025-12-31T23:59:59+08:00", "G01=1").good();
    assert_eq!(redeem("2025-12-31T23:59:59+08:00", "G01=1").refused(), "points_expired");
    assert_eq!(counter.balance(ANNA), (600, 40));
    // Given back after the year's end, the points have the second again that they had when they were spent.
    counter.run(&["--now", "2026-01-01T00:00:00+08:00", "reverse", "S01-25-000002"]).good();
    assert_eq!(counter.balance(ANNA), (600, 70));
    redeem("2026-01-01T00:00:00+08:00", "G01=1").good();
    let statement = counter
        .run(&["--now", "2026-01-31T23:59:59+08:00", "statement", "--card", ANNA, "--language", "zh-Hans"])
        .good();
    assert!(statement.contains("40 分已于 2023-12-31 过期"), "{statement}");
});

both_engines!(a_row_counts_once_it_is_over_and_from_consent_on, async |bank| {
    let counter = Counter(bank);
    // Anna agreed on 2 January, Bert on the 19th. It is noon of 3 February.
    let folder = town(
        &[
            ("P1", "civility", "2026-02-03", "2026-02-03T08:00", "2026-02-03T12:00", "", "no"),
            ("P2", "civility", "2026-02-03", "2026-02-03T11:00", "2026-02-03T13:00", "", "no"),
            ("P3", "civility", "2026-01-01", "2026-01-01T22:00", "2026-01-02T02:00", "", "no"),
            ("P4", "civility", "2026-02-04", "2026-02-04T08:00", "2026-02-04T09:00", "", "no"),
            ("P5", "civility", "2026-01-10", "2026-01-10T00:00", "2026-01-11T00:00", "", "no"),
        ],
        &[
            ("1", "P2", BERT, "2026-02-03T11:00", "2026-02-03T12:01", "good"),
            ("2", "P1", ANNA, "2026-02-03T08:00", "2026-02-03T12:00", "good"), // over to the minute: 40
            ("3", "P3", ANNA, "2026-01-01T22:00", "2026-01-02T02:00", "good"),
            ("4", "P3", ANNA, "2026-01-02T00:00", "2026-01-02T02:00", "good"), // from midnight of her day: 20
            ("5", "P4", ANNA, "2026-02-04T08:00", "2026-02-04T09:00", "good"),
            ("6", "P4", ANNA, "2026-02-03T08:00", "2026-02-03T09:00", "good"),
            ("7", "P5", BERT, "2026-01-10T00:00", "2026-01-11T00:00", "good"),
            ("8", "P5", ANNA, "2026-01-10T00:00", "2026-01-11T00:01", "good"),
            ("9", "P5", ANNA, "2026-01-10T00:00", "2026-01-11T00:00", "good"), // a whole day: 40
            ("10", "P1", BERT, "2062-02-03T08:00", "2062-02-03T12:00", "good"),
        ],
    );
    let early = |code| format!("{code},not_over_yet");
    let refused = counter.import_at("2026-02-03T12:00:59+08:00", &folder);
    let codes = [
        early(1),
        "3,before_consent".to_owned(),
        early(5),
        "6,outside_activity".to_owned(),
        "7,before_consent".to_owned(),
        "8,invalid_field".to_owned(),
        early(10),
    ];
    assert_eq!(refused, codes);
    assert_eq!(counter.balance(ANNA), (240 + 120 + 1440, 100));
    // A day later the same folder adds what has been over since.
    let later = counter.import_at("2026-02-04T09:00:00+08:00", &folder);
    assert!(!later.iter().any(|row| [early(1), early(5)].contains(row)), "{later:?}");
    assert_eq!((counter.balance(ANNA), counter.balance(BERT)), ((1860, 110), (61, 10)));
});

both_engines!(a_town_is_not_made_where_clocks_are_changed, async |bank| {
    let counter = Counter(bank);
    let folder = Folder::town();
    let path = folder.path().display().to_string();
    let ran = counter.run(&["import", &path, "--demo", "--time-zone", "Europe/Berlin"]);
    assert!(ran.error.contains("for summer time") && ran.error.contains("Etc/GMT-8"), "{}", ran.error);
    assert_eq!(ran.refused(), "bad_bank");
    assert_eq!(counter.run(&["balances"]).refused(), "no_bank");
    counter.run(&["import", &path, "--demo", "--time-zone", "Etc/GMT-1"]).good();
});

both_engines!(a_spreadsheet_with_windows_line_ends_is_the_same, async |bank| {
    let counter = Counter(bank);
    let folder = Folder::town();
    for file in ["attendance.csv", "volunteers.csv", "activities.csv", "catalogue.csv"] {
        let text = folder.read(file).replace('\n', "\r\n\r\n");
        folder.write(file, format!("\u{feff}{text}"));
    }
    assert_eq!(counter.import(&folder).len(), 171);
    let trial = counter.run(&["trial-balance"]).good();
    assert!(trial.contains("POINT,liability,0,79709"), "{trial}");
});

both_engines!(a_town_may_call_its_grades_and_levels_what_it_likes, async |bank| {
    let counter = Counter(bank);
    let folder = Folder::town();
    let rename = |file: &str, old: &str, new: &str| folder.write(file, folder.read(file).replace(old, new));
    rename("grades.csv", "good,", "良好,");
    rename("attendance.csv", ",good,", ",良好,");
    rename("units.csv", ",grid,", ",网格,");
    rename("teams.csv", ",sub_team,", ",小队,");
    rename("activities.csv", "A0001", "活动 1");
    rename("attendance.csv", "A0001", "活动 1");
    assert_eq!(counter.import(&folder).len(), 171);
    let trial = counter.run(&["trial-balance"]).good();
    assert!(trial.contains("POINT,liability,0,79709") && trial.contains("MIN,equity,0,392006"), "{trial}");
});
