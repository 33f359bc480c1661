//! A disk that is full.

use std::os::unix::process::CommandExt;
use std::process::Command;

use bank_tests::bank::TestBank;

use crate::support::{Service, counter, head, rich_town, serving, teller};

/// The same program where no file grows beyond so many KiB: a full disk, as a process sees it.
fn with_small_files(command: &Command, kibibytes_max: u32) -> Command {
    let mut shell = Command::new("sh");
    let limited = format!("trap '' XFSZ; ulimit -f {}; exec \"$@\"", kibibytes_max * 2);
    shell.args(["-c", &limited, "sh"]).arg(command.get_program());
    shell.args(command.get_args()).stdout(std::process::Stdio::piped());
    for (variable, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(variable, value),
            None => shell.env_remove(variable),
        };
    }
    shell.process_group(0);
    shell
}

#[tokio::test]
async fn an_upload_that_the_disk_does_not_hold_is_answered_clearly_and_leaves_nothing() {
    let bank = TestBank::sqlite();
    rich_town(&bank).await;
    let service = Service::start_unready(&bank, with_small_files(&serving(&bank, &[]), 8 * 1024));
    service.wait_until_ready();
    let administrator = counter(&bank, &["credential", "add", "--role", "administrator"]);
    let mut body = b"--b\r\ncontent-disposition: form-data; name=\"f\"; filename=\"attendance.csv\"\r\n\r\n".to_vec();
    body.resize(12 << 20, b'x');
    body.extend_from_slice(b"\r\n--b--\r\n");
    let more = format!(
        "content-type: multipart/form-data; boundary=b\r\nidempotency-key: full\r\ncontent-length: {}\r\n",
        body.len()
    );
    let request = [head("POST", "/v1/imports", &administrator, &more).as_bytes(), &body].concat();
    // The answer comes before the body has gone out whole: whoever then still writes may find the connection closed.
    if let Ok(answer) = service.send(&request) {
        assert_eq!((answer.status, answer.body.contains("upload_not_kept")), (500, true), "{answer:?}");
    }
    let log = service.until_logged("an upload cannot be kept");
    assert!(log.contains("File too large"), "{log}");
    assert_eq!(std::fs::read_dir(bank.folder().join("service/imports")).unwrap().count(), 0);
    assert_eq!(service.redeem(&administrator, "after").unwrap().status, 201, "and the rest goes on");
}

#[tokio::test]
async fn a_bank_that_the_disk_does_not_hold_is_read_and_says_so() {
    let bank = TestBank::sqlite();
    rich_town(&bank).await;
    let token = teller(&bank);
    let service = Service::start_unready(&bank, with_small_files(&serving(&bank, &[]), 1024));
    service.wait_until_ready();
    let mut redeemed = 0;
    let refused = loop {
        let answer = service.redeem(&token, &format!("key-{redeemed}")).unwrap();
        if answer.status != 201 {
            break answer;
        }
        redeemed += 1;
        assert!(redeemed < 2000, "no file of the bank has reached the limit");
    };
    assert_eq!((refused.status, refused.body.contains("\"read_only\"")), (503, true), "{refused:?}");
    let ready = service.get("/readyz", "").unwrap();
    assert_eq!((ready.status, ready.body.contains("\"read_only\"")), (503, true), "{}", ready.body);
    assert_eq!(service.get("/v1/stations/S01/catalogue", &token).unwrap().status, 200, "it is still read");
    service.until_logged("the bank takes no postings");
    drop(service);

    // Once there is room, it goes on: what was answered is there, and what was refused is not.
    let service = Service::start(&bank, &[]);
    assert_eq!(service.redeem(&token, &format!("key-{redeemed}")).unwrap().status, 201);
    for key in [0, redeemed - 1] {
        let again = service.redeem(&token, &format!("key-{key}")).unwrap();
        assert_eq!((again.status, again.header("idempotency-replayed")), (201, Some("true")), "{again:?}");
    }
    drop(service);
    counter(&bank, &["trial-balance"]);
}
