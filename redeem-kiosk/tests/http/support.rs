//! A town with a service, an agent, and a browser without scripts.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use baoyulan_ledger::proof::SigningKey;
use serde_json::Value;
use sqlx::{Connection, Executor};
use tempfile::TempDir;
use ureq::http::{Request, Response};

use super::proxy::Proxy;

/// How long anything may take.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// Somebody with 5,214 points.
pub const CARD: &str = "1000157592";
pub const PIN: &str = "482913";
pub const STATION: &str = "S01";

/// The program of another package: `cargo xtask test` builds it first.
fn service_program() -> PathBuf {
    let program = Path::new(env!("CARGO_BIN_EXE_redeem-kiosk")).with_file_name("ledger-service");
    assert!(program.is_file(), "{} is missing: cargo build -p ledger-service", program.display());
    program
}

fn without_settings(mut command: Command) -> Command {
    let is_ours = |name: &str| name.starts_with("POINTS_BANK") || name.starts_with("REDEEM_KIOSK");
    for (variable, _) in std::env::vars().filter(|(name, _)| is_ours(name)) {
        command.env_remove(variable);
    }
    command
}

/// A bank with the sample town, and its tokens.
pub struct Town {
    folder: TempDir,
    pub device: String,
    pub teller: String,
    pub administrator: String,
}

/// It is imported once; each test gets a copy.
static SAMPLE: LazyLock<Town> = LazyLock::new(|| {
    let mut town = Town {
        folder: TempDir::new().unwrap(),
        device: String::new(),
        teller: String::new(),
        administrator: String::new(),
    };
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/baohua");
    town.run(&["import", data.to_str().unwrap(), "--demo"], "");
    town.device = town.run(&["credential", "add", "--role", "device", "--station", STATION], "");
    town.teller = town.run(&["credential", "add", "--role", "teller", "--station", STATION], "");
    town.administrator = town.run(&["credential", "add", "--role", "administrator"], "");
    town.run(&["pin", "set", "--card", CARD], PIN);
    town
});

impl Town {
    pub fn new() -> Self {
        let folder = TempDir::new().unwrap();
        for file in std::fs::read_dir(SAMPLE.folder.path()).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), folder.path().join(file.file_name())).unwrap();
        }
        let (device, teller) = (SAMPLE.device.clone(), SAMPLE.teller.clone());
        Self { folder, device, teller, administrator: SAMPLE.administrator.clone() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn program(&self, arguments: &[&str]) -> Command {
        let mut command = without_settings(Command::new(service_program()));
        let bank = format!("sqlite://{}", self.path("town.db").display());
        command.args(["--bank", &bank, "--key-folder"]).arg(self.folder.path()).args(arguments);
        command
    }

    /// Runs the service's program to its good end.
    pub fn run(&self, arguments: &[&str], input: &str) -> String {
        let mut command = self.program(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Serves the bank.
    pub fn serve(&self) -> Service {
        let mut command = self.program(&["serve", "--listen", "127.0.0.1:0", "--public-url", "http://points.example"]);
        command.arg("--data-folder").arg(self.path("service-data"));
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let url = first_line(&mut process).strip_prefix("listening at ").unwrap().to_owned();
        let service = Service { process, url };
        until("the service is ready", || get(&format!("{}/readyz", service.url), "").status().as_u16() == 200);
        service
    }

    /// The key with which the bank signs.
    pub fn signing_key(&self) -> SigningKey {
        let files = std::fs::read_dir(self.folder.path()).unwrap().map(|file| file.unwrap().path());
        let text = files
            .filter(|path| path.extension().is_some_and(|extension| extension == "receipt-key"))
            .map(|path| std::fs::read_to_string(path).unwrap())
            .next()
            .unwrap();
        let seed: [u8; 32] = data_encoding::HEXLOWER.decode(text.trim().as_bytes()).unwrap().try_into().unwrap();
        SigningKey::from_seed(&seed)
    }

    /// Lets all visits be over.
    pub fn end_visits(&self) {
        let url = format!("sqlite://{}", self.path("town.db").display());
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let mut bank = sqlx::SqliteConnection::connect(&url).await.unwrap();
            bank.execute("UPDATE ledger_visits SET used_at = used_at - 120").await.unwrap();
            bank.close().await.unwrap();
        });
    }

    /// How often the card's statement has that kind.
    pub fn count(&self, service: &Service, kind: &str) -> usize {
        let mut answer = get(&format!("{}/v1/volunteers/{CARD}/statement?limit=200", service.url), &self.administrator);
        let list: Value = serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap();
        list["data"].as_array().unwrap().iter().filter(|line| line["kind"] == kind).count()
    }

    /// Waits until it has it as often.
    pub fn until_count(&self, service: &Service, kind: &str, count: usize) {
        until(&format!("{count} of {kind} in the statement"), || self.count(service, kind) >= count);
    }
}

