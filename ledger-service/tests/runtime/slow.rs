//! Clients that take their time: each is cut off, and holds up nobody else.

use std::io::{ErrorKind, Write};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::{Duration, Instant};

use bank_tests::bank::TestBank;
use bank_tests::journal::Tables;

use crate::support::{
    Answer, PATIENCE, Service, half_close, head, is_cut, is_cut_within, redemption, rich_town, teller, until,
};

const MOMENT: Duration = Duration::from_millis(300);
/// Sent at a time by who does not read.
const CHUNK: usize = 64 * 1024;

/// Sends a byte every now and then until the other side has enough.
fn trickle(stream: &mut TcpStream) {
    until("a head that trickles is cut", || stream.write_all(b"x").is_err() || is_cut_within(stream, MOMENT));
}

#[tokio::test]
async fn a_head_that_trickles_and_a_silent_connection_are_cut() {
    let bank = TestBank::sqlite();
    rich_town(&bank).await;
    let service = Service::start(&bank, &["--header-seconds-max", "1"]);
    let mut silent = service.connect();
    let mut slow = service.connect();
    slow.write_all(b"GET /healthz HTTP/1.1\r\nx-slow: ").unwrap();
    trickle(&mut slow);
    assert!(is_cut(&mut silent));
}

#[tokio::test]
async fn a_connection_in_use_is_kept_and_an_idle_one_is_cut() {
    let bank = TestBank::sqlite();
    rich_town(&bank).await;
    let service = Service::start(&bank, &["--idle-seconds-max", "10"]);
    let mut kept = service.connect();
    // Each time far from being idle for too long, and together longer than that.
    for _ in 0..4 {
        sleep(Duration::from_secs(3));
        kept.write_all(head("GET", "/healthz", "", "").as_bytes()).unwrap();
        assert_eq!(Answer::read(&mut kept).unwrap().status, 200);
    }
    assert!(is_cut(&mut kept), "idle for longer than it may be");
}

#[tokio::test]
async fn a_body_that_trickles_is_given_up() {
    let bank = TestBank::sqlite();
    rich_town(&bank).await;
    let (service, token) = (Service::start(&bank, &[]), teller(&bank));
    let mut slow = service.connect();
    let more = "content-type: application/json\r\ncontent-length: 1000\r\nidempotency-key: slow\r\n";
    slow.write_all(head("POST", "/v1/redemptions", &token, more).as_bytes()).unwrap();
    let begun = Instant::now();
    let mut writer = slow.try_clone().unwrap();
    let trickling = std::thread::spawn(move || {
        while begun.elapsed() < PATIENCE && writer.write_all(b" ").is_ok() {
            sleep(MOMENT);
        }
    });
    let answer = Answer::read(&mut slow).unwrap();
    assert_eq!((answer.status, answer.body.contains("body_too_slow")), (408, true), "{answer:?}");
    assert!(begun.elapsed() > Duration::from_secs(9), "it was given its time: {:?}", begun.elapsed());
    assert!(is_cut(&mut slow));
    trickling.join().unwrap();
}

#[tokio::test]
async fn a_request_that_ends_in_its_middle_is_answered_or_cut() {
    let bank = TestBank::sqlite();
    rich_town(&bank).await;
    let (service, token) = (Service::start(&bank, &[]), teller(&bank));
    let whole = redemption(&token, "half-open");
    for end in [10, whole.len() - 10] {
        let mut half = service.connect();
        half.write_all(&whole.as_bytes()[..end]).unwrap();
        half_close(&half);
        assert!(is_cut(&mut half), "{end} bytes");
    }
    let answer = service.redeem(&token, "half-open").unwrap();
    assert_eq!((answer.status, answer.header("idempotency-replayed")), (201, None), "half of it had no effect");
}

#[tokio::test]
async fn an_answer_that_nobody_reads_is_given_up() {
    let bank = TestBank::sqlite();
    rich_town(&bank).await;
    let service = Service::start(&bank, &["--unread-seconds-max", "1"]);
    let mut deaf = service.connect();
    deaf.set_write_timeout(Some(MOMENT)).unwrap();
    let request = head("GET", "/v1/openapi.json", "", "");
    let mut requests = request.as_bytes().iter().copied().cycle();
    let mut bytes: Vec<u8> = requests.by_ref().take(CHUNK).collect();
    // At some time neither side can write any more; then it is over.
    until("the connection is closed", || match deaf.write(&bytes) {
        Ok(length) => {
            bytes.drain(..length);
            bytes.extend(requests.by_ref().take(length));
            false
        }
        Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
    });
    let open = || {
        let metrics = service.get("/metrics", "").unwrap().body;
        let line = metrics.lines().find_map(|line| line.strip_prefix("points_bank_connections ")).unwrap();
        line.parse::<u32>().unwrap()
    };
    until("none but who asks is connected", || open() == 1);
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_answered_and_can_be_sent_again() {
    let bank = TestBank::sqlite();
    rich_town(&bank).await;
    let service = Service::start(&bank, &["--request-seconds-max", "1"]);
    let token = teller(&bank);
    let mut tables = Tables::open(bank.url()).await;
    // Nobody else writes while this is held.
    tables.rows("UPDATE ledger_head SET size = size RETURNING size").await;
    let answer = service.redeem(&token, "late").unwrap();
    assert_eq!((answer.status, answer.header("retry-after").is_some()), (503, true), "{answer:?}");
    drop(tables);
    assert_eq!(service.redeem(&token, "late").unwrap().status, 201);
}
