//! The committed list of tests: none can vanish, or be switched off, unnoticed.

use std::collections::BTreeSet;
use std::fs;

use super::results::Results;
use crate::run::{Outcome, root};

const LIST: &str = "tests/expected-tests.txt";

/// Fails unless exactly the listed tests have run; those that have not become results too.
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
        "other tests ran than {LIST} says; if they are right, `cargo xtask test --accept-tests` writes it anew"
    )
    .into())
}

/// Writes the list anew; nothing may be ignored even so.
pub fn accept(results: &Results) -> Outcome {
    if let Some(name) = results.ignored().next() {
        return Err(format!("{name} is ignored, and no test may be").into());
    }
    let list: String = results.names().map(|name| format!("{name}\n")).collect();
    fs::write(root().join(LIST), list).map_err(|error| format!("{LIST}: {error}"))?;
    println!("{LIST} is written anew");
    Ok(())
}

/// The tests that ran without being listed; the listed ones are expected of the results.
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
