//! `cargo xtask test`

mod defects;
mod list;
mod programs;
mod results;
mod target;
mod times;
mod tools;

use std::io::{self, BufRead, BufReader, Write};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use xtask::postgres::{Server, URL_VARIABLE};

use crate::run::{Outcome, built, cargo, ended, succeed, words};
use defects::Defect;
use programs::Programs;
use results::Results;
use times::{Kind, Times};

/// What every cargo command about the whole project gets. Cargo keeps builds with other features apart, even those of a
/// dependency: one word more or less here, and it compiles hundreds of crates again.
const WHOLE: &str = "--workspace --all-features --locked";

/// What is documented: everything but the other programs, each of which has a library of the same name. Cargo could
/// work that out itself. But only if examples are named does it use the features that tests ask of the dependencies,
/// and so what clippy has already built.
const DOCUMENTED: &str =
    "--no-deps --lib --examples --bin bank-benches --bin counter_worker --bin fixture --bin screenshots";

/// The ledger's sets of features that must also build; everything else is built with all features.
const FEATURE_SETS: [&str; 6] = [
    // The rules and proofs without a store: of any ledger, and of a town.
    "",
    "town",
    // A ledger without a town, on each engine and on both.
    "sqlite",
    "postgres",
    "sqlite,postgres",
    // What programs are made of: all but what lets statements fail.
    "sqlite,postgres,town",
];

/// The ledger's examples.
const EXAMPLES: [&str; 2] = ["examples/embed", "examples/host_transaction"];

/// What to do with the committed list of tests.
#[derive(Clone, Copy)]
pub enum List {
    /// Require that every test on the list has run, and no other.
    Compare,
    /// Make the tests that ran the new list.
    Accept,
}

