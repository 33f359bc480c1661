//! How often: what is too much is answered 429, with the time to wait, and slows nobody else.

use bank_tests::bank::{TestBank, cards};
use bank_tests::journal::Tables;

use crate::support::{Answer, Service, counter, guess, head, rich_town, teller};

fn assert_too_many(answer: &Answer) {
    assert_eq!((answer.status, answer.body.contains("too_many_requests")), (429, true), "{answer:?}");
    assert!(answer.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
}

#[tokio::test]
async fn strangers_are_counted_by_address_and_credentials_by_themselves() {
    let bank = TestBank::sqlite();
    rich_town(&bank).await;
    let more = ["--address-requests-per-second-max", "1", "--credential-requests-per-second-max", "100"];
    let service = Service::start_unready(&bank, crate::support::serving(&bank, &more));
    let token = teller(&bank);
    let answers: Vec<Answer> = (0..6).map(|_| service.get("/version", "").unwrap()).collect();
    assert_eq!(answers[0].status, 200);
    assert_too_many(&answers[5]);
    assert_eq!(
        service.get("/v1/stations/S01/catalogue", &token).unwrap().status,
        200,
        "a credential is another matter"
    );
    assert_eq!(service.get("/healthz", "").unwrap().status, 200, "that it lives is told to everybody");
}

#[tokio::test]
async fn beyond_its_addresss_limit_a_request_does_nothing_whatever_it_shows() {
    let bank = TestBank::sqlite();
    rich_town(&bank).await;
    let more = ["--address-requests-per-second-max", "1", "--public-url", "http://x"];
    let service = Service::start_unready(&bank, crate::support::serving(&bank, &more));
    service.wait_until_ready();
    let link = counter(&bank, &["login-link", "--card", &cards()[0]]);
    let path = &link.trim()[link.find("/login/").unwrap()..];
    let press = |token: &str| {
        let more = "origin: http://x\r\naccept: text/html\r\ncontent-length: 0\r\n";
        service.send(head("POST", path, token, more).as_bytes()).unwrap()
    };
    let wrong = guess(&teller(&bank));
    for token in ["", "no-token", &wrong] {
        while service.get("/version", "").unwrap().status == 200 {}
        let answer = press(token);
        assert_too_many(&answer);
        assert_dressed(&answer);
    }
    let kept = Tables::open(bank.url()).await.rows("SELECT link FROM ledger_login_links").await;
    assert_eq!(kept.len(), 1, "the link can still be used");
}

/// The headers that every answer has.
fn assert_dressed(answer: &Answer) {
    for (name, value) in [
        ("cache-control", "no-store"),
        ("x-frame-options", "deny"),
        ("x-content-type-options", "nosniff"),
        ("cross-origin-opener-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{answer:?}");
    }
    assert!(answer.header("content-security-policy").unwrap().contains("frame-ancestors 'none'"), "{answer:?}");
    assert!(answer.header("referrer-policy").is_some() && answer.header("permissions-policy").is_some(), "{answer:?}");
}

#[tokio::test]
async fn what_never_reaches_its_route_is_dressed_promised_and_counted_like_every_answer() {
    let bank = TestBank::sqlite();
    rich_town(&bank).await;
    let service = Service::start_unready(&bank, crate::support::serving(&bank, &["--body-bytes-max", "1024"]));
    service.wait_until_ready();
    let large = format!("accept: text/html\r\ncontent-length: {}\r\n", 1_u64 << 40);
    let api: serde_json::Value = serde_json::from_str(&counter(&bank, &["openapi"])).unwrap();
    let mut seen = Vec::new();
    for (method, path, route, more) in [
        ("GET", "/healthz?%ff", "/healthz", ""),
        ("GET", "/me?%ff", "/me", "accept: text/html\r\n"),
        ("POST", "/v1/receipt-checks", "/v1/receipt-checks", large.as_str()),
        ("POST", "/login", "/login", large.as_str()),
    ] {
        let answer = service.send(head(method, path, "", more).as_bytes()).unwrap();
        assert_dressed(&answer);
        let is_page = !route.starts_with("/v1/") && !more.is_empty();
        let media_type = if is_page { "text/html; charset=utf-8" } else { "application/problem+json" };
        assert_eq!(answer.header("content-type"), Some(media_type), "{answer:?}");
        if let Some(item) = api["paths"].get(route) {
            let promised = &item[method.to_lowercase()]["responses"];
            assert!(promised.get(answer.status.to_string()).is_some(), "{route} {}", answer.status);
        }
        let status = answer.status;
        seen.push(format!("{{route=\"{route}\",method=\"{method}\",status=\"{status}\"}} 1\n"));
    }
    let metrics = service.get("/metrics", "").unwrap().body;
    for counted in seen {
        assert!(metrics.contains(&counted), "{counted}: {metrics}");
    }
    assert_dressed(&service.get("/version", "").unwrap());
}

#[tokio::test]
async fn guesses_are_counted_and_good_credentials_are_not_slowed() {
    let bank = TestBank::sqlite();
    rich_town(&bank).await;
    let service = Service::start(&bank, &["--guesses-per-minute-max", "5"]);
    let token = teller(&bank);
    let guess = guess(&token);
    let answers: Vec<Answer> = (0..6).map(|_| service.get("/v1/stations/S01/catalogue", &guess).unwrap()).collect();
    assert_eq!(answers[0].status, 401);
    assert_too_many(&answers[5]);
    assert_eq!(service.get("/v1/stations/S01/catalogue", &token).unwrap().status, 200);
}

#[tokio::test]
async fn who_is_behind_a_proxy_is_believed_of_named_proxies_alone() {
    let bank = TestBank::sqlite();
    rich_town(&bank).await;
    let forwarded = |service: &Service, address: &str| {
        let more = format!("x-forwarded-for: 198.51.100.7, {address}\r\nx-request-id: of-the-proxy\r\n");
        service.send(head("GET", "/version", "", &more).as_bytes()).unwrap()
    };
    let limit = ["--address-requests-per-second-max", "1"];
    for (proxies, status, id) in [("127.0.0.0/8", 200, true), ("10.0.0.0/8", 429, false)] {
        let more = [&limit[..], &["--trusted-proxies", proxies]].concat();
        let service = Service::start_unready(&bank, crate::support::serving(&bank, &more));
        let answers: Vec<Answer> = (0..6).map(|number| forwarded(&service, &format!("192.0.2.{number}"))).collect();
        assert_eq!(answers[5].status, status, "{proxies}: {:?}", answers[5]);
        assert_eq!(answers[5].header("x-request-id") == Some("of-the-proxy"), id, "{proxies}");
    }
}

/// What a station sends to have a PIN checked.
fn pin_check(token: &str, card: &str) -> String {
    let body = format!("{{\"card\":\"{card}\",\"pin\":\"739264\"}}");
    let more = format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len());
    head("POST", "/v1/pin-checks", token, &more) + &body
}

#[tokio::test]
async fn many_wrong_pins_over_all_cards_raise_an_alarm_that_names_none() {
    let bank = TestBank::sqlite();
    rich_town(&bank).await;
    let (service, token) = (Service::start(&bank, &["--misses-alarm", "4"]), teller(&bank));
    let metrics = || service.get("/metrics", "").unwrap().body;
    let cards = cards();
    for (missed, card) in cards.iter().take(5).enumerate() {
        let raised = metrics().contains("points_bank_pin_alarm 1\n");
        assert_eq!(raised, missed >= 4, "after {missed}");
        assert_eq!(service.send(pin_check(&token, card).as_bytes()).unwrap().status, 422);
    }
    assert!(metrics().contains("points_bank_pin_misses_total{door=\"station\"} 5\n"), "{}", metrics());
    let log = service.until_logged("many PINs were wrong");
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("many PINs were wrong")).collect();
    assert_eq!(lines.len(), 1, "{log}");
    assert!(lines[0].contains("\"level\":\"WARN\"") && lines[0].contains("\"misses\":4"), "{log}");
    for card in &cards {
        assert!(!log.contains(card) && !metrics().contains(card));
    }
}
