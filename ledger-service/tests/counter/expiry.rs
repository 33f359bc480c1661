//! `expire`: what it prints, and what people can spend before and after it.

use bank_tests::bank::TestBank;
use bank_tests::both_engines;
use bank_tests::journal::assert_whole;
use baoyulan_ledger::people::CardNumber;
use baoyulan_ledger::{Ledger, Options};
use serde_json::{Value, json};

use crate::support::{Counter, Folder};

/// 2031-01-01T09:00 in the town, in UTC seconds.
const NINE_IN_2031: i64 = 1_924_995_600;

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
    // A statement is of its last record's time; what can be spent is asked now.
    bank.set_now(NINE_IN_2031);
    let spendable = async || {
        let reading = Options { read_only: true, create: None, clock_days_ahead_max: 5000, ..bank.options() };
        let ledger = Ledger::open(bank.url(), reading).await.unwrap();
        let account = ledger.volunteer_account(CardNumber::parse(richest).unwrap()).await.unwrap().unwrap();
        let spendable = account.points_spendable(ledger.now());
        ledger.close().await;
        spendable
    };
    let json = |text: String| -> Value { serde_json::from_str(&text).unwrap() };

    let before = spendable().await;
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
    assert_eq!(spendable().await, before);
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
