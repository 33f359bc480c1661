//! A running service, and a caller of it.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bank_tests::bank::TestBank;
use serde_json::Value;
use ureq::http::{Request, Response};

/// The address that people would use: the same at every start.
pub const PUBLIC_URL: &str = "http://points.example";
/// How long a start may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The town's own folder.
pub fn town() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/baohua")
}

/// The program at a bank, with these arguments.
pub fn program(bank: &TestBank, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ledger-service"));
    for (variable, _) in std::env::vars().filter(|(variable, _)| variable.starts_with("POINTS_BANK")) {
        command.env_remove(variable);
    }
    command.args(["--bank", bank.url()]).arg("--key-folder").arg(bank.key_folder()).args(arguments);
    command
}

/// Runs the program to its good end and returns what it printed.
pub fn run(bank: &TestBank, arguments: &[&str], input: &str) -> String {
    let mut child =
        program(bank, arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

/// Imports the town at the counter.
pub fn import_town(bank: &TestBank) {
    run(bank, &["import", town().to_str().unwrap(), "--demo"], "");
}

/// Issues a credential and returns its token.
pub fn credential(bank: &TestBank, role: &str, more: &[&str]) -> String {
    run(bank, &[&["credential", "add", "--role", role], more].concat(), "")
}

/// A service in a process of its own; killed when dropped.
pub struct Service {
    process: Child,
    pub url: String,
}

impl Service {
    /// Starts one and waits until it is ready.
    pub fn start(bank: &TestBank) -> Self {
        let service = Self::start_unready(bank, &[]);
        let caller = service.caller("");
        let end = Instant::now() + PATIENCE;
        while caller.get("/readyz").status != 200 {
            assert!(Instant::now() < end, "the service does not become ready");
            std::thread::sleep(Duration::from_millis(10));
        }
        service
    }

    /// Starts one and waits until it listens.
    pub fn start_unready(bank: &TestBank, more: &[&str]) -> Self {
        let data = bank.folder().join("data");
        let mut command = program(bank, &["serve", "--listen", "127.0.0.1:0", "--public-url", PUBLIC_URL]);
        command.arg("--data-folder").arg(data).args(more).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let url = line.trim_end().strip_prefix("listening at ").unwrap_or_else(|| unreachable!("{line:?}")).to_owned();
        Self { process, url }
    }

    /// A caller with this token; with none where it is empty.
    pub fn caller(&self, token: &str) -> Caller {
        Caller::new(&self.url, token)
    }

    /// Kills it at once, and waits until it is gone.
    pub fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // One that has ended cannot be killed again.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Who calls, with one token, keeping connections open.
#[derive(Clone)]
pub struct Caller {
    agent: ureq::Agent,
    url: String,
    token: String,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| unreachable!("{error}: {}", self.text))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The JSON of an answer that must have this status.
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.json()
    }

    /// The code of a problem that must have this status.
    pub fn problem(&self, status: u16) -> String {
        let problem = self.expect(status);
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(problem["status"], status);
        assert_eq!(problem["type"], format!("/problems/{}", problem["code"].as_str().unwrap()));
        assert!(problem["title"].is_string() && problem["detail"].is_string() && problem["retryable"].is_boolean());
        problem["code"].as_str().unwrap().to_owned()
    }
}

impl Caller {
    pub fn new(url: &str, token: &str) -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).build();
        Self { agent: config.new_agent(), url: url.to_owned(), token: token.to_owned() }
    }

    /// The same caller at another address.
    pub fn at(&self, url: &str) -> Self {
        Self { url: url.to_owned(), ..self.clone() }
    }

    /// Sends; an error where nothing came back.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Answer, ureq::Error> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.url));
        if !self.token.is_empty() {
            request = request.header("authorization", format!("Bearer {}", self.token));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response: Response<ureq::Body> = self.agent.run(request.body(body.to_vec()).unwrap())?;
        let text = |value: &ureq::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        Ok(Answer {
            status: response.status().as_u16(),
            headers: response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
            text: response.body_mut().read_to_string()?,
        })
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], b"").unwrap()
    }

    /// Posts JSON under a key.
    pub fn try_post(&self, path: &str, key: &str, body: &Value) -> Result<Answer, ureq::Error> {
        let headers = [("content-type", "application/json"), ("idempotency-key", key)];
        self.send("POST", path, &headers, body.to_string().as_bytes())
    }

    /// Posts JSON under a key, to somebody who answers.
    pub fn post(&self, path: &str, key: &str, body: &Value) -> Answer {
        self.try_post(path, key, body).unwrap()
    }

    /// Posts files under a key.
    pub fn upload(&self, key: &str, files: &[(&str, Vec<u8>)]) -> Answer {
        const BOUNDARY: &str = "a-boundary-of-the-test";
        let mut body = Vec::new();
        for (name, content) in files {
            body.extend_from_slice(
                format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\r\n")
                    .as_bytes(),
            );
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        let media_type = format!("multipart/form-data; boundary={BOUNDARY}");
        self.send("POST", "/v1/imports", &[("content-type", &media_type), ("idempotency-key", key)], &body).unwrap()
    }
}

/// The files of a folder.
pub fn files(folder: &Path) -> Vec<(&'static str, Vec<u8>)> {
    const NAMES: [&str; 14] = [
        "units.csv",
        "stations.csv",
        "teams.csv",
        "service_types.csv",
        "earning_rules.csv",
        "flat_awards.csv",
        "grades.csv",
        "themes.csv",
        "catalogue.csv",
        "stock.csv",
        "partners.csv",
        "volunteers.csv",
        "activities.csv",
        "attendance.csv",
    ];
    NAMES.into_iter().map(|name| (name, std::fs::read(folder.join(name)).unwrap())).collect()
}
