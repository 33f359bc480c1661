//! What is read: balances and statements agree with the counter's, pages with the whole.

use bank_tests::bank::{TestBank, activity, attendance, details, post_all};
use bank_tests::both_engines;
use baoyulan_ledger::book::Address;
use baoyulan_ledger::command::{Command, NewEntry, Post, Reverse, SetMember};
use baoyulan_ledger::people::{CardNumber, MemberDetails};
use baoyulan_ledger::proof::Receipt;
use baoyulan_ledger::proof::key::JsonWebKeySet;
use baoyulan_ledger::proof::receipt::{keys_of, token_digest};
use baoyulan_ledger::{Ledger, Options};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use serde_json::{Value, json};

use super::support::{Caller, PUBLIC_URL, Service, credential, import_town, run};

const CARD: &str = "1000157592";
/// Points that somebody has and cannot spend.
const EXPIRED: i64 = 15;

/// All items of a list, page by page.
fn whole(caller: &Caller, path: &str, limit: usize) -> Vec<Value> {
    let mut items = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = caller.get(&format!("{path}?limit={limit}{cursor}")).expect(200);
        let data = page["data"].as_array().unwrap().clone();
        assert!(data.len() <= limit && !data.is_empty());
        items.extend(data);
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
}

both_engines!(balances_are_those_of_the_counter, async |bank| {
    import_town(bank);
    let service = Service::start(bank);
    let caller = service.caller(&credential(bank, "coordinator", &[]));
    let balances = run(bank, &["balances"], "");
    let mut seen = 0;
    for line in balances.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let balance = caller.get(&format!("/v1/volunteers/{}/balance", fields[0])).expect(200);
        assert_eq!(balance["service_time"], json!({"quantity": fields[1].parse::<i64>().unwrap(), "commodity": "MIN"}));
        assert_eq!(balance["points"], json!({"quantity": fields[2].parse::<i64>().unwrap(), "commodity": "POINT"}));
        let lots: i64 =
            balance["lots"].as_array().unwrap().iter().map(|lot| lot["points"]["quantity"].as_i64().unwrap()).sum();
        assert_eq!(lots, balance["points"]["quantity"].as_i64().unwrap());
        seen += 1;
    }
    assert_eq!(seen, 520);
});

both_engines!(a_statement_by_pages_is_the_whole_one, async |bank| {
    import_town(bank);
    run(bank, &["redeem", "--card", CARD, "--station", "S01", "--item", "G10=1"], "");
    let service = Service::start(bank);
    let caller = service.caller(&credential(bank, "volunteer", &["--card", CARD]));
    let path = format!("/v1/volunteers/{CARD}/statement");
    let all = whole(&caller, &path, 200);
    for limit in [1, 7, 50] {
        assert_eq!(whole(&caller, &path, limit), all, "pages of {limit}");
    }
    let sum = |key: &str| all.iter().map(|line| line[key]["quantity"].as_i64().unwrap()).sum::<i64>();
    let balance = caller.get(&format!("/v1/volunteers/{CARD}/balance")).expect(200);
    assert_eq!(sum("points"), balance["points"]["quantity"].as_i64().unwrap());
    assert_eq!(sum("service_time"), balance["service_time"]["quantity"].as_i64().unwrap());
    assert_eq!((&all[0]["kind"], &all[0]["receipt_number"]), (&json!("redemption"), &json!("S01-26-000001")));
    assert!(all[1]["reason"][0].as_str().unwrap().contains("分钟 →"), "{}", all[1]);
    let english = caller.get(&format!("{path}?language=en&limit=2")).expect(200);
    assert!(english["data"][1]["reason"][0].as_str().unwrap().contains("minutes"), "{english}");
    let traditional = caller.get(&format!("{path}?language=zh-Hant&limit=2")).expect(200);
    assert!(traditional["data"][1]["reason"][0].as_str().unwrap().contains("分鐘 →"), "{traditional}");

    // A list refuses the cursor of another.
    let page = caller.get(&format!("{path}?limit=1")).expect(200);
    let other = service.caller(&credential(bank, "coordinator", &[]));
    let path = format!("/v1/volunteers/1000186983/statement?cursor={}", page["next_cursor"].as_str().unwrap());
    assert_eq!(other.get(&path).problem(400), "invalid_cursor");
});

