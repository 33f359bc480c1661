//! What people type, paste and scan is read alike at every route; and what cannot be read is said.

use bank_tests::bank::TestBank;
use bank_tests::spellings::{NOT_DIGITS, of_code, of_digits};
use baoyulan_ledger::text::in_path;
use serde_json::{Value, json};

use super::support::{Service, credential, files, import_town, run, town};

const CARD: &str = "1000157592";
const PIN: &str = "482913";

fn in_percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

#[test]
fn every_spelling_is_read_at_every_route() {
    let bank = TestBank::sqlite();
    import_town(&bank);
    run(&bank, &["pin", "set", "--card", CARD], PIN);
    let service = Service::start(&bank);
    let caller = service.caller(&credential(&bank, "teller", &["--station", "S01"]));
    let body = |card: &str, station: &str, sku: &str| json!({"card": card, "station": station, "lines": [{"sku": sku, "pieces": 1}]});
    let done = caller.post("/v1/redemptions", "soap", &body(CARD, "S01", "G01")).expect(201);
    let number = done["receipt_number"].as_str().unwrap();
    for (card, pin) in of_digits(CARD).iter().zip(of_digits(PIN)) {
        assert_eq!(caller.get(&format!("/v1/volunteers/{}", in_percent(card))).expect(200)["card"], CARD, "{card:?}");
        caller.get(&format!("/v1/volunteers/{}/balance", in_percent(card))).expect(200);
        caller.get(&format!("/v1/volunteers/{}/statement", in_percent(card))).expect(200);
        let check = caller.post("/v1/pin-checks", "-", &json!({"card": card, "pin": pin}));
        assert_eq!(check.expect(200)["volunteer"]["card"], CARD, "{card:?} {pin:?}");
    }
    let teller = credential(&bank, "teller", &["--station", "S01"]);
    for (((card, station), sku), token) in
        of_digits(CARD).iter().zip(of_code("S01")).zip(of_code("G01")).zip(of_code(&teller))
    {
        // Under one key, all are the same request.
        let again = caller.post("/v1/redemptions", "soap", &body(card, &station, &sku));
        assert_eq!((again.expect(201), again.header("idempotency-replayed")), (done.clone(), "true"));
        caller.get(&format!("/v1/stations/{}/catalogue", in_percent(&station))).expect(200);
        caller.post("/v1/staff-checks", "-", &json!({"token": token, "station": station})).expect(200);
    }
    let reversed = caller.post("/v1/reversals", "back", &json!({"receipt": number})).expect(201);
    for number in of_code(number) {
        caller.get(&format!("/v1/receipts/{}", in_percent(&number))).expect(200);
        assert_eq!(caller.post("/v1/reversals", "back", &json!({"receipt": number})).expect(201), reversed);
    }
    // A number is read as `/v` reads it: without the noughts, in any case, and with a label.
    for number in ["s01-26-1", "S01-26-01", "No. S01-26-000001", "回执号：Ｓ01—26—1"] {
        caller.get(&format!("/v1/receipts/{}", in_percent(number))).expect(200);
        assert_eq!(caller.post("/v1/reversals", "back", &json!({"receipt": number})).expect(201), reversed);
    }
    for wrong in NOT_DIGITS {
        let card = format!("{CARD}{wrong}");
        assert_eq!(caller.get(&format!("/v1/volunteers/{}", in_percent(&card))).problem(404), "card_check_digits");
    }
}

#[test]
fn an_array_is_nowhere_taken_for_an_object() {
    let bank = TestBank::sqlite();
    import_town(&bank);
    let service = Service::start(&bank);
    let caller = service.caller(&credential(&bank, "teller", &["--station", "S01"]));
    for (address, body) in [
        ("/v1/redemptions", json!([CARD, "S01", [{"sku": "G01", "pieces": 1}], null, null])),
        ("/v1/redemptions", json!({"card": CARD, "station": "S01", "lines": [["G01", 1]]})),
        ("/v1/reversals", json!(["S01-26-000001"])),
        ("/v1/pin-checks", json!([CARD, PIN])),
        ("/v1/staff-checks", json!(["x", "S01", null])),
        ("/v1/receipt-checks", json!(["S01-26-000001", null])),
    ] {
        assert_eq!(caller.post(address, "array", &body).problem(400), "invalid_body", "{address}");
    }
}

#[test]
fn a_whole_number_may_be_written_with_a_point() {
    let bank = TestBank::sqlite();
    import_town(&bank);
    let service = Service::start(&bank);
    let caller = service.caller(&credential(&bank, "teller", &["--station", "S01"]));
    let send = |pieces: &str, shown: &str| {
        let body = format!(
            r#"{{"card":"{CARD}","station":"S01","lines":[{{"sku":"G01","pieces":{pieces}}}],"points_shown":{shown}}}"#
        );
        let headers = [("content-type", "application/json"), ("idempotency-key", "soap")];
        caller.send("POST", "/v1/redemptions", &headers, body).unwrap()
    };
    let done = send("1", "30").expect(201);
    for (pieces, shown) in [("1.0", "30"), ("1e0", "3e1"), ("10E-1", "30.000"), ("1", "0.3e2")] {
        assert_eq!(send(pieces, shown).expect(201), done, "{pieces} {shown}");
    }
    for wrong in ["1.5", "9007199254740992.0", "1e300", "-1e400", "\"1\"", "true", "null", "[1]"] {
        let answer = send(wrong, "30");
        assert_eq!(answer.problem(400), "invalid_body", "{wrong}");
        let errors = &answer.json()["errors"];
        assert_eq!(errors[0]["pointer"], "/lines/0/pieces", "{wrong}: {errors}");
    }
    assert_eq!(send("1", "30.5").json()["errors"][0]["pointer"], "/points_shown");
    assert_eq!(
        send("0.0", "null").problem(422),
        "id_conflict",
        "none is a number of pieces too, and the rule's to refuse"
    );
}

