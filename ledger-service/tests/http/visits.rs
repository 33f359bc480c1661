//! Visits at a kiosk: what a device may see and do, for whom, and for how long.

use bank_tests::bank::TestBank;
use bank_tests::both_engines;
use bank_tests::journal::{Tables, assert_whole};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};

use super::support::{Caller, PATIENCE, Service, credential, import_town, run, visit};

const CARD: &str = "1000157592";
const OTHER: &str = "1000186983";
const PIN: &str = "482913";

/// A town, one of whose people has a PIN; a device of S01; a member of staff of S01.
fn station(bank: &TestBank) -> (Service, Caller, String) {
    import_town(bank);
    run(bank, &["pin", "set", "--card", CARD], PIN);
    let service = Service::start(bank);
    let device = service.caller(&credential(bank, "device", &["--station", "S01"]));
    let teller = credential(bank, "teller", &["--station", "S01", "--name", "teller-li"]);
    (service, device, teller)
}

/// Begins a visit with card and PIN.
fn by_pin(device: &Caller) -> Value {
    device.post("/v1/pin-checks", "no key is needed", &json!({"card": CARD, "pin": PIN})).expect(200)
}

fn soap(card: &str) -> Value {
    json!({"card": card, "station": "S01", "lines": [{"sku": "G01", "pieces": 1}]})
}

/// Lets the visits be so many seconds older: since they began, and since they were last used.
async fn age(bank: &TestBank, opened: i64, used: i64) {
    let sql = format!("UPDATE ledger_visits SET opened_at = opened_at - {opened}, used_at = used_at - {used}");
    let sql = AssertSqlSafe(sql);
    let Some((server, schema)) = bank.url().split_once("?schema=") else {
        SqliteConnection::connect(bank.url()).await.unwrap().execute(sql).await.unwrap();
        return;
    };
    let mut conn = PgConnection::connect(server).await.unwrap();
    conn.execute(AssertSqlSafe(format!("SET search_path = {schema}"))).await.unwrap();
    conn.execute(sql).await.unwrap();
}

fn is_on(device: &Caller) -> bool {
    let answer = device.get("/v1/visit");
    if answer.status == 200 {
        return true;
    }
    assert_eq!(answer.problem(422), "no_visit");
    false
}

both_engines!(a_device_sees_a_person_only_in_their_visit_and_only_what_its_screen_shows, async |bank| {
    let (_service, device, teller) = station(bank);
    // A card alone opens nothing, whoever's it is.
    for path in ["", "/balance", "/statement"] {
        assert_eq!(device.get(&format!("/v1/volunteers/{CARD}{path}")).problem(403), "forbidden");
    }
    assert!(!is_on(&device));
    let admission = by_pin(&device);
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&admission), ["visit", "volunteer"]);
    let shown = ["card", "card_state", "lots", "name", "pieces_had", "points_spendable", "pseudonym"];
    let mut found = names(&admission["volunteer"]);
    found.sort();
    assert_eq!(found, shown);
    let inside = device.in_visit(admission["visit"].as_str().unwrap());
    let mut expected = admission["volunteer"].clone();
    assert_eq!(inside.get("/v1/visit").expect(200), json!({"attended_by": null, "volunteer": expected}));
    // Not even then: the statement is for the person, and for staff.
    for path in ["", "/balance", "/statement"] {
        assert_eq!(inside.get(&format!("/v1/volunteers/{CARD}{path}")).problem(403), "forbidden");
    }
    // What it shows is as it is now.
    inside.post("/v1/redemptions", "soap", &soap(CARD)).expect(201);
    let left = expected["points_spendable"]["quantity"].as_i64().unwrap() - 30;
    expected["points_spendable"]["quantity"] = left.into();
    let now = inside.get("/v1/visit").expect(200)["volunteer"].clone();
    assert_eq!((&now["points_spendable"], &now["pseudonym"]), (&expected["points_spendable"], &expected["pseudonym"]));
    assert_eq!(now["pieces_had"], json!([{"quantity": 1, "commodity": "ITEM:G01"}]));
    // Staff who vouch open the same, and by themselves nobody's account.
    let vouched = device.in_visit(&visit(&device, &teller, "S01", Some(CARD)));
    assert_eq!(vouched.get("/v1/visit").expect(200)["volunteer"]["pseudonym"], now["pseudonym"]);
    let staff = device.in_visit(&visit(&device, &teller, "S01", None));
    assert_eq!(staff.get("/v1/visit").expect(200), json!({"attended_by": "teller-li", "volunteer": null}));
    // Nothing of a token is in the bank but its hash.
    let dump = Tables::open(bank.url()).await.dump().await;
    assert!(!format!("{dump:?}").contains(admission["visit"].as_str().unwrap()));
});