both_engines!(what_is_shown_is_masked_and_not_kept_by_anybody, async |bank| {
    import_town(bank);
    let service = Service::start(bank);
    let caller = service.caller(&credential(bank, "teller", &["--station", "S01"]));
    let answer = caller.get(&format!("/v1/volunteers/{CARD}"));
    let name = answer.expect(200)["name"].as_str().unwrap().to_owned();
    assert!(name.contains('*'), "{name}");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert!(answer.header("content-security-policy").contains("default-src 'self'"));
    assert_eq!(caller.get("/v1/volunteers/1000157593").problem(404), "card_check_digits");
    assert_eq!(caller.get("/v1/volunteers/9999999952").problem(404), "unknown_card");
    assert_eq!(caller.get("/v1/volunteers/x%00y").problem(404), "card_check_digits");
    assert_eq!(caller.get("/v1/stations/S99/catalogue").problem(404), "unknown_station");
    assert_eq!(caller.get("/v1/receipts/S01-26-000099").problem(404), "unknown_receipt");
    run(bank, &["card", "block", "--card", CARD], "");
    assert_eq!(caller.get(&format!("/v1/volunteers/{CARD}")).expect(200)["card_state"], "blocked");
});

both_engines!(the_bank_says_its_zone_and_a_head_that_covers_what_was_answered, async |bank| {
    import_town(bank);
    let service = Service::start(bank);
    let caller = service.caller(&credential(bank, "teller", &["--station", "S01"]));
    let administrator = service.caller(&credential(bank, "administrator", &[]));
    let before = caller.get("/v1/bank").expect(200);
    assert_eq!((&before["issuer"], &before["zone"]), (&json!("baoyulan"), &json!("Asia/Shanghai")));
    assert_eq!(before["credential"], json!({"role": "teller", "station": "S01"}));
    let anywhere = json!({"role": "administrator", "station": null});
    assert_eq!(administrator.get("/v1/bank").expect(200)["credential"], anywhere);
    let body = json!({"card": CARD, "station": "S01", "lines": [{"sku": "G01", "pieces": 1}]});
    let done = caller.post("/v1/redemptions", "soap", &body).expect(201);
    let after = caller.get("/v1/bank").expect(200);
    assert_eq!(before["journal"]["size"], done["position"]);
    assert_eq!(after["journal"]["size"], json!(done["position"].as_u64().unwrap() + 1));
    assert_ne!(before["journal"]["root"], after["journal"]["root"]);
    let ledger = Ledger::open(bank.url(), Options::read_only()).await.unwrap();
    let (size, root) = ledger.journal_head().await.unwrap();
    assert_eq!(after["journal"], json!({"size": size, "root": HEXLOWER.encode(&root)}));
    ledger.close().await;
});

both_engines!(what_was_had_this_month_is_told_until_it_is_given_back, async |bank| {
    import_town(bank);
    let service = Service::start(bank);
    let caller = service.caller(&credential(bank, "teller", &["--station", "S01"]));
    let had = || caller.get(&format!("/v1/volunteers/{CARD}")).expect(200)["pieces_had"].clone();
    assert_eq!(had(), json!([]));
    let lines = json!([{"sku": "G10", "pieces": 1}, {"sku": "G01", "pieces": 2}]);
    let body = json!({"card": CARD, "station": "S01", "lines": lines});
    let done = caller.post("/v1/redemptions", "rice and soap", &body).expect(201);
    let soap = json!({"quantity": 2, "commodity": "ITEM:G01"});
    assert_eq!(had(), json!([soap, {"quantity": 1, "commodity": "ITEM:G10"}]));
    caller.post("/v1/reversals", "sorry", &json!({"receipt": done["receipt_number"]})).expect(201);
    assert_eq!(had(), json!([]));
});

/// Gives the volunteer points whose time was over before they were written down: for an hour and a half of 2022.
async fn grant_expired(bank: &TestBank) {
    let ledger = bank.open().await;
    let details = MemberDetails { consent_on: "2022-01-01".to_owned(), ..details("邹兰") };
    let commands = [
        Command::SetMember(SetMember { card: CARD.to_owned(), details }),
        Command::SetActivity(activity("Z2022", "civility", "2022-02-05T08:00", "2022-02-05T09:30", false)),
        attendance("Z2022", CARD, "2022-02-05T08:00", "2022-02-05T09:30", "good"),
    ];
    post_all(&ledger, commands).await;
    ledger.close().await;
}

