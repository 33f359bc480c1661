//! `expire`: what it prints, and what people can spend before and after it.

use bank_tests::bank::TestBank;
use bank_tests::both_engines;
use bank_tests::journal::assert_whole;
use serde_json::{Value, json};

use crate::support::{Counter, Folder};

both_engines!(expired_points_are_posted_and_nobody_can_spend_less, async |bank: &TestBank| {
    let counter = Counter(bank);
    counter.import_at("2026-11-24T09:30:00+08:00", &Folder::town());
    let balances = counter.run(&["balances"]).good();
    let cards: Vec<(&str, i64)> = balances
        .lines()
        .skip(1)
        .map(|line| (line.split(',').next().unwrap(), line.split(',').nth(2).unwrap().parse().unwrap()))
        .collect();
    let richest = cards.iter().max_by_key(|(_, points)| *points).unwrap().0;
    // What was earned in 2026 ends with 2029 at the latest; something of it does.
    let later = ["--now", "2031-01-01T09:00:00+08:00", "--clock-days-ahead-max", "5000"];
    let at = |arguments: &[&str]| counter.run(&[&later, arguments].concat());
    let spendable = || {
        let statement = at(&["--language", "en", "statement", "--card", richest]).good();
        let line = statement.lines().find(|line| line.contains("can be spent")).unwrap().to_owned();
        line.split("of which ").nth(1).unwrap().to_owned()
    };
    let json = |text: String| -> Value { serde_json::from_str(&text).unwrap() };

    let before = spendable();
    let dry = json(at(&["expire", "--dry-run"]).good());
    assert_eq!(
        (&dry["until"], &dry["dry_run"], &dry["records"]),
        (&json!("2031-01-01T01:00:00Z"), &json!(true), &json!(0))
    );
    let run = json(at(&["expire"]).good());
    assert_eq!((&run["commodities"], &run["holds"]), (&dry["commodities"], &json!(0)));
    assert!(run["records"].as_i64().unwrap() > 0, "{run}");
    let [points] = run["commodities"].as_array().unwrap().as_slice() else { unreachable!("{run}") };
    assert_eq!(points["commodity"], "POINT");
    assert!(points["quantity"].as_i64().unwrap() > 0 && points["accounts"].as_i64().unwrap() > 1, "{run}");
    assert_eq!(spendable(), before);
    let statement = at(&["--language", "en", "statement", "--card", richest]).good();
    assert!(statement.contains("\n    expired\n"), "{statement}");

    let again = json(at(&["expire"]).good());
    assert_eq!((&again["commodities"], &again["records"]), (&json!([]), &json!(0)));
    let ahead = at(&["--language", "en", "expire", "--until", "2031-01-01T09:00:01+08:00"]);
    assert!(ahead.error.contains("not later than now"), "{ahead:?}");
    assert_eq!(ahead.refused(), "invalid_field");
    at(&["trial-balance"]).good();
    assert_whole(bank.url()).await;
});
