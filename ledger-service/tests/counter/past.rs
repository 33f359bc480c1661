//! The past at the counter: an account as of a position and by day, a hold, and a statement that is drawn again.

use bank_tests::both_engines;
use serde_json::{Value, json};

use crate::requests::{NOON, NOW, TOMORROW, answers, grant, line, read, shop, spend};
use crate::support::{Counter, Folder};

const CARD: &str = "1000157592";

both_engines!(an_account_is_printed_as_of_a_position, async |bank| {
    let counter = shop(bank);
    let hold = json!({"place_hold": {"hold": "h1", "until": NOON + 1000, "entries": [
        {"address": "till", "quantity": -3}, {"address": "anna", "quantity": 3},
    ]}});
    let lines = [grant(5), hold, spend(2)].map(|command| line(&command));
    assert!(answers(&counter, &[], &lines).iter().all(|answer| answer.get("position").is_some()));
    let anna = |position: &str| read(&counter, &["account", "anna", "--at", position]).remove(0);
    let lots = |remaining: i64, held: i64| json!([{"expires_at": TOMORROW, "remaining": remaining, "held": held}]);
    let was = |balance: i64, held: i64, version: i64, position: i64, lots: Value| {
        json!({
            "address": "anna", "class": "liability", "commodity": "COIN", "state": "open", "balance": balance,
            "held": held, "spendable": balance - held, "lots": lots, "version": version, "position": position,
        })
    };
    assert_eq!(anna("3"), was(0, 0, -1, 3, json!([])));
    assert_eq!(anna("4"), was(5, 0, 4, 4, lots(5, 0)));
    assert_eq!(anna("5"), was(5, 3, 5, 5, lots(5, 3)));
    assert_eq!(anna("6"), was(3, 3, 6, 6, lots(3, 3)));
    // The last record knows no later time, whatever the clock says.
    let later = counter.run(&["--now", "2026-06-15T13:00:00+08:00", "account", "anna", "--at", "6"]).good();
    assert_eq!(serde_json::from_str::<Value>(&later).unwrap(), anna("6"));
    let refused = |arguments: &[&str]| counter.run(&[&["--now", NOW, "account"], arguments].concat()).refused();
    assert_eq!(refused(&["anna", "--at", "2"]), "unknown_account");
    assert!(refused(&["anna", "--at", "7"]).contains("ends at position 6"));
    assert_eq!(counter.run(&["account", "anna", "--at", "6", "--on", "2026-06-15"]).code, 2);
});

both_engines!(an_account_is_printed_by_effective_day, async |bank| {
    let counter = shop(bank);
    let on = |day: &str, coins: i64| json!({"effective_on": day, "command": grant(coins)}).to_string();
    answers(&counter, &[], &[on("2026-06-10", 5), on("2026-06-01", 7), on("2026-07-01", 11)]);
    let balance = |day: &str| {
        let found = read(&counter, &["account", "anna", "--on", day]).remove(0);
        let expected = json!({
            "address": "anna", "class": "liability", "commodity": "COIN", "on": day, "balance": found["balance"],
            "position": 6,
        });
        assert_eq!(found, expected);
        found["balance"].as_i64().unwrap()
    };
    let days = ["2026-05-31", "2026-06-01", "2026-06-09", "2026-06-10", "2026-06-30", "2026-07-01"];
    assert_eq!(days.map(balance), [0, 7, 7, 12, 12, 23]);
    assert_eq!(counter.run(&["--now", NOW, "account", "bert", "--on", "2026-06-01"]).refused(), "unknown_account");
});

