//! Reads a request. What is not one is told with its column; nothing is taken for something else, and nothing is left out.

use std::str::FromStr;
use std::sync::Arc;

use baoyulan_ledger::command::{
    CaptureHold, Channel, Command, DefineCommodity, Envelope, Key, NewAccount, PlaceHold, Post, ReleaseHold, Reverse,
    SetAccountState, SetLimit,
};
use baoyulan_ledger::object::Object;
use baoyulan_ledger::{AtomicEnvelope, Request};
use jiff::civil::Date;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use uuid::Uuid;

/// Why a text is no request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// What is wrong, in English, for whoever writes the program that sends it.
    pub detail: String,
    /// The character at which it was noticed, from 1.
    pub column: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    id: Option<Uuid>,
    actor: Option<String>,
    #[serde(default, deserialize_with = "date")]
    effective_on: Option<Date>,
    #[serde(default)]
    reason: String,
    command: Option<Sendable>,
    atomic: Option<Vec<Sendable>>,
}

/// The commands of any ledger.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Sendable {
    DefineCommodity(Object<DefineCommodity>),
    OpenAccount(Object<NewAccount>),
    SetAccountState(Object<SetAccountState>),
    Post(Object<Post>),
    PlaceHold(Object<PlaceHold>),
    CaptureHold(Object<CaptureHold>),
    ReleaseHold(Object<ReleaseHold>),
    Reverse(Object<Reverse>),
    SetLimit(Object<SetLimit>),
}

impl From<Sendable> for Command {
    fn from(sendable: Sendable) -> Self {
        match sendable {
            Sendable::DefineCommodity(Object(command)) => Self::DefineCommodity(command),
            Sendable::OpenAccount(Object(command)) => Self::OpenAccount(command),
            Sendable::SetAccountState(Object(command)) => Self::SetAccountState(command),
            Sendable::Post(Object(command)) => Self::Post(command),
            Sendable::PlaceHold(Object(command)) => Self::PlaceHold(command),
            Sendable::CaptureHold(Object(command)) => Self::CaptureHold(command),
            Sendable::ReleaseHold(Object(command)) => Self::ReleaseHold(command),
            Sendable::Reverse(Object(command)) => Self::Reverse(command),
            Sendable::SetLimit(Object(command)) => Self::SetLimit(command),
        }
    }
}

fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    let text: Option<String> = Option::deserialize(deserializer)?;
    let date = |text: String| Date::from_str(&text).ok().filter(|date| date.to_string() == text);
    text.map(|text| date(text).ok_or_else(|| D::Error::custom("a day is YYYY-MM-DD"))).transpose()
}

/// Reads one request in UTF-8. Where it names no actor, this one acts.
///
/// # Errors
/// [`Unreadable`].
pub fn read(json: &[u8], actor: &str, channel: Channel) -> Result<Request, Unreadable> {
    let Object(sent): Object<Sent> = serde_json::from_slice(json).map_err(|error| unreadable(json, &error))?;
    let actor: Arc<str> = sent.actor.as_deref().unwrap_or(actor).into();
    let key = sent.id.map(|id| Key { credential: Arc::clone(&actor), id });
    let (effective_on, reason) = (sent.effective_on, sent.reason);
    match (sent.command, sent.atomic) {
        (Some(command), None) => {
            let envelope = Envelope::unkeyed(&actor, channel, command.into());
            Ok(Envelope { key, effective_on, reason, ..envelope }.into())
        }
        (None, Some(commands)) if !commands.is_empty() => {
            let commands = commands.into_iter().map(Command::from).collect();
            let envelope = AtomicEnvelope::unkeyed(&actor, channel, commands);
            Ok(AtomicEnvelope { key, effective_on, reason, ..envelope }.into())
        }
        (None, Some(_)) => Err(at_end(json, "`atomic` lists at least one command")),
        (None, None) => Err(at_end(json, "a request has a `command`, or commands in `atomic`")),
        (Some(_), Some(_)) => Err(at_end(json, "a request has either `command` or `atomic`, not both")),
    }
}

fn unreadable(json: &[u8], error: &serde_json::Error) -> Unreadable {
    // Nobody can count bytes, so a column is a character's. A text of several lines is none of JSON Lines, but the API may send one.
    let line = json.split(|byte| *byte == b'\n').nth(error.line().saturating_sub(1)).unwrap_or_default();
    let before = line.get(..error.column()).unwrap_or(line);
    let column = String::from_utf8_lossy(before).chars().count().max(1);
    let detail = error.to_string();
    let detail = detail.rsplit_once(" at line ").map_or(detail.as_str(), |(detail, _)| detail).to_owned();
    Unreadable { detail, column }
}