/// Runs every check. Whatever fails, it ends with the counts.
pub fn run(list: List) -> ExitCode {
    let mut run = Run::default();
    let outcome = run.checks(list);
    if let Err(error) = &outcome {
        eprintln!("\ncargo xtask test: {error}");
    }
    println!("\n{}", run.times);
    if !run.results.is_empty() {
        println!("\n{}", run.results);
    }
    if outcome.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Builds the tests, and runs those that find these defects, or all defects: each with the defect and without.
pub fn defects(names: &[&str]) -> Outcome {
    let mut programs = Programs::default();
    stream(&mut build(), |line| programs.read(line))?;
    let defects: Vec<Defect> =
        Defect::all()?.into_iter().filter(|defect| names.is_empty() || defect.is_among(names)).collect();
    if let Some(name) = names.iter().find(|name| !defects.iter().any(|defect| defect.is_among(&[name]))) {
        return Err(format!("there is no defect {name}").into());
    }
    let server = Server::start()?;
    let mut missed = 0;
    for defect in &defects {
        let outcome = defect.passes_without(&programs, server.url());
        missed += usize::from(!told(defect, outcome.and_then(|()| defect.is_found(&programs, server.url()))));
    }
    if missed == 0 { Ok(()) } else { Err(format!("{missed} of {} defects are not found", defects.len()).into()) }
}

/// Says whether a defect was found, as a test would.
fn told(defect: &Defect, outcome: Outcome) -> bool {
    match &outcome {
        Ok(()) => println!("test {} ... ok", defect.listed()),
        Err(error) => println!("test {} ... FAILED\n{error}", defect.listed()),
    }
    outcome.is_ok()
}

/// Builds all tests and programs.
fn build() -> Command {
    let mut command = cargo(&format!("test {WHOLE} --no-run"));
    // This program reads the output as plain text.
    command.env("CARGO_TERM_COLOR", "never");
    command
}

/// What one run of all checks has found so far.
#[derive(Default)]
struct Run {
    results: Results,
    programs: Programs,
    times: Times,
}

impl Run {
    /// Stops at the first check that fails.
    fn checks(&mut self, list: List) -> Outcome {
        self.step(Kind::Other, "the tools", |_| tools::provide())?;
        self.check(Kind::Other, &mut cargo("fmt --all --check"))?;
        // Clippy and rustdoc need only the types of the dependencies, so these are built once for both.
        self.check(Kind::Compiling, &mut cargo(&format!("clippy {WHOLE} --all-targets -- -D warnings")))?;
        self.check(Kind::Compiling, cargo(&format!("doc {WHOLE} {DOCUMENTED}")).env("RUSTDOCFLAGS", "-D warnings"))?;
        for features in FEATURE_SETS {
            self.check(Kind::Compiling, &mut feature_set(features))?;
        }
        // The tests run the programs themselves, not only the libraries, so build
        // everything before the first test begins.
        let mut build = build();
        self.step(Kind::Compiling, &words(&build), |run| stream(&mut build, |line| run.programs.read(line)))?;
        let server = self.step(Kind::Other, "a throw-away PostgreSQL", |_| Ok(Server::start()?))?;
        self.tests(list, &server)?;
        // The examples in the documentation must not only build but run. Cargo alone
        // would build them again for their own package.
        for example in EXAMPLES {
            self.check(Kind::Testing, &mut Command::new(built(example)))?;
        }
        Ok(())
    }

    fn tests(&mut self, list: List, server: &Server) -> Outcome {
        let mut command = cargo(&format!("test {WHOLE} --no-fail-fast"));
        command
            .env(URL_VARIABLE, server.url())
            // This program reads the output as plain text.
            .env("CARGO_TERM_COLOR", "never");
        let passed =
            self.step(Kind::Testing, &words(&command), |run| stream(&mut command, |line| run.results.read(line)));
        if passed.is_err() && self.results.is_empty() {
            // No test has begun. To call each of them missing would hide why.
            return passed;
        }
        let found = self.step(Kind::Testing, "the defects that tests must find", |run| run.find_defects(server));
        let passed = passed.and(found);
        let complete = self.step(Kind::Other, "the list of tests", |run| match list {
            List::Compare => list::compare(&mut run.results),
            List::Accept if passed.is_ok() => list::accept(&run.results),
            List::Accept => Err("not all tests passed, so the list stays as it is".into()),
        });
        passed.and(complete)
    }

    /// Runs the tests that find defects once more, each with its defect. That they pass without is known by now.
    fn find_defects(&mut self, server: &Server) -> Outcome {
        let mut missed = 0;
        for defect in Defect::all()? {
            let outcome = if self.results.has_passed(&defect.test) {
                defect.is_found(&self.programs, server.url())
            } else {
                Err(format!("{} has not passed without it", defect.test).into())
            };
            let is_found = told(&defect, outcome);
            self.results.note(&defect.listed(), is_found);
            missed += usize::from(!is_found);
        }
        if missed == 0 { Ok(()) } else { Err(format!("{missed} defects are not found").into()) }
    }

    fn check(&mut self, kind: Kind, command: &mut Command) -> Outcome {
        self.step(kind, &words(command), |_| succeed(command))
    }

    /// Says what work begins, and afterwards how long it took.
    fn step<T>(&mut self, kind: Kind, name: &str, work: impl FnOnce(&mut Self) -> Outcome<T>) -> Outcome<T> {
        println!("\n── {name}");
        let begun = Instant::now();
        let outcome = work(self);
        let time = begun.elapsed();
        self.times.add(kind, time);
        match &outcome {
            Ok(_) => println!("── ok after {time:.1?}"),
            Err(error) => println!("── FAILED after {time:.1?}: {error}"),
        }
        outcome
    }
}

/// Checks the ledger with these of its features and no others.
fn feature_set(features: &str) -> Command {
    let mut command = cargo("check --package baoyulan-ledger --locked --no-default-features");
    if !features.is_empty() {
        command.args(["--features", features]);
    }
    command
}

/// Runs the command, and passes both its outputs line by line to the terminal and to `read`.
fn stream(command: &mut Command, mut read: impl FnMut(&str)) -> Outcome {
    let (output, input) = io::pipe()?;
    let mut child = command.stdout(input.try_clone()?).stderr(input).spawn()?;
    // The command keeps its ends of the pipe. As long as they are open, the output does not end.
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
