//! Redemptions and reversals at the counter: one transaction, one receipt, or a code and nothing changed.

use bank_tests::both_engines;
use bank_tests::journal::assert_whole;

use crate::support::{Counter, Folder, program, run};

const RICH: &str = "1000157592";
const POOR: &str = "1000014711";
const ID: &str = "018f0000-0000-7000-8000-000000000001";

fn redeem<'a>(card: &'a str, station: &'a str, items: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["redeem", "--card", card, "--station", station];
    for item in items {
        arguments.extend(["--item", item]);
    }
    arguments
}

/// The words of a receipt that the bank's own keys verify.
fn verified(counter: &Counter, token: &str) -> String {
    let keys = counter.0.folder().join("keys.json");
    std::fs::write(&keys, counter.run(&["keys"]).good()).unwrap();
    run(&mut program(&["verify-receipt", token.trim(), "--keys", keys.to_str().unwrap()])).good()
}

both_engines!(a_bag_of_rice_is_redeemed_and_given_back, async |bank| {
    let counter = Counter(bank);
    counter.import(&Folder::town());
    let (state, (minutes, points)) = (counter.state(), counter.balance(RICH));

    let token = counter.run(&redeem(RICH, "S01", &["G10=1", "V02=2"])).good();
    assert_eq!(token.lines().count(), 1, "the token alone");
    let words = verified(&counter, &token);
    for word in [
        "S01-26-000001",
        "1 × G10 at 300 points",
        "2 × V02 at 20 points",
        "spent: 340 points",
        "it was issued, not that it still stands",
    ] {
        assert!(words.contains(word), "{word}\n{words}");
    }
    assert!(!words.contains("points left"), "nobody has chosen to have that on receipts\n{words}");
    assert!(!token.contains(RICH) && !words.contains(RICH), "no card number on a receipt");
    assert_eq!(counter.balance(RICH), (minutes, points - 340));

    let reversal = counter.run(&["reverse", "S01-26-000001"]).good();
    let words = verified(&counter, &reversal);
    assert!(words.contains("reversal receipt S01-26-000002") && words.contains("given back: 340 points"), "{words}");
    assert_eq!(counter.state(), state, "the very points and pieces");
    assert_eq!(counter.run(&["reverse", "S01-26-000001"]).refused(), "already_reversed");
    assert_eq!(counter.run(&["reverse", "S01-26-000002"]).refused(), "not_a_redemption");
    assert_eq!(counter.run(&["reverse", "S01-26-000003"]).refused(), "unknown_receipt");
    assert_eq!(counter.run(&["reverse", "rice"]).refused(), "unknown_receipt");
    // The month's one bag is free again, once; and its owner wants to read on the receipt what is left.
    counter.run(&["card", "print-balance", "--card", RICH]).good();
    assert_eq!(counter.run(&["card", "print-balance", "--card", RICH]).refused(), "already_registered");
    let words = verified(&counter, &counter.run(&redeem(RICH, "S02", &["G10=1"])).good());
    assert!(words.contains(&format!("points left: {}", points - 300)), "{words}");
    assert_eq!(counter.run(&redeem(RICH, "S01", &["G10=1"])).refused(), "over_limit");
    assert_whole(bank.url()).await;
});

both_engines!(single_pieces_are_given_back_until_none_is_left, async |bank| {
    let counter = Counter(bank);
    counter.import(&Folder::town());
    let (state, (_, points)) = (counter.state(), counter.balance(RICH));
    counter.run(&redeem(RICH, "S01", &["G01=2", "V02=2"])).good();
    let spent = points - counter.balance(RICH).1;
    let back = |items: &[&'static str]| {
        let mut arguments = vec!["reverse", "s01-26-1"];
        items.iter().for_each(|item| arguments.extend(["--item", item]));
        arguments
    };
    let words = verified(&counter, &counter.run(&back(&["V02=1"])).good());
    assert!(words.contains("reversal receipt S01-26-000002") && words.contains("1 × V02 at 20 points"), "{words}");
    assert!(words.contains("given back: 20 points") && !words.contains("G01"), "{words}");
    assert_eq!(counter.balance(RICH).1, points - spent + 20);
    for (items, code) in [
        (&["V02=2"][..], "beyond_redemption"),
        (&["V02=1", "V02=1"], "beyond_redemption"),
        (&["G10=1"], "unknown_item"),
        (&["G01=0"], "invalid_pieces"),
    ] {
        assert_eq!(counter.run(&back(items)).refused(), code, "{items:?}");
    }
    let words = verified(&counter, &counter.run(&back(&["G01=1", "V02=1"])).good());
    assert!(words.contains("1 × G01") && words.contains("1 × V02"), "{words}");
    // What is left comes back without being named.
    let words = verified(&counter, &counter.run(&back(&[])).good());
    assert!(words.contains("reversal receipt S01-26-000004") && words.contains("1 × G01"), "{words}");
    assert_eq!(counter.state(), state, "the very points and pieces");
    assert_eq!(counter.run(&back(&[])).refused(), "already_reversed");
    assert_eq!(counter.run(&back(&["G01=1"])).refused(), "already_reversed");
    assert_whole(bank.url()).await;
});

