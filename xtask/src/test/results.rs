//! How each test ended, read from the output of `cargo test`.

use std::collections::BTreeMap;
use std::fmt;

use super::target::Target;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Verdict {
    Passed,
    Failed,
    Ignored,
    /// The test should have run, and did not.
    Missing,
}

/// The tests by name, and how far the reader is in cargo's output.
#[derive(Default)]
pub struct Results {
    verdicts: BTreeMap<String, Verdict>,
    target: Target,
}

impl Results {
    /// Reads the next line of the output.
    pub fn read(&mut self, line: &str) {
        let line = line.trim();
        if let Some(rest) = line.strip_prefix("Running ") {
            self.target.enter(rest);
        } else if let Some(library) = line.strip_prefix("Doc-tests ") {
            self.target.enter_documentation(library);
        } else if let Some((name, verdict)) = line.strip_prefix("test ").and_then(verdict) {
            let name = self.unused(format!("{}::{}", self.target.name(), plain(name)));
            self.verdicts.insert(name, verdict);
        }
    }

    /// Notes how a check went that is counted like a test.
    pub fn note(&mut self, name: &str, has_passed: bool) {
        self.verdicts.insert(name.to_owned(), if has_passed { Verdict::Passed } else { Verdict::Failed });
    }

    /// Whether the test has run and passed.
    pub fn has_passed(&self, name: &str) -> bool {
        self.verdicts.get(name) == Some(&Verdict::Passed)
    }

    /// Notes that a test with this name should have run.
    pub fn expect(&mut self, name: &str) {
        if !self.verdicts.contains_key(name) {
            self.verdicts.insert(name.to_owned(), Verdict::Missing);
        }
    }

    /// Whether no test was read.
    pub fn is_empty(&self) -> bool {
        self.verdicts.is_empty()
    }

    /// All names, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.verdicts.keys().map(String::as_str)
    }

    /// The tests that should have run and did not.
    pub fn missing(&self) -> impl Iterator<Item = &str> {
        self.names_with(Verdict::Missing)
    }

    /// The tests that exist but were ignored.
    pub fn ignored(&self) -> impl Iterator<Item = &str> {
        self.names_with(Verdict::Ignored)
    }

    fn names_with(&self, wanted: Verdict) -> impl Iterator<Item = &str> {
        self.verdicts.iter().filter(move |(_, verdict)| **verdict == wanted).map(|(name, _)| name.as_str())
    }

    /// Two examples in one item's documentation differ only in their line numbers, so the second gets a number.
    fn unused(&self, name: String) -> String {
        let numbered = (2..).map(|number| format!("{name} #{number}"));
        std::iter::once(name.clone()).chain(numbered).find(|name| !self.verdicts.contains_key(name)).unwrap_or(name)
    }
}

/// Writes what did not pass, the counts for each engine, and their sum on a line of its own.
impl fmt::Display for Results {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        const ENGINES: [&str; 3] = ["SQLite", "PostgreSQL", "no engine"];
        for (name, verdict) in &self.verdicts {
            match verdict {
                Verdict::Passed => {}
                Verdict::Failed => writeln!(formatter, "failed: {name}")?,
                Verdict::Ignored => writeln!(formatter, "ignored, which no test may be: {name}")?,
                Verdict::Missing => writeln!(formatter, "did not run: {name}")?,
            }
        }
        for wanted in ENGINES {
            let of_engine = self.verdicts.iter().filter(|(name, _)| engine(name) == wanted);
            writeln!(formatter, "{wanted}: {}", count(of_engine.map(|(_, verdict)| verdict)))?;
        }
        write!(formatter, "{}", count(self.verdicts.values()))
    }
}

/// Counts passes and failures. A test that did not run has failed.
fn count<'a>(verdicts: impl Iterator<Item = &'a Verdict>) -> String {
    let (passed, failed): (Vec<&Verdict>, Vec<&Verdict>) = verdicts.partition(|verdict| **verdict == Verdict::Passed);
    format!("{} passed, {} failed", passed.len(), failed.len())
}

fn engine(name: &str) -> &'static str {
    let name = name.to_lowercase();
    if name.contains("sqlite") {
        "SQLite"
    } else if name.contains("postgres") {
        "PostgreSQL"
    } else {
        "no engine"
    }
}

