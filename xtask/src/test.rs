//! `cargo xtask test`

mod list;
mod results;
mod tools;

use std::io::{self, BufRead, BufReader, Write};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use xtask::postgres::{Server, URL_VARIABLE};

use crate::run::{Outcome, cargo, ended, root, succeed, words};
use results::Results;

/// What to do with the committed list of tests.
#[derive(Clone, Copy)]
pub enum List {
    /// Every test of the list must have run, and no other.
    Compare,
    /// The tests that ran become the list.
    Accept,
}

/// Runs every check; what was counted is told last, whatever failed.
pub fn run(list: List) -> ExitCode {
    let mut results = Results::default();
    let outcome = checks(list, &mut results);
    if let Err(error) = &outcome {
        eprintln!("\ncargo xtask test: {error}");
    }
    if !results.is_empty() {
        println!("\n{results}");
    }
    if outcome.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Stops at the first check that fails.
fn checks(list: List, results: &mut Results) -> Outcome {
    step("the tools", tools::provide)?;
    check(&mut cargo("fmt --all --check"))?;
    check(&mut cargo("clippy --workspace --all-targets --locked -- -D warnings"))?;
    // The rules and the proofs must build without the store.
    check(&mut cargo("check --package baoyulan-ledger --no-default-features --locked"))?;
    let server = step("a throw-away PostgreSQL", || Ok(Server::start()?))?;
    // Tests run the programs themselves, not only the libraries.
    check(&mut cargo("build --workspace --locked --bins --examples"))?;
    tests(list, results, &server)?;
    // The example that the documentation shows must not only build.
    if root().join("ledger-core/examples/embed.rs").is_file() {
        check(&mut cargo("run --locked --package baoyulan-ledger --example embed"))?;
    }
    check(cargo("doc --workspace --no-deps --locked").env("RUSTDOCFLAGS", "-D warnings"))
}

fn tests(list: List, results: &mut Results, server: &Server) -> Outcome {
    let mut command = cargo("test --workspace --all-features --locked --no-fail-fast");
    command
        .env(URL_VARIABLE, server.url())
        // What is read here is plain text.
        .env("CARGO_TERM_COLOR", "never");
    let passed = step(&words(&command), || stream(&mut command, |line| results.read(line)));
    if passed.is_err() && results.is_empty() {
        // They do not even compile: naming each as missing would hide why.
        return passed;
    }
    let complete = step("the list of tests", || match list {
        List::Compare => list::compare(results),
        List::Accept if passed.is_ok() => list::accept(results),
        List::Accept => Err("the list stays as it is: not all tests passed".into()),
    });
    passed.and(complete)
}

fn check(command: &mut Command) -> Outcome {
    step(&words(command), || succeed(command))
}

/// Announces the work before it begins, and how long it took once it has ended.
fn step<T>(name: &str, work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    println!("\n── {name}");
    let begun = Instant::now();
    let outcome = work();
    let time = begun.elapsed();
    match &outcome {
        Ok(_) => println!("── ok after {time:.1?}"),
        Err(error) => println!("── FAILED after {time:.1?}: {error}"),
    }
    outcome
}

/// Runs the command with both its outputs in one, line by line to the terminal and to the reader.
fn stream(command: &mut Command, mut read: impl FnMut(&str)) -> Outcome {
    let (output, input) = io::pipe()?;
    let mut child = command.stdout(input.try_clone()?).stderr(input).spawn()?;
    // The command keeps its ends of the pipe, and as long as they are open the output has no end.
    command.stdout(Stdio::inherit()).stderr(Stdio::inherit());
    let mut output = BufReader::new(output);
    let mut line = Vec::new();
    while output.read_until(b'\n', &mut line)? > 0 {
        io::stdout().write_all(&line)?;
        read(&String::from_utf8_lossy(&line));
        line.clear();
    }
    ended(command, child.wait()?)
}
