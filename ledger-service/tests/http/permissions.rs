//! Who may do what: every route, with every role and station, against a table that shares nothing with the code's.

use bank_tests::both_engines;
use serde_json::{Value, json};

use super::support::{Answer, Caller, PATIENCE, Service, credential, import_town, run};

/// Two volunteers of the town; the second one's account is somebody else's.
const OWN: &str = "1000157592";
const OTHER: &str = "1000186983";

/// A caller: role, and what its credential was issued with.
const CALLERS: [(&str, &[&str]); 9] = [
    ("nobody", &[]),
    ("volunteer", &["--card", OWN]),
    ("teller", &["--station", "S01"]),
    ("teller", &["--station", "S02"]),
    ("coordinator", &[]),
    ("coordinator", &["--station", "S01"]),
    ("administrator", &[]),
    ("device", &["--station", "S01"]),
    ("device", &["--station", "S02"]),
];

/// What is tried, and for each caller whether it is let in: `.` no credential needed, `+` yes, `-` no.
/// n: nobody, v: volunteer, t1 t2: tellers of S01 and S02, c: coordinator, c1: one of S01, a: administrator, d1 d2: devices.
#[rustfmt::skip]
const TABLE: [(&str, &str, [char; 9]); 30] = [
    //                                                      n    v    t1   t2   c    c1   a    d1   d2
    ("POST", "/v1/imports",                               ['-', '-', '-', '-', '+', '-', '+', '-', '-']),
    ("GET",  "/v1/imports",                               ['-', '-', '-', '-', '+', '-', '+', '-', '-']),
    ("GET",  "/v1/imports/{import}",                      ['-', '-', '-', '-', '+', '-', '+', '-', '-']),
    ("GET",  "/v1/imports/{import}/refused",              ['-', '-', '-', '-', '+', '-', '+', '-', '-']),
    ("POST", "/v1/redemptions?S01",                       ['-', '-', '+', '-', '+', '+', '+', '+', '-']),
    ("POST", "/v1/redemptions?S02",                       ['-', '-', '-', '+', '+', '-', '+', '-', '+']),
    ("POST", "/v1/redemptions?S99",                       ['-', '-', '-', '-', '+', '-', '+', '-', '-']),
    ("POST", "/v1/reversals?S01-26-000001",               ['-', '-', '+', '-', '+', '+', '+', '+', '-']),
    ("POST", "/v1/reversals?S02-26-000001",               ['-', '-', '-', '+', '+', '-', '+', '-', '+']),
    ("POST", "/v1/reversals?nonsense",                    ['-', '-', '-', '-', '+', '-', '+', '-', '-']),
    ("POST", "/v1/pin-checks",                            ['-', '-', '+', '+', '+', '+', '+', '+', '+']),
    ("POST", "/v1/staff-checks",                          ['-', '-', '+', '+', '+', '+', '+', '+', '+']),
    ("GET",  "/v1/volunteers/1000157592",                 ['-', '+', '+', '+', '+', '+', '+', '+', '+']),
    ("GET",  "/v1/volunteers/1000157592/balance",         ['-', '+', '+', '+', '+', '+', '+', '+', '+']),
    ("GET",  "/v1/volunteers/1000157592/statement",       ['-', '+', '+', '+', '+', '+', '+', '+', '+']),
    ("GET",  "/v1/volunteers/1000186983",                 ['-', '-', '+', '+', '+', '+', '+', '+', '+']),
    ("GET",  "/v1/volunteers/1000186983/balance",         ['-', '-', '+', '+', '+', '+', '+', '+', '+']),
    ("GET",  "/v1/volunteers/1000186983/statement",       ['-', '-', '+', '+', '+', '+', '+', '+', '+']),
    ("GET",  "/v1/volunteers/9999999952",                 ['-', '-', '+', '+', '+', '+', '+', '+', '+']),
    ("GET",  "/v1/stations/S01/catalogue",                ['-', '+', '+', '+', '+', '+', '+', '+', '+']),
    ("GET",  "/v1/stations/S02/catalogue",                ['-', '+', '+', '+', '+', '+', '+', '+', '+']),
    ("GET",  "/v1/bank",                                  ['-', '+', '+', '+', '+', '+', '+', '+', '+']),
    // The first receipt of S01 is OWN's, that of S02 is OTHER's.
    ("GET",  "/v1/receipts/S01-26-000001",                ['-', '+', '+', '-', '+', '+', '+', '+', '-']),
    ("GET",  "/v1/receipts/S02-26-000001",                ['-', '-', '-', '+', '+', '-', '+', '-', '+']),
    ("GET",  "/.well-known/jwks.json",                    ['.', '.', '.', '.', '.', '.', '.', '.', '.']),
    ("GET",  "/healthz",                                  ['.', '.', '.', '.', '.', '.', '.', '.', '.']),
    ("GET",  "/readyz",                                   ['.', '.', '.', '.', '.', '.', '.', '.', '.']),
    ("GET",  "/metrics",                                  ['.', '.', '.', '.', '.', '.', '.', '.', '.']),
    ("GET",  "/version",                                  ['.', '.', '.', '.', '.', '.', '.', '.', '.']),
    ("GET",  "/v1/openapi.json",                          ['.', '.', '.', '.', '.', '.', '.', '.', '.']),
];

