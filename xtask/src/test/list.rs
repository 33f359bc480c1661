//! The committed list of tests. No test can vanish or be switched off without somebody noticing.

use std::collections::BTreeSet;
use std::fs;

use super::results::Results;
use crate::run::{Outcome, root};

const LIST: &str = "tests/expected-tests.txt";

/// Fails unless exactly the tests on the list have run. Those that have not run are added to the results.
pub fn compare(results: &mut Results) -> Outcome {
    let text = fs::read_to_string(root().join(LIST)).map_err(|error| format!("{LIST}: {error}"))?;
    let unlisted = unlisted(&text, results);
    for name in &unlisted {
        println!("not in the list: {name}");
    }
    if unlisted.is_empty() && results.missing().next().is_none() && results.ignored().next().is_none() {
        return Ok(());
    }
    Err(format!(
        "the tests that ran differ from {LIST}; if they are right, `cargo xtask test --accept-tests` updates the list"
    )
    .into())
}

/// Writes the list anew. It fails if a test was ignored.
pub fn accept(results: &Results) -> Outcome {
    if let Some(name) = results.ignored().next() {
        return Err(format!("{name} is ignored; no test may be ignored").into());
    }
    let list: String = results.names().map(|name| format!("{name}\n")).collect();
    fs::write(root().join(LIST), list).map_err(|error| format!("{LIST}: {error}"))?;
    println!("{LIST} is written anew");
    Ok(())
}

/// The tests that ran but are not on the list. Notes in the results that the others were expected.
fn unlisted(list: &str, results: &mut Results) -> Vec<String> {
    let listed: BTreeSet<&str> = list.lines().collect();
    for name in &listed {
        results.expect(name);
    }
    results.names().filter(|name| !listed.contains(name)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_and_unlisted_tests_are_found() {
        let mut results = Results::default();
        for line in [
            "     Running unittests src/lib.rs (target/debug/deps/bank-0)",
            "test kept ... ok",
            "test failing ... FAILED",
            "test new ... ok",
        ] {
            results.read(line);
        }
        let unlisted = unlisted("bank::failing\nbank::gone\nbank::kept\n", &mut results);
        assert_eq!(unlisted, ["bank::new"]);
        assert_eq!(results.missing().collect::<Vec<_>>(), ["bank::gone"]);
    }
}
