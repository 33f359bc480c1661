//! A scenario in JavaScript: a function in `browser/scenarios/` that plays in a real Chromium.
//!
//! On its first line of input it gets what it has to know, as JSON. If it writes a line that begins with `@`, such as
//! `@stop`, it asks for something behind the page, and gets one line as the answer.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper of tests: what fails here fails the test")]

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::tools;

/// Plays a scenario, `file.function`, which must succeed. `act` does what the scenario asks for: it gets the words
/// after the `@` and returns the answer.
pub fn play(scenario: &str, told: &Value, mut act: impl FnMut(&str) -> String) {
    let mut node = Command::new("node");
    node.arg(tools::browser().join("run.mjs")).arg(scenario);
    let node = node.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut node = node.unwrap_or_else(|error| panic!("node: {error}: apt-get install nodejs npm"));
    let mut input = node.stdin.take().unwrap();
    writeln!(input, "{told}").unwrap();
    // Read errors on a thread of their own: a full pipe would block the scenario.
    let mut errors = node.stderr.take().unwrap();
    let errors = std::thread::spawn(move || {
        let mut text = String::new();
        errors.read_to_string(&mut text).map(|_| text)
    });
    let mut node = Playing(node);
    let mut said = String::new();
    for line in BufReader::new(node.0.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        match line.strip_prefix('@') {
            Some(wish) => writeln!(input, "{}", act(wish)).unwrap(),
            None => said += &format!("{line}\n"),
        }
    }
    let is_well = node.0.wait().unwrap().success();
    let error = errors.join().unwrap().unwrap();
    assert!(is_well, "{scenario}:\n{said}{error}");
    println!("{scenario}:\n{said}");
}

/// The process that plays the scenario. If `act` panics, neither it nor its Chromium may run on into the next test.
struct Playing(Child);

impl Drop for Playing {
    fn drop(&mut self) {
        // If all went well, it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
