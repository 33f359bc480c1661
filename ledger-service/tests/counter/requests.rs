//! Programs at the counter: an empty bank, requests and answers line by line, and what is read of an account.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use bank_tests::bank::{TestBank, refuse_records_from, take_records};
use bank_tests::both_engines;
use bank_tests::journal::{Tables, Value as Cell, assert_whole};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Counter, run};

pub const NOW: &str = "2026-06-15T12:00:00+08:00";
/// The same instant, and a day later.
pub const NOON: i64 = 1_781_496_000;
pub const TOMORROW: i64 = NOON + 86_400;

/// The answers to these lines, of a run that must end well.
pub fn answers(counter: &Counter<'_>, arguments: &[&str], lines: &[String]) -> Vec<Value> {
    let input: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let said = counter.run_with(&[&["--now", NOW, "post"], arguments].concat(), &input).good();
    said.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub fn read(counter: &Counter<'_>, arguments: &[&str]) -> Vec<Value> {
    let said = counter.run(&[&["--now", NOW], arguments].concat()).good();
    said.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn entries(coins: i64) -> Value {
    json!([{"address": "till", "quantity": coins}, {"address": "anna", "quantity": -coins, "expires_at": TOMORROW}])
}

pub fn grant(coins: i64) -> Value {
    json!({"post": {"entries": entries(coins)}})
}

pub fn spend(coins: i64) -> Value {
    json!({"post": {"entries": [{"address": "till", "quantity": -coins}, {"address": "anna", "quantity": coins}]}})
}

pub fn line(command: &Value) -> String {
    json!({"command": command}).to_string()
}

fn opens(address: &str, class: &str, floor: Option<i64>, lotted: bool) -> Value {
    json!({"open_account": {"address": address, "class": class, "commodity": "COIN", "floor": floor, "lotted": lotted}})
}

/// An empty bank with a till that may owe coins, and Anna's coins, which expire.
pub fn shop(bank: &TestBank) -> Counter<'_> {
    let counter = Counter(bank);
    let made =
        counter.run(&["--now", NOW, "init", "--issuer", "shop", "--time-zone", "Asia/Shanghai", "--demo"]).good();
    let made: Value = serde_json::from_str(&made).unwrap();
    assert_eq!(
        (&made["issuer"], &made["origin"], &made["demo"]),
        (&json!("shop"), &json!("shop/journal"), &json!(true))
    );
    assert_eq!(made["time_zone"], "Asia/Shanghai");
    let definitions = [
        json!({"define_commodity": {"commodity": "COIN", "scale": 0}}),
        opens("till", "asset", None, false),
        opens("anna", "liability", Some(0), true),
    ];
    let opened = answers(&counter, &[], &definitions.map(|command| line(&command)));
    assert_eq!(opened.iter().map(|answer| answer["position"].clone()).collect::<Vec<_>>(), [1, 2, 3]);
    counter
}

async fn state(bank: &TestBank) -> std::collections::BTreeMap<String, Vec<Vec<Cell>>> {
    Tables::open(bank.url()).await.dump().await
}

both_engines!(an_empty_bank_is_made_once_and_is_no_towns, async |bank| {
    let counter = shop(bank);
    assert_eq!(counter.run(&["init", "--issuer", "other"]).refused(), "exists");
    assert_eq!(counter.run(&["--now", NOW, "card", "block", "--card", "1000186983"]).refused(), "not_a_town");
    assert_whole(bank.url()).await;
});

both_engines!(each_line_has_its_answer_in_order, async |bank| {
    let counter = shop(bank);
    let id = Uuid::from_u128(7).to_string();
    let noted = json!({"id": id, "actor": "shop-1", "effective_on": "2026-06-01", "reason": "雨", "command": grant(5)});
    let lines = [
        noted.to_string(),
        line(&spend(9)),
        "nonsense".to_owned(),
        r#"{"command":{"post":{"entries":[],"colour":1}}}"#.to_owned(),
        String::new(),
        noted.to_string(),
        json!({"atomic": [grant(4), spend(2), spend(1)]}).to_string(),
        json!({"atomic": [grant(1), spend(50)]}).to_string(),
        json!({"command": {"set_member": {}}}).to_string(),
        json!({"command": grant(1), "actor": "no code!"}).to_string(),
    ];
    let at = "2026-06-15T04:00:00Z";
    let balances = |till: i64| json!({"till": till, "anna": -till});
    let answers = answers(&counter, &["-"], &lines);
    let first = json!({"line": 1, "position": 4, "posted_at": at, "balances": balances(5), "replayed": false});
    assert_eq!(answers[0], first);
    let refused = |line: u64, code: &str| json!({"line": line, "code": code});
    let short = |answer: &Value| json!({"line": answer["line"], "code": answer["code"]});
    assert_eq!(short(&answers[1]), refused(2, "below_floor"));
    assert_eq!(
        (&answers[1]["available"], &answers[1]["asked"], &answers[1]["address"]),
        (&json!(5), &json!(9), &json!("anna"))
    );
    assert!(answers[1]["detail"].as_str().unwrap().contains('.'), "{}", answers[1]);
    for (index, column) in [(2, 2), (3, 41), (4, 1), (8, 24)] {
        assert_eq!(short(&answers[index]), refused(index as u64 + 1, "invalid_command"));
        assert_eq!(answers[index]["column"], column, "{}", answers[index]);
    }
    let again = json!({"line": 6, "position": 4, "posted_at": at, "balances": balances(5), "replayed": true});
    assert_eq!(answers[5], again);
    let together =
        json!({"line": 7, "positions": [5, 6, 7], "posted_at": at, "balances": balances(6), "replayed": false});
    assert_eq!(answers[6], together);
    assert_eq!(short(&answers[7]), refused(8, "below_floor"));
    assert_eq!(answers[7]["failed"], 1);
    assert_eq!(short(&answers[9]), refused(10, "invalid_field"));
    assert_eq!(answers.len(), lines.len());

    // The actor of the command line acts where a line names nobody.
    let history = read(&counter, &["history", "anna"]);
    let told = |field: &str| history.iter().map(|record| record[field].clone()).collect::<Vec<_>>();
    assert_eq!(told("position"), [7, 6, 5, 4]);
    assert_eq!(told("actor"), ["counter", "counter", "counter", "shop-1"]);
    assert_eq!(told("quantity"), [-1, -2, 4, 5]);
    assert_eq!(told("balance"), [6, 7, 9, 5]);
    assert_eq!((&history[3]["effective_on"], &history[3]["reason"]), (&json!("2026-06-01"), &json!("雨")));
    assert_eq!(history[0]["lots"], json!([{"expires_at": TOMORROW, "quantity": -1}]));
    let channels =
        Tables::open(bank.url()).await.rows("SELECT DISTINCT channel FROM ledger_records WHERE position > 0").await;
    assert_eq!(channels, [[Cell::Integer(1)]]);
    assert_whole(bank.url()).await;
});

both_engines!(a_dry_run_of_a_file_answers_as_posting_would, async |bank| {
    let counter = shop(bank);
    let id = Uuid::from_u128(1);
    let used = json!({"id": id, "command": grant(3)}).to_string();
    assert_eq!(answers(&counter, &[], std::slice::from_ref(&used))[0]["position"], 4);
    let lines = [
        json!({"id": id, "command": grant(7)}).to_string(),
        line(&spend(10)),
        line(&spend(1)),
        "{".to_owned(),
        json!({"atomic": [grant(1), spend(1)]}).to_string(),
    ];
    let before = state(bank).await;
    let file = bank.folder().join("requests.jsonl");
    std::fs::write(&file, lines.join("\n")).unwrap();
    let would_be = answers(&counter, &[file.to_str().unwrap(), "--dry-run"], &[]);
    assert_eq!(state(bank).await, before);
    let places = would_be.iter().map(|answer| json!([answer["position"], answer["positions"], answer["code"]]));
    let expected = [
        json!([5, null, null]),
        json!([6, null, null]),
        json!([null, null, "below_floor"]),
        json!([null, null, "invalid_command"]),
        json!([null, [7, 8], null]),
    ];
    assert_eq!(places.collect::<Vec<_>>(), expected);
    let mut lines = lines;
    lines[0] = line(&grant(7));
    assert_eq!(answers(&counter, &[], &lines), would_be);
});

both_engines!(what_is_read_of_an_account_is_on_its_normal_side, async |bank| {
    let counter = shop(bank);
    let empty = read(&counter, &["account", "till"]);
    let expected = json!({
        "address": "till", "class": "asset", "commodity": "COIN", "state": "open", "balance": 0, "held": 0, "spendable": 0,
        "lots": [], "version": -1, "position": 3,
    });
    assert_eq!(empty, [expected]);
    let later = json!({"post": {"entries": [
        {"address": "till", "quantity": 4}, {"address": "anna", "quantity": -4, "expires_at": NOON + 100_000_000},
    ]}});
    let held = json!({"place_hold": {"hold": "h1", "until": NOON + 1000, "entries": [
        {"address": "till", "quantity": -3}, {"address": "anna", "quantity": 3},
    ]}});
    let lines = [grant(5), later, held].map(|command| line(&command));
    assert!(answers(&counter, &[], &lines).iter().all(|answer| answer.get("position").is_some()));
    let anna = read(&counter, &["account", "anna"]);
    let expected = json!({
        "address": "anna", "class": "liability", "commodity": "COIN", "state": "open",
        "balance": 9, "held": 3, "spendable": 6, "version": 6, "position": 6,
        "lots": [
            {"expires_at": TOMORROW, "remaining": 5, "held": 3},
            {"expires_at": NOON + 100_000_000, "remaining": 4, "held": 0},
        ],
    });
    assert_eq!(anna, [expected]);
    assert_eq!(counter.run(&["--now", NOW, "account", "nobody"]).refused(), "unknown_account");
    assert_eq!(counter.run(&["--now", NOW, "history", "nobody"]).refused(), "unknown_account");

    // A history is read page by page, also from a position at which the account did not move.
    let positions = |arguments: &[&str]| -> Vec<Value> {
        let records = read(&counter, &[&["history", "anna"], arguments].concat());
        records.iter().map(|record| record["position"].clone()).collect()
    };
    answers(&counter, &[], &[line(&opens("other", "asset", None, false)), line(&spend(1)), line(&spend(1))]);
    assert_eq!(positions(&[]), [9, 8, 5, 4]);
    assert_eq!(positions(&["--limit", "2"]), [9, 8]);
    assert_eq!(positions(&["--limit", "2", "--before", "8"]), [5, 4]);
    assert_eq!(positions(&["--before", "7"]), [5, 4]);
    assert_eq!(positions(&["--before", "4"]), Vec::<Value>::new());
    assert_eq!(positions(&["--before", "1000", "--limit", "1"]), [9]);

    // What was spent before the limit counts.
    let limit = json!({"set_limit": {
        "limit": "anna-a-day", "accounts": "anna", "side": "out", "window": "day", "quantity": 6,
    }});
    let limited = answers(&counter, &[], &[line(&limit), line(&spend(1)), line(&spend(1))]);
    let (code, used) = (limited[2]["code"].clone(), limited[2]["used"].clone());
    assert_eq!((limited[1]["position"].clone(), code, used), (json!(11), json!("over_limit_in_window"), json!(6)));
});

/// Whoever sends a line and waits for its answer gets it, though the input goes on later.
#[test]
fn an_answer_does_not_wait_for_the_next_line() {
    let bank = TestBank::sqlite();
    let counter = shop(&bank);
    let mut posting = counter.command(&["--now", NOW, "post"]).stdin(Stdio::piped()).spawn().unwrap();
    let (mut input, output) = (posting.stdin.take().unwrap(), posting.stdout.take().unwrap());
    let mut output = BufReader::new(output);
    for number in 1..=3 {
        writeln!(input, "{}", line(&grant(1))).unwrap();
        let mut answer = String::new();
        output.read_line(&mut answer).unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!((&answer["line"], &answer["position"]), (&json!(number), &json!(3 + number)));
    }
    drop(input);
    assert!(posting.wait().unwrap().success());
}

/// A program is killed while it posts a file, and posts it again from the start.
#[tokio::test]
async fn a_file_that_was_killed_half_way_is_posted_again_and_nothing_happens_twice() {
    const LINES: i64 = 6000;
    const KILLS: usize = 4;
    let bank = TestBank::sqlite();
    let counter = shop(&bank);
    let id = |number: i64| Uuid::from_u128(number as u128 + 1).to_string();
    let lines = (0..LINES).map(|number| match number % 3 {
        0 => json!({"id": id(number), "command": grant(3)}),
        1 => json!({"id": id(number), "atomic": [grant(5), spend(2), spend(1)]}),
        _ => json!({"id": id(number), "atomic": [grant(5), spend(1_000_000_000)]}),
    });
    let file = bank.folder().join("requests.jsonl");
    std::fs::write(&file, lines.map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    let file = file.to_str().unwrap();
    for kill in 1..=KILLS {
        let mut posting = counter.start(&["--now", NOW, "post", file]);
        let mut output = BufReader::new(posting.stdout.take().unwrap());
        let answered = LINES as usize * kill / (KILLS + 2);
        for _ in 0..answered {
            assert!(output.read_line(&mut String::new()).unwrap() > 0);
        }
        posting.kill().unwrap();
        posting.wait().unwrap();
    }
    let said = counter.run(&["--now", NOW, "post", file]).good();
    assert_eq!(said.lines().count() as i64, LINES);
    let refused = said.lines().filter(|line| line.contains(r#""failed":1,"code":"below_floor""#)).count();
    assert_eq!(refused as i64, LINES / 3);
    let anna = &read(&counter, &["account", "anna"])[0];
    // Three coins of each single grant, two of each that is followed by spending; nothing of what was refused.
    assert_eq!((&anna["balance"], &anna["position"]), (&json!(LINES / 3 * 5), &json!(3 + LINES / 3 * 4)));
    assert_eq!(
        counter.run(&["--now", NOW, "post", file]).good().matches(r#""replayed":true"#).count() as i64,
        LINES / 3 * 2
    );
    assert_whole(bank.url()).await;
}

#[test]
fn what_cannot_be_read_ends_with_1() {
    let bank = TestBank::sqlite();
    let counter = shop(&bank);
    let said = counter.run(&["--now", NOW, "post", "/nowhere/at/all"]);
    assert_eq!((said.code, said.output.as_str()), (1, ""));
    assert!(said.error.contains("/nowhere/at/all"), "{said:?}");
    let folder = bank.folder().to_str().unwrap();
    assert_eq!(counter.run(&["--now", NOW, "post", folder]).code, 1);
    // A line without end is answered, and the next one too.
    let long = format!("{}\n{}", " ".repeat(17 << 20), line(&grant(1)));
    let said = counter.run_with(&["--now", NOW, "post"], &long).good();
    let codes: Vec<Value> =
        said.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["code"].clone()).collect();
    assert_eq!(codes, [json!("invalid_command"), Value::Null]);
    assert_eq!(counter.run_with(&["--now", NOW, "post"], "").good(), "");
    // A mark that some programs write before the first line is none of its characters.
    let marked = format!("\u{feff}{}\n\u{feff}\n", line(&grant(1)));
    let said = counter.run_with(&["--now", NOW, "post"], &marked).good();
    assert!(
        said.starts_with(r#"{"line":1,"position""#) && said.contains(r#""line":2,"code":"invalid_command""#),
        "{said}"
    );
}

both_engines!(a_fault_leaves_no_line_posted_without_an_answer, async |bank| {
    const LINES: usize = 20_000;
    let counter = shop(bank);
    let size = head_size(bank).await;
    let id = |number: usize| Uuid::from_u128(number as u128 + 1).to_string();
    let lines = (0..LINES).map(|number| json!({"id": id(number), "command": grant(1)}));
    let file = bank.folder().join("requests.jsonl");
    std::fs::write(&file, lines.map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    let file = file.to_str().unwrap();
    refuse_records_from(bank, size + 15_000).await;
    let said = counter.run(&["--now", NOW, "post", file]);
    let answered = said.output.lines().count();
    assert_eq!((said.code, head_size(bank).await), (1, size + answered as u64), "{}", said.error);
    assert!((1..15_000).contains(&answered), "{answered}");
    assert!(
        said.error.starts_with(&format!("outcome_unknown\nlines 1 to {answered} have their answers")),
        "{}",
        said.error
    );
    assert!(!said.error.contains("nothing was changed"), "{}", said.error);

    take_records(bank).await;
    let said = counter.run(&["--now", NOW, "post", file]).good();
    assert_eq!(said.matches(r#""replayed":true"#).count(), answered);
    assert_eq!(head_size(bank).await, size + LINES as u64);
});

async fn head_size(bank: &TestBank) -> u64 {
    let mut tables = Tables::open(bank.url()).await;
    tables.rows("SELECT COUNT(*) FROM ledger_records").await[0][0].integer() as u64
}

/// Nobody who reads no answer may take it that nothing was done.
#[test]
fn what_was_done_and_could_not_be_printed_is_told() {
    let bank = TestBank::sqlite();
    let counter = shop(&bank);
    let line = line(&grant(1));
    let full = |arguments: &[&str], input: &str| {
        let mut command = counter.command(&[&["--now", NOW], arguments].concat());
        let path = bank.folder().join("input");
        std::fs::write(&path, input).unwrap();
        command.stdin(std::fs::File::open(path).unwrap());
        run(command.stdout(std::fs::File::options().write(true).open("/dev/full").unwrap()))
    };
    let said = full(&["post"], &format!("{line}\n{line}\n"));
    assert_eq!(said.code, 1);
    assert!(
        said.error.starts_with("lines 1 to 2 were sent to be posted, and only printing their answers failed"),
        "{said:?}"
    );
    let copy = bank.folder().join("copy.db");
    let said = full(&["backup", "--to", copy.to_str().unwrap()], "");
    assert!(said.error.starts_with("it was done (") && said.error.contains("No space left on device"), "{said:?}");
    assert!(copy.exists());
    let said = full(&["--language", "zh-Hans", "expire"], "");
    assert!(said.error.starts_with("已经办好（{") && said.error.contains("请不要再办一次"), "{said:?}");
}

/// Where nobody reads what is said, a command ends as it would have ended.
#[test]
fn a_standard_error_that_is_full_changes_no_exit_code() {
    let bank = TestBank::sqlite();
    let counter = shop(&bank);
    let full = |arguments: &[&str]| {
        let mut command = counter.command(arguments);
        command.stderr(std::fs::File::options().write(true).open("/dev/full").unwrap());
        run(&mut command).code
    };
    let copy = bank.folder().join("copy.db");
    assert_eq!(full(&["backup", "--to", copy.to_str().unwrap()]), 0);
    assert_eq!(full(&["backup", "--to", copy.to_str().unwrap()]), 1, "it is there already");
    assert_eq!(full(&["account", "nobody"]), 1);
}