both_engines!(a_hold_is_printed_with_what_is_left, async |bank| {
    let counter = shop(bank);
    let entries = |coins: i64| json!([{"address": "till", "quantity": -coins}, {"address": "anna", "quantity": coins}]);
    let place = json!({"place_hold": {"hold": "h1", "until": NOON + 1000, "entries": entries(4)}});
    let capture = json!({"capture_hold": {"hold": "h1", "entries": entries(1), "keep_rest": true}});
    answers(&counter, &[], &[grant(5), place, capture].map(|command| line(&command)));
    let shown = |state: &str, left: i64| {
        json!({
            "hold": "h1", "position": 5, "placed_at": NOON, "until": NOON + 1000, "state": state, "entries": [
                {"address": "till", "commodity": "COIN", "quantity": -4, "remaining": -left},
                {"address": "anna", "commodity": "COIN", "expires_at": TOMORROW, "quantity": 4, "remaining": left},
            ],
        })
    };
    assert_eq!(read(&counter, &["hold", "h1"]), [shown("open", 3)]);
    let later = counter.run(&["--now", "2026-06-15T13:00:00+08:00", "hold", "h1"]).good();
    assert_eq!(serde_json::from_str::<Value>(&later).unwrap(), shown("expired", 3));
    answers(&counter, &[], &[line(&json!({"release_hold": {"hold": "h1"}}))]);
    assert_eq!(read(&counter, &["hold", "h1"]), [shown("closed", 0)]);
    assert_eq!(counter.run(&["--now", NOW, "hold", "h2"]).refused(), "unknown_hold");
});

/// A statement as it is now, and the size of the journal that it names.
fn statement(counter: &Counter, language: &str) -> (String, String) {
    let statement = counter.run(&["statement", "--card", CARD, "--language", language]).good();
    let mut numbers = statement.lines().nth(1).unwrap().split(|letter: char| !letter.is_ascii_digit());
    let size = numbers.find(|number| !number.is_empty()).unwrap().to_owned();
    (statement, size)
}

both_engines!(a_statement_drawn_again_at_its_size_has_the_same_bytes, async |bank| {
    let counter = Counter(bank);
    let folder = Folder::town();
    counter.import(&folder);
    let languages = ["zh-Hans", "zh-Hant", "en"];
    let mut drawn = languages.map(|language| (language, statement(&counter, language))).to_vec();
    let redeemed = |item: &str| counter.run(&["redeem", "--card", CARD, "--station", "S01", "--item", item]).good();
    redeemed("G01=1");
    drawn.extend(languages.map(|language| (language, statement(&counter, language))));
    counter.run(&["card", "block", "--card", CARD]).good();
    drawn.push(("zh-Hans", statement(&counter, "zh-Hans")));
    assert!(drawn.last().unwrap().1.0.contains("已挂失"));
    counter.run(&["card", "activate", "--card", CARD]).good();
    redeemed("G01=1");
    // An activity of this person's gets another title.
    let activities = folder.read("activities.csv");
    folder.write("activities.csv", activities.replace("矛盾调解", "邻里调解"));
    counter.import(&folder);
    let (now, size) = statement(&counter, "zh-Hans");
    assert!(now.contains("邻里调解") && !now.contains("矛盾调解"), "{now}");
    drawn.push(("zh-Hans", (now, size.clone())));
    let sizes: std::collections::BTreeSet<&String> = drawn.iter().map(|(_, (_, size))| size).collect();
    assert_eq!(sizes.len(), 4, "{sizes:?}");
    for (language, (statement, size)) in &drawn {
        let arguments = ["statement", "--card", CARD, "--language", language, "--at", size];
        assert_eq!(&counter.run(&arguments).good(), statement, "{language} at {size}");
        // Years later too, when all points have expired.
        let later = [&["--now", "2036-01-01T00:00:00+08:00"], arguments.as_slice()].concat();
        assert_eq!(&counter.run(&later).good(), statement, "{language} at {size}, years later");
    }
    let refused = |size: &str| counter.run(&["statement", "--card", CARD, "--at", size]).refused();
    assert_eq!(refused("1"), "unknown_card");
    assert!(refused("1000000").contains(&format!("the journal has {size} records")));
});
