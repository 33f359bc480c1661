//! A station: the town's service, the station's kiosk agent, and scenarios in JavaScript that stand before its screen.
//!
//! A scenario can also ask for what happens away from the screen. Each wish is answered with one line:
//!
//! | wish | what is done |
//! |---|---|
//! | `service stop`, `kill`, `start`, `hold`, `release` | done to the service, which comes back at the same address |
//! | `agent kill`, `start`, `hold`, `release` | done to the agent, which comes back at the same address |
//! | `agent with <arguments>` | kills the agent and starts it with more arguments, a JSON list |
//! | `clock <seconds>` | puts the agent's clock forward |
//! | `counter <arguments>` | runs the service's command line, a JSON list, and answers with what it printed |
//! | `postings <card>` | answers with the kinds of the card's last postings, a JSON list, newest first |

#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper of tests: what fails here fails the test")]

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::bank::TestBank;
use crate::scenario;
use crate::service::{self, NOW_SECONDS, Service, at_the_counter, credential, import_town, set_pin};

/// The station's code and name.
const STATION: (&str, &str) = ("S01", "东紫园");
/// The card and PIN of a volunteer who can afford a sack of rice.
const VOLUNTEER: (&str, &str) = ("1000157592", "482913");
/// The card and PIN of another volunteer.
const OTHER: (&str, &str) = ("1000186983", "907214");
/// The card and PIN of a volunteer who has no points yet.
const NEWCOMER: (&str, &str) = ("1000014711", "135792");
/// The card and PIN of a volunteer whose card is blocked.
const BLOCKED: (&str, &str) = ("1000030134", "246813");

/// The card and PIN of a volunteer who has forgotten the PIN.
const FORGETFUL: (&str, &str) = ("1000002198", "318264");

/// A station and everything that belongs to it.
pub struct Station<'a> {
    bank: &'a TestBank,
    service: Option<Service>,
    service_address: String,
    device: String,
    administrator: String,
    agent: Option<Child>,
    agent_address: String,
    launch: String,
    more: Vec<String>,
    /// What the scenarios know about the station.
    told: Value,
}

impl<'a> Station<'a> {
    /// Fills the bank with the town's own sample data, gives some people PINs, and starts the service and the agent.
    pub fn of(bank: &'a TestBank) -> Self {
        import_town(bank);
        for (card, pin) in [VOLUNTEER, OTHER, NEWCOMER, BLOCKED, FORGETFUL] {
            set_pin(bank, card, pin);
        }
        at_the_counter(bank, &["card", "block", "--card", BLOCKED.0], "");
        let of_station = |role: &str| credential(bank, &["--role", role, "--station", STATION.0]);
        let (device, teller) = (of_station("device"), of_station("teller"));
        let person = |(card, pin): (&str, &str)| json!({ "card": card, "pin": pin });
        let told = json!({
            "volunteer": person(VOLUNTEER),
            "other": person(OTHER),
            "newcomer": person(NEWCOMER),
            "blocked": person(BLOCKED),
            "forgetful": person(FORGETFUL),
            "teller": teller,
            "stranger": credential(bank, &["--role", "teller", "--station", "S02"]),
            "device": device,
            "folder": bank.folder().join("kiosk"),
            "log": bank.folder().join("kiosk.log"),
            "paper": bank.folder().join("paper"),
        });
        let mut station = Self {
            bank,
            service: None,
            service_address: "127.0.0.1:0".to_owned(),
            administrator: credential(bank, &["--role", "administrator"]),
            device,
            agent: None,
            agent_address: "127.0.0.1:0".to_owned(),
            launch: String::new(),
            more: vec!["--printer".to_owned(), format!("file:{}", bank.folder().join("paper").display())],
            told,
        };
        std::fs::write(station.clock_file(), seconds_to_now().to_string()).unwrap();
        station.start_service();
        station.start_agent();
        station
    }

    /// Plays a scenario, `file.function`, which must succeed.
    pub fn play(&mut self, name: &str) {
        self.play_with(name, json!({}));
    }

    /// Plays a scenario that gets more facts, and must succeed.
    pub fn play_with(&mut self, name: &str, more: Value) {
        let mut town = self.told.clone();
        town["address"] = json!(format!("http://{}", self.agent_address));
        town["launch"] = json!(self.launch);
        town["service"] = json!(format!("http://{}", self.service_address));
        scenario::play(name, &json!({ "town": town, "more": more }), |wish| self.act(wish));
    }

    fn act(&mut self, wish: &str) -> String {
        let (whom, what) = wish.split_once(' ').unwrap_or((wish, ""));
        match whom {
            "service" => self.act_on_service(what),
            "agent" => self.act_on_agent(what),
            "clock" => self.put_clock_forward(what.parse().unwrap()),
            "counter" => return self.at_the_counter(what),
            "postings" => return self.postings(what).to_string(),
            _ => panic!("{wish} is not known"),
        }
        "done".to_owned()
    }

