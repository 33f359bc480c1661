//! What must last for ever and may only grow: the kinds of rows in records, the letters of commands, and a command's
//! JSON with its hash, by which the bank recognises an id that is sent again.

#![expect(clippy::unwrap_used, reason = "helpers of tests: what fails here fails the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use bank_tests::journal::{hex, sha256};
use baoyulan_ledger::bank::OPENING_KINDS;
use baoyulan_ledger::command::{Channel, Command, Envelope, KINDS};
use baoyulan_ledger::effect::kinds;
use baoyulan_ledger::proof::record::{FORMAT, RecordRow};
use baoyulan_ledger::row::{Column, ColumnType, Row, Table};
use baoyulan_ledger::time::date_of;

fn vectors_file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors").join(name)
}

/// The lines of a file, without comments.
fn lines(name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(vectors_file(name)).unwrap();
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
}

// Rows and letters ------------------------------------------------------------------------------------------------------------

/// If it is 1, the test adds new kinds to the end of `kinds.txt`. It never changes the lines that are there.
const ADD_VARIABLE: &str = "BANK_TESTS_ADD_KINDS";

const WHAT_TO_DO: &str = "\
A stored record is for ever: it is read, and its leaf is computed again, from the rows that it was written with. So a kind's
number, table, columns, their order and their types never change, and letters never get another meaning.
Undo the change. A new field is a row of a new kind, under a number that was never used, in a table of its own (below 64 in
every bank, from 64 on in a town's). A record whose own columns must change has another FORMAT, and the old one stays beside it.";

/// What a line is about; the file has one line for each: `row 7`, `record 2`, `command POST`.
fn subject(line: &str) -> &str {
    line.split_once(':').map_or(line, |(before, _)| before).trim_end()
}

fn line(subject: &str, table: &Table) -> String {
    let columns = table.own_columns.iter().map(|Column { name, kind }| {
        let kind = match kind {
            ColumnType::Integer => "integer",
            ColumnType::Text => "text",
            ColumnType::Bytes => "bytes",
        };
        format!("{name} {kind}")
    });
    format!("{subject}: {}: {}", table.name, columns.collect::<Vec<_>>().join(", "))
}

/// Lists what the library writes.
fn written() -> Vec<String> {
    let record = [line(&format!("record {FORMAT}"), RecordRow::table())];
    let rows = kinds().into_iter().map(|(kind, table)| line(&format!("row {kind}"), table));
    let commands = OPENING_KINDS.iter().chain(KINDS).map(|letters| format!("command {letters}"));
    record.into_iter().chain(rows).chain(commands).collect()
}

/// Finds out which lines are new, or says how the others differ from the file.
fn added(frozen: &[String], written: &[String]) -> Result<Vec<String>, String> {
    let standing: BTreeMap<&str, &str> = frozen.iter().map(|line| (subject(line), line.as_str())).collect();
    assert_eq!(standing.len(), frozen.len(), "two lines of kinds.txt are about the same");
    let now: BTreeMap<&str, &str> = written.iter().map(|line| (subject(line), line.as_str())).collect();
    assert_eq!(now.len(), written.len(), "two kinds of rows have one number, or two commands the same letters");
    let mut changed = Vec::new();
    for (subject, line) in &standing {
        match now.get(subject) {
            Some(now) if now == line => {}
            Some(now) => changed.push(format!("{subject} has changed:\n  it was {line}\n  it is  {now}")),
            // The library names the newest form of records alone.
            None if subject.starts_with("record ") => {}
            None => changed.push(format!("{subject} is gone:\n  it was {line}")),
        }
    }
    if !changed.is_empty() {
        return Err(format!("{}\n\n{WHAT_TO_DO}", changed.join("\n")));
    }
    Ok(written.iter().filter(|line| !standing.contains_key(subject(line))).cloned().collect())
}

#[test]
fn kinds_of_rows_and_letters_are_only_added() {
    let added = added(&lines("kinds.txt"), &written()).unwrap_or_else(|words| unreachable!("{words}"));
    if added.is_empty() {
        return;
    }
    let added = added.join("\n");
    if std::env::var_os(ADD_VARIABLE).is_some_and(|value| value == "1") {
        let file = vectors_file("kinds.txt");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(file, format!("{text}{added}\n")).unwrap();
        unreachable!("{ADD_VARIABLE} is set: what is new was added to tests/vectors/kinds.txt; read the difference");
    }
    unreachable!(
        "new, and from its first release on for ever:\n{added}\n\nWhere that is meant, {ADD_VARIABLE}=1 cargo test --package \
         bank-tests --test frozen adds it to tests/vectors/kinds.txt, and docs/JOURNAL.md has to describe it."
    );
}

#[test]
fn a_change_of_what_is_frozen_is_found() {
    let frozen = lines("kinds.txt");
    let with = |from: &str, to: &str| -> Vec<String> {
        let changed: Vec<String> = frozen.iter().map(|line| line.replace(from, to)).collect();
        assert_ne!(changed, frozen, "{from}");
        changed
    };
    for (from, to) in [
        // One column more or fewer, another type, order, table or number, or letters that are gone.
        ("account integer, state integer", "account integer, state integer, why text"),
        ("reason text", "reason bytes"),
        (", scale integer", ""),
        ("kind text, name text, motto text", "name text, kind text, motto text"),
        ("ledger_notes", "ledger_remarks"),
        ("row 9:", "row 63:"),
        ("command POST", "command PSTG"),
        ("posted_at integer, ", ""),
    ] {
        let words = added(&frozen, &with(from, to)).unwrap_err();
        assert!(words.contains("never change") && words.contains("A new field is a row of a new kind"), "{words}");
    }
    // Another form of records stands beside the old one.
    let newer = with("record 2", "record 3");
    assert_eq!(added(&frozen, &newer), Ok(vec![newer[0].clone()]));
    let mut more = frozen.clone();
    more.push("row 63: ledger_more: a text".to_owned());
    assert_eq!(added(&frozen, &more), Ok(vec!["row 63: ledger_more: a text".to_owned()]));
}

// Commands --------------------------------------------------------------------------------------------------------------------

/// A line of `commands.txt`.
struct Pinned {
    kind: String,
    hash: String,
    content: String,
}

fn pinned() -> Vec<Pinned> {
    let pinned = lines("commands.txt").into_iter().map(|line| {
        let (kind, rest) = line.split_once(' ').unwrap();
        let (hash, content) = rest.split_once(' ').unwrap();
        Pinned { kind: kind.to_owned(), hash: hash.to_owned(), content: content.to_owned() }
    });
    pinned.collect()
}

#[test]
fn a_commands_json_and_hash_never_change() {
    for Pinned { kind, hash, content } in pinned() {
        let read: (Command, Option<i64>, String, String) = serde_json::from_str(&content).unwrap();
        assert_eq!(
            serde_json::to_string(&read).unwrap(),
            content,
            "the JSON of {kind} has changed: an id that was sent before this version is not known again after it"
        );
        let (command, day, reason, on_behalf_of) = read;
        assert_eq!(command.kind(), kind, "{content}");
        let envelope = Envelope {
            effective_on: day.map(date_of),
            reason,
            on_behalf_of,
            ..Envelope::unkeyed("clerk-1", Channel::Host, command)
        };
        assert_eq!(hex(&envelope.content_hash()), hash, "the hash of {content}");
        assert_eq!(hex(&sha256(content.as_bytes())), hash, "the hash is not of these very bytes: {content}");
        // The hash does not cover who acts, or where.
        let elsewhere = Envelope { actor: "clerk-2".into(), device: "kiosk-1".to_owned(), ..envelope };
        assert_eq!(hex(&elsewhere.content_hash()), hash, "{content}");
    }
}

#[test]
fn every_command_is_pinned() {
    let kinds: BTreeSet<String> = pinned().into_iter().map(|pinned| pinned.kind).collect();
    let missing: Vec<&&str> = KINDS.iter().filter(|kind| !kinds.contains(**kind)).collect();
    assert!(missing.is_empty(), "add an example of each of these to tests/vectors/commands.txt: {missing:?}");
}
