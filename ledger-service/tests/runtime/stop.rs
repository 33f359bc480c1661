//! Stops: what was asked is answered, and the end comes in time.

use std::io::Write;
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use bank_tests::bank::TestBank;
use bank_tests::journal::{Tables, assert_whole};

use crate::support::{Answer, PATIENCE, Service, counter, head, is_cut, redemption, rich_town, teller, until};

const QUEUED: usize = 20;

#[tokio::test]
async fn what_is_queued_is_committed_and_answered_and_nothing_more_is_taken() {
    let bank = TestBank::sqlite();
    rich_town(&bank).await;
    let (mut service, token) = (Service::start(&bank, &[]), teller(&bank));
    let mut tables = Tables::open(bank.url()).await;
    // Nobody else writes while this is held: what is asked now waits in the queue.
    tables.rows("UPDATE ledger_head SET size = size RETURNING size").await;
    let mut waiting: Vec<_> = (0..QUEUED)
        .map(|number| {
            let mut stream = service.connect();
            stream.write_all(redemption(&token, &format!("queued-{number}")).as_bytes()).unwrap();
            stream
        })
        .collect();
    let mut idle = service.connect();
    idle.write_all(head("GET", "/healthz", "", "").as_bytes()).unwrap();
    assert_eq!(Answer::read(&mut idle).unwrap().status, 200);
    let mut asking = service.connect();
    asking.write_all(b"GET /readyz HTTP/1.1\r\n").unwrap();
    waiting.iter().chain([&asking]).for_each(|stream| service.until_read(stream));

    service.signal("TERM");
    assert!(is_cut(&mut idle), "who asks nothing is not kept");
    asking.write_all(b"host: x\r\n\r\n").unwrap();
    let ready = Answer::read(&mut asking).unwrap();
    assert_eq!((ready.status, ready.body.contains("stopping")), (503, true), "{ready:?}");
    until("no new connection", || service.get("/healthz", "").is_err());
    drop(tables);

    for stream in &mut waiting {
        let answer = Answer::read(stream).unwrap();
        assert_eq!((answer.status, answer.header("connection")), (201, Some("close")), "{answer:?}");
    }
    assert_eq!(service.ended(), Some(0));
    assert!(service.log().trim_end().ends_with(r#""message":"stopped"}"#), "{}", service.log());
    let mut tables = Tables::open(bank.url()).await;
    let posted = tables.rows("SELECT COUNT(*) FROM ledger_records WHERE kind = 'REDM'").await[0][0].integer();
    assert_eq!(posted, QUEUED as i64);
    assert_whole(bank.url()).await;
}

#[tokio::test]
async fn slow_clients_do_not_hold_up_the_end() {
    let bank = TestBank::sqlite();
    rich_town(&bank).await;
    // Without a stop they might stay for an hour.
    let (mut service, token) = (Service::start(&bank, &["--header-seconds-max", "3600"]), teller(&bank));
    let whole = redemption(&token, "slow");
    let slow: Vec<_> = [5, whole.len() - 5]
        .map(|end| {
            let mut stream = service.connect();
            stream.write_all(&whole.as_bytes()[..end]).unwrap();
            service.until_read(&stream);
            spawn(move || {
                // Anything that keeps the connection in use.
                while stream.write_all(b" ").is_ok() {
                    sleep(Duration::from_millis(100));
                }
            })
        })
        .into();
    service.signal("TERM");
    assert_eq!(service.ended(), Some(0));
    slow.into_iter().for_each(|client| client.join().unwrap());
}

#[tokio::test]
async fn told_twice_it_waits_for_no_client() {
    let bank = TestBank::sqlite();
    rich_town(&bank).await;
    let mut service = Service::start(&bank, &["--header-seconds-max", "3600"]);
    let mut slow = service.connect();
    slow.write_all(b"GET /healthz HTTP/1.1\r\n").unwrap();
    service.until_read(&slow);
    service.signal("INT");
    service.until_logged("told to stop\"");
    service.signal("TERM");
    assert_eq!(service.ended(), Some(0));
    assert!(service.log().contains("told to stop twice: clients are not waited for"), "{}", service.log());
}

/// The town's files as one upload.
fn upload(token: &str) -> Vec<u8> {
    let mut body = Vec::new();
    for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../data/baohua")).unwrap() {
        let file = file.unwrap();
        let name = file.file_name().into_string().unwrap();
        let part = format!("--b\r\ncontent-disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\r\n");
        body.extend_from_slice(part.as_bytes());
        body.extend_from_slice(&std::fs::read(file.path()).unwrap());
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--b--\r\n");
    let more = format!(
        "content-type: multipart/form-data; boundary=b\r\nidempotency-key: town\r\ncontent-length: {}\r\n",
        body.len()
    );
    [head("POST", "/v1/imports", token, &more).as_bytes(), &body].concat()
}

/// The import's state, once it is one of these.
fn import_state(service: &Service, token: &str, place: &str, wanted: &[&str]) -> serde_json::Value {
    let begun = Instant::now();
    loop {
        let import: serde_json::Value = serde_json::from_str(&service.get(place, token).unwrap().body).unwrap();
        if wanted.contains(&import["state"].as_str().unwrap()) {
            return import;
        }
        assert!(begun.elapsed() < 2 * PATIENCE, "{import}");
        sleep(Duration::from_millis(20));
    }
}

#[tokio::test]
async fn an_import_that_is_running_goes_on_at_the_next_start() {
    let bank = TestBank::sqlite();
    bank.open().await.close().await;
    let (mut service, token) =
        (Service::start(&bank, &[]), counter(&bank, &["credential", "add", "--role", "administrator"]));
    let mut tables = Tables::open(bank.url()).await;
    // Nobody else writes while this is held: the import cannot come to its end.
    tables.rows("UPDATE ledger_head SET size = size RETURNING size").await;
    let answer = service.send(&upload(&token)).unwrap();
    assert_eq!(answer.status, 202, "{answer:?}");
    let place = answer.header("location").unwrap().to_owned();
    import_state(&service, &token, &place, &["posting"]);

    service.signal("TERM");
    assert_eq!(service.ended(), Some(0));
    drop(tables);

    let service = Service::start(&bank, &[]);
    let import = import_state(&service, &token, &place, &["done", "failed"]);
    assert_eq!((&import["state"], &import["rows_done"]), (&"done".into(), &import["rows_total"]), "{import}");
    assert!(import["rows_accepted"].as_u64().unwrap() > 1000, "{import}");
}
