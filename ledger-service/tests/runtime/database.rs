//! A PostgreSQL server that is away: at the start, and in the middle of the work.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use bank_tests::bank::TestBank;
use bank_tests::journal::{Tables, assert_whole};
use xtask::postgres::Server;

use crate::support::{PATIENCE, Service, rich_town, serving, teller, until};

const CALLERS: usize = 8;
const REDEMPTIONS: usize = 25;

#[tokio::test]
async fn a_start_without_the_server_waits_says_why_and_recovers() {
    let mut server = Server::start().unwrap();
    let bank = TestBank::postgres_alone(server.url()).await;
    rich_town(&bank).await;
    let token = teller(&bank);
    server.stop().unwrap();

    let service = Service::start_unready(&bank, serving(&bank, &[]));
    assert_eq!(service.get("/healthz", "").unwrap().status, 200);
    until("it says why it is not ready", || {
        let ready = service.get("/readyz", "").unwrap();
        (ready.status, ready.body.contains("the database does not answer")) == (503, true)
    });
    let answer = service.redeem(&token, "early").unwrap();
    assert_eq!((answer.status, answer.header("retry-after").is_some()), (503, true), "{answer:?}");
    service.until_logged("the bank cannot be opened yet");

    server.start_again().unwrap();
    service.wait_until_ready();
    let answer = service.redeem(&token, "early").unwrap();
    assert_eq!((answer.status, answer.header("idempotency-replayed")), (201, None), "{answer:?}");
    drop((service, bank));
}

/// Redeems under each key until that is done. A no comes with its time to wait, and comes at all: who is not answered fails.
fn redeem_all(service: &Service, token: &str, caller: usize, done: &AtomicUsize) -> Vec<String> {
    let mut receipts = Vec::new();
    for number in 0..REDEMPTIONS {
        let begun = Instant::now();
        loop {
            let answer = service.redeem(token, &format!("{caller}-{number}"));
            match answer {
                Ok(answer) if answer.status == 201 => {
                    let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
                    receipts.push(body["receipt_number"].as_str().unwrap().to_owned());
                    break;
                }
                Ok(answer) => {
                    assert!(matches!(answer.status, 409 | 503), "{answer:?}");
                    assert!(answer.header("retry-after").is_some(), "{answer:?}");
                }
                Err(error) => panic!("the service itself never goes: {error}"),
            }
            assert!(begun.elapsed() < 2 * PATIENCE, "{}", service.log());
            sleep(Duration::from_millis(100));
        }
        done.fetch_add(1, Ordering::Relaxed);
        sleep(Duration::from_millis(20));
    }
    receipts
}

#[tokio::test]
async fn a_server_that_crashes_under_load_loses_and_doubles_no_redemption() {
    let mut server = Server::start().unwrap();
    let bank = TestBank::postgres_alone(server.url()).await;
    rich_town(&bank).await;
    let token = teller(&bank);
    let service = Arc::new(Service::start(&bank, &[]));
    let done = Arc::new(AtomicUsize::new(0));
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let (service, token, done) = (Arc::clone(&service), token.clone(), Arc::clone(&done));
            std::thread::spawn(move || redeem_all(&service, &token, caller, &done))
        })
        .collect();
    for share in [4, 2] {
        let enough = CALLERS * REDEMPTIONS / share;
        until("so many are done", || done.load(Ordering::Relaxed) >= enough);
        server.stop().unwrap();
        until("not ready", || service.get("/readyz", "").unwrap().status == 503);
        assert_eq!(service.get("/healthz", "").unwrap().status, 200);
        server.start_again().unwrap();
    }
    let mut receipts = BTreeSet::new();
    for caller in callers {
        receipts.extend(caller.join().unwrap());
    }
    assert_eq!(receipts.len(), CALLERS * REDEMPTIONS, "each key has a receipt of its own");
    service.wait_until_ready();
    let mut tables = Tables::open(bank.url()).await;
    let posted = tables.rows("SELECT COUNT(*) FROM ledger_records WHERE kind = 'REDM'").await[0][0].integer();
    assert_eq!(posted, (CALLERS * REDEMPTIONS) as i64);
    drop(tables);
    assert_whole(bank.url()).await;
    drop((service, bank));
}
