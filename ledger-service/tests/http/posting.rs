//! What moves points: keys, refusals, races, and requests that are wrong.

use bank_tests::both_engines;
use bank_tests::journal::assert_whole;
use serde_json::{Value, json};
use sqlx::{Connection, Executor};

use super::support::{Answer, Service, credential, import_town, run};

const CARD: &str = "1000157592";
const RICE: &str = "G10";

fn redemption(sku: &str, pieces: i64) -> Value {
    json!({"card": CARD, "station": "S01", "lines": [{"sku": sku, "pieces": pieces}]})
}

both_engines!(the_same_key_has_one_outcome, async |bank| {
    import_town(bank);
    let service = Service::start(bank);
    let token = credential(bank, "teller", &["--station", "S01"]);
    let caller = service.caller(&token);

    let first = caller.post("/v1/redemptions", "rice", &redemption(RICE, 1));
    let receipt = first.expect(201);
    assert_eq!(receipt["points"], json!({"quantity": 300, "commodity": "POINT"}));
    assert_eq!(first.header("location"), "/v1/receipts/S01-26-000001");
    assert_eq!(first.header("idempotency-replayed"), "");

    let again = caller.post("/v1/redemptions", "rice", &redemption(RICE, 1));
    assert_eq!((again.status, &again.text), (first.status, &first.text), "byte for byte");
    assert_eq!(again.header("idempotency-replayed"), "true");

    // The spelling of the JSON is not its content.
    let spaced =
        format!(" {{\"lines\" : [ {{\"pieces\":1,\"sku\":\"{RICE}\"}} ],\"station\":\"S01\",\"card\":\"{CARD}\"}}\n");
    let headers = [("content-type", "application/json; charset=utf-8"), ("idempotency-key", "rice")];
    let again = caller.send("POST", "/v1/redemptions", &headers, spaced.as_bytes()).unwrap();
    assert_eq!(again.text, first.text);

    assert_eq!(caller.post("/v1/redemptions", "rice", &redemption(RICE, 2)).problem(422), "id_conflict");
    assert_eq!(caller.post("/v1/reversals", "rice", &json!({"receipt": "S01-26-000001"})).problem(422), "id_conflict");

    // Another credential's keys are its own: this one is decided, and the month's limit says no.
    let other = service.caller(&credential(bank, "teller", &["--station", "S01"]));
    assert_eq!(other.post("/v1/redemptions", "rice", &redemption(RICE, 1)).problem(422), "over_limit");

    let reversal = json!({"receipt": "S01-26-000001"});
    let reversed = caller.post("/v1/reversals", "sorry", &reversal).expect(201);
    assert_eq!(reversed["kind"], "reversal");
    assert_eq!(caller.post("/v1/reversals", "sorry", &reversal).header("idempotency-replayed"), "true");
    assert_eq!(caller.post("/v1/reversals", "sorry again", &reversal).problem(422), "already_reversed");
    assert_eq!(caller.get("/v1/receipts/S01-26-000001").expect(200)["reversed"], true);

    // What was refused stays refused under its key, and is done under a new one.
    assert_eq!(other.post("/v1/redemptions", "rice", &redemption(RICE, 1)).problem(422), "over_limit");
    other.post("/v1/redemptions", "rice, now", &redemption(RICE, 1)).expect(201);
    assert_whole(bank.url()).await;
});

both_engines!(keys_that_race_are_done_once, async |bank| {
    import_town(bank);
    let service = Service::start(bank);
    let caller = service.caller(&credential(bank, "teller", &["--station", "S01"]));
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let ask = |key: &'static str| {
            let caller = caller.clone();
            move || caller.post("/v1/redemptions", key, &redemption("G01", 1))
        };
        let threads: Vec<_> = (0..24).map(|index| scope.spawn(ask(["a", "b", "c"][index % 3]))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for key in 0..3 {
        let of_key: Vec<&Answer> = answers.iter().skip(key).step_by(3).collect();
        assert!(of_key.iter().all(|answer| answer.status == 201 && answer.text == of_key[0].text));
        let fresh = of_key.iter().filter(|answer| answer.header("idempotency-replayed").is_empty());
        assert_eq!(fresh.count(), 1, "one of them was the first");
    }
    let balance = caller.get(&format!("/v1/volunteers/{CARD}/balance")).expect(200);
    assert_eq!(balance["points"]["quantity"], 5214 - 3 * 30);
    assert_whole(bank.url()).await;
});

both_engines!(a_no_by_rule_changes_nothing, async |bank| {
    import_town(bank);
    let service = Service::start(bank);
    let caller = service.caller(&credential(bank, "administrator", &[]));
    let before = run(bank, &["trial-balance"], "");
    let wish = |change: &dyn Fn(&mut Value)| {
        let mut body = redemption("G01", 1);
        change(&mut body);
        body
    };
    let refused: [(&str, Value); 11] = [
        ("card_check_digits", wish(&|body| body["card"] = json!("1000157593"))),
        ("card_check_digits", wish(&|body| body["card"] = json!("'; DROP TABLE"))),
        ("unknown_card", wish(&|body| body["card"] = json!("9999999952"))),
        ("unknown_station", wish(&|body| body["station"] = json!("S99\u{0}"))),
        ("unknown_item", wish(&|body| body["lines"][0]["sku"] = json!("G99"))),
        ("invalid_pieces", wish(&|body| body["lines"][0]["pieces"] = json!(0))),
        ("invalid_pieces", wish(&|body| body["lines"][0]["pieces"] = json!(-1))),
        ("invalid_pieces", wish(&|body| body["lines"] = json!([]))),
        ("price_changed", wish(&|body| body["points_shown"] = json!(29))),
        ("out_of_stock", wish(&|body| body["lines"][0]["pieces"] = json!(1_000_000))),
        (
            "item_repeated",
            wish(&|body| body["lines"] = json!([{"sku": "G01", "pieces": 1}, {"sku": "G01", "pieces": 1}])),
        ),
    ];
    for (index, (code, body)) in refused.iter().enumerate() {
        let key = format!("refused {index}");
        assert_eq!(caller.post("/v1/redemptions", &key, body).problem(422), *code, "{body}");
        assert_eq!(caller.post("/v1/redemptions", &key, body).problem(422), *code, "again: {body}");
    }
    let problem = caller.post("/v1/redemptions", "refused 8", &refused[8].1).expect(422);
    assert_eq!(
        (&problem["points"], &problem["points_shown"], &problem["retryable"]),
        (&json!(30), &json!(29), &json!(true))
    );
    assert_eq!(run(bank, &["trial-balance"], ""), before);
});

