//! Whether the tests find what they are there to find. The library can be built with defects (`ledger-core/src/defect.rs`), and
//! `tests/defects.txt` says which test finds which: it must fail while the defect is on, and pass otherwise.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use xtask::postgres::URL_VARIABLE;

use super::programs::Programs;
use crate::run::{Outcome, built, root};

const TABLE: &str = "tests/defects.txt";

/// How long a test may take with a defect. One that hangs has found nothing.
const PATIENCE: Duration = Duration::from_secs(60);

/// A line of the table.
pub struct Defect {
    name: String,
    /// The test that finds it, by its name on the list of tests.
    pub test: String,
}

impl Defect {
    /// The table's lines.
    pub fn all() -> Outcome<Vec<Self>> {
        let text = fs::read_to_string(root().join(TABLE)).map_err(|error| format!("{TABLE}: {error}"))?;
        let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        lines.map(|line| Self::of(line).ok_or_else(|| format!("{TABLE}: {line}: a defect and a test").into())).collect()
    }

    fn of(line: &str) -> Option<Self> {
        let (name, test) = line.split_once(' ')?;
        Some(Self { name: name.to_owned(), test: test.trim().to_owned() })
    }

    /// Whether one of these names it.
    pub fn is_among(&self, names: &[&str]) -> bool {
        names.contains(&self.name.as_str())
    }

    /// Its name on the list of tests, which tells the engine too.
    pub fn listed(&self) -> String {
        let (_, test) = self.test.split_once("::").unwrap_or_default();
        format!("defects/{}::{test}", self.name)
    }

    /// Runs the test with the defect. `server` is the throw-away PostgreSQL's address.
    ///
    /// # Errors
    /// The test does not find the defect.
    pub fn is_found(&self, programs: &Programs, server: &str) -> Outcome {
        let (_, name) = self.program(programs)?;
        let (status, said) = self.run(programs, server, true)?;
        let failed = format!("test {name} ... FAILED");
        if !said.lines().any(|line| line == format!("the defect {} is met", self.name)) {
            return Err(format!("the test does not come to the defect:\n{said}").into());
        }
        // 101: tests have failed, and nothing else has happened.
        if status.code() != Some(101) || !said.lines().any(|line| line == failed) {
            return Err(format!("the test does not find it ({status}):\n{said}").into());
        }
        Ok(())
    }

    /// Runs the test without the defect.
    ///
    /// # Errors
    /// It fails.
    pub fn passes_without(&self, programs: &Programs, server: &str) -> Outcome {
        let (status, said) = self.run(programs, server, false)?;
        let has_run = said.lines().any(|line| line.starts_with("test result: ok. 1 passed"));
        if status.success() && has_run { Ok(()) } else { Err(format!("the test fails without it:\n{said}").into()) }
    }

    fn program<'p>(&'p self, programs: &'p Programs) -> Outcome<(&'p Path, &'p str)> {
        programs.of(&self.test).ok_or_else(|| format!("no program has the test {}", self.test).into())
    }

    /// How the test ends, and what it and the library say.
    fn run(&self, programs: &Programs, server: &str, is_on: bool) -> Outcome<(ExitStatus, String)> {
        let (program, name) = self.program(programs)?;
        // A file takes whatever is said, also by a process that outlives the test.
        let log = built("defects.log");
        let output = File::create(&log)?;
        let mut command = Command::new(program);
        // Two threads: with one alone, the harness prints the name before the test says anything.
        command.args([name, "--exact", "--test-threads=2"]).env(URL_VARIABLE, server);
        // Any sequence that finds it will do, not only the shortest.
        command.env("PROPTEST_MAX_SHRINK_TIME", "1");
        if is_on {
            command.env("BANK_DEFECT", &self.name);
        }
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let status = end_of(&mut command)?;
        Ok((status, String::from_utf8_lossy(&fs::read(&log)?).into_owned()))
    }
}

/// Runs a command to its end, or kills it.
fn end_of(command: &mut Command) -> Outcome<ExitStatus> {
    let mut child = command.spawn()?;
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if begun.elapsed() > PATIENCE {
            child.kill()?;
            return Ok(child.wait()?);
        }
        thread::sleep(Duration::from_millis(5));
    }
}