/// Waits until that is so.
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < end, "not within {PATIENCE:?}: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn first_line(process: &mut Child) -> String {
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

fn http() -> ureq::Agent {
    let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE));
    config.max_redirects(0).max_redirects_will_error(false).build().new_agent()
}

fn get(url: &str, token: &str) -> Response<ureq::Body> {
    http().get(url).header("authorization", format!("Bearer {token}")).call().unwrap()
}

/// A running service; killed when dropped.
pub struct Service {
    process: Child,
    pub url: String,
}

impl Drop for Service {
    fn drop(&mut self) {
        // One that has ended cannot be killed again.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A running agent; killed when dropped.
pub struct Agent {
    process: Child,
    launch_url: String,
    log: PathBuf,
}

impl Agent {
    /// One at that service, with its data in the town's folder.
    pub fn start(town: &Town, service: &str) -> Self {
        Self::start_with(town, service, &[])
    }

    pub fn start_with(town: &Town, service: &str, more: &[&str]) -> Self {
        let command = Command::new(env!("CARGO_BIN_EXE_redeem-kiosk"));
        Self::start_by(command, town, service, more)
    }

    /// One whose files cannot grow beyond so many blocks of 512 bytes.
    pub fn start_cramped(town: &Town, service: &str, blocks: u32) -> Self {
        let mut shell = Command::new("sh");
        // Without the trap the system would end it instead of telling it that there is no room.
        shell.args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"")]);
        shell.arg(env!("CARGO_BIN_EXE_redeem-kiosk"));
        Self::start_by(shell, town, service, &[])
    }

    fn start_by(command: Command, town: &Town, service: &str, more: &[&str]) -> Self {
        let log = town.path("agent.log");
        let mut command = without_settings(command);
        command.args(["serve", "--listen", "127.0.0.1:0", "--service", service, "--station", STATION]);
        command.args(["--station-name", "东紫园", "--poll-seconds", "1", "--patience-seconds", "5"]);
        command.arg("--data-folder").arg(town.path("kiosk")).args(more);
        command.env("REDEEM_KIOSK_TOKEN", &town.device);
        let errors = std::fs::OpenOptions::new().create(true).append(true).open(&log).unwrap();
        // A file would be cut short where files cannot grow.
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::from(errors)).spawn().unwrap();
        let launch_url = first_line(&mut process);
        assert!(
            launch_url.starts_with("http://127.0.0.1:"),
            "{launch_url}: {}",
            std::fs::read_to_string(&log).unwrap()
        );
        Self { process, launch_url, log }
    }

    /// A browser that has opened the launch address.
    pub fn browser(&self) -> Browser {
        let mut browser = self.stranger();
        let answer = browser.request("GET", &self.launch_url, &[], "");
        assert_eq!(answer.status().as_u16(), 303);
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        browser.cookie = cookie.split(';').next().unwrap().to_owned();
        browser
    }

    /// One that has not.
    pub fn stranger(&self) -> Browser {
        let origin = self.launch_url.split("/start/").next().unwrap().to_owned();
        Browser { http: http(), origin, cookie: String::new() }
    }

    /// Ends it in order.
    pub fn stop(mut self) {
        let killed = Command::new("kill").arg(self.process.id().to_string()).status().unwrap();
        assert!(killed.success());
        until("the agent has stopped", || self.process.try_wait().unwrap().is_some());
    }

    /// SIGKILL.
    pub fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // One that has ended cannot be killed again.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A browser without scripts.
#[derive(Clone)]
pub struct Browser {
    http: ureq::Agent,
    pub origin: String,
    pub cookie: String,
}

