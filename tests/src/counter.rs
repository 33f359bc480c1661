//! A counter in a process of its own, `counter_worker`, as its caller sees it: commands go in line by line, answers come
//! out line by line, in any order, and it can be killed at any moment.

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

/// How long a counter may take before a test gives it up.
const PATIENCE: Duration = Duration::from_secs(60);

/// What became of a command: its position and its receipt's token, or the refusal.
pub type Outcome = Result<(i64, Option<String>), Rejection>;

/// An answer that has reached the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The command's id.
    pub id: Uuid,
    /// What became of it; a fault's code and words where something broke.
    pub outcome: Result<Outcome, String>,
    /// Whether it is the stored outcome of an id that was posted before.
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
    /// Starts `counter_worker`, whose file is `program`, at a bank: to `post`, or to `found`.
    pub fn start(program: &str, what: &str, bank: &TestBank) -> Self {
        let mut program = Program::new(program);
        program.arg(what).arg(bank.url()).arg(bank.key_folder());
        let mut process = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (process.stdin.take(), process.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            let mut line = String::new();
            // What a kill has cut off is no line.
            while output.read_line(&mut line).is_ok() && line.ends_with('\n') && sender.send(line).is_ok() {
                line = String::new();
            }
        });
        Self { process, input, lines }
    }

    /// Its next line, if it comes in time; panics where it has ended.
    pub fn line_within(&self, wait: Duration) -> Option<String> {
        match self.lines.recv_timeout(wait) {
            Ok(line) => Some(line.trim_end().to_owned()),
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => None,
            Err(ended) => unreachable!("the counter has ended: {ended}"),
        }
    }

    /// Its next line.
    pub fn line(&self) -> String {
        self.line_within(PATIENCE).unwrap()
    }

    /// Its next answer, if it comes in time.
    pub fn answer_within(&self, wait: Duration) -> Option<Answer> {
        self.line_within(wait).map(|line| Answer::parse(&line))
    }

    /// Its next answer.
    pub fn answer(&self) -> Answer {
        Answer::parse(&self.line())
    }

    /// Tells it a line.
    pub fn tell(&mut self, line: &str) {
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Hands it a command under its id.
    pub fn send(&mut self, id: Uuid, command: &Command) {
        self.tell(&json!({ "id": id.to_string(), "command": command }).to_string());
    }

    /// Kills it with SIGKILL, now. What had reached the caller by then comes back.
    pub fn kill(mut self) -> Vec<Answer> {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.lines.iter().map(|line| Answer::parse(line.trim_end())).collect()
    }

    /// Tells it that there is nothing more, and waits for the rest of its answers and its end.
    pub fn finish(mut self) -> Vec<Answer> {
        drop(self.input.take());
        let answers = self.lines.iter().map(|line| Answer::parse(line.trim_end())).collect();
        assert!(self.process.wait().unwrap().success());
        answers
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        // Where a test has failed it must not stay; else it is gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Chance that is the same in every run of one seed.
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    /// The chance of `BANK_TEST_SEED`, or of the clock. The seed is printed, so that a failure can be run again.
    pub fn thrown(test: &str) -> Self {
        let given = std::env::var("BANK_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let seed = given.unwrap_or(since.as_nanos() as u64);
        println!("{test}: BANK_TEST_SEED={seed}");
        Self(seed)
    }

    /// Chance for somebody else, which is the same in every run of this seed too.
    pub fn another(&mut self) -> Self {
        Self((self.roll(1 << 30) as u64) << 30 | self.roll(1 << 30) as u64)
    }

    /// A number below `sides`.
    pub fn roll(&mut self, sides: usize) -> usize {
        // Knuth's generator; its high bits are the good ones.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    /// One of these.
    pub fn of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.roll(choices.len())]
    }
}

/// How many times the rounds of a run: ten under `BANK_SOAK=1`.
pub fn soak_factor() -> usize {
    if std::env::var("BANK_SOAK").is_ok_and(|value| value == "1") { 10 } else { 1 }
}
