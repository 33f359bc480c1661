//! JSON Lines, as programs send them to `post`.

use std::sync::PoisonError;

use baoyulan_ledger::Request;
use baoyulan_ledger::command::Channel;
use page_parts::Language;
use serde_json::{Map, Value, json};

use super::site::SITE;
use crate::requests::{Lines, Unreadable, answer, read};

const ACTOR: &str = "counter";

/// There is one answer to each line, in order. What is no request is told with its column, what is one says nothing but what
/// stands there, and whatever it asks for, the ledger decides.
pub fn lines(bytes: &[u8]) {
    let mut sent = bytes.split_inclusive(|byte| *byte == b'\n');
    let mut requests = Vec::new();
    for (line, number) in Lines::new(bytes, ACTOR).zip(1..) {
        let line = line.unwrap();
        let text = sent.next().unwrap();
        // A mark before the first line is none of its characters.
        let text = if number == 1 { text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text) } else { text };
        assert_eq!(line.number, number);
        match line.request {
            Ok(request) => {
                says_what_was_sent(&request, text);
                requests.push(request);
            }
            Err(unreadable) => is_told(&unreadable, text.strip_suffix(b"\n").unwrap_or(text)),
        }
    }
    assert_eq!(sent.next(), None, "a line has no answer");
    if !requests.is_empty() {
        are_decided(requests);
    }
}

/// That a request that is written anew is the same, and that nothing of what was sent has been passed over.
fn says_what_was_sent(request: &Request, text: &[u8]) {
    let written = written(request);
    assert_eq!(read(written.to_string().as_bytes(), ACTOR, Channel::Host).as_ref(), Ok(request));
    holds(&written, &serde_json::from_slice(text).unwrap(), "");
}

/// That what was read holds all that was sent, and nothing by another name or in another place.
fn holds(read: &Value, sent: &Value, name: &str) {
    match (read, sent) {
        (Value::Object(read), Value::Object(sent)) => {
            for (name, sent) in sent {
                let read = read.get(name);
                assert!(read.is_some() || sent.is_null() || sent == false, "{name} is lost");
                read.into_iter().for_each(|read| holds(read, sent, name));
            }
        }
        (Value::Array(read), Value::Array(sent)) => {
            assert_eq!(read.len(), sent.len(), "{name}");
            read.iter().zip(sent).for_each(|(read, sent)| holds(read, sent, name));
        }
        // A UUID has several spellings.
        _ if name == "id" => {}
        _ => assert!(read == sent || sent.is_null(), "{name}: {sent} is read as {read}"),
    }
}

fn written(request: &Request) -> Value {
    let (key, actor, day, reason) = match request {
        Request::One(envelope) => (&envelope.key, &envelope.actor, envelope.effective_on, &envelope.reason),
        Request::Atomic(envelope) => (&envelope.key, &envelope.actor, envelope.effective_on, &envelope.reason),
    };
    let mut written = Map::from_iter([("actor".to_owned(), json!(**actor)), ("reason".to_owned(), json!(reason))]);
    written.extend(key.as_ref().map(|key| ("id".to_owned(), json!(key.id))));
    written.extend(day.map(|day| ("effective_on".to_owned(), json!(day.to_string()))));
    let (name, commands) = match request {
        Request::One(envelope) => ("command", json!(envelope.command)),
        Request::Atomic(envelope) => ("atomic", json!(envelope.commands)),
    };
    written.insert(name.to_owned(), commands);
    written.into()
}

/// That a column is one of the line, and that of the mistake: it moves with what stands before it.
fn is_told(unreadable: &Unreadable, text: &[u8]) {
    let Unreadable { detail, column } = unreadable;
    let length = String::from_utf8_lossy(text).chars().count();
    assert!((1..=length.max(1)).contains(column), "{detail}: {column} of {length}");
    assert!(!detail.is_empty());
    let is_json = serde_json::from_slice::<Value>(text).is_ok();
    assert!(!is_json || !detail.starts_with("EOF"), "{detail}: the line is whole");
    if !text.trim_ascii().is_empty() {
        let moved = read(&[b"  ", text].concat(), ACTOR, Channel::Host).unwrap_err();
        // What is no object at all is noticed before it is read.
        assert!(
            moved.column == column + 2 || (*column, moved.column) == (1, 2),
            "{detail}: {column}, {}",
            moved.column
        );
        assert_eq!(&moved.detail, detail);
    }
}

/// That the ledger says yes or no to each, and neither breaks nor changes anything while it is only asked.
fn are_decided(requests: Vec<Request>) {
    let site = SITE.lock().unwrap_or_else(PoisonError::into_inner);
    let asked = requests.len();
    let outcomes = site.wait(site.ledger().dry_run(requests)).unwrap();
    assert_eq!(outcomes.len(), asked);
    for outcome in &outcomes {
        let Value::Object(answer) = json!(answer(outcome, Language::English)) else { panic!("an answer is an object") };
        assert!(answer.contains_key("posted_at") || answer["detail"].as_str().is_some_and(|words| !words.is_empty()));
    }
}
