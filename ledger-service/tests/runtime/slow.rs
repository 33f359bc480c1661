//! Clients that take their time: each is cut off, and holds up nobody else.

use std::io::Write;
use std::net::TcpStream;
use std::thread::sleep;
use std::time::{Duration, Instant};

use bank_tests::bank::TestBank;
use bank_tests::journal::Tables;

use crate::support::{Answer, Service, half_close, head, is_cut_within, redemption, rich_town, teller};

const MOMENT: Duration = Duration::from_millis(300);

/// Sends a byte every now and then until the other side has enough; how long that took.
fn trickle(stream: &mut TcpStream, wait_max: Duration) -> Duration {
    let begun = Instant::now();
    while begun.elapsed() < wait_max && stream.write_all(b"x").is_ok() {
        if is_cut_within(stream, MOMENT) {
            break;
        }
    }
    begun.elapsed()
}

#[tokio::test]
async fn a_head_that_trickles_and_a_silent_connection_are_cut() {
    let bank = TestBank::sqlite();
    rich_town(&bank).await;
    let service = Service::start(&bank, &["--header-seconds-max", "1", "--idle-seconds-max", "2"]);
    let mut silent = service.connect();
    let mut slow = service.connect();
    slow.write_all(b"GET /healthz HTTP/1.1\r\nx-slow: ").unwrap();
    assert!(trickle(&mut slow, Duration::from_secs(8)) < Duration::from_secs(4));
    assert!(is_cut_within(&mut silent, Duration::from_secs(2)));

    let mut kept = service.connect();
    for _ in 0..2 {
        kept.write_all(head("GET", "/healthz", "", "").as_bytes()).unwrap();
        assert_eq!(Answer::read(&mut kept).unwrap().status, 200);
        sleep(Duration::from_millis(1200));
    }
    assert!(is_cut_within(&mut kept, Duration::from_secs(4)), "idle for longer than it may be");
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
        while begun.elapsed() < Duration::from_secs(25) && writer.write_all(b" ").is_ok() {
            sleep(MOMENT);
        }
    });
    let answer = Answer::read(&mut slow).unwrap();
    assert_eq!((answer.status, answer.body.contains("body_too_slow")), (408, true), "{answer:?}");
    assert!((9..16).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    assert!(is_cut_within(&mut slow, Duration::from_secs(2)));
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
        assert!(is_cut_within(&mut half, Duration::from_secs(3)), "{end} bytes");
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
    // Until neither side can write any more.
    while deaf.write_all(request.as_bytes()).is_ok() {}
    let begun = Instant::now();
    let open = || {
        let metrics = service.get("/metrics", "").unwrap().body;
        let line = metrics.lines().find_map(|line| line.strip_prefix("points_bank_connections ")).unwrap();
        line.parse::<u32>().unwrap()
    };
    while open() > 1 {
        assert!(begun.elapsed() < Duration::from_secs(8), "it is still open");
        sleep(MOMENT);
    }
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
    let begun = Instant::now();
    let answer = service.redeem(&token, "late").unwrap();
    assert_eq!((answer.status, answer.header("retry-after").is_some()), (503, true), "{answer:?}");
    assert!(begun.elapsed() < Duration::from_secs(5));
    drop(tables);
    assert_eq!(service.redeem(&token, "late").unwrap().status, 201);
}
