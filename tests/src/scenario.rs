//! A scenario in JavaScript: a function of `browser/scenarios/` that plays in a real Chromium.
//!
//! It gets what it must know as JSON on its first line of input. A line that it writes with an `@` before it asks for
//! something to be done behind the page (`@stop`), and is answered with one line.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper of tests: what fails here fails the test")]

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::tools;

/// Plays a scenario, `file.function`; it must end well. What it asks for is done by `act`, which is given the words
/// after the `@` and gives the answer.
pub fn play(scenario: &str, told: &Value, mut act: impl FnMut(&str) -> String) {
    let mut node = Command::new("node");
    node.arg(tools::browser().join("run.mjs")).arg(scenario);
    let node = node.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut node = node.unwrap_or_else(|error| panic!("node: {error}: apt-get install nodejs npm"));
    let mut input = node.stdin.take().unwrap();
    writeln!(input, "{told}").unwrap();
    let mut said = String::new();
    for line in BufReader::new(node.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        match line.strip_prefix('@') {
            Some(wish) => writeln!(input, "{}", act(wish)).unwrap(),
            None => said += &format!("{line}\n"),
        }
    }
    let mut error = String::new();
    node.stderr.take().unwrap().read_to_string(&mut error).unwrap();
    assert!(node.wait().unwrap().success(), "{scenario}:\n{said}{error}");
    println!("{scenario}:\n{said}");
}
