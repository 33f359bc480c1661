//! Who may do what: every route, with every role and station, against a table that shares nothing with the code's. Each noun
//! has a file with its rows; a route of the API's description that has no row fails the test.

mod bank;
mod checks;
mod imports;
mod receipts;
mod redemptions;
mod reversals;
mod service;
mod stations;
mod visits;
mod volunteers;

use bank_tests::both_engines;
use serde_json::{Value, json};

use super::support::{Answer, Caller, PATIENCE, Service, credential, import_town, run, visit};

/// Two volunteers of the town; the second one's account is somebody else's.
const OWN: &str = "1000157592";
const OTHER: &str = "1000186983";

/// A caller: role, and what its credential was issued with. The rows call them n (nobody), v (a volunteer), t1 and t2 (tellers
/// of S01 and S02), c (a coordinator), c1 (one of S01), a (an administrator), d1 and d2 (devices).
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

/// What is tried, and for each of [`CALLERS`] whether it is let in: `.` no credential needed, `+` yes, `-` no, `v` only in a
/// visit: of OTHER, or of a member of staff.
struct Row {
    method: &'static str,
    /// A path; what stands behind its `?` is for `ask` alone.
    route: &'static str,
    allowed: [char; 9],
    /// Sends the request, under that key.
    ask: fn(&Caller, &str, &str) -> Answer,
}

const fn get(route: &'static str, allowed: [char; 9]) -> Row {
    Row { method: "GET", route, allowed, ask: |caller, path, _| caller.get(path) }
}

const fn post(route: &'static str, allowed: [char; 9], ask: fn(&Caller, &str, &str) -> Answer) -> Row {
    Row { method: "POST", route, allowed, ask }
}

/// The rows of all nouns, a line for each.
const TABLE: &[&[Row]] = &[
    bank::ROWS,
    checks::ROWS,
    imports::ROWS,
    receipts::ROWS,
    redemptions::ROWS,
    reversals::ROWS,
    service::ROWS,
    stations::ROWS,
    visits::ROWS,
    volunteers::ROWS,
];

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
        let listed = TABLE.iter().copied().flatten().any(|row| row.method == method && is_of(row.route, &pattern));
        assert!(listed, "{method} {pattern} is not in the table");
    }
    let callers = CALLERS.map(|(role, more)| match role {
        "nobody" => service.caller(""),
        role => service.caller(&credential(bank, role, more)),
    });
    let administrator = credential(bank, "administrator", &[]);
    for Row { method, route, allowed, ask } in TABLE.iter().copied().flatten() {
        for (index, (caller, allowed)) in callers.iter().zip(allowed).enumerate() {
            let answer = ask(caller, route, &format!("{route}/{index}"));
            let told = match answer.status {
                401 if index == 0 => '-',
                403 => '-',
                422 if answer.code() == "no_visit" => 'v',
                _ if *allowed == '.' => '.',
                _ => '+',
            };
            if told == 'v' {
                let visits = [Some(OTHER), None].map(|card| visit(caller, &administrator, CALLERS[index].1[1], card));
                let mut asks = visits.iter().zip(["of a person", "of staff"]).map(|(visit, whose)| {
                    ask(&caller.in_visit(visit), route, &format!("{route}/{index}, in a visit {whose}"))
                });
                let lets_in = |answer: Answer| answer.status != 403 && answer.code() != "no_visit";
                assert!(asks.any(lets_in), "{method} {route} in a visit by {:?}", CALLERS[index]);
            }
            assert_eq!(told, *allowed, "{method} {route} by {:?}: {answer:?}", CALLERS[index]);
            assert!(answer.status < 500, "{method} {route}: {answer:?}");
        }
    }
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
    let device = service.caller(&token);
    let teller = credential(bank, "teller", &["--station", "S01"]);
    let visit = visit(&device, &teller, "S01", Some(OWN));
    let done: Value = device.in_visit(&visit).post("/v1/redemptions", "one", &body).expect(201);
    let position = done["position"].as_i64().unwrap();
    let mut tables = bank_tests::journal::Tables::open(bank.url()).await;
    let sql = format!(
        "SELECT r.actor, o.credential, n.device, r.channel FROM ledger_records r \
         JOIN ledger_outcomes o ON o.position = r.position JOIN ledger_notes n ON n.position = r.position \
         WHERE r.position = {position}"
    );
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
