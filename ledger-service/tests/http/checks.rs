//! Who stands at a kiosk: PINs and work cards.

use std::time::{Duration, Instant};

use bank_tests::both_engines;
use serde_json::{Value, json};

use super::support::{Caller, Service, credential, import_town, run, visit};

const CARD: &str = "1000157592";
const NOBODYS: &str = "9999999952";

fn check(caller: &Caller, card: &str, pin: &str) -> super::support::Answer {
    caller.post("/v1/pin-checks", "no key is needed", &json!({"card": card, "pin": pin}))
}

both_engines!(a_pin_is_checked_and_guessing_takes_ever_longer, async |bank| {
    import_town(bank);
    run(bank, &["pin", "set", "--card", CARD], "482913\n");
    let service = Service::start(bank);
    let caller = service.caller(&credential(bank, "device", &["--station", "S01"]));
    let volunteer: Value = check(&caller, CARD, "482913").expect(200)["volunteer"].clone();
    assert_eq!((&volunteer["card"], &volunteer["card_state"]), (&json!(CARD), &json!("active")));

    // A card that nobody has, one without a PIN and a wrong PIN look the same: after five, all of them wait.
    for card in [CARD, NOBODYS, "1000186983"] {
        for _ in 0..5 {
            assert_eq!(check(&caller, card, "482914").problem(422), "pin_wrong");
        }
        let wait = check(&caller, card, "482914");
        assert_eq!(wait.problem(429), "pin_wait");
        assert!((1..=30).contains(&wait.header("retry-after").parse::<u32>().unwrap()));
    }
    // The right one has to wait as well.
    assert_eq!(check(&caller, CARD, "482913").problem(429), "pin_wait");
    // A start of the service does not make it forget.
    drop(service);
    let service = Service::start(bank);
    assert_eq!(check(&caller.at(service.url()), CARD, "482913").problem(429), "pin_wait");
});

both_engines!(guesses_sent_together_are_counted_one_by_one, async |bank| {
    import_town(bank);
    run(bank, &["pin", "set", "--card", CARD], "482913");
    let service = Service::start(bank);
    let caller = service.caller(&credential(bank, "device", &["--station", "S01"]));
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let guess = |number: usize| {
            let caller = caller.clone();
            scope.spawn(move || check(&caller, CARD, &format!("48{number:04}")).status)
        };
        let guesses: Vec<_> = (0..20).map(guess).collect();
        guesses.into_iter().map(|guess| guess.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 422).count(), 5, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 15, "{statuses:?}");
});

/// The median time of a wrong PIN.
fn time_of(caller: &Caller, cards: &[String]) -> Duration {
    let mut times: Vec<Duration> = cards
        .iter()
        .map(|card| {
            let begun = Instant::now();
            assert_eq!(check(caller, card, "482914").problem(422), "pin_wrong");
            begun.elapsed()
        })
        .collect();
    times.sort();
    times[times.len() / 2]
}

#[tokio::test]
async fn an_unknown_card_is_answered_as_late_as_a_wrong_pin() {
    let bank = bank_tests::bank::TestBank::sqlite();
    import_town(&bank);
    let known = run(&bank, &["balances"], "");
    let known: Vec<String> = known.lines().skip(1).take(6).map(|line| line[..10].to_owned()).collect();
    for card in &known {
        run(&bank, &["pin", "set", "--card", card], "482913");
    }
    let unknown: Vec<String> = (99_999_900..99_999_906)
        .map(|number| baoyulan_ledger::people::CardNumber::of_member_number(number).unwrap().to_string())
        .collect();
    let service = Service::start(&bank);
    let caller = service.caller(&credential(&bank, "device", &["--station", "S01"]));
    let (right, wrong) = (time_of(&caller, &known), time_of(&caller, &unknown));
    // Either is one slow hash and little else: without it, an answer takes a hundredth of that.
    assert!(wrong > right / 5 && right > wrong / 5, "{right:?} {wrong:?}");
}

both_engines!(staff_vouch_for_a_person_and_the_journal_keeps_it, async |bank| {
    import_town(bank);
    let service = Service::start(bank);
    let device = service.caller(&credential(bank, "device", &["--station", "S01"]));
    let teller = credential(bank, "teller", &["--station", "S01", "--name", "teller-li"]);
    let ask = |token: &str, station: &str| {
        device.post("/v1/staff-checks", "no key is needed", &json!({"token": token, "station": station}))
    };
    let attendant = ask(&teller, "S01").expect(200);
    assert_eq!((&attendant["actor"], &attendant["role"]), (&json!("teller-li"), &json!("teller")));
    assert_eq!((attendant["visit"].is_string(), &attendant["volunteer"]), (true, &Value::Null));
    // Somebody who is no device needs no visit.
    let body = json!({"token": teller, "station": "S01"});
    assert_eq!(service.caller(&teller).post("/v1/staff-checks", "-", &body).expect(200)["visit"], Value::Null);
    assert_eq!(ask(&teller, "S02").problem(422), "not_staff");
    for (role, more) in [("device", &["--station", "S01"]), ("volunteer", &["--card", CARD])] {
        assert_eq!(ask(&credential(bank, role, more), "S01").problem(422), "not_staff");
    }
    assert_eq!(ask("nonsense", "S01").problem(422), "not_staff");
    // Whoever may serve everywhere serves where there is a station.
    let administrator = credential(bank, "administrator", &[]);
    for station in ["S99", ""] {
        let body = json!({"token": administrator, "station": station});
        assert_eq!(service.caller(&teller).post("/v1/staff-checks", "-", &body).problem(422), "unknown_station");
    }
    let lines = json!([{"sku": "G01", "pieces": 1}]);
    let body = json!({"card": CARD, "station": "S01", "lines": lines});
    let inside = device.in_visit(&visit(&device, &teller, "S01", Some(CARD)));
    let done = inside.post("/v1/redemptions", "soap", &body).expect(201);
    run(bank, &["credential", "revoke", &teller], "");
    assert_eq!(ask(&teller, "S01").problem(422), "not_staff");
    let mut tables = bank_tests::journal::Tables::open(bank.url()).await;
    let rows = tables.rows(&format!("SELECT reason FROM ledger_notes WHERE position = {}", done["position"])).await;
    assert_eq!(rows[0][0].text(), "attended by teller-li");
});
