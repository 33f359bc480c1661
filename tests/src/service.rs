//! The service in a process of its own, as its callers see it: over HTTP, and at the counter's command line.
//!
//! The program must have been built, as `cargo xtask test` does first; a test that cannot find it says so.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper of tests: what fails here fails the test")]

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::bank::TestBank;
use crate::http::Client;

/// How long the service may take to be ready, or to stop.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program `ledger-service` of the build that this test belongs to.
pub fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folders = test.ancestors().skip(1).take(2);
    let mut places = folders.map(|folder| folder.join("ledger-service"));
    places.find(|place| place.is_file()).unwrap_or_else(|| {
        panic!("there is no ledger-service beside {}: cargo build -p ledger-service", test.display())
    })
}

/// Where the clock of the program stands, which is that of a demonstration: what is tested holds in any year.
pub const NOW: &str = "2026-11-24T09:30:00+08:00";
/// The same, in seconds since 1970.
pub const NOW_SECONDS: i64 = 1_795_483_800;

/// The program at this bank, with its key, at [`NOW`]; nothing of the surroundings changes what it does.
pub fn command(bank: &TestBank) -> Command {
    let mut command = Command::new(program());
    for (variable, _) in std::env::vars().filter(|(variable, _)| variable.starts_with("POINTS_BANK")) {
        command.env_remove(variable);
    }
    command.env("POINTS_BANK_NOW", NOW).args(["--bank", bank.url()]).arg("--key-folder").arg(bank.key_folder());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a command of the counter that must end well, with this text as its input; what it printed.
pub fn at_the_counter(bank: &TestBank, arguments: &[&str], input: &str) -> String {
    let mut process = command(bank).args(arguments).spawn().unwrap();
    process.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = process.wait_with_output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {error}", arguments.join(" "));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

/// Imports the town's own sample data into a demonstration bank, which is made.
pub fn import_town(bank: &TestBank) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/baohua");
    at_the_counter(bank, &["import", folder.to_str().unwrap(), "--demo"], "");
}

/// Issues a credential and gives its token: `["--role", "teller", "--station", "S01"]`.
pub fn credential(bank: &TestBank, arguments: &[&str]) -> String {
    at_the_counter(bank, &[&["credential", "add"], arguments].concat(), "")
}

/// Sets the PIN of a card.
pub fn set_pin(bank: &TestBank, card: &str, pin: &str) {
    at_the_counter(bank, &["pin", "set", "--card", card], pin);
}

/// A running service; dropping it kills it.
pub struct Service {
    process: Child,
    address: String,
    said: Arc<Mutex<String>>,
}

impl Service {
    /// Starts the service at a bank that has been made, on a free port, and waits until it is ready.
    pub fn start(bank: &TestBank) -> Self {
        Self::start_with(bank, |_| {})
    }

    /// The same, with more arguments or environment variables.
    pub fn start_with(bank: &TestBank, more: impl FnOnce(&mut Command)) -> Self {
        let service = Self::start_unready(bank, more);
        service.wait_until_ready();
        service
    }

    /// The same, without waiting: it listens, and may not be ready yet.
    pub fn start_unready(bank: &TestBank, more: impl FnOnce(&mut Command)) -> Self {
        let mut command = command(bank);
        command.args(["serve", "--data-folder"]).arg(bank.folder().join("service"));
        command.env("POINTS_BANK_LISTEN", "127.0.0.1:0");
        more(&mut command);
        let mut process = command.stdin(Stdio::null()).spawn().unwrap();
        let said = Arc::new(Mutex::new(String::new()));
        let (sender, addresses) = channel();
        listen(process.stdout.take().unwrap(), &said, Some(sender));
        listen(process.stderr.take().unwrap(), &said, None);
        let address = first_address(&addresses).unwrap_or_else(|| {
            let _ = process.kill();
            panic!("the service does not listen:\n{}", said.lock().unwrap())
        });
        Self { process, address, said }
    }

    /// Waits until `/readyz` says so.
    pub fn wait_until_ready(&self) {
        let client = self.client("");
        let begun = Instant::now();
        while !client.try_get("/readyz").is_ok_and(|answer| answer.status == 200) {
            assert!(begun.elapsed() < PATIENCE, "the service is not ready:\n{}", self.said());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// A caller with this token; an empty one shows none.
    pub fn client(&self, token: &str) -> Client {
        Client::new(&self.address, token)
    }

    /// All that it has written to its outputs so far.
    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// Its process's number.
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Kills it with SIGKILL, now.
    pub fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Holds it: it is there, and does nothing.
    pub fn hold(&self) {
        hold(&self.process);
    }

    /// Lets it go on.
    pub fn release(&self) {
        release(&self.process);
    }

    /// Tells it to stop (SIGTERM), and waits for its end.
    pub fn stop(&mut self) -> ExitStatus {
        signal(&self.process, "TERM");
        let begun = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "the service does not stop:\n{}", self.said());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Where a test has failed it must not stay; else it may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
        if std::thread::panicking() {
            eprintln!("the service said:\n{}", self.said());
        }
    }
}

/// Holds a process, and returns when each of its threads stands still: on a busy machine the signal takes a while.
pub fn hold(process: &Child) {
    signal(process, "STOP");
    let begun = Instant::now();
    while !is_held(process.id()) {
        assert!(begun.elapsed() < PATIENCE, "process {} does not stand still", process.id());
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Lets a process that was held go on.
pub fn release(process: &Child) {
    signal(process, "CONT");
}

/// Whether all threads are stopped, by proc(5): the state is the letter after the name in parentheses.
fn is_held(process_id: u32) -> bool {
    std::fs::read_dir(format!("/proc/{process_id}/task")).unwrap().all(|thread| {
        let stat = std::fs::read_to_string(thread.unwrap().path().join("stat"));
        // A thread that ended meanwhile does nothing either.
        stat.map_or(true, |stat| stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('T')))
    })
}

fn signal(process: &Child, name: &str) {
    let status = Command::new("kill").args(["-s", name, &process.id().to_string()]).status().unwrap();
    assert!(status.success(), "kill -s {name}");
}

/// Reads an output to its end, so that the service never waits for a reader.
fn listen(output: impl Read + Send + 'static, said: &Arc<Mutex<String>>, addresses: Option<Sender<String>>) {
    let said = Arc::clone(said);
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if let (Some(addresses), Some(address)) = (&addresses, line.strip_prefix("listening at ")) {
                let _ = addresses.send(address.to_owned());
            }
            let Ok(mut said) = said.lock() else { return };
            said.push_str(&line);
            said.push('\n');
        }
    });
}

fn first_address(addresses: &Receiver<String>) -> Option<String> {
    addresses.recv_timeout(PATIENCE).ok()
}
