//! A counter in a process of its own, `counter_worker`, as its caller sees it. Commands go in and answers come out line
//! by line, in any order. A test can kill it at any moment.

#![expect(clippy::unwrap_used, reason = "a helper of tests: what fails here fails the test")]

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command as Program, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use baoyulan_ledger::Rejection;
use baoyulan_ledger::command::Command;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::bank::TestBank;

/// How long a test waits for a counter before it gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// What became of a command: its position and its receipt's token, or the rejection.
pub type Outcome = Result<(i64, Option<String>), Rejection>;

/// An answer that has reached the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The command's id.
    pub id: Uuid,
    /// What became of the command; if something broke, the fault's code and message.
    pub outcome: Result<Outcome, String>,
    /// Whether the id was posted before, so that this is the stored outcome.
    pub replayed: bool,
}

impl Answer {
    fn parse(line: &str) -> Self {
        let answer: Value = serde_json::from_str(line).unwrap();
        let id = Uuid::parse_str(answer["id"].as_str().unwrap()).unwrap();
        let outcome = if let Some(fault) = answer["fault"].as_str() {
            Err(fault.to_owned())
        } else if let Some(position) = answer["position"].as_i64() {
            Ok(Ok((position, answer["receipt"].as_str().map(str::to_owned))))
        } else {
            Ok(Err(serde_json::from_value(answer["rejection"].clone()).unwrap()))
        };
        Self { id, outcome, replayed: answer["replayed"] == true }
    }
}

/// A running counter.
#[derive(Debug)]
pub struct Counter {
    process: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Counter {
    /// Starts `counter_worker` from the file `program` at a bank. `what` is `post`, `found`, `expire` or `host`.
    pub fn start(program: &str, what: &str, bank: &TestBank) -> Self {
        let mut program = Program::new(program);
        program.arg(what).arg(bank.url()).arg(bank.key_folder());
        let mut process = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (process.stdin.take(), process.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            let mut line = String::new();
            // A kill may have cut a line off; then it does not count.
            while output.read_line(&mut line).is_ok() && line.ends_with('\n') && sender.send(line).is_ok() {
                line = String::new();
            }
        });
        Self { process, input, lines }
    }

    /// The counter's next line; `None` if none comes in time. Panics if the counter has ended.
    pub fn line_within(&self, wait: Duration) -> Option<String> {
        match self.lines.recv_timeout(wait) {
            Ok(line) => Some(line.trim_end().to_owned()),
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => None,
            Err(ended) => unreachable!("the counter has ended: {ended}"),
        }
    }

    /// The counter's next line; panics if it takes too long.
    pub fn line(&self) -> String {
        self.line_within(PATIENCE).unwrap()
    }

    /// The counter's next answer; `None` if none comes in time.
    pub fn answer_within(&self, wait: Duration) -> Option<Answer> {
        self.line_within(wait).map(|line| Answer::parse(&line))
    }

    /// The counter's next answer; panics if it takes too long.
    pub fn answer(&self) -> Answer {
        Answer::parse(&self.line())
    }

    /// Writes a line to the counter.
    pub fn tell(&mut self, line: &str) {
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Hands the counter a command under an id.
    pub fn send(&mut self, id: Uuid, command: &Command) {
        self.tell(&json!({ "id": id.to_string(), "command": command }).to_string());
    }

    /// Kills the counter with SIGKILL at once, and returns the answers that had reached the caller by then.
    pub fn kill(mut self) -> Vec<Answer> {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.lines.iter().map(|line| Answer::parse(line.trim_end())).collect()
    }

    /// Tells the counter that nothing more will come, and waits for its remaining answers and its end.
    pub fn finish(mut self) -> Vec<Answer> {
        drop(self.input.take());
        let answers = self.lines.iter().map(|line| Answer::parse(line.trim_end())).collect();
        assert!(self.process.wait().unwrap().success());
        answers
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        // After a failed test it must not stay; otherwise it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Random choices that are the same in every run with the same seed.
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    /// Takes the seed from `BANK_TEST_SEED`, or else from the clock, and prints it so that a failure can be run again.
    pub fn thrown(test: &str) -> Self {
        let given = std::env::var("BANK_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let seed = given.unwrap_or(since.as_nanos() as u64);
        println!("{test}: BANK_TEST_SEED={seed}");
        Self(seed)
    }

    /// Makes another source of choices, which also depends only on this seed.
    pub fn another(&mut self) -> Self {
        Self((self.roll(1 << 30) as u64) << 30 | self.roll(1 << 30) as u64)
    }

    /// A number from 0 up to `sides`, without `sides` itself.
    pub fn roll(&mut self, sides: usize) -> usize {
        // Knuth's generator, whose high bits are the good ones.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    /// Picks one of these.
    pub fn of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.roll(choices.len())]
    }
}

/// By how much a long run multiplies its rounds: ten with `BANK_SOAK=1`, else one.
pub fn soak_factor() -> usize {
    if std::env::var("BANK_SOAK").is_ok_and(|value| value == "1") { 10 } else { 1 }
}