both_engines!(points_left_are_those_that_can_be_spent, async |bank| {
    import_town(bank);
    run(bank, &["card", "print-balance", "--card", CARD], "");
    grant_expired(bank).await;
    let service = Service::start(bank);
    let caller = service.caller(&credential(bank, "teller", &["--station", "S01"]));
    let balance = || {
        let balance = caller.get(&format!("/v1/volunteers/{CARD}/balance")).expect(200);
        ["points", "points_spendable"].map(|key| balance[key]["quantity"].as_i64().unwrap())
    };
    let [points, spendable] = balance();
    assert_eq!(points - spendable, EXPIRED);
    let body = json!({"card": CARD, "station": "S01", "lines": [{"sku": "G10", "pieces": 1}]});
    let done = caller.post("/v1/redemptions", "rice", &body).expect(201);
    assert_eq!(done["points_left"]["quantity"], spendable - 300);
    assert_eq!(balance(), [points - 300, spendable - 300]);
    let undone = caller.post("/v1/reversals", "sorry", &json!({"receipt": done["receipt_number"]})).expect(201);
    assert_eq!(undone["points_left"]["quantity"], spendable);
    assert_eq!(balance(), [points, spendable]);

    // Unless its owner wishes otherwise, a receipt does not say it, and so neither does the answer.
    run(bank, &["card", "leave-out-balance", "--card", CARD], "");
    let body = json!({"card": CARD, "station": "S01", "lines": [{"sku": "G01", "pieces": 1}]});
    let done = caller.post("/v1/redemptions", "soap", &body).expect(201);
    assert_eq!(done["points_left"], Value::Null);
    assert_eq!(Receipt::read_unverified(done["receipt"].as_str().unwrap()).unwrap().balance, None);
});

both_engines!(a_part_comes_back_and_every_reading_says_so, async |bank| {
    import_town(bank);
    let service = Service::start(bank);
    let caller = service.caller(&credential(bank, "teller", &["--station", "S01"]));
    let lines = json!([{"sku": "V02", "pieces": 2}, {"sku": "G01", "pieces": 2}]);
    let body = json!({"card": CARD, "station": "S01", "lines": lines});
    let done = caller.post("/v1/redemptions", "two soaps", &body).expect(201);
    let receipt = done["receipt_number"].clone();
    let back = |sku: &str, pieces: i64| json!({"receipt": receipt, "lines": [{"sku": sku, "pieces": pieces}]});
    let how = || {
        let shown = caller.get("/v1/receipts/S01-26-000001").expect(200);
        ["reversed", "returned", "returns"].map(|key| shown[key].clone())
    };
    assert_eq!(how(), [json!(false), json!("nothing"), json!([])]);

    let first = caller.post("/v1/reversals", "one soap", &back("G01", 1)).expect(201);
    let each = done["lines"][1]["points_each"]["quantity"].as_i64().unwrap();
    assert_eq!((&first["kind"], &first["points"]["quantity"]), (&json!("reversal"), &json!(each)));
    assert_eq!(
        first["lines"],
        json!([{"sku": "G01", "pieces": {"quantity": 1, "commodity": "ITEM:G01"}, "points_each": done["lines"][1]["points_each"]}])
    );
    let soap = |number: &str| json!({"receipt_number": number, "lines": [{"sku": "G01", "pieces": {"quantity": 1, "commodity": "ITEM:G01"}}]});
    assert_eq!(how(), [json!(false), json!("partly"), json!([soap("S01-26-000002")])]);
    let known = caller.post("/v1/receipt-checks", "", &json!({"number": receipt})).expect(200)["receipt"].clone();
    assert_eq!((&known["standing"], &known["reversed_by"]), (&json!("partly_returned"), &Value::Null));
    assert_eq!(known["returns"], json!([soap("S01-26-000002")]));

    let too_many = caller.post("/v1/reversals", "two soaps more", &back("G01", 2));
    assert_eq!(too_many.problem(422), "beyond_redemption");
    assert_eq!(caller.post("/v1/reversals", "rice", &back("G10", 1)).problem(422), "unknown_item");
    assert_eq!(caller.post("/v1/reversals", "no soap", &back("G01", 0)).problem(422), "invalid_pieces");
    let nothing = json!({"receipt": receipt, "lines": []});
    assert_eq!(caller.post("/v1/reversals", "nothing", &nothing).problem(422), "invalid_pieces");
    let replayed = caller.post("/v1/reversals", "one soap", &back("G01", 1));
    assert_eq!(replayed.header("idempotency-replayed"), "true");
    assert_eq!(caller.post("/v1/reversals", "one soap", &json!({"receipt": receipt})).problem(422), "id_conflict");

    let rest = caller.post("/v1/reversals", "the rest", &json!({"receipt": receipt, "lines": null})).expect(201);
    assert_eq!(rest["points"]["quantity"], done["points"]["quantity"].as_i64().unwrap() - each);
    let [reversed, returned, returns] = how();
    assert_eq!((reversed, returned, returns.as_array().unwrap().len()), (json!(true), json!("all"), 2));
    let known = caller.post("/v1/receipt-checks", "", &json!({"number": receipt})).expect(200)["receipt"].clone();
    assert_eq!((&known["standing"], &known["reversed_by"]), (&json!("reversed"), &json!("S01-26-000003")));
    assert_eq!(caller.post("/v1/reversals", "again", &json!({"receipt": receipt})).problem(422), "already_reversed");
    assert_eq!(caller.get(&format!("/v1/volunteers/{CARD}")).expect(200)["pieces_had"], json!([]));
});

