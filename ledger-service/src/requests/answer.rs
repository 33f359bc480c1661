//! The answer to a request as JSON: what was posted, which command was refused and why, or that it was no request.

use std::collections::BTreeMap;

use baoyulan_ledger::book::Address;
use baoyulan_ledger::{AtomicOutcome, AtomicRejected, Outcome, Posted, Rejection};
use page_parts::{Language, rejection};
use serde::Serialize;
use serde_json::{Map, Value};

use super::Unreadable;

/// What is answered to one request.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// It is posted, or would be.
    Posted {
        #[serde(flatten)]
        positions: Positions,
        /// RFC 3339, in UTC.
        posted_at: String,
        /// By address, in smallest units; debits positive.
        balances: BTreeMap<Address, i64>,
        replayed: bool,
    },
    /// A rule says no.
    Refused {
        /// Of several commands: the first that was refused, from 0.
        #[serde(skip_serializing_if = "Option::is_none")]
        failed: Option<usize>,
        code: String,
        detail: String,
        /// The rejection's own.
        #[serde(flatten)]
        fields: Map<String, Value>,
    },
    /// It is no request.
    Unreadable { code: &'static str, detail: String, column: usize },
}

/// Where the records of a request are.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Positions {
    /// That of one command.
    Position(i64),
    /// Those of several commands, in their order.
    Positions(Vec<i64>),
}

impl From<Unreadable> for Answer {
    fn from(Unreadable { detail, column }: Unreadable) -> Self {
        Self::Unreadable { code: "invalid_command", detail, column }
    }
}

/// What is answered to a request that was read, in the words of this language.
pub fn answer(outcome: &Outcome, language: Language) -> Answer {
    match outcome {
        Outcome::One(Ok(posted)) => answer_posted(Positions::Position(posted.position), std::slice::from_ref(posted)),
        Outcome::One(Err(rejection)) => answer_refused(rejection, None, language),
        Outcome::Atomic(outcome) => answer_atomic(outcome, language),
    }
}

fn answer_atomic(outcome: &AtomicOutcome, language: Language) -> Answer {
    match outcome {
        Ok(all) => answer_posted(Positions::Positions(all.iter().map(|posted| posted.position).collect()), all),
        Err(AtomicRejected { failed, rejection }) => answer_refused(rejection, Some(*failed), language),
    }
}

fn answer_posted(positions: Positions, all: &[Posted]) -> Answer {
    let balances = all.iter().flat_map(Posted::balances);
    Answer::Posted {
        positions,
        posted_at: all.last().and_then(|posted| shown(posted.posted_at)).unwrap_or_default(),
        // What an account has after the last command that touched it.
        balances: balances.map(|(address, balance)| (address.clone(), balance)).collect(),
        replayed: all.iter().any(|posted| posted.replayed),
    }
}

/// An instant as people and programs read it; `None` where no calendar has it.
fn shown(instant: i64) -> Option<String> {
    jiff::Timestamp::from_second(instant).ok().map(|instant| instant.to_string())
}

fn answer_refused(rejection: &Rejection, failed: Option<usize>, language: Language) -> Answer {
    // A rejection is an object of texts and numbers, which can always be written.
    let mut fields = match serde_json::to_value(rejection) {
        Ok(Value::Object(fields)) => fields,
        Ok(_) | Err(_) => Map::new(),
    };
    fields.remove("code");
    Answer::Refused { failed, code: rejection.code(), detail: rejection::say(language, rejection), fields }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(outcome: &Outcome) -> String {
        serde_json::to_string(&answer(outcome, Language::English)).unwrap()
    }

    fn posted(position: i64) -> Posted {
        let (entries, unmoved) = (Vec::new(), Vec::new());
        Posted { position, posted_at: 1_781_496_000, receipt: None, entries, unmoved, replayed: false }
    }

    #[test]
    fn what_is_posted_has_its_place_its_time_and_its_balances() {
        assert_eq!(
            json(&Outcome::One(Ok(posted(12)))),
            r#"{"position":12,"posted_at":"2026-06-15T04:00:00Z","balances":{},"replayed":false}"#
        );
        assert_eq!(
            json(&Outcome::Atomic(Ok(vec![posted(12), posted(13)]))),
            r#"{"positions":[12,13],"posted_at":"2026-06-15T04:00:00Z","balances":{},"replayed":false}"#
        );
    }

    #[test]
    fn what_is_refused_has_its_code_its_words_and_its_fields() {
        let rejection = Rejection::UnknownAccount { address: "a/b".to_owned() };
        let Value::Object(said) = serde_json::from_str(&json(&Outcome::One(Err(rejection.clone())))).unwrap() else {
            unreachable!("an object")
        };
        assert_eq!(said.keys().collect::<Vec<_>>(), ["address", "code", "detail"]);
        assert_eq!((&said["address"], &said["code"]), (&Value::from("a/b"), &Value::from("unknown_account")));
        let atomic = json(&Outcome::Atomic(Err(AtomicRejected { failed: 3, rejection })));
        assert!(atomic.starts_with(r#"{"failed":3,"code":"unknown_account","detail":""#), "{atomic}");
    }
}