    fn act_on_service(&mut self, what: &str) {
        match what {
            "start" => self.start_service(),
            "stop" => assert!(self.service.take().unwrap().stop().success()),
            "kill" => self.service.take().unwrap().kill(),
            "hold" => self.service.as_ref().unwrap().hold(),
            "release" => self.service.as_ref().unwrap().release(),
            _ => panic!("service {what} is not known"),
        }
    }

    fn act_on_agent(&mut self, what: &str) {
        match what.split_once(' ').unwrap_or((what, "")) {
            ("start", _) => self.start_agent(),
            ("kill", _) => self.kill_agent(),
            ("hold", _) => service::hold(self.agent.as_ref().unwrap()),
            ("release", _) => service::release(self.agent.as_ref().unwrap()),
            ("with", arguments) => {
                self.kill_agent();
                self.more = serde_json::from_str(arguments).unwrap();
                self.start_agent();
            }
            _ => panic!("agent {what} is not known"),
        }
    }

    fn start_service(&mut self) {
        let service = Service::start_with(self.bank, |command| {
            command.env("POINTS_BANK_LISTEN", &self.service_address);
            // All guesses come from the same station.
            command.env("POINTS_BANK_GUESSES_PER_MINUTE_MAX", "100000");
        });
        self.service_address = service.address().trim_start_matches("http://").to_owned();
        self.service = Some(service);
    }

    fn start_agent(&mut self) {
        let program = service::program().with_file_name("redeem-kiosk");
        assert!(program.is_file(), "{} is missing: cargo build -p redeem-kiosk", program.display());
        let mut command = Command::new(program);
        for (variable, _) in std::env::vars().filter(|(variable, _)| variable.starts_with("REDEEM_KIOSK")) {
            command.env_remove(variable);
        }
        command.args(["serve", "--listen", &self.agent_address, "--service"]);
        command.arg(format!("http://{}", self.service_address)).args(["--station", STATION.0]);
        command.args(["--station-name", STATION.1, "--poll-seconds", "1", "--answer-seconds-max", "60"]);
        command.arg("--data-folder").arg(self.bank.folder().join("kiosk"));
        command.arg("--clock-file").arg(self.clock_file()).args(&self.more);
        command.env("REDEEM_KIOSK_TOKEN", &self.device);
        let log = self.bank.folder().join("kiosk.log");
        let log = std::fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
        let mut agent = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        self.launch.clear();
        BufReader::new(agent.stdout.take().unwrap()).read_line(&mut self.launch).unwrap();
        self.launch.truncate(self.launch.trim_end().len());
        let address = self.launch.strip_prefix("http://").and_then(|rest| rest.split('/').next());
        self.agent_address = address.unwrap_or_else(|| panic!("the agent does not listen: {}", self.log())).to_owned();
        self.agent = Some(agent);
    }

    fn kill_agent(&mut self) {
        let mut agent = self.agent.take().unwrap();
        agent.kill().unwrap();
        agent.wait().unwrap();
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.bank.folder().join("kiosk.log")).unwrap_or_default()
    }

    fn clock_file(&self) -> PathBuf {
        self.bank.folder().join("clock")
    }

    fn put_clock_forward(&self, seconds: i64) {
        let now: i64 = std::fs::read_to_string(self.clock_file()).unwrap().parse().unwrap();
        // Write a new file and rename it, so that the agent never reads half of it.
        let new = self.clock_file().with_extension("new");
        std::fs::write(&new, (now + seconds).to_string()).unwrap();
        std::fs::rename(&new, self.clock_file()).unwrap();
    }

    fn at_the_counter(&self, arguments: &str) -> String {
        let arguments: Vec<String> = serde_json::from_str(arguments).unwrap();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        at_the_counter(self.bank, &arguments, "").replace('\n', " ")
    }

    fn postings(&self, card: &str) -> Value {
        let client = self.service.as_ref().unwrap().client(&self.administrator);
        let statement = client.get(&format!("/v1/volunteers/{card}/statement?limit=20")).json();
        statement["data"].as_array().unwrap().iter().map(|posting| posting["kind"].clone()).collect()
    }
}

impl Drop for Station<'_> {
    fn drop(&mut self) {
        if let Some(agent) = &mut self.agent {
            // The agent may have ended already.
            let _ = agent.kill();
            let _ = agent.wait();
        }
        if std::thread::panicking() {
            eprintln!("the agent said:\n{}", self.log());
        }
    }
}

/// How many seconds the service's clock is ahead of the machine's.
fn seconds_to_now() -> i64 {
    let here = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    NOW_SECONDS - i64::try_from(here).unwrap()
}
