//! The log and the metrics name no person and no secret.

use std::io::Write;
use std::process::Stdio;

use bank_tests::bank::{TestBank, cards};

use crate::support::{Service, counter, guess, haircut, head, program, rich_town, teller};

/// A number that nobody has.
const NOBODYS: &str = "2718281828";
const PIN: &str = "482913";
const LINK: &str = "q3Zc0v0qf1c9yEJ2rQ8l0c2v5rj5mVd0o0kq8fN1XyA";
const NAMES: [&str; 3] = ["邹兰", "周江玉", "雷天德"];

/// A request with a body of that type.
fn with_body(method: &str, path: &str, token: &str, media_type: &str, body: &str) -> String {
    let more = format!(
        "content-type: {media_type}\r\nidempotency-key: {path}\r\nsec-fetch-site: same-origin\r\ncontent-length: {}\r\n",
        body.len()
    );
    head(method, path, token, &more) + body
}

/// What people, strangers and mistakes send in a day.
fn day(token: &str, administrator: &str) -> Vec<String> {
    let card = &cards()[0];
    let guess = guess(token);
    let form = "application/x-www-form-urlencoded";
    let mut requests = Vec::new();
    for token in [token, administrator, &guess, "", card, PIN] {
        for path in ["", "/balance", "/statement", "/statement?cursor=482913", "/nothing"] {
            requests.push(head("GET", &format!("/v1/volunteers/{card}{path}"), token, ""));
        }
        requests.push(with_body("POST", "/v1/redemptions", token, "application/json", &haircut()));
        let wrong = format!("{{\"card\":\"{card}\",\"station\":\"{}\",\"lines\":[{PIN}]}}", NAMES[0]);
        requests.push(with_body("POST", "/v1/redemptions", token, "application/json", &wrong));
    }
    for (card, pin) in [(card.as_str(), PIN), (card, "111111"), (NOBODYS, PIN)] {
        requests.push(with_body("POST", "/login", "", form, &format!("card={card}&pin={pin}")));
    }
    requests.push(head("GET", &format!("/login/{LINK}"), "", ""));
    requests.push(with_body("POST", &format!("/login/{LINK}"), "", form, ""));
    requests.push(head("GET", "/", "", &format!("cookie: __Host-session={LINK}\r\n")));
    requests.push(head("GET", &format!("/{card}/{PIN}?card={card}"), "", &format!("x-request-id: {card}\r\n")));
    requests.push(head(&format!("X{card}"), "/", "", ""));
    let sheet = format!("card_no,name\r\n{card},{},{PIN}\r\n", NAMES[2]);
    let part = "content-disposition: form-data; name=\"f\"; filename=\"volunteers.csv\"";
    let upload = format!("--b\r\n{part}\r\n\r\n{sheet}\r\n--b--\r\n");
    requests.push(with_body("POST", "/v1/imports", administrator, "multipart/form-data; boundary=b", &upload));
    requests
}

/// Gives the first card its PIN.
fn set_pin(bank: &TestBank) {
    let mut command = program(&["--bank", bank.url(), "pin", "set", "--card", &cards()[0]]);
    command.env("POINTS_BANK_KEY_FOLDER", bank.key_folder()).stdin(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(PIN.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
}

async fn assert_discreet(more: &[&str]) {
    let bank = TestBank::sqlite();
    rich_town(&bank).await;
    let service = Service::start(&bank, more);
    let (token, administrator) = (teller(&bank), counter(&bank, &["credential", "add", "--role", "administrator"]));
    set_pin(&bank);
    let statuses: Vec<u16> =
        day(&token, &administrator).iter().map(|request| service.send(request.as_bytes()).unwrap().status).collect();
    for status in [200, 201, 202, 303, 400, 401, 404] {
        assert!(statuses.contains(&status), "a day has all of it, but no {status}: {statuses:?}");
    }
    let last = service.get("/version", "").unwrap();
    // The import goes on beside the requests, and so does the log.
    service.until_logged("an import was not done");
    let log = service.until_logged(last.header("x-request-id").unwrap());
    let metrics = service.get("/metrics", "").unwrap().body;
    let code = token.split('_').nth(1).unwrap();
    assert!(log.contains("/v1/volunteers/{card}") && log.contains(code), "what is to be logged: {log}");
    let secrets = [&token, &administrator].map(|token| token.rsplit('_').next().unwrap());
    let everybody = cards();
    let hidden = everybody.iter().map(String::as_str).chain(NAMES).chain(secrets).chain([PIN, LINK, NOBODYS]);
    for hidden in hidden {
        for (what, text) in [("log", &log), ("metrics", &metrics)] {
            let line = text.lines().find(|line| line.contains(hidden));
            assert_eq!(line, None, "{hidden} in the {what}");
        }
    }
}

#[tokio::test]
async fn a_whole_day_leaves_no_card_name_pin_or_token_in_the_log_or_the_metrics() {
    assert_discreet(&[]).await;
}

#[tokio::test]
async fn nor_does_it_where_everything_is_logged_as_text() {
    assert_discreet(&["--log-level", "trace", "--log-format", "text"]).await;
}

#[tokio::test]
async fn every_line_is_an_object_and_every_request_has_its_own() {
    let bank = TestBank::sqlite();
    rich_town(&bank).await;
    let service = Service::start(&bank, &[]);
    let answer = service.get("/v1/stations/S01/catalogue", &teller(&bank)).unwrap();
    let id = answer.header("x-request-id").unwrap();
    let log = service.until_logged(id);
    let lines = log.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let own: Vec<serde_json::Value> = lines.filter(|line| line["request"] == id).collect();
    assert_eq!(own.len(), 1, "{log}");
    let line = &own[0];
    assert_eq!((&line["method"], &line["status"]), (&"GET".into(), &200.into()));
    assert_eq!(line["route"], "/v1/stations/{station}/catalogue");
    assert!(line["milliseconds"].is_u64() && line["timestamp"].is_string() && line["credential"].is_string());
}
