//! The API and its description. `docs/openapi.json` is what the service says about itself. Schemathesis must find no
//! answer that the description lacks, and none that says that something broke.
//!
//! Each run prints its seed; set `BANK_TEST_SEED` to repeat it.

#![expect(clippy::unwrap_used, reason = "helpers of tests: what fails here fails the test")]

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bank_tests::bank::TestBank;
use bank_tests::both_engines;
use bank_tests::http::Client;
use bank_tests::service::{Service, credential, import_town, program};
use bank_tests::tools;
use serde_json::{Value, json};

/// The seed, unless the run gets another.
const SEED: &str = "20261124";
/// How many requests are made up for each operation, besides those that follow from its description.
const EXAMPLES: &str = "30";
/// A card of the town with a long history.
const CARD: &str = "1000157592";

fn described() -> String {
    let output = tools::good(Command::new(program()).arg("openapi").stdin(Stdio::null()), "the service is ours");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_committed_description_is_the_services_own() {
    let file = tools::folder("../docs/openapi.json");
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == described(),
        "docs/openapi.json is out of date: cargo run -p ledger-service -- openapi > docs/openapi.json"
    );
}

#[test]
fn the_description_is_valid_openapi() {
    let description = described();
    let version = serde_json::from_str::<Value>(&description).unwrap()["openapi"].clone();
    assert!(version.as_str().unwrap().starts_with("3.1."), "{version}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("openapi.json");
    std::fs::write(&file, description).unwrap();
    let validator = tools::python().join("openapi-spec-validator");
    tools::good(Command::new(validator).arg(&file), "the description breaks the rules of OpenAPI");
}

/// A running service, whose bank has a receipt, a reversal and an import.
struct Town {
    token: String,
    receipt: String,
    import: String,
    service: Service,
}

impl Town {
    fn of(bank: &TestBank) -> Self {
        import_town(bank);
        let token = credential(bank, &["--role", "administrator"]);
        // Hundreds of requests without a credential would get 429 instead of the answer that is wanted here.
        let service = Service::start_with(bank, |command| {
            command.env("POINTS_BANK_GUESSES_PER_MINUTE_MAX", "100000");
        });
        let client = service.client(&token);
        let wish = json!({ "card": CARD, "station": "S01", "lines": [{ "sku": "G01", "pieces": 1 }] });
        let redeemed = client.post("/v1/redemptions", "first", &wish);
        assert_eq!(redeemed.status, 201, "{redeemed:?}");
        let receipt = redeemed.json()["receipt_number"].as_str().unwrap().to_owned();
        let import = upload(&client);
        Self { token, receipt, import, service }
    }
}

/// Uploads the town's files once more, and waits until they are imported.
fn upload(client: &Client) -> String {
    let boundary = "a-boundary-that-no-file-has";
    let mut body = String::new();
    for file in std::fs::read_dir(tools::folder("../data/baohua")).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let head = format!("content-disposition: form-data; name=\"files\"; filename=\"{name}\"");
        body += &format!("--{boundary}\r\n{head}\r\n\r\n{}\r\n", std::fs::read_to_string(&path).unwrap());
    }
    body += &format!("--{boundary}--\r\n");
    let content_type = format!("multipart/form-data; boundary={boundary}");
    let headers = [("idempotency-key", "the-town"), ("content-type", content_type.as_str())];
    let answer = client.send("POST", "/v1/imports", &headers, body).unwrap();
    assert_eq!(answer.status, 202, "{answer:?}");
    let import = answer.json()["id"].as_str().unwrap().to_owned();
    let begun = Instant::now();
    while client.get(&format!("/v1/imports/{import}")).json()["state"] != "done" {
        assert!(begun.elapsed() < Duration::from_secs(60), "the import does not end");
        std::thread::sleep(Duration::from_millis(50));
    }
    import
}

/// Runs schemathesis against the service with this token, and adds these lines to its settings.
fn schemathesis(service: &Service, token: &str, settings: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("schemathesis.toml");
    let common = std::fs::read_to_string(tools::folder("schema/schemathesis.toml")).unwrap();
    std::fs::write(&file, format!("{settings}\n{common}")).unwrap();
    let seed = std::env::var("BANK_TEST_SEED").unwrap_or_else(|_| SEED.to_owned());
    println!("schemathesis: BANK_TEST_SEED={seed}");
    let mut command = Command::new(tools::python().join("schemathesis"));
    command.arg("--config-file").arg(&file).arg("run").arg(format!("{}/v1/openapi.json", service.address()));
    command.args(["--phases", "examples,coverage,fuzzing", "--max-examples", EXAMPLES, "--seed", &seed]);
    command.args(["--generation-database", "none", "--continue-on-failure", "--no-color", "--warnings", "off"]);
    if !token.is_empty() {
        command.args(["--header", &format!("Authorization: Bearer {token}")]);
    }
    let output = tools::good(command.current_dir(folder.path()), "the API is not as it is described");
    println!("{}", String::from_utf8_lossy(&output.stdout));
    assert!(is_well(service), "the service is not ready any more");
}

fn is_well(service: &Service) -> bool {
    service.client("").get("/readyz").status == 200
}

/// Tells schemathesis what exists, so that it gets further than "there is no such thing".
fn known(town: &Town) -> String {
    let Town { receipt, import, .. } = town;
    format!("[parameters]\ncard = \"{CARD}\"\nstation = \"S01\"\nnumber = \"{receipt}\"\nid = \"{import}\"\n")
}

both_engines!(whatever_an_administrator_sends_is_answered_as_described, async |bank| {
    let town = Town::of(bank);
    schemathesis(&town.service, &town.token, "");
});

/// Asserts, from the service's log, that every GET in the description had at least one good answer.
fn everything_was_reached(service: &Service) {
    let log = service.said();
    let answers = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let good = answers.filter(|answer| answer["method"] == "GET" && answer["status"] == 200);
    let reached: Vec<String> = good.filter_map(|answer| Some(answer["route"].as_str()?.to_owned())).collect();
    let description: Value = serde_json::from_str(&described()).unwrap();
    let paths = description["paths"].as_object().unwrap();
    let readings = paths.iter().filter(|(_, operations)| operations.get("get").is_some());
    // A visit is a device's, and an administrator has none.
    let readings = readings.map(|(path, _)| path).filter(|path| *path != "/v1/visit");
    let missed: Vec<&String> = readings.filter(|path| !reached.contains(path)).collect();
    assert!(missed.is_empty(), "never answered with 200: {missed:?}");
}

both_engines!(whatever_is_asked_of_what_there_is_is_answered_as_described, async |bank| {
    let town = Town::of(bank);
    schemathesis(&town.service, &town.token, &known(&town));
    everything_was_reached(&town.service);
});

#[test]
fn whatever_a_stranger_sends_is_answered_as_described() {
    let bank = TestBank::sqlite();
    let town = Town::of(&bank);
    schemathesis(&town.service, "", &known(&town));
}