both_engines!(a_request_that_is_wrong_is_told_where, async |bank| {
    import_town(bank);
    let service = Service::start(bank);
    let caller = service.caller(&credential(bank, "administrator", &[]));
    let json = ("content-type", "application/json");
    let good = redemption("G01", 1).to_string();
    let send = |headers: &[(&str, &str)], body: &[u8]| caller.send("POST", "/v1/redemptions", headers, body).unwrap();

    assert_eq!(send(&[json], good.as_bytes()).problem(400), "idempotency_key_missing");
    let long = "x".repeat(256);
    assert_eq!(send(&[json, ("idempotency-key", &long)], good.as_bytes()).problem(400), "idempotency_key_invalid");
    let twice = [json, ("idempotency-key", "a"), ("idempotency-key", "b")];
    assert_eq!(send(&twice, good.as_bytes()).problem(400), "idempotency_key_invalid");
    send(&[json, ("idempotency-key", &long[1..])], good.as_bytes()).expect(201);

    let key = ("idempotency-key", "wrong");
    assert_eq!(send(&[key], good.as_bytes()).problem(415), "unsupported_media_type");
    assert_eq!(send(&[key, ("content-type", "text/plain")], good.as_bytes()).problem(415), "unsupported_media_type");
    let pointed = [
        (r#"{"card":1,"station":"S01","lines":[]}"#, "/card"),
        (r#"{"card":"1","station":"S01","lines":[{"sku":"G01","pieces":"one"}]}"#, "/lines/0/pieces"),
        (r#"{"card":"1","station":"S01","lines":[{"sku":"G01","pieces":1.5}]}"#, "/lines/0/pieces"),
        (r#"{"card":"1","station":"S01","lines":[{"sku":"G01","pieces":1,"price":0}]}"#, "/lines/0/price"),
        (r#"{"card":"1","station":"S01","lines":[],"lines":[]}"#, ""),
        (r#"{"card":"1","station":"S01"}"#, ""),
        ("", ""),
        ("null", ""),
        ("{\"card\":\"\u{ffff}", "/card"),
    ];
    for (body, pointer) in pointed {
        let answer = send(&[json, key], body.as_bytes());
        assert_eq!(answer.problem(400), "invalid_body", "{body}");
        assert_eq!(answer.json()["errors"][0]["pointer"], pointer, "{body}: {}", answer.text);
    }
    send(&[json, key], b"\xff\xfe").problem(400);
    let large = format!("{}{}", " ".repeat(70_000), good);
    assert_eq!(send(&[json, key], large.as_bytes()).problem(413), "body_too_large");
    // None of them was decided: the key is still free.
    send(&[json, key], good.as_bytes()).expect(201);

    let deleted = caller.send("DELETE", "/v1/redemptions", &[], b"").unwrap();
    assert_eq!(deleted.problem(405), "method_not_allowed");
    assert_eq!(deleted.header("allow"), "POST");
    assert_eq!(caller.get("/v1/nothing").problem(404), "not_found");
    for query in ["limit=0", "limit=201", "limit=x", "cursor=x", "language=fr", "limti=1"] {
        caller.get(&format!("/v1/volunteers/{CARD}/statement?{query}")).problem(400);
    }
});

#[tokio::test]
async fn who_waits_too_long_is_told_to_ask_again() {
    let bank = bank_tests::bank::TestBank::sqlite();
    import_town(&bank);
    let token = credential(&bank, "teller", &["--station", "S01"]);
    let service = Service::start_with(&bank, |command| {
        command.args(["--wait-seconds-max", "1"]);
    });
    let caller = service.caller(&token);
    // Somebody else writes to the file and does not come to an end.
    let mut other = sqlx::SqliteConnection::connect(bank.url()).await.unwrap();
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    let answer = caller.post("/v1/redemptions", "soap", &redemption("G01", 1));
    assert_eq!(answer.problem(409), "in_progress");
    assert!(answer.header("retry-after").parse::<u32>().unwrap() >= 1);
    other.execute("ROLLBACK").await.unwrap();
    // The same key finds out; whether the first try was decided meanwhile or not, it is done once.
    let done = loop {
        let answer = caller.post("/v1/redemptions", "soap", &redemption("G01", 1));
        if answer.status != 409 {
            break answer.expect(201);
        }
    };
    assert_eq!(done["receipt_number"], "S01-26-000001");
    assert_eq!(caller.post("/v1/redemptions", "soap", &redemption("G01", 1)).expect(201), done);
    assert_whole(bank.url()).await;
}
