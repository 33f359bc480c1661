//! How often: what is too much is answered 429, with the time to wait, and slows nobody else.

use bank_tests::bank::TestBank;

use crate::support::{Answer, Service, guess, head, rich_town, teller};

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