fn at_end(json: &[u8], detail: &str) -> Unreadable {
    let column = String::from_utf8_lossy(json.trim_ascii_end()).chars().count().max(1);
    Unreadable { detail: detail.to_owned(), column }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(json: &str) -> Result<Request, (usize, String)> {
        read(json.as_bytes(), "counter", Channel::Host).map_err(|Unreadable { detail, column }| (column, detail))
    }

    #[test]
    fn all_but_the_command_may_be_missing() {
        let Request::One(envelope) = request(r#"{"command":{"release_hold":{"hold":"h1"}}}"#).unwrap() else {
            unreachable!("one command")
        };
        let expected = Command::ReleaseHold(ReleaseHold { hold: "h1".to_owned() });
        assert_eq!(*envelope, Envelope::unkeyed("counter", Channel::Host, expected));
    }

    #[test]
    fn whoever_is_named_acts_and_their_ids_are_their_own() {
        let id = Uuid::from_u128(7);
        let said = format!(r#""id":"{id}","actor":"shop","effective_on":"2026-11-26","reason":"rain""#);
        let command = r#"{"release_hold":{"hold":"h1"}}"#;
        let Request::One(envelope) = request(&format!(r#"{{{said},"command":{command}}}"#)).unwrap() else {
            unreachable!("one command")
        };
        assert_eq!(envelope.key, Some(Key { credential: "shop".into(), id }));
        assert_eq!((&*envelope.actor, envelope.reason.as_str()), ("shop", "rain"));
        assert_eq!(envelope.effective_on, Some(jiff::civil::date(2026, 11, 26)));
        let Request::Atomic(envelope) = request(&format!(r#"{{{said},"atomic":[{command},{command}]}}"#)).unwrap()
        else {
            unreachable!("several commands")
        };
        assert_eq!(envelope.key, Some(Key { credential: "shop".into(), id }));
        assert_eq!((envelope.commands.len(), envelope.reason.as_str()), (2, "rain"));
    }

    #[test]
    fn what_is_no_request_is_told_with_its_column() {
        let told = |json: &str| request(json).unwrap_err();
        let close = r#""hold":"h1"}}}"#;
        let mut wrong = Vec::new();
        for (json, column, detail) in [
            ("", 1, "EOF while parsing"),
            ("post 5", 1, "expected value"),
            ("[]", 1, "expected an object"),
            (r#"{"command":{"release_hold":["h1"]}}"#, 27, "expected an object"),
            (r#"{"command":{"post":{"entries":[["a",5]]}}}"#, 31, "expected an object"),
            (
                r#"{"command":{"set_limit":{"limit":"a","accounts":["COIN","a/"]}}}"#,
                62,
                "expected an address, or an object",
            ),
            (
                r#"{"command":{"set_limit":{"limit":"a","accounts":{"commodity":"COIN","prefix":"a/","colour":1}}}}"#,
                94,
                "expected an address, or an object",
            ),
            ("{}", 2, "a request has a `command`"),
            (r#"{"atomic":[]}"#, 13, "at least one command"),
            (&format!(r#"{{"colour":1,"command":{{"release_hold":{{{close}"#), 9, "unknown field `colour`"),
            (&format!(r#"{{"reason":"雨","command":{{"release_hold":{{"code":1,{close}"#), 47, "unknown field `code`"),
            (&format!(r#"{{"command":{{"redeem":{{{close}"#), 20, "unknown variant `redeem`"),
            (&format!(r#"{{"atomic":[{{"id":"x","release_hold":{{{close}]"#), 16, "unknown variant `id`"),
            (r#"{"effective_on":"2026-02-30"}"#, 29, "a day is YYYY-MM-DD"),
            (r#"{"id":"7"}"#, 9, "UUID"),
            (r#"{"command":{"post":{"entries":[{"address":"a","quantity":1.5}]}}}"#, 60, "invalid type"),
        ] {
            let (at, said) = told(json);
            wrong.extend((at != column || !said.contains(detail)).then(|| format!("{json}: {at}: {said}")));
        }
        assert_eq!(wrong, Vec::<String>::new());
        assert!(read(b"{\"reason\":\"\xff\"}", "counter", Channel::Host).unwrap_err().detail.contains("unicode"));
    }
}