both_engines!(a_visit_is_its_devices_alone_and_its_persons_alone, async |bank| {
    let (service, device, teller) = station(bank);
    let token = by_pin(&device)["visit"].as_str().unwrap().to_owned();
    for station in ["S01", "S02"] {
        let other = service.caller(&credential(bank, "device", &["--station", station])).in_visit(&token);
        assert!(!is_on(&other));
        other.send("DELETE", "/v1/visit", &[], "").unwrap();
    }
    let inside = device.in_visit(&token);
    assert!(is_on(&inside), "what others do with its token changes nothing");
    assert!(!is_on(&device.in_visit("a-token-of-nobody")) && !is_on(&device.in_visit(&token.to_uppercase())));

    // For nobody else, with whatever key.
    assert_eq!(inside.post("/v1/redemptions", "for another", &soap(OTHER)).problem(422), "no_visit");
    let other = device.in_visit(&visit(&device, &teller, "S01", Some(OTHER)));
    let receipt = other.post("/v1/redemptions", "their own", &soap(OTHER)).expect(201)["receipt_number"].clone();
    let path = format!("/v1/receipts/{}", receipt.as_str().unwrap());
    assert_eq!(inside.get(&path).problem(422), "no_visit");
    assert_eq!(inside.post("/v1/reversals", "theirs", &json!({"receipt": receipt})).problem(422), "no_visit");
    other.get(&path).expect(200);
    // Staff by themselves see and reverse their station's receipts, and redeem for nobody.
    let staff = device.in_visit(&visit(&device, &teller, "S01", None));
    staff.get(&path).expect(200);
    assert_eq!(staff.post("/v1/redemptions", "for whom", &soap(OTHER)).problem(422), "no_visit");
    let reversed = staff.post("/v1/reversals", "by staff", &json!({"receipt": receipt})).expect(201);
    let sql = format!("SELECT reason FROM ledger_notes WHERE position = {}", reversed["position"]);
    assert_eq!(Tables::open(bank.url()).await.rows(&sql).await[0][0].text(), "attended by teller-li");
    // Where a device says that it is does not matter: it is where its credential says.
    let check = json!({"token": credential(bank, "administrator", &[]), "station": "S02"});
    assert_eq!(device.post("/v1/staff-checks", "-", &check).problem(422), "not_staff");
    assert_whole(bank.url()).await;
});

both_engines!(a_visit_ends_when_it_is_ended_unused_or_old, async |bank| {
    let (service, device, _) = station(bank);
    let begin = || device.in_visit(by_pin(&device)["visit"].as_str().unwrap());
    let ended = begin();
    assert_eq!(ended.send("DELETE", "/v1/visit", &[], "").unwrap().status, 204);
    assert!(!is_on(&ended));
    assert_eq!(ended.send("DELETE", "/v1/visit", &[], "").unwrap().status, 204, "once more does no harm");

    let unused = begin();
    age(bank, 100, 100).await;
    assert!(is_on(&unused), "which counts as a use");
    age(bank, 100, 100).await;
    assert!(is_on(&unused), "200 seconds after it began");
    // Another process knows as much.
    let second = Service::start(bank);
    assert!(is_on(&unused.at(second.url())));
    age(bank, 120, 120).await;
    assert!(!is_on(&unused.at(second.url())) && !is_on(&unused.at(service.url())));

    let used = begin();
    age(bank, 580, 0).await;
    assert!(is_on(&used));
    age(bank, 20, 0).await;
    assert!(!is_on(&used), "after ten minutes");
    // Those of long ago are deleted when somebody comes.
    begin();
    let kept = Tables::open(bank.url()).await.rows("SELECT visit FROM ledger_visits").await;
    assert_eq!(kept.len(), 1);
});

both_engines!(an_order_has_one_outcome_when_its_visit_is_over, async |bank| {
    let (_service, device, teller) = station(bank);
    let inside = device.in_visit(&visit(&device, &teller, "S01", Some(CARD)));
    let done = inside.post("/v1/redemptions", "answered, and lost", &soap(CARD));
    done.expect(201);
    let receipt = done.json()["receipt_number"].clone();
    let undone = inside.post("/v1/reversals", "taken back", &json!({"receipt": receipt}));
    undone.expect(201);
    inside.send("DELETE", "/v1/visit", &[], "").unwrap();
    run(bank, &["credential", "revoke", &teller], "");

    // What was decided in the visit is answered for ever, with its token, with none, and in another's visit.
    let by_pin = device.in_visit(by_pin(&device)["visit"].as_str().unwrap());
    for caller in [&inside, &device, &by_pin] {
        let again = caller.post("/v1/redemptions", "answered, and lost", &soap(CARD));
        assert_eq!((again.status, &again.text), (201, &done.text));
        let again = caller.post("/v1/reversals", "taken back", &json!({"receipt": receipt}));
        assert_eq!((again.status, &again.text), (201, &undone.text));
    }
    // What was not decided by then never is: a copy that is still on its way finds the door closed.
    assert_eq!(inside.post("/v1/redemptions", "too late", &soap(CARD)).problem(422), "no_visit");
    assert_eq!(by_pin.post("/v1/redemptions", "too late", &soap(CARD)).problem(422), "no_visit");
    by_pin.post("/v1/redemptions", "in time", &soap(CARD)).expect(201);
    let receipts = Tables::open(bank.url()).await.rows("SELECT token FROM ledger_receipts").await;
    assert_eq!(receipts.len(), 3);
    assert_whole(bank.url()).await;
});

