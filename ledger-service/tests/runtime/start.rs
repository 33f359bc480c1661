//! Starts that fail: at once, and with words that say what to do.

use std::fs;
use std::net::TcpListener;
use std::process::Command;

use bank_tests::bank::TestBank;

use crate::support::{Service, rich_town, run, serving, until};

/// What a start says that must fail.
fn failure(command: &mut Command) -> String {
    let (good, output, error) = run(command);
    assert!(!good && output.is_empty(), "{output}{error}");
    error
}

#[tokio::test]
async fn what_a_start_needs_is_told_at_once() {
    let bank = TestBank::sqlite();
    rich_town(&bank).await;
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let error = failure(&mut serving(&bank, &["--listen", &address]));
    assert!(error.contains(&address) && error.contains("in use"), "{error}");

    let file = bank.folder().join("a-file");
    fs::write(&file, "").unwrap();
    let error = failure(serving(&bank, &[]).arg("--data-folder").arg(&file));
    assert!(error.contains("a-file"), "{error}");

    let error = failure(&mut serving(&bank, &["--tls-key", "key.pem"]));
    assert!(error.contains("tls_certificate"), "{error}");
    let error = failure(&mut serving(&bank, &["--tls-key", "key.pem", "--tls-certificate", "certificate.pem"]));
    assert!(error.contains("certificate.pem"), "{error}");
}

#[test]
fn a_bank_that_waiting_does_not_mend_ends_the_start() {
    let bank = TestBank::sqlite();
    let (good, _, error) = run(&mut serving(&bank, &[]));
    assert!(!good && error.contains("no_bank") && error.contains("import"), "{error}");
}

#[tokio::test]
async fn an_open_door_is_warned_of() {
    let bank = TestBank::sqlite();
    rich_town(&bank).await;
    for (more, warned) in [
        (vec!["--listen", "0.0.0.0:0"], true),
        (vec!["--listen", "0.0.0.0:0", "--trusted-proxies", "10.0.0.0/8"], false),
        (vec![], false),
    ] {
        let service = Service::start(&bank, &more);
        // It would be warned of before.
        let log = service.until_logged("the bank is open");
        assert_eq!(log.contains("others can reach this address"), warned, "{log}");
    }
}

#[tokio::test]
async fn receipts_that_would_name_an_address_that_nobody_can_open_are_warned_of() {
    let bank = TestBank::sqlite();
    rich_town(&bank).await;
    for (more, warned) in [
        (vec!["--listen", "0.0.0.0:0"], true),
        (vec!["--listen", "[::]:0"], true),
        (vec!["--listen", "0.0.0.0:0", "--public-url", "https://points.example"], false),
        (vec![], false),
    ] {
        let service = Service::start(&bank, &more);
        let log = service.until_logged("the bank is open");
        assert_eq!(log.contains("set public_url"), warned, "{more:?}: {log}");
    }
}

/// Whoever starts it may have given it an output that is full.
#[tokio::test]
async fn a_service_that_cannot_print_where_it_listens_serves_all_the_same() {
    let bank = TestBank::sqlite();
    rich_town(&bank).await;
    let log = bank.folder().join("log");
    let mut command = serving(&bank, &[]);
    command.stdout(fs::File::options().write(true).open("/dev/full").unwrap()).stderr(fs::File::create(&log).unwrap());
    let mut process = command.spawn().unwrap();
    until("the bank is open", || fs::read_to_string(&log).unwrap().contains("the bank is open"));
    assert_eq!(process.try_wait().unwrap(), None);
    process.kill().unwrap();
    process.wait().unwrap();
}
