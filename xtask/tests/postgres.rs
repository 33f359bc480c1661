//! The throw-away server really runs, and nothing of it outlives its owner.

#![expect(clippy::unwrap_used, reason = "clippy takes the helpers of a test for something else")]

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use xtask::folder;
use xtask::postgres::Server;

#[test]
fn a_started_server_answers_and_a_dropped_one_is_gone() {
    let server = Server::start().unwrap();
    let url = server.url().to_owned();
    assert_eq!(query(&url, "SHOW fsync"), "on");
    assert_eq!(query(&url, "SHOW synchronous_commit"), "on");
    assert_eq!(query(&url, "SHOW server_encoding"), "UTF8");
    let folder = PathBuf::from(query(&url, "SHOW unix_socket_directories"));
    assert!(folder.is_dir());

    drop(server);

    assert!(!answers(&url));
    assert!(!folder.exists());
}

#[test]
fn statements_are_counted_in_a_new_database() {
    let server = Server::start().unwrap();
    query(server.url(), "CREATE DATABASE counted");
    let counted = server.url().replace("/postgres", "/counted");
    query(&counted, "CREATE TABLE card (number INT)");
    for number in ["1", "2", "3"] {
        query(&counted, &format!("INSERT INTO card VALUES ({number})"));
    }
    let calls = "SELECT sum(calls) FROM pg_stat_statements WHERE toplevel AND query LIKE 'INSERT INTO card%'";
    assert_eq!(query(&counted, calls), "3");
}

#[test]
fn a_stopped_server_starts_again_at_its_address_with_its_data() {
    let mut server = Server::start().unwrap();
    let url = server.url().to_owned();
    query(&url, "CREATE TABLE card (number INT)");
    server.stop().unwrap();
    assert!(!answers(&url));
    server.start_again().unwrap();
    // Its port answers before it is ready again.
    let begun = Instant::now();
    while !Command::new("pg_isready").args(["--quiet", "--dbname", &url]).status().unwrap().success() {
        assert!(begun.elapsed() < Duration::from_secs(30));
        sleep(Duration::from_millis(20));
    }
    assert_eq!(query(&url, "SELECT count(*) FROM card"), "0");
}

#[test]
fn a_killed_owner_leaves_nothing() {
    let owner = Owner::start();
    owner.signal("KILL");
    owner.assert_nothing_left();
}

#[test]
fn an_interrupted_owner_leaves_nothing() {
    let owner = Owner::start();
    owner.signal("INT");
    owner.assert_nothing_left();
}

#[test]
fn an_owner_killed_while_the_server_starts_leaves_nothing() {
    let owner = Owner::spawn();
    let begun = Instant::now();
    while owner.folder_is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(60));
        sleep(Duration::from_millis(5));
    }
    owner.signal("KILL");
    owner.assert_nothing_left();
}

/// Another process that owns a server: `cargo xtask postgres` in a process group and a temporary folder of its own.
struct Owner {
    process: Child,
    folder: PathBuf,
    url: String,
}

impl Owner {
    fn spawn() -> Self {
        let folder = folder::temporary().unwrap();
        // As /tmp is: the server may run as another user.
        fs::set_permissions(&folder, Permissions::from_mode(0o1777)).unwrap();
        // Whoever runs the tests in the background may ignore interrupts, and their children then do so too.
        let process = Command::new("env")
            .args(["--default-signal=INT", env!("CARGO_BIN_EXE_xtask"), "postgres"])
            .env("TMPDIR", &folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        Self { process, folder, url: String::new() }
    }

    fn start() -> Self {
        let mut owner = Self::spawn();
        let output = owner.process.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut owner.url).unwrap();
        owner.url.truncate(owner.url.trim_end().len());
        assert_eq!(query(&owner.url, "SELECT 1"), "1");
        assert!(!owner.folder_is_empty());
        owner
    }

    /// Signals the owner's whole process group, as a terminal does.
    fn signal(&self, name: &str) {
        let group = format!("-{}", self.process.id());
        let status = Command::new("kill").args(["-s", name, "--", &group]).status().unwrap();
        assert!(status.success());
    }

    fn folder_is_empty(&self) -> bool {
        fs::read_dir(&self.folder).unwrap().next().is_none()
    }

    fn assert_nothing_left(mut self) {
        assert!(!self.process.wait().unwrap().success());
        let begun = Instant::now();
        while !self.folder_is_empty() {
            assert!(begun.elapsed() < Duration::from_secs(60), "{} stays", self.folder.display());
            sleep(Duration::from_millis(50));
        }
        assert!(!answers(&self.url));
        fs::remove_dir(&self.folder).unwrap();
    }
}

fn query(url: &str, statement: &str) -> String {
    let output = Command::new("psql")
        .args(["--no-psqlrc", "--tuples-only", "--no-align", "--command", statement, url])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn answers(url: &str) -> bool {
    let address = url.trim_start_matches("postgres://bank@").trim_end_matches("/postgres");
    TcpStream::connect(address).is_ok()
}