both_engines!(what_is_owed_is_told_where_the_points_are, async |bank| {
    import_town(bank);
    let balance = |caller: &Caller| caller.get(&format!("/v1/volunteers/{CARD}/balance")).expect(200);
    let owed = take_earning_back(bank).await;
    assert!(owed > 0);
    let service = Service::start(bank);
    let caller = service.caller(&credential(bank, "coordinator", &[]));
    let points = json!({"quantity": owed, "commodity": "POINT"});
    assert_eq!(balance(&caller)["points_owed"], points);
    let page = caller.get(&format!("/v1/volunteers/{CARD}/statement?limit=1&language=en")).expect(200);
    let newest = &page["data"][0];
    assert_eq!(
        (&newest["kind"], &newest["owed"], &newest["owed_after"]),
        (&json!("earning_reversal"), &points, &points)
    );
    assert!(newest["reason"][0].as_str().unwrap().starts_with("taken back, what was earned at "), "{newest}");
    let limits = [1, 7, 50].map(|limit| whole(&caller, &format!("/v1/volunteers/{CARD}/statement"), limit));
    assert!(limits[0] == limits[1] && limits[1] == limits[2]);
    let other = caller.get("/v1/volunteers/1000186983/balance").expect(200);
    assert!(other.get("points_owed").is_none_or(Value::is_null), "{other}");
    let words = run(bank, &["--language", "zh-Hans", "statement", "--card", CARD], "");
    for word in [&*format!("欠 {owed} 分"), &format!("多欠 {owed} 分"), "收回这次活动的积分和时长"] {
        assert!(words.contains(word), "{word}: {words}");
    }
});

/// Takes back what somebody earned last, after all that they had was spent; says how much is owed.
async fn take_earning_back(bank: &TestBank) -> i64 {
    bank.move_reserved();
    let ledger = bank.open().await;
    let card = CardNumber::parse(CARD).unwrap();
    let statement = ledger.volunteer_statement(card).await.unwrap().unwrap();
    let earned = statement.postings.iter().find(|posting| posting.points > 0).unwrap().position;
    let spent = statement.points.spendable(ledger.now());
    let points = statement.points.address.clone();
    let gone = Address::new("income/points-redeemed").unwrap();
    let entries = vec![NewEntry::new(points, spent), NewEntry::new(gone, -spent)];
    let reverse = Reverse { position: earned, entries: None };
    post_all(&ledger, [Command::Post(Post { entries }), Command::Reverse(reverse)]).await;
    let owed = ledger.volunteer_account(card).await.unwrap().unwrap().points_owed;
    ledger.close().await;
    owed
}

