//! A disk that is full.

use std::os::unix::process::CommandExt;
use std::process::Command;

use bank_tests::bank::TestBank;

use crate::support::{Service, counter, head, rich_town, serving};

/// The same program where no file grows beyond 8 MiB: a full disk, as a process sees it.
fn with_small_files(command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' XFSZ; ulimit -f 16384; exec \"$@\"", "sh"]).arg(command.get_program());
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
    let service = Service::start_unready(&bank, with_small_files(&serving(&bank, &[])));
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