/// The answer to a route of the table, under a key that nobody has used.
fn ask(caller: &Caller, method: &str, route: &str, key: &str) -> Answer {
    let (path, what) = route.split_once('?').unwrap_or((route, ""));
    match (method, path) {
        ("GET", path) => caller.get(&path.replace("{import}", "0190f2b1-7c3a-7d1e-9a55-3f1b2c4d5e6f")),
        (_, "/v1/imports") => caller.upload(key, &[]),
        (_, "/v1/redemptions") => {
            let lines = json!([{"sku": "G01", "pieces": 1}]);
            caller.post(path, key, &json!({"card": OTHER, "station": what, "lines": lines, "points_shown": 1}))
        }
        (_, "/v1/pin-checks") => caller.post(path, key, &json!({"card": "9999999952", "pin": "482913"})),
        (_, "/v1/staff-checks") => caller.post(path, key, &json!({"token": "none", "station": "S01"})),
        (_, path) => caller.post(path, key, &json!({"receipt": what.replace("000001", "999999")})),
    }
}

/// The routes of the API's description.
fn described(service: &Service) -> Vec<(String, String)> {
    let api = service.caller("").get("/v1/openapi.json").expect(200);
    let paths = api["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, operations)| {
        let methods = operations.as_object().unwrap().keys();
        methods.filter(|method| *method != "parameters").map(move |method| (method.to_uppercase(), path.clone()))
    });
    operations.collect()
}

/// Whether a path of the table is one of that pattern.
fn is_of(path: &str, pattern: &str) -> bool {
    let path = path.split('?').next().unwrap();
    let (path, pattern): (Vec<&str>, Vec<&str>) = (path.split('/').collect(), pattern.split('/').collect());
    path.len() == pattern.len()
        && path.iter().zip(&pattern).all(|(part, pattern)| part == pattern || pattern.starts_with('{'))
}

both_engines!(a_table_says_who_may_do_what, async |bank| {
    import_town(bank);
    for (card, station) in [(OWN, "S01"), (OTHER, "S02")] {
        run(bank, &["redeem", "--card", card, "--station", station, "--item", "G01=1"], "");
    }
    let service = Service::start(bank);
    for (method, pattern) in described(&service) {
        let listed = TABLE.iter().any(|(listed, path, _)| *listed == method && is_of(path, &pattern));
        assert!(listed, "{method} {pattern} is not in the table");
    }
    let callers = CALLERS.map(|(role, more)| match role {
        "nobody" => service.caller(""),
        role => service.caller(&credential(bank, role, more)),
    });
    let mut tried = 0;
    for (method, route, allowed) in TABLE {
        for (index, (caller, allowed)) in callers.iter().zip(allowed).enumerate() {
            let answer = ask(caller, method, route, &format!("{route}/{index}"));
            let told = match answer.status {
                401 if index == 0 => '-',
                403 => '-',
                _ if allowed == '.' => '.',
                _ => '+',
            };
            assert_eq!(told, allowed, "{method} {route} by {:?}: {answer:?}", CALLERS[index]);
            assert!(answer.status < 500, "{method} {route}: {answer:?}");
            tried += 1;
        }
    }
    assert_eq!(tried, TABLE.len() * CALLERS.len());
});

both_engines!(a_credential_ends_when_it_is_revoked_or_over, async |bank| {
    import_town(bank);
    let service = Service::start(bank);
    let token = credential(bank, "device", &["--station", "S01", "--name", "kiosk-S01"]);
    let caller = service.caller(&token);
    caller.get("/v1/stations/S01/catalogue").expect(200);
    run(bank, &["credential", "revoke", &token], "");
    assert_eq!(caller.get("/v1/stations/S01/catalogue").problem(401), "unauthenticated");
    assert_eq!(caller.get("/v1/stations/S01/catalogue").header("www-authenticate"), "Bearer");

    // To issue one takes a moment, however busy the machine is: what holds for long is let in, what held for two seconds not.
    let valid_for = |seconds| {
        let end = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds);
        credential(bank, "teller", &["--station", "S01", "--valid-until", &end.to_string()])
    };
    let (long, short) = (service.caller(&valid_for(3600)), service.caller(&valid_for(2)));
    let begun = std::time::Instant::now();
    while short.get("/v1/stations/S01/catalogue").status != 401 {
        assert!(begun.elapsed() < PATIENCE, "a credential that is over is still let in");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    short.get("/v1/stations/S01/catalogue").problem(401);
    long.get("/v1/stations/S01/catalogue").expect(200);

    let good = credential(bank, "teller", &["--station", "S01"]);
    let other = credential(bank, "teller", &["--station", "S01"]);
    let mixed = format!("{}_{}", &good[..19], other.rsplit('_').next().unwrap());
    for wrong in ["x", "pb_", &good[..good.len() - 1], &format!("{good}0"), &mixed, &good.to_uppercase()] {
        service.caller(wrong).get("/v1/stations/S01/catalogue").problem(401);
    }
    service.caller(&good).get("/v1/stations/S01/catalogue").expect(200);
});

both_engines!(the_journal_names_who_did_it, async |bank| {
    import_town(bank);
    let service = Service::start(bank);
    let token = credential(bank, "device", &["--station", "S01", "--name", "kiosk-S01"]);
    let lines = json!([{"sku": "G01", "pieces": 1}]);
    let body = json!({"card": OWN, "station": "S01", "lines": lines});
    let done: Value = service.caller(&token).post("/v1/redemptions", "one", &body).expect(201);
    let position = done["position"].as_i64().unwrap();
    let mut tables = bank_tests::journal::Tables::open(bank.url()).await;
    let sql = format!("SELECT actor, credential, device, channel FROM ledger_records WHERE position = {position}");
    let rows = tables.rows(&sql).await;
    let code = token.split('_').nth(1).unwrap();
    assert_eq!((rows[0][0].text(), rows[0][1].text(), rows[0][2].text()), ("kiosk-S01", code, code));
    assert_eq!(rows[0][3].integer(), 4);
    // Nothing of the token is in the bank but its hash.
    let secret = token.rsplit('_').next().unwrap();
    for (table, rows) in tables.dump().await {
        assert!(!format!("{rows:?}").contains(secret), "{table}");
    }
});