#[tokio::test]
async fn copies_of_an_order_that_race_with_the_end_of_its_visit_have_one_outcome() {
    let bank = TestBank::sqlite();
    let (_service, device, _) = station(&bank);
    let mut accepted = 0;
    for round in 0..20 {
        let inside = device.in_visit(by_pin(&device)["visit"].as_str().unwrap());
        let key = format!("round {round}");
        // One copy comes in the visit, one comes without.
        let (one, other) = std::thread::scope(|scope| {
            let first = scope.spawn(|| inside.post("/v1/redemptions", &key, &soap(CARD)));
            let second = scope.spawn(|| device.post("/v1/redemptions", &key, &soap(CARD)));
            (first.join().unwrap(), second.join().unwrap())
        });
        assert_eq!(one.status, other.status, "{} {}", one.text, other.text);
        assert!(one.status == 201 && one.text == other.text || one.code() == other.code());
        accepted += usize::from(one.status == 201);
        if one.status == 201 {
            let receipt = json!({"receipt": one.json()["receipt_number"]});
            inside.post("/v1/reversals", &format!("{key}, back"), &receipt).expect(201);
        }
    }
    println!("{accepted} of 20 were accepted");
    let receipts = Tables::open(bank.url()).await.rows("SELECT token FROM ledger_receipts").await;
    assert_eq!(receipts.len(), 2 * accepted);
    assert_whole(bank.url()).await;
}

both_engines!(staff_vouch_while_they_may_and_nobody_else_is_believed, async |bank| {
    let (service, device, teller) = station(bank);
    let begin = |staff: &str| device.in_visit(&visit(&device, staff, "S01", Some(CARD)));
    let names = |actor: &str| {
        let mut body = soap(CARD);
        body["attended_by"] = actor.into();
        body
    };
    let attended = begin(&teller);
    // Whom the request names must be who vouches; nothing needs to be named.
    assert_eq!(attended.post("/v1/redemptions", "a", &names("teller-wang")).problem(422), "not_staff");
    let by_pin = device.in_visit(by_pin(&device)["visit"].as_str().unwrap());
    assert_eq!(by_pin.post("/v1/redemptions", "b", &names("teller-li")).problem(422), "not_staff");
    let at_the_counter = service.caller(&teller);
    assert_eq!(at_the_counter.post("/v1/redemptions", "c", &names("teller-wang")).problem(422), "not_staff");
    let done = [
        attended.post("/v1/redemptions", "d", &names("teller-li")).expect(201),
        attended.post("/v1/redemptions", "e", &soap(CARD)).expect(201),
    ];
    // One person, however their name is written.
    for (caller, key, actor) in [
        (&attended, "d", " teller-li"),
        (&attended, "g", "teller\u{2013}li\u{200b}"),
        (&at_the_counter, "h", "Teller-Li\u{a0}"),
    ] {
        caller.post("/v1/redemptions", key, &names(actor)).expect(201);
    }
    for receipt in done {
        let sql = format!("SELECT reason FROM ledger_notes WHERE position = {}", receipt["position"]);
        assert_eq!(Tables::open(bank.url()).await.rows(&sql).await[0][0].text(), "attended by teller-li");
    }
    // A visit ends with the credential that began it: revoked, or over.
    run(bank, &["credential", "revoke", &teller], "");
    assert!(!is_on(&attended));
    assert_eq!(attended.post("/v1/redemptions", "f", &soap(CARD)).problem(422), "no_visit");
    assert_eq!(attended.post("/v1/redemptions", "d", &names("teller-li")).expect(201)["points"]["quantity"], 30);
    let end = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(3);
    let short = begin(&credential(bank, "teller", &["--station", "S01", "--valid-until", &end.to_string()]));
    let begun = std::time::Instant::now();
    while is_on(&short) {
        assert!(begun.elapsed() < PATIENCE, "a credential that is over still vouches");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    // Others' visits go on; those of a device that is revoked do not.
    assert!(is_on(&by_pin));
});

both_engines!(a_blocked_or_unknown_card_begins_no_visit, async |bank| {
    let (_service, device, teller) = station(bank);
    run(bank, &["card", "block", "--card", CARD], "");
    let vouch = |card: &str| {
        let check = json!({"token": teller, "station": "S01", "card": card});
        device.post("/v1/staff-checks", "no key is needed", &check).problem(422)
    };
    assert_eq!(device.post("/v1/pin-checks", "-", &json!({"card": CARD, "pin": PIN})).problem(422), "card_blocked");
    assert_eq!(vouch(CARD), "card_blocked");
    assert_eq!(vouch("9999999952"), "unknown_card");
    assert_eq!(vouch("1000157593"), "card_check_digits");
    let kept = Tables::open(bank.url()).await.rows("SELECT visit FROM ledger_visits").await;
    assert!(kept.is_empty());
});
