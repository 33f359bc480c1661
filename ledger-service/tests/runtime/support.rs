//! A service in a process of its own, and bytes to and from it: what these tests send no HTTP client would.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bank_tests::bank::{NOON, TestBank, cards, post_all, reference_town};
use baoyulan_ledger::book::Address;
use baoyulan_ledger::command::{Command as Change, NewEntry};
use baoyulan_ledger::people::CardNumber;

/// How long anything may take that these tests wait for.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until that is so.
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The program with these arguments; nothing of the surroundings changes what it does.
pub fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ledger-service"));
    for (variable, _) in std::env::vars().filter(|(variable, _)| variable.starts_with("POINTS_BANK")) {
        command.env_remove(variable);
    }
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What a run printed, and what it said on standard error; whether it ended well.
pub fn run(command: &mut Command) -> (bool, String, String) {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

/// A town in which the first card has points for as many haircuts (V01) as anybody wants.
pub async fn rich_town(bank: &TestBank) {
    bank.move_reserved();
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    let card = CardNumber::parse(&cards()[0]).unwrap();
    let address = ledger.volunteer_statement(card).await.unwrap().unwrap().points.address;
    let granted = Address::new("expense/points-granted").unwrap();
    let entries =
        vec![NewEntry::new(granted, 100_000_000), NewEntry::new(address, -100_000_000).expiring_at(NOON + 100_000_000)];
    post_all(&ledger, [Change::Post(baoyulan_ledger::command::Post { entries })]).await;
    ledger.close().await;
}

/// Runs the counter's program at that bank to its good end.
pub fn counter(bank: &TestBank, arguments: &[&str]) -> String {
    let mut command = program(&["--bank", bank.url()]);
    let (good, output, error) = run(command.arg("--key-folder").arg(bank.key_folder()).args(arguments));
    assert!(good, "{arguments:?}: {error}");
    output.trim_end().to_owned()
}

/// A teller's token at S01.
pub fn teller(bank: &TestBank) -> String {
    counter(bank, &["credential", "add", "--role", "teller", "--station", "S01"])
}

/// A token that is wrong in its last character.
pub fn guess(token: &str) -> String {
    let (start, last) = token.split_at(token.len() - 1);
    format!("{start}{}", if last == "0" { "1" } else { "0" })
}

/// The body of a redemption of one haircut.
pub fn haircut() -> String {
    format!(r#"{{"card":"{}","station":"S01","lines":[{{"sku":"V01","pieces":1}}]}}"#, cards()[0])
}

/// `serve` at that bank, at a free port; a flag changes what the environment says here.
pub fn serving(bank: &TestBank, more: &[&str]) -> Command {
    let mut command = program(&["--bank", bank.url(), "serve"]);
    command.env("POINTS_BANK_LISTEN", "127.0.0.1:0").env("POINTS_BANK_KEY_FOLDER", bank.key_folder());
    command.env("POINTS_BANK_DATA_FOLDER", bank.folder().join("service")).args(more);
    command
}

/// A running service; killed when dropped.
pub struct Service {
    process: Child,
    pub address: SocketAddr,
    pub scheme: String,
    log: PathBuf,
}

impl Service {
    /// Starts one, and waits until it is ready.
    pub fn start(bank: &TestBank, more: &[&str]) -> Self {
        let service = Self::start_unready(bank, serving(bank, more));
        service.wait_until_ready();
        service
    }

    /// Starts one, and waits until it listens.
    pub fn start_unready(bank: &TestBank, mut command: Command) -> Self {
        let log = bank.folder().join("log");
        let mut process = command.stderr(File::create(&log).unwrap()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let place = line.trim_end().strip_prefix("listening at ").and_then(|place| place.split_once("://"));
        let (scheme, address) = place.unwrap_or_else(|| panic!("{line:?}: {}", fs::read_to_string(&log).unwrap()));
        Self { process, address: address.parse().unwrap(), scheme: scheme.to_owned(), log }
    }

    pub fn wait_until_ready(&self) {
        until("ready", || self.get("/readyz", "").is_ok_and(|answer| answer.status == 200));
    }

    /// Waits until its log has these words, and gives all of it: the log is written beside the requests, which do not wait
    /// for it. Whatever was said before these words is in it too.
    pub fn until_logged(&self, words: &str) -> String {
        until(&format!("{words:?} in the log"), || self.log().contains(words));
        self.log()
    }

    /// Waits until it has read all that was sent on a connection: until the system keeps nothing of it for the service any
    /// more, by proc_net_tcp(5).
    pub fn until_read(&self, stream: &TcpStream) {
        let [own, theirs] =
            [self.address, stream.local_addr().unwrap()].map(|address| format!(":{:04X}", address.port()));
        until("what was sent is read", || {
            let table = fs::read_to_string("/proc/net/tcp").unwrap();
            let lines = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
            let mut queues =
                lines.filter(|line| line[1].ends_with(&own) && line[2].ends_with(&theirs)).map(|line| line[4]);
            queues.next().is_some_and(|queues| queues.ends_with(":00000000"))
        });
    }

    /// All that it has written to its log so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// The most memory that it has had, in MiB.
    pub fn memory_max(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() / 1024
    }

    pub fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
    }

    /// Waits for its end; its code.
    pub fn ended(&mut self) -> Option<i32> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("it has not ended within {PATIENCE:?}: {}", self.log())
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends bytes on a connection of their own, and reads the answer.
    pub fn send(&self, bytes: &[u8]) -> io::Result<Answer> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(bytes)?;
        Answer::read(&mut stream)
    }

    pub fn get(&self, path: &str, token: &str) -> io::Result<Answer> {
        self.send(head("GET", path, token, "").as_bytes())
    }

    /// Redeems a haircut under a key.
    pub fn redeem(&self, token: &str, key: &str) -> io::Result<Answer> {
        self.send(redemption(token, key).as_bytes())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // One that has ended cannot be killed again.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The head of a request, whole; `more` are lines of it.
pub fn head(method: &str, path: &str, token: &str, more: &str) -> String {
    let authorization = if token.is_empty() { String::new() } else { format!("authorization: Bearer {token}\r\n") };
    format!("{method} {path} HTTP/1.1\r\nhost: x\r\n{authorization}{more}\r\n")
}

/// A redemption of a haircut, whole.
pub fn redemption(token: &str, key: &str) -> String {
    let body = haircut();
    let more =
        format!("idempotency-key: {key}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n", body.len());
    head("POST", "/v1/redemptions", token, &more) + &body
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    /// Reads one; an error where the connection ends before it is whole.
    pub fn read(stream: &mut TcpStream) -> io::Result<Self> {
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte)?;
            bytes.push(byte[0]);
        }
        let head = String::from_utf8(bytes).unwrap().to_lowercase();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut answer = Self { status, head, body: String::new() };
        let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        answer.body = String::from_utf8(body).unwrap();
        Ok(answer)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// Whether the other side ends the connection within that time, with or without a last word.
pub fn is_cut_within(stream: &mut TcpStream, wait: Duration) -> bool {
    stream.set_read_timeout(Some(wait)).unwrap();
    let begun = Instant::now();
    let mut bytes = [0; 4096];
    loop {
        match stream.read(&mut bytes) {
            Ok(0) => return true,
            Ok(_) if begun.elapsed() < wait => {}
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return true,
            _ => return false,
        }
    }
}

/// Whether the other side ends the connection at all.
pub fn is_cut(stream: &mut TcpStream) -> bool {
    is_cut_within(stream, PATIENCE)
}

/// Says no more on a connection, and still listens.
pub fn half_close(stream: &TcpStream) {
    stream.shutdown(Shutdown::Write).unwrap();
}
