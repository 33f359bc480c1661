//! The service in a process of its own, as its callers see it: over HTTP, and at the counter's command line.
//!
//! The program must have been built, which `cargo xtask test` does first. If a test cannot find it, it says so.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper of tests: what fails here fails the test")]

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::bank::TestBank;
use crate::http::Client;

/// How long the service may take to get ready, or to stop.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program `ledger-service` from the same build as this test.
pub fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folders = test.ancestors().skip(1).take(2);
    let mut places = folders.map(|folder| folder.join("ledger-service"));
    places.find(|place| place.is_file()).unwrap_or_else(|| {
        panic!("there is no ledger-service beside {}: cargo build -p ledger-service", test.display())
    })
}

/// Where the clock of the demonstration stands. What the tests check holds in any year.
pub const NOW: &str = "2026-11-24T09:30:00+08:00";
/// [`NOW`] in UTC seconds.
pub const NOW_SECONDS: i64 = 1_795_483_800;

/// The program at this bank, with its key, at [`NOW`]. The environment does not influence it.
pub fn command(bank: &TestBank) -> Command {
    let mut command = Command::new(program());
    for (variable, _) in std::env::vars().filter(|(variable, _)| variable.starts_with("POINTS_BANK")) {
        command.env_remove(variable);
    }
    command.env("POINTS_BANK_NOW", NOW).args(["--bank", bank.url()]).arg("--key-folder").arg(bank.key_folder());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The same command with another umask.
pub fn under(umask: &str, command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", "umask $0; exec \"$@\"", umask]).arg(command.get_program()).args(command.get_args());
    for (variable, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(variable, value),
            None => shell.env_remove(variable),
        };
    }
    shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    shell
}

/// Runs a command of the counter with this input. It must succeed; returns what it printed.
pub fn at_the_counter(bank: &TestBank, arguments: &[&str], input: &str) -> String {
    let mut process = command(bank).args(arguments).spawn().unwrap();
    process.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = process.wait_with_output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {error}", arguments.join(" "));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

/// Founds a demonstration bank and imports the town's own sample data.
pub fn import_town(bank: &TestBank) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/baohua");
    at_the_counter(bank, &["import", folder.to_str().unwrap(), "--demo"], "");
}

/// Issues a credential and returns its token: `["--role", "teller", "--station", "S01"]`.
pub fn credential(bank: &TestBank, arguments: &[&str]) -> String {
    at_the_counter(bank, &[&["credential", "add"], arguments].concat(), "")
}

/// Sets a card's PIN at the counter.
pub fn set_pin(bank: &TestBank, card: &str, pin: &str) {
    at_the_counter(bank, &["pin", "set", "--card", card], pin);
}

/// A running service. Dropping this kills it.
pub struct Service {
    process: Child,
    address: String,
    said: Arc<Mutex<String>>,
}

impl Service {
    /// Starts the service on a free port, at a bank that exists, and waits until it is ready.
    pub fn start(bank: &TestBank) -> Self {
        Self::start_with(bank, |_| {})
    }

    /// Starts the service with more arguments or environment variables, and waits until it is ready.
    pub fn start_with(bank: &TestBank, more: impl FnOnce(&mut Command)) -> Self {
        let service = Self::start_unready(bank, more);
        service.wait_until_ready();
        service
    }

    /// Starts the service and does not wait: it listens, but may not be ready yet.
    pub fn start_unready(bank: &TestBank, more: impl FnOnce(&mut Command)) -> Self {
        let mut command = command(bank);
        command.args(["serve", "--data-folder"]).arg(bank.folder().join("service"));
        command.env("POINTS_BANK_LISTEN", "127.0.0.1:0");
        more(&mut command);
        Self::spawn(command)
    }

    /// Starts the service with this umask, and waits until it is ready.
    pub fn start_under(bank: &TestBank, umask: &str) -> Self {
        let mut command = command(bank);
        command.args(["serve", "--listen", "127.0.0.1:0", "--data-folder"]).arg(bank.folder().join("service"));
        let service = Self::spawn(under(umask, &command));
        service.wait_until_ready();
        service
    }

    fn spawn(mut command: Command) -> Self {
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

    /// Waits until `/readyz` says that the service is ready.
    pub fn wait_until_ready(&self) {
        let client = self.client("");
        let begun = Instant::now();
        while !client.try_get("/readyz").is_ok_and(|answer| answer.status == 200) {
            assert!(begun.elapsed() < PATIENCE, "the service is not ready:\n{}", self.said());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Where the service listens: `http://127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// A caller who shows this token. With an empty token it shows none.
    pub fn client(&self, token: &str) -> Client {
        Client::new(&self.address, token)
    }

    /// Everything that the service has written to its outputs so far.
    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// The id of the service's process.
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Kills the service with SIGKILL at once.
    pub fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Halts the service: its process is there but does nothing.
    pub fn hold(&self) {
        hold(&self.process);
    }

    /// Lets a halted service go on.
    pub fn release(&self) {
        release(&self.process);
    }

    /// Tells the service to stop (SIGTERM), and waits for its end.
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
        // After a failed test it must not stay; otherwise it may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
        if std::thread::panicking() {
            eprintln!("the service said:\n{}", self.said());
        }
    }
}

/// Halts a process, and returns when all its threads stand still. On a busy machine the signal takes a while.
pub fn hold(process: &Child) {
    signal(process, "STOP");
    let begun = Instant::now();
    while !is_held(process.id()) {
        assert!(begun.elapsed() < PATIENCE, "process {} does not stand still", process.id());
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Lets a halted process go on.
pub fn release(process: &Child) {
    signal(process, "CONT");
}

/// Whether all threads are stopped. By proc(5), the state is the letter after the name in parentheses.
fn is_held(process_id: u32) -> bool {
    std::fs::read_dir(format!("/proc/{process_id}/task")).unwrap().all(|thread| {
        let stat = std::fs::read_to_string(thread.unwrap().path().join("stat"));
        // A thread that has ended meanwhile does nothing either.
        stat.map_or(true, |stat| stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('T')))
    })
}

fn signal(process: &Child, name: &str) {
    let status = Command::new("kill").args(["-s", name, &process.id().to_string()]).status().unwrap();
    assert!(status.success(), "kill -s {name}");
}

/// Reads an output to its end, so that the service never has to wait for a reader.
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