both_engines!(every_refusal_has_its_code_and_changes_nothing, async |bank| {
    let counter = Counter(bank);
    counter.import(&Folder::town());
    counter.run(&["card", "block", "--card", "1000270985"]).good();
    let state = counter.state();
    let cases: &[(&str, Vec<&str>)] = &[
        ("card_check_digits", redeem("1000157593", "S01", &["G10=1"])),
        ("card_check_digits", redeem("", "S01", &["G10=1"])),
        ("unknown_card", redeem("9999999952", "S01", &["G10=1"])),
        ("card_blocked", redeem("1000270985", "S01", &["G01=1"])),
        ("unknown_station", redeem(RICH, "S15", &["G10=1"])),
        ("unknown_station", redeem(RICH, "", &["G10=1"])),
        ("unknown_item", redeem(RICH, "S01", &["G99=1"])),
        ("unknown_item", redeem(RICH, "S01", &["=1"])),
        ("invalid_pieces", redeem(RICH, "S01", &["G10=0"])),
        ("invalid_pieces", redeem(RICH, "S01", &["G10=-1"])),
        ("quantity_out_of_range", redeem(RICH, "S01", &["G10=99999999999999999999999"])),
        ("out_of_stock", redeem(RICH, "S01", &["G01=12"])),
        ("out_of_stock", redeem(RICH, "S01", &["G01=9007199254740"])),
        ("over_limit", redeem(RICH, "S01", &["G01=5"])),
        ("insufficient_points", redeem(POOR, "S01", &["G01=1"])),
        ("price_changed", [redeem(RICH, "S01", &["G10=1"]), vec!["--total", "299"]].concat()),
    ];
    for (code, arguments) in cases {
        let said = counter.run(arguments);
        assert!(said.error.lines().count() >= 2, "the code, and a sentence: {said:?}");
        assert_eq!(said.refused(), *code, "{arguments:?}");
    }
    assert_eq!(counter.state(), state);
    counter.run(&["card", "activate", "--card", "1000270985"]).good();
    counter.run(&redeem("1000270985", "S01", &["G01=1"])).good();
    assert_whole(bank.url()).await;
});

both_engines!(an_id_has_one_outcome, async |bank| {
    let counter = Counter(bank);
    counter.import(&Folder::town());
    let with_id = |arguments: Vec<&'static str>| [arguments, vec!["--id", ID]].concat();
    let rice = with_id(redeem(RICH, "S01", &["G10=1"]));
    let token = counter.run(&rice).good();
    let state = counter.state();
    for _ in 0..3 {
        assert_eq!(counter.run(&rice).good(), token);
    }
    assert_eq!(counter.run(&with_id(redeem(RICH, "S01", &["G10=2"]))).refused(), "id_conflict");
    assert_eq!(counter.run(&["reverse", "S01-26-000001", "--id", ID]).refused(), "id_conflict");
    assert_eq!(counter.state(), state);

    // A refusal stays one, when its cause is gone too.
    let refused_id = "018f0000-0000-7000-8000-000000000002";
    let blocked = [redeem(RICH, "S01", &["G01=1"]), vec!["--id", refused_id]].concat();
    counter.run(&["card", "block", "--card", RICH]).good();
    assert_eq!(counter.run(&blocked).refused(), "card_blocked");
    counter.run(&["card", "activate", "--card", RICH]).good();
    assert_eq!(counter.run(&blocked).refused(), "card_blocked");

    // The reversal's id too.
    let reverse = ["reverse", "S01-26-000001", "--id", "018f0000-0000-7000-8000-000000000003"];
    let reversal = counter.run(&reverse).good();
    assert_eq!(counter.run(&reverse).good(), reversal);
    // And the redemption that it reversed is still what the first id stands for.
    assert_eq!(counter.run(&rice).good(), token);
    assert_whole(bank.url()).await;
});

both_engines!(a_changed_price_is_a_new_version, async |bank| {
    let counter = Counter(bank);
    let folder = Folder::town();
    counter.import(&folder);
    let rice = [redeem(RICH, "S01", &["G10=1"]), vec!["--total", "300"]].concat();
    folder.write("catalogue.csv", folder.read("catalogue.csv").replace("G10,大米5kg,300", "G10,大米5kg,310"));
    counter.import(&folder);
    assert_eq!(counter.run(&rice).refused(), "price_changed");
    let token = counter.run(&[redeem(RICH, "S01", &["G10=1"]), vec!["--total", "310"]].concat()).good();
    assert!(verified(&counter, &token).contains("spent: 310 points"));
    assert_whole(bank.url()).await;
});

both_engines!(a_clock_of_ones_own_is_for_demonstration_banks, async |bank| {
    let counter = Counter(bank);
    let folder = Folder::town();
    let path = folder.path().display().to_string();
    counter.run(&["import", &path]).good();
    assert_eq!(counter.run(&["--now", "2030-01-01T00:00:00+08:00", "balances"]).refused(), "not_a_demo");
});

both_engines!(a_lost_key_is_said_and_never_replaced, async |bank| {
    let counter = Counter(bank);
    counter.import(&Folder::town());
    let keys = counter.run(&["keys"]).good();
    let file = std::fs::read_dir(bank.key_folder())
        .unwrap()
        .map(|file| file.unwrap().path())
        .find(|path| path.extension().is_some_and(|kind| kind == "receipt-key"))
        .unwrap();
    let kept = std::fs::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let said = counter.run(&redeem(RICH, "S01", &["G10=1"]));
    assert!(said.error.contains(file.to_str().unwrap()), "{said:?}");
    assert_eq!(said.refused(), "key_missing");
    assert!(!file.exists());
    assert_eq!(counter.run(&["keys"]).good(), keys, "what only reads needs no private key");
    std::fs::write(&file, "not a key").unwrap();
    assert_eq!(counter.run(&redeem(RICH, "S01", &["G10=1"])).refused(), "key_file");
    std::fs::write(&file, kept).unwrap();
    counter.run(&redeem(RICH, "S01", &["G10=1"])).good();
});