both_engines!(anybody_may_ask_whether_a_receipt_stands_and_learns_nothing_personal, async |bank| {
    import_town(bank);
    run(bank, &["card", "print-balance", "--card", CARD], "");
    let redeem = |item: &str| run(bank, &["redeem", "--card", CARD, "--station", "S01", "--item", item], "");
    let (receipt, reversed) = (redeem("G10=1"), redeem("G01=2"));
    let reversal = run(bank, &["reverse", "S01-26-000002"], "");
    let service = Service::start(bank);
    let nobody = service.caller("");
    let ask = |body: Value| nobody.post("/v1/receipt-checks", "", &body).expect(200);
    let id = |token: &str| BASE64URL_NOPAD.encode(&token_digest(token));
    for (number, token, standing, reversed_by, reverses) in [
        ("S01-26-000001", &receipt, "stands", Value::Null, Value::Null),
        ("S01-26-000002", &reversed, "reversed", json!("S01-26-000003"), Value::Null),
        ("S01-26-000003", &reversal, "reversal", Value::Null, json!("S01-26-000002")),
    ] {
        let claims = Receipt::read_unverified(token).unwrap();
        assert!(claims.balance.is_some(), "the receipt says what is left");
        let short = number.to_lowercase().replace("-00000", " - ");
        for body in [
            json!({"number": number, "receipt_id": id(token)}),
            json!({"number": number.to_lowercase()}),
            json!({"number": short, "receipt_id": id(token)}),
        ] {
            let answer = ask(body);
            let known = &answer["receipt"];
            assert_eq!((&answer["in_bank"], &known["receipt_number"]), (&json!(true), &json!(number)));
            assert_eq!((&known["standing"], &known["reversed_by"]), (&json!(standing), &reversed_by));
            assert_eq!((&known["reverses"], &known["station"]), (&reverses, &json!("S01")));
            assert_eq!(known["points"]["quantity"], claims.points);
            let text = answer.to_string();
            assert!(!text.contains(&claims.subject) && !text.contains(token.as_str()), "{text}");
            assert!(!text.contains("left") && !text.contains(CARD), "{text}");
        }
    }
    // Another receipt's id under this number, and numbers that nobody was given.
    for body in [
        json!({"number": "S01-26-000001", "receipt_id": id(&reversed)}),
        json!({"number": "S01-26-000099", "receipt_id": id(&receipt)}),
        json!({"number": "S01-26-000099"}),
        json!({"number": "S99-26-000001"}),
        json!({"number": ""}),
        json!({"number": receipt}),
    ] {
        assert_eq!(ask(body.clone()), json!({"in_bank": false, "receipt": null}), "{body}");
    }
    for id in ["", "x", &id(&receipt)[1..], &format!("{}=", id(&receipt))] {
        let body = json!({"number": "S01-26-000001", "receipt_id": id});
        assert_eq!(nobody.post("/v1/receipt-checks", "", &body).problem(400), "invalid_body", "{id}");
    }
    // Numbers can be guessed, and so are limited; whoever holds a receipt is not.
    let number = json!({"number": "S01-26-000001"});
    let limited = (0..300).any(|_| nobody.post("/v1/receipt-checks", "", &number).status == 429);
    assert!(limited, "numbers can be walked through");
    assert_eq!(ask(json!({"number": "S01-26-000001", "receipt_id": id(&receipt)}))["in_bank"], true);
});

both_engines!(a_receipt_is_verified_with_the_published_keys, async |bank| {
    import_town(bank);
    let service = Service::start(bank);
    let caller = service.caller(&credential(bank, "teller", &["--station", "S01"]));
    let before = caller.get("/v1/stations/S01/catalogue").expect(200);
    let body = json!({"card": CARD, "station": "S01", "lines": [{"sku": "G01", "pieces": 2}]});
    let done = caller.post("/v1/redemptions", "soap", &body).expect(201);
    let keys: JsonWebKeySet =
        serde_json::from_value(service.caller("").get("/.well-known/jwks.json").expect(200)).unwrap();
    let receipt = Receipt::verify(done["receipt"].as_str().unwrap(), &keys_of(&keys)).unwrap();
    assert_eq!(receipt.number, done["receipt_number"].as_str().unwrap());
    assert_eq!(done["receipt_url"], format!("{PUBLIC_URL}/v#{}", done["receipt"].as_str().unwrap()));
    let mut shown = caller.get("/v1/receipts/S01-26-000001").expect(200);
    let more = ["reversed", "returned", "returns"].map(|key| shown.as_object_mut().unwrap().remove(key));
    assert_eq!(more, [json!(false), json!("nothing"), json!([])].map(Some));
    assert_eq!(shown, done);

    let after = caller.get("/v1/stations/S01/catalogue").expect(200);
    let left = |catalogue: &Value| {
        let soap = catalogue["data"].as_array().unwrap().iter().find(|item| item["sku"] == "G01").unwrap().clone();
        soap["pieces_left"]["quantity"].as_i64().unwrap()
    };
    assert_eq!(left(&after), left(&before) - 2);
});