/// Reads a test's name and its verdict from the part of a line after `test `.
fn verdict(line: &str) -> Option<(&str, Verdict)> {
    let (name, word) = line.rsplit_once(" ... ")?;
    let verdict = match word.split([' ', ',']).next()? {
        "ok" => Verdict::Passed,
        "FAILED" => Verdict::Failed,
        "ignored" => Verdict::Ignored,
        _ => return None,
    };
    Some((name, verdict))
}

/// The name without what libtest and rustdoc add to it: line numbers change with every edit above.
fn plain(name: &str) -> String {
    let name = name.trim_end_matches(" - should panic");
    match name.split_once(" (line ") {
        Some((before, after)) => {
            let after = after.split_once(')').map_or("", |(_line, after)| after);
            format!("{before}{after}")
        }
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "\
    Finished `test` profile [unoptimized + debuginfo] target(s) in 0.05s
     Running unittests src/lib.rs (target/debug/deps/baoyulan_ledger-0e1f)

running 4 tests
test book::tests::a_posting_balances ... ok
test book::tests::overdraft_is_refused - should panic ... ok
test slow ... ignored, takes an hour
test wrong ... FAILED

failures:

---- wrong stdout ----
assertion failed

failures:
    wrong

test result: FAILED. 2 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s

error: test failed, to rerun pass `-p baoyulan-ledger --lib`
     Running tests/proof.rs (target/debug/deps/proof-77aa)

running 1 test
test chain_holds ... ok
     Running unittests src/main.rs (/elsewhere/target/debug/deps/ledger_service-11)
test arguments ... ok
     Running unittests src/lib.rs (target/debug/deps/bank_tests-22)
     Running tests/crash.rs (target/debug/deps/crash-33)
test crash_on_postgres has been running for over 60 seconds
test crash_on_postgres ... ok
test crash_on_sqlite ... ok
   Doc-tests baoyulan_ledger

running 3 tests
test ledger-core/src/lib.rs - (line 12) ... ok
test ledger-core/src/lib.rs - (line 30) ... ok
test ledger-core/src/money.rs - money::Points::new (line 7) - compile fail ... ok
";

    fn read(output: &str) -> Results {
        let mut results = Results::default();
        output.lines().for_each(|line| results.read(line));
        results
    }

    #[test]
    fn names_tell_package_and_file() {
        assert_eq!(
            read(OUTPUT).names().collect::<Vec<_>>(),
            [
                "bank-tests/crash::crash_on_postgres",
                "bank-tests/crash::crash_on_sqlite",
                "baoyulan-ledger/doc::ledger-core/src/lib.rs -",
                "baoyulan-ledger/doc::ledger-core/src/lib.rs - #2",
                "baoyulan-ledger/doc::ledger-core/src/money.rs - money::Points::new - compile fail",
                "baoyulan-ledger/proof::chain_holds",
                "baoyulan-ledger::book::tests::a_posting_balances",
                "baoyulan-ledger::book::tests::overdraft_is_refused",
                "baoyulan-ledger::slow",
                "baoyulan-ledger::wrong",
                "ledger-service/main::arguments",
            ]
        );
    }

    #[test]
    fn what_did_not_run_has_failed() {
        let mut results = read(OUTPUT);
        results.expect("bank-tests/crash::crash_on_postgres");
        results.expect("bank-tests/crash::gone_on_postgres");
        assert_eq!(results.missing().collect::<Vec<_>>(), ["bank-tests/crash::gone_on_postgres"]);
        assert_eq!(results.ignored().collect::<Vec<_>>(), ["baoyulan-ledger::slow"]);
        assert_eq!(
            results.to_string(),
            "did not run: bank-tests/crash::gone_on_postgres\n\
             ignored, which no test may be: baoyulan-ledger::slow\n\
             failed: baoyulan-ledger::wrong\n\
             SQLite: 1 passed, 0 failed\n\
             PostgreSQL: 1 passed, 1 failed\n\
             no engine: 7 passed, 2 failed\n\
             9 passed, 3 failed"
        );
    }
}