/// What a code may hold is what an address takes for its own.
#[test]
fn a_station_of_any_code_is_served_by_every_route_and_page() {
    const CODES: [&str; 5] = ["north/S1:2", "/", ".", "..", "-._:/"];
    let (bank, folder) = (TestBank::sqlite(), tempfile::tempdir().unwrap());
    for (name, content) in files(&town()) {
        let mut text = String::from_utf8(content).unwrap();
        for code in CODES {
            match name {
                "stations.csv" => text.push_str(&format!("{code},驿站,grid-1,seed\n")),
                "stock.csv" => text.push_str(&format!("{code},G01,9\n")),
                _ => {}
            }
        }
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    run(&bank, &["import", folder.path().to_str().unwrap(), "--demo"], "");
    let service = Service::start(&bank);
    run(&bank, &["pin", "set", "--card", CARD], PIN);
    let form = [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin")];
    let browser = service.caller("");
    let entered = browser.send("POST", "/login", &form, format!("card={CARD}&pin={PIN}")).unwrap();
    let cookie = entered.header("set-cookie").split(';').next().unwrap().to_owned();
    let page = |address: &str| {
        browser.send("GET", address, &[("cookie", cookie.as_str()), ("accept", "text/html")], "").unwrap()
    };
    for code in CODES {
        let caller = service.caller(&credential(&bank, "teller", &["--station", code]));
        let catalogue = caller.get(&format!("/v1/stations/{}/catalogue", in_path(code))).expect(200);
        assert_eq!(catalogue["data"][0]["pieces_left"]["quantity"], 9, "{code}");
        let body = json!({"card": CARD, "station": code, "lines": [{"sku": "G01", "pieces": 1}]});
        let done = caller.post("/v1/redemptions", code, &body);
        let number = done.expect(201)["receipt_number"].as_str().unwrap().to_owned();
        assert!(number.starts_with(&format!("{code}-")), "{number}");
        assert_eq!(caller.get(done.header("location")).expect(200)["receipt_number"], number.as_str());
        let teller = credential(&bank, "teller", &["--station", code]);
        caller.post("/v1/staff-checks", "-", &json!({"token": teller, "station": code})).expect(200);
        let reversed = caller.post("/v1/reversals", "back", &json!({"receipt": number}));
        caller.get(reversed.header("location")).expect(200);
        // A device of another station may see neither.
        let other = service.caller(&credential(&bank, "device", &["--station", "S01"]));
        assert_eq!(other.get(done.header("location")).problem(403), "forbidden");
    }
    let mut links = 0;
    for list in ["/me/receipts", "/me/statement"] {
        let shown = page(list).text;
        for link in shown.split("href=\"/me/receipts/").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            let receipt = page(&format!("/me/receipts/{link}"));
            assert_eq!(receipt.status, 200, "{list}: {link}");
            links += 1;
        }
    }
    assert_eq!(links, 2 * 2 * CODES.len());
}

/// Every route of the description, with a name in its path and a query that are no UTF-8.
#[test]
fn an_address_that_cannot_be_read_is_a_problem_to_programs_and_a_page_to_people() {
    let bank = TestBank::sqlite();
    import_town(&bank);
    let service = Service::start(&bank);
    let caller = service.caller(&credential(&bank, "administrator", &[]));
    let api: Value = serde_json::from_str(&run(&bank, &["openapi"], "")).unwrap();
    let mut tried = 0;
    for (path, methods) in api["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let mut addresses = vec![format!("{path}?a=%ff"), format!("{path}?%zz"), format!("{path}?a=1%")];
            if let Some((before, after)) = path.split_once('{') {
                let after = after.split_once('}').unwrap().1;
                addresses.extend(["%ff", "%C3%28", "%", "%2", "%zz"].map(|bad| format!("{before}{bad}{after}")));
            }
            for address in addresses.iter().map(|address| address.replace(['{', '}'], "")) {
                let answer = caller.send(&method.to_uppercase(), &address, &[], "").unwrap();
                assert_eq!(answer.problem(400), "invalid_address", "{method} {address}");
                tried += 1;
            }
        }
    }
    assert!(tried > 60, "{tried}");
    let browser = service.caller("");
    for page in ["/%ff", "/me/receipts/%ff", "/login?why=%ff", "/login/%fe", "/v?%", "/staff/imports/%ff"] {
        let answer = browser.send("GET", page, &[("accept", "text/html"), ("accept-language", "en")], "").unwrap();
        assert_eq!((answer.status, answer.header("content-type")), (400, "text/html; charset=utf-8"), "{page}");
        assert!(answer.text.contains("invalid_address"), "{page}: {}", answer.text);
    }
}
