//! The town's own folder gives its published figures.

use std::collections::BTreeMap;

use bank_tests::both_engines;
use bank_tests::journal::assert_whole;

use crate::support::{Counter, Folder, program, run};

const REFUSED: [(&str, usize); 11] = [
    ("already_recorded", 12),
    ("card_check_digits", 7),
    ("check_out_not_after_check_in", 6),
    ("invalid_time", 6),
    ("missing_check_out", 6),
    ("outside_activity", 6),
    ("overlaps_other_attendance", 102),
    ("same_person_entered_and_confirmed", 6),
    ("unknown_activity", 6),
    ("unknown_card", 7),
    ("unknown_grade", 7),
];

both_engines!(the_town_gives_its_published_figures, async |bank| {
    let counter = Counter(bank);
    let refused = counter.import(&Folder::town());
    let mut by_code = BTreeMap::new();
    for line in &refused {
        *by_code.entry(line.split_once(',').unwrap().1).or_default() += 1;
    }
    assert_eq!(by_code, BTreeMap::from(REFUSED));
    let rows: Vec<u64> = refused.iter().map(|line| line.split_once(',').unwrap().0.parse().unwrap()).collect();
    assert!(rows.is_sorted(), "the report is in the file's order");

    let balances = counter.run(&["balances"]).good();
    let mut lines = balances.lines();
    assert_eq!(lines.next(), Some("card_no,minutes,points"));
    let cards: Vec<&str> = lines.clone().map(|line| &line[..10]).collect();
    assert_eq!(cards.len(), 520);
    assert!(cards.is_sorted());
    let sum = |column: usize| -> i64 {
        lines.clone().map(|line| line.split(',').nth(column).unwrap().parse::<i64>().unwrap()).sum()
    };
    assert_eq!((sum(1), sum(2)), (392_006, 79_709));

    let trial = counter.run(&["trial-balance"]).good();
    assert!(trial.starts_with("commodity,class,debits,credits\n"));
    for line in ["MIN,equity,0,392006", "MIN,expense,392006,0", "POINT,liability,0,79709", "POINT,expense,79709,0"] {
        assert!(trial.lines().any(|found| found == line), "{line}\n{trial}");
    }
    assert_whole(bank.url()).await;
});

both_engines!(a_statement_says_every_reason_in_two_languages, async |bank| {
    let counter = Counter(bank);
    counter.import(&Folder::town());
    let card = "1000157592";
    let chinese = counter.run(&["statement", "--card", card, "--language", "zh-Hans"]).good();
    let (minutes, points) = counter.balance(card);
    assert!(chinese.contains(&format!("积分余额 {points} 分")), "{chinese}");
    assert!(chinese.contains(&format!("共 {minutes} 分钟")), "{chinese}");
    assert!(chinese.contains("90 分钟 → 1.5 小时 × 10 × 1.2 × 1.0 = 18 分"), "{chinese}");
    assert!(chinese.contains("= 37.5 ≈ 38 分"), "{chinese}");
    assert!(
        chinese.contains("志愿服务日 +5 分")
            && chinese.contains("活动组织者 +10 分")
            && chinese.contains("主题月活动 +5 分")
    );
    let english = counter.run(&["statement", "--card", card, "--language", "en"]).good();
    assert!(english.contains("90 minutes counted → 1.5 hours × 10 × 1.2 × 1.0 = 18 points"), "{english}");

    // Newest first, and every line's balance is the sum of it and all that is older.
    let postings: Vec<&str> = chinese.lines().filter(|line| line.starts_with("2026-")).collect();
    let number_after =
        |line: &str, word: &str| -> Option<i64> { line.split(word).nth(1)?.split_whitespace().next()?.parse().ok() };
    let mut running = 0;
    for line in postings.iter().rev() {
        running += number_after(line, "积分 ").unwrap_or(0);
        assert_eq!(number_after(line, "余额 ").unwrap_or(running), running, "{line}");
    }
    assert_eq!(running, points);
});

both_engines!(a_command_that_reads_never_makes_a_bank, async |bank| {
    let counter = Counter(bank);
    for command in [&["balances"][..], &["keys"], &["trial-balance"], &["statement", "--card", "1000157592"]] {
        assert_eq!(counter.run(command).refused(), "no_bank");
    }
    assert_eq!(
        counter.run(&["redeem", "--card", "1000157592", "--station", "S01", "--item", "G10=1"]).refused(),
        "no_bank"
    );
    assert_eq!(std::fs::read_dir(bank.folder()).unwrap().count(), 0, "nothing is written");
});

#[test]
fn no_bank_and_no_sense_are_said_in_words() {
    assert!(run(&mut program(&["balances"])).refused().contains("which bank?"));
    for url in ["town.db", "mysql://x/y", "sqlite::memory:"] {
        assert_eq!(run(&mut program(&["--bank", url, "balances"])).refused(), "bad_url");
    }
    assert_eq!(run(&mut program(&["--bank", "sqlite://x.db", "no-such-command"])).code, 2);
}