impl Browser {
    /// Sends a request with these headers, and the cookie.
    pub fn request(&self, method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Response<ureq::Body> {
        let mut request = Request::builder().method(method).uri(url);
        if !self.cookie.is_empty() {
            request = request.header("cookie", &self.cookie);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.http.run(request.body(body.to_owned()).unwrap()).unwrap()
    }

    /// The page.
    pub fn page(&self) -> String {
        let mut answer = self.request("GET", &format!("{}/", self.origin), &[], "");
        assert_eq!(answer.status().as_u16(), 200);
        assert_eq!(answer.headers()["cache-control"], "no-store");
        answer.body_mut().read_to_string().unwrap()
    }

    /// Sends a form and returns the status.
    pub fn post(&self, path: &str, body: &str) -> u16 {
        let headers = [("origin", self.origin.as_str()), ("content-type", "application/x-www-form-urlencoded")];
        self.request("POST", &format!("{}{path}", self.origin), &headers, body).status().as_u16()
    }

    /// Presses a button of the page as it is.
    pub fn tap(&self, control: &str) {
        let page = self.page();
        assert!(page.contains(&format!("value=\"{control}\"")), "there is no {control} on {}", value(&page, "screen"));
        self.press(value(&page, "revision"), control);
    }

    /// Presses a button of a page of that revision.
    pub fn press(&self, revision: &str, control: &str) {
        assert_eq!(self.post("/input", &format!("revision={revision}&control={control}")), 303);
    }

    pub fn scan(&self, text: &str) {
        assert_eq!(self.post("/scan", &format!("text={text}")), 303);
    }

    pub fn digits(&self, digits: &str) {
        digits.chars().for_each(|digit| self.tap(&format!("digit-{digit}")));
    }

    /// Waits for that screen, and returns its page.
    pub fn at(&self, screen: &str) -> String {
        self.until(&format!("data-screen=\"{screen}\""))
    }

    /// Waits until the page has these words, and returns it.
    pub fn until(&self, words: &str) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let page = self.page();
            if page.contains(words) {
                return page;
            }
            assert!(Instant::now() < end, "{words:?} does not come: {page}");
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// From the first screen to the check screen: soap, one piece.
    pub fn go_to_check(&self) {
        self.until("已连接");
        self.scan(CARD);
        self.at("pin");
        self.digits(PIN);
        self.tap("submit");
        self.choose("G01");
        self.tap("pieces-1");
        self.at("check");
    }

    /// From the first screen to the check screen, while a member of staff vouches instead of the PIN: one piece of G10.
    pub fn go_to_check_with(&self, staff_card: &str) {
        self.until("已连接");
        self.scan(CARD);
        self.tap("attend");
        self.scan(staff_card);
        self.choose("G10");
        self.at("check");
    }

    fn choose(&self, sku: &str) {
        self.at("shelf");
        while !self.page().contains(&format!("value=\"offer-{sku}\"")) {
            self.tap("next-page");
        }
        self.tap(&format!("offer-{sku}"));
    }
}

/// A town, its service, an agent, and a browser before it.
pub fn station() -> (Town, Service, Agent, Browser) {
    let town = Town::new();
    let service = town.serve();
    let agent = Agent::start(&town, &service.url);
    let browser = agent.browser();
    (town, service, agent, browser)
}

/// The same, with a network between the agent and the service.
pub fn connected() -> (Town, Service, Proxy, Agent, Browser) {
    let town = Town::new();
    let service = town.serve();
    let proxy = Proxy::new(&service.url);
    let agent = Agent::start(&town, &proxy.url);
    let browser = agent.browser();
    (town, service, proxy, agent, browser)
}

/// What the page's body says under that name.
pub fn value<'a>(page: &'a str, name: &str) -> &'a str {
    let mark = format!("data-{name}=\"");
    page.split(&mark).nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_else(|| panic!("no {name}: {page}"))
}

/// The text of the element of that id.
pub fn text<'a>(page: &'a str, id: &str) -> &'a str {
    let mark = format!("id=\"{id}\"");
    let rest = page.split(&mark).nth(1).unwrap_or_else(|| panic!("no {id}: {page}"));
    rest.split_once('>').unwrap().1.split('<').next().unwrap()
}
