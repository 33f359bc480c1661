//! What people type, paste and scan is read alike at the counter and in a town's sheets.

use std::io::Write;
use std::process::Stdio;

use bank_tests::bank::TestBank;
use bank_tests::spellings::{NOT_DIGITS, of_code, of_digits};

use crate::support::{Counter, Folder};

const CARD: &str = "1000157592";
const ID: &str = "018f0000-0000-7000-8000-000000000001";

#[test]
fn every_spelling_is_read_at_the_counter() {
    let bank = TestBank::sqlite();
    let counter = Counter(&bank);
    counter.import(&Folder::town());
    let statement = counter.run(&["statement", "--card", CARD]).good();
    for card in of_digits(CARD) {
        assert_eq!(counter.run(&["statement", "--card", &card]).good(), statement, "{card:?}");
    }
    for wrong in NOT_DIGITS {
        let wrong = format!("{CARD}{wrong}");
        assert_eq!(counter.run(&["statement", "--card", &wrong]).refused(), "card_check_digits", "{wrong}");
    }
    // Under one id, all are the same request.
    let redeem = |card: &str, station: &str, item: &str| {
        counter.run(&["redeem", "--card", card, "--station", station, "--item", item, "--id", ID]).good()
    };
    let token = redeem(CARD, "S01", "G01=1");
    for ((card, station), item) in of_digits(CARD).iter().zip(of_code("S01")).zip(of_code("G01=1")) {
        assert_eq!(redeem(card, &station, &item), token, "{card:?} {station:?} {item:?}");
    }
    let keys = bank.folder().join("keys.json");
    std::fs::write(&keys, counter.run(&["keys"]).good()).unwrap();
    for token in of_code(&format!("https://points.example/v#{}", token.trim())) {
        counter.run(&["verify-receipt", &token, "--keys", keys.to_str().unwrap()]).good();
    }
    let reverse = |number: &str| counter.run(&["reverse", number, "--id", &ID.replace("8000", "8001")]).good();
    let reversal = reverse(&format!("S01-{}-000001", token_year(&token)));
    for number in of_code(&format!("S01-{}-000001", token_year(&token))) {
        assert_eq!(reverse(&number), reversal, "{number:?}");
    }
    // As people write it, and as /v reads it.
    let year = token_year(&token);
    for number in [
        format!("s01-{year}-1"),
        format!("S01 - {year} - 1"),
        format!("No. S01-{year}-000001."),
        format!("S01——{year}——000001"),
        format!("https://points.example/v#S01-{year}-000001"),
    ] {
        assert_eq!(reverse(&number), reversal, "{number:?}");
    }
}

/// The year in a receipt's number.
fn token_year(token: &str) -> String {
    let receipt = baoyulan_ledger::proof::Receipt::read_unverified(token.trim()).unwrap();
    receipt.number[4..6].to_owned()
}

#[test]
fn a_pin_is_the_same_however_it_is_typed() {
    let bank = TestBank::sqlite();
    let counter = Counter(&bank);
    counter.import(&Folder::town());
    for (card, pin) in of_digits(CARD).iter().zip(of_digits("482913")) {
        let mut process = counter.command(&["pin", "set", "--card", card]).stdin(Stdio::piped()).spawn().unwrap();
        process.stdin.take().unwrap().write_all(pin.as_bytes()).unwrap();
        let output = process.wait_with_output().unwrap();
        assert!(output.status.success(), "{pin:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    let mut process = counter.command(&["pin", "set", "--card", CARD]).stdin(Stdio::piped()).spawn().unwrap();
    process.stdin.take().unwrap().write_all("48291x".as_bytes()).unwrap();
    assert!(!process.wait_with_output().unwrap().status.success());
}

/// Cards, codes and times of all sheets, each in all spellings.
#[test]
fn every_spelling_is_read_in_a_sheet() {
    let (plain, spelled) = (TestBank::sqlite(), TestBank::sqlite());
    let refused = Counter(&plain).import(&Folder::town());
    let folder = Folder::town();
    for (file, columns) in [
        ("volunteers.csv", &[0, 3, 4, 8][..]),
        ("activities.csv", &[0, 2, 3, 4, 5, 6, 8]),
        ("attendance.csv", &[1, 2, 3, 4, 5]),
        ("stations.csv", &[0, 2]),
        ("stock.csv", &[0, 1, 2]),
        ("catalogue.csv", &[0, 2]),
    ] {
        let (_, rows) = folder.rows(file);
        let spell = |(number, row): (usize, &String)| {
            let mut cells: Vec<String> = row.split(',').map(str::to_owned).collect();
            for column in columns.iter().filter(|column| !cells[**column].is_empty()).copied().collect::<Vec<_>>() {
                let is_card = file == "volunteers.csv" && column == 0;
                // What stands within a label counts: only the first nine ways have nothing there.
                let spelled =
                    if is_card { &of_digits(&cells[0])[number % 16] } else { &of_code(&cells[column])[number % 9] };
                cells[column] = format!("\"{spelled}\"");
            }
            cells.join(",")
        };
        folder.write_rows(file, &rows.iter().enumerate().map(spell).collect::<Vec<_>>());
    }
    assert_eq!(Counter(&spelled).import(&folder), refused);
    assert_eq!(Counter(&spelled).state(), Counter(&plain).state());
}
