//! The pages in a real Chromium: a town whose people can log in, and scenarios in JavaScript that play there.
//!
//! A scenario can ask for `@stop`, and then the service is stopped.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper of tests: what fails here fails the test")]

use serde_json::{Value, json};

use crate::bank::TestBank;
use crate::journal::hex;
use crate::service::{Service, at_the_counter, credential, import_town, set_pin};
use crate::{scenario, tools};

/// The card and PIN of a volunteer with a long history, two receipts and a reversal.
const VOLUNTEER: (&str, &str) = ("1000157592", "482913");
/// The card and PIN of another volunteer.
const OTHER: (&str, &str) = ("1000186983", "907214");
/// The card and PIN of a volunteer who has done nothing yet.
const NEWCOMER: (&str, &str) = ("1000014711", "135792");
/// The card of a volunteer whose card is blocked. They can come in only by a link.
const BLOCKED: &str = "1000030134";

/// A town and its running service.
pub struct Town {
    service: Service,
    /// What the scenarios know about the town.
    told: Value,
}

impl Town {
    /// Fills the bank with the town's own sample data, and lets some people log in.
    pub fn of(bank: &TestBank) -> Self {
        import_town(bank);
        for (card, pin) in [VOLUNTEER, OTHER, NEWCOMER] {
            set_pin(bank, card, pin);
        }
        at_the_counter(bank, &["card", "block", "--card", BLOCKED], "");
        let token = credential(bank, &["--role", "administrator"]);
        let service = Service::start_with(bank, |command| {
            // All scenarios come from the same address.
            command.env("POINTS_BANK_GUESSES_PER_MINUTE_MAX", "100000");
        });
        let told = told(bank, &service, &token);
        Self { service, told }
    }

    /// Plays a scenario, `file.function`, which must succeed.
    pub fn play(&mut self, name: &str) {
        self.play_with(name, json!({}));
    }

    /// Plays a scenario that gets more facts, and must succeed.
    pub fn play_with(&mut self, name: &str, more: Value) {
        let told = json!({ "town": self.told, "more": more });
        scenario::play(name, &told, |wish| match wish {
            "stop" => {
                assert!(self.service.stop().success());
                "stopped".to_owned()
            }
            wish => panic!("{wish} is not known"),
        });
    }
}

/// Collects what the scenarios know about the town.
fn told(bank: &TestBank, service: &Service, token: &str) -> Value {
    let redeem =
        |item: &str| at_the_counter(bank, &["redeem", "--card", VOLUNTEER.0, "--station", "S01", "--item", item], "");
    let (receipt, reversed) = (redeem("G10=1"), redeem("G01=2"));
    let client = service.client(token);
    let reversal = at_the_counter(bank, &["reverse", "S01-26-000002"], "");
    let partly = at_the_counter(bank, &["redeem", "--card", OTHER.0, "--station", "S01", "--item", "G01=3"], "");
    let part = at_the_counter(bank, &["reverse", "S01-26-000004", "--item", "G01=1"], "");
    let balance = client.get(&format!("/v1/volunteers/{}/balance", VOLUNTEER.0)).json();
    let links = ["login-link", "--minutes", "60", "--public-url", service.address(), "--card"];
    let link = |card: &str| at_the_counter(bank, &[&links[..], &[card]].concat(), "");
    json!({
        "address": service.address(),
        "volunteer": {
            "card": VOLUNTEER.0,
            "pin": VOLUNTEER.1,
            "points": balance["points_spendable"]["quantity"],
            "minutes": balance["service_time"]["quantity"],
        },
        "other": { "card": OTHER.0, "pin": OTHER.1 },
        "newcomer": { "card": NEWCOMER.0, "pin": NEWCOMER.1 },
        "blocked": { "card": BLOCKED, "link": link(BLOCKED) },
        "link": link(OTHER.0),
        "credential": token,
        "seed": hex(&bank.signing_key().seed()),
        "receipt": receipt,
        "reversed": reversed,
        "reversal": reversal,
        "partly": partly,
        "part": part,
        "names": names(),
        "files": tools::folder("../data/baohua"),
    })
}

/// The full names of the town's volunteers. No page may show them.
fn names() -> Vec<String> {
    let volunteers = std::fs::read_to_string(tools::folder("../data/baohua/volunteers.csv")).unwrap();
    volunteers.lines().skip(1).map(|line| line.split(',').nth(1).unwrap().to_owned()).collect()
}
