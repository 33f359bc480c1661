//! Sessions on the pages, and what ends them in every process.

use bank_tests::bank::TestBank;
use bank_tests::both_engines;
use serde_json::json;

use super::support::{Answer, Caller, Service, credential, import_town, run};

const CARD: &str = "1000157592";
const OTHERS: &str = "1000186983";
const PIN: &str = "482913";

fn form(caller: &Caller, path: &str, body: &str) -> Answer {
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin")];
    caller.send("POST", path, &headers, body).unwrap()
}

fn log_in(caller: &Caller, card: &str, pin: &str) -> Answer {
    form(caller, "/login", &format!("card={card}&pin={pin}"))
}

/// The cookie of somebody who has come in.
fn cookie(entered: &Answer) -> String {
    assert_eq!((entered.status, entered.header("location")), (303, "/me?new"), "{}", entered.text);
    entered.header("set-cookie").split(';').next().unwrap().to_owned()
}

fn is_in(caller: &Caller, cookie: &str) -> bool {
    let answer = caller.send("GET", "/me", &[("cookie", cookie)], "").unwrap();
    assert!(answer.status == 200 || answer.header("location") == "/login?why=over", "{}", answer.text);
    answer.status == 200
}

fn set_pin(bank: &TestBank, card: &str, pin: &str) {
    run(bank, &["pin", "set", "--card", card], pin);
}

both_engines!(a_new_pin_or_a_blocked_card_ends_every_session_in_every_process, async |bank| {
    import_town(bank);
    set_pin(bank, CARD, PIN);
    set_pin(bank, OTHERS, PIN);
    let services = [Service::start(bank), Service::start(bank)];
    let [one, other] = services.each_ref().map(|service| service.caller(""));
    let others = cookie(&log_in(&one, OTHERS, PIN));
    for end in [&["pin", "set", "--card", CARD], &["card", "block", "--card", CARD]] {
        let sessions = [cookie(&log_in(&one, CARD, PIN)), cookie(&log_in(&other, CARD, PIN))];
        for session in &sessions {
            assert!(is_in(&one, session) && is_in(&other, session));
        }
        run(bank, end, PIN);
        for session in &sessions {
            assert!(!is_in(&one, session) && !is_in(&other, session), "{end:?}");
        }
    }
    assert!(is_in(&one, &others) && is_in(&other, &others));
});

both_engines!(sixty_wrong_guesses_on_the_web_keep_nobody_from_the_kiosk, async |bank| {
    import_town(bank);
    set_pin(bank, CARD, PIN);
    let service = Service::start(bank);
    let (web, kiosk) = (service.caller(""), service.caller(&credential(bank, "device", &["--station", "S01"])));
    let guesses: Vec<Answer> = (0..60).map(|guess| log_in(&web, CARD, &format!("74{guess:04}"))).collect();
    assert_eq!(guesses.iter().filter(|answer| answer.status == 401).count(), 5);
    assert_eq!(guesses.iter().filter(|answer| answer.status == 429).count(), 55);
    kiosk.post("/v1/pin-checks", "no key is needed", &json!({"card": CARD, "pin": PIN})).expect(200);
    assert_eq!(log_in(&web, CARD, PIN).status, 429);
    // Whoever gets a new PIN from the staff need not wait.
    set_pin(bank, CARD, "739264");
    kiosk.post("/v1/pin-checks", "no key is needed", &json!({"card": CARD, "pin": "739264"})).expect(200);
});
