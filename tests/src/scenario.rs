//! A scenario in JavaScript: a function of `browser/scenarios/` that plays in a real Chromium.
//!
//! It gets what it must know as JSON on its first line of input. A line that it writes with an `@` before it asks for
//! something to be done behind the page (`@stop`), and is answered with one line.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper of tests: what fails here fails the test")]

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};

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
    // Read beside the rest: a full pipe would hold the scenario.
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

/// What plays the scenario. Where `act` panics, it and its Chromium must not go on beside the next test.
struct Playing(Child);

impl Drop for Playing {
    fn drop(&mut self) {
        // It has ended already, where all went well.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
