//! How the bank stands: `/readyz` and the log say what is wrong with it, and nothing is answered that nobody would find.

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::{Command, Stdio};

use bank_tests::bank::{TestBank, cards};
use jiff::{SignedDuration, Timestamp};

use crate::support::{Service, counter, rich_town, run, serving, teller};

/// Redeems once, and gives the status and what is said.
fn redeem(service: &Service, token: &str, key: &str) -> (u16, String) {
    let answer = service.redeem(token, key).unwrap();
    (answer.status, answer.body)
}

#[tokio::test]
async fn a_file_that_was_moved_away_is_not_served() {
    let bank = TestBank::sqlite();
    rich_town(&bank).await;
    let token = teller(&bank);
    let service = Service::start(&bank, &[]);
    assert_eq!(redeem(&service, &token, "before").0, 201);
    let file = bank.folder().join("bank.db");
    std::fs::rename(&file, bank.folder().join("away.db")).unwrap();

    let (status, body) = redeem(&service, &token, "after");
    assert_eq!((status, body.contains("\"moved\"")), (503, true), "{body}");
    let ready = service.get("/readyz", "").unwrap();
    assert_eq!((ready.status, ready.body.contains("\"code\":\"moved\"")), (503, true), "{}", ready.body);
    assert!(!ready.body.contains("bank.db"), "no path goes to strangers: {}", ready.body);
    let log = service.until_logged("is not the file that was opened");
    assert!(log.contains("bank.db"), "the operator hears which file: {log}");
    assert!(!file.exists(), "no other bank was made in its place");
}

#[tokio::test]
async fn an_older_copy_is_served_only_once_somebody_knows() {
    let bank = TestBank::sqlite();
    rich_town(&bank).await;
    let token = teller(&bank);
    let older = std::fs::read(bank.folder().join("bank.db")).unwrap();
    let service = Service::start(&bank, &[]);
    assert_eq!(redeem(&service, &token, "lost").0, 201);
    drop(service);
    for ending in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(bank.folder().join(format!("bank.db{ending}")));
    }
    std::fs::write(bank.folder().join("bank.db"), older).unwrap();

    let (good, _, error) = run(&mut serving(&bank, &[]));
    assert_eq!((good, error.contains("rolled_back")), (false, true), "{error}");
    let service = Service::start(&bank, &["--accept-rollback"]);
    let log = service.until_logged("accepted; a record of the bank says so");
    assert!(log.contains("\"code\":\"rolled_back\"") && log.contains("the bank had "), "{log}");
    assert_eq!(redeem(&service, &token, "again").0, 201);
    // Where nothing is to be accepted, nothing is told.
    drop(service);
    let service = Service::start(&bank, &["--accept-rollback"]);
    assert!(!service.until_logged("the bank is open").contains("accepted;"));
    counter(&bank, &["trial-balance"]);
}

#[tokio::test]
async fn a_clock_that_is_behind_is_told() {
    let bank = TestBank::sqlite();
    rich_town(&bank).await;
    let token = teller(&bank);
    // A record of three days from now: since then, the machine's clock was set back.
    let later = (Timestamp::now() + SignedDuration::from_hours(72)).to_string();
    counter(&bank, &["card", "block", "--card", &cards()[5], "--now", &later, "--accept-clock"]);
    let service = Service::start(&bank, &[]);
    let ready = service.get("/readyz", "").unwrap();
    assert!(ready.body.contains("clock_behind_seconds"), "{}", ready.body);
    service.until_logged("the clock is behind the last record");
    assert_eq!(redeem(&service, &token, "meanwhile").0, 201);
}

#[tokio::test]
async fn a_clock_that_is_ahead_serves_readers_alone() {
    let bank = TestBank::sqlite();
    rich_town(&bank).await;
    let token = teller(&bank);
    let service = Service::start_unready(&bank, serving(&bank, &["--now", "2036-01-01T00:00:00Z"]));
    let ready = || service.get("/readyz", "").unwrap();
    crate::support::until("the bank is open", || ready().body.contains("clock_ahead"));
    assert_eq!(ready().status, 503);
    service.until_logged("the clock is not believed");
    let (status, body) = redeem(&service, &token, "no");
    assert_eq!((status, body.contains("clock_ahead")), (503, true), "{body}");
    assert_eq!(service.get("/v1/stations/S01/catalogue", &token).unwrap().status, 200);
    drop(service);
    let service = Service::start(&bank, &["--now", "2036-01-01T00:00:00Z", "--accept-clock"]);
    assert_eq!(ready_status(&service), 200);
    let log = service.until_logged("accepted; a record of the bank says so");
    assert!(log.contains("\"code\":\"clock_ahead\""), "{log}");
}

fn ready_status(service: &Service) -> u16 {
    service.get("/readyz", "").unwrap().status
}

/// The same program where a file's mode holds for its owner too, even for root.
fn bound_by_modes(command: &Command) -> Command {
    let mut bound = Command::new("setpriv");
    bound.args(["--bounding-set", "-dac_override,-dac_read_search"]).arg(command.get_program());
    bound.args(command.get_args()).stdout(Stdio::piped());
    for (variable, value) in command.get_envs() {
        match value {
            Some(value) => bound.env(variable, value),
            None => bound.env_remove(variable),
        };
    }
    bound
}

#[tokio::test]
async fn a_file_that_can_only_be_read_is_served_for_reading() {
    let bank = TestBank::sqlite();
    rich_town(&bank).await;
    let token = teller(&bank);
    let file = bank.folder().join("bank.db");
    let is_root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
    let command = |bank: &TestBank| if is_root { bound_by_modes(&serving(bank, &[])) } else { serving(bank, &[]) };
    let set_modes = |of_file, of_folder| {
        std::fs::set_permissions(&file, Permissions::from_mode(of_file)).unwrap();
        std::fs::set_permissions(bank.folder(), Permissions::from_mode(of_folder)).unwrap();
    };
    // The service's own files are elsewhere than the bank's, as with a bank on a medium that takes no writes.
    std::fs::create_dir_all(bank.folder().join("service")).unwrap();
    std::fs::File::create(bank.folder().join("log")).unwrap();
    set_modes(0o400, 0o500);
    let service = Service::start_unready(&bank, command(&bank));
    let log = service.until_logged("the bank is open");
    assert!(log.contains("served for reading"), "{log}");
    let ready = service.get("/readyz", "").unwrap();
    assert_eq!((ready.status, ready.body.contains("\"read_only\"")), (503, true), "{}", ready.body);
    assert_eq!(service.get("/v1/stations/S01/catalogue", &token).unwrap().status, 200, "it is read");
    let (status, body) = redeem(&service, &token, "key");
    assert_eq!((status, body.contains("\"read_only\"")), (503, true), "{body}");
    drop(service);

    set_modes(0o600, 0o700);
    let service = Service::start_unready(&bank, command(&bank));
    service.wait_until_ready();
    assert_eq!(redeem(&service, &token, "key").0, 201);
}
