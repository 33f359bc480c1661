//! The service as these tests start it, and the town's files.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use bank_tests::bank::TestBank;
use bank_tests::service::{self, at_the_counter};
use serde_json::json;

pub use bank_tests::http::{Answer, Client as Caller};
pub use bank_tests::service::{at_the_counter as run, import_town};

/// The address that people would use: the same at every start.
pub const PUBLIC_URL: &str = "http://points.example";

/// How long anything may take that these tests wait for.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The town's own folder.
pub fn town() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/baohua")
}

/// Issues a credential and returns its token.
pub fn credential(bank: &TestBank, role: &str, more: &[&str]) -> String {
    at_the_counter(bank, &[&["credential", "add", "--role", role], more].concat(), "")
}

/// Begins a visit at a device: that member of staff vouches for the card's owner, or is there for themselves. Returns the
/// visit's token.
pub fn visit(device: &Caller, staff: &str, station: &str, card: Option<&str>) -> String {
    let mut check = json!({ "token": staff, "station": station });
    if let Some(card) = card {
        check["card"] = card.into();
    }
    let answer = device.post("/v1/staff-checks", "no key is needed", &check).expect(200);
    answer["visit"].as_str().unwrap().to_owned()
}

/// A service in a process of its own, by the machine's clock; killed when dropped.
pub struct Service(service::Service);

impl Service {
    /// Starts one and waits until it is ready.
    pub fn start(bank: &TestBank) -> Self {
        Self::start_with(bank, |_| {})
    }

    /// The same, with more arguments.
    pub fn start_with(bank: &TestBank, more: impl FnOnce(&mut Command)) -> Self {
        Self(service::Service::start_with(bank, |command| {
            command.env_remove("POINTS_BANK_NOW").args(["--public-url", PUBLIC_URL]);
            more(command);
        }))
    }

    /// A caller with this token; with none where it is empty.
    pub fn caller(&self, token: &str) -> Caller {
        self.0.client(token)
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        self.0.address()
    }

    /// Kills it at once, and waits until it is gone.
    pub fn kill(self) {
        self.0.kill();
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
