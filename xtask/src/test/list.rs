//! The committed list of tests: none can vanish, or be switched off, unnoticed.

use std::collections::BTreeSet;
use std::fs;

use super::results::Results;
use crate::run::{Outcome, root};

const LIST: &str = "tests/expected-tests.txt";

/// Fails unless exactly the listed tests have run; those that have not become results too.
pub fn compare(results: &mut Results) -> Outcome {
    let text = fs::read_to_string(root().join(LIST)).map_err(|error| format!("{LIST}: {error}"))?;
    let listed: BTreeSet<&str> = text.lines().collect();
    for name in &listed {
        results.expect(name);
    }
    let complaints = complaints(&listed, results);
    for complaint in &complaints {
        println!("{complaint}");
    }
    if complaints.is_empty() {
        Ok(())
    } else {
        Err(format!(
            "the tests that ran are not those of {LIST}, see above; `cargo xtask test --accept-tests` writes it anew"
        )
        .into())
    }
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

fn complaints(listed: &BTreeSet<&str>, results: &Results) -> Vec<String> {
    let missing = results.missing().map(|name| format!("did not run: {name}"));
    let ignored = results.ignored().map(|name| format!("ignored: {name}"));
    let unlisted = results.names().filter(|name| !listed.contains(name)).map(|name| format!("not in the list: {name}"));
    missing.chain(ignored).chain(unlisted).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_ignored_and_unlisted_tests_are_named() {
        let mut results = Results::default();
        for line in [
            "     Running unittests src/lib.rs (target/debug/deps/bank-0)",
            "test kept ... ok",
            "test failing ... FAILED",
            "test switched_off ... ignored, too slow",
            "test new ... ok",
        ] {
            results.read(line);
        }
        let listed = BTreeSet::from(["bank::failing", "bank::gone", "bank::kept", "bank::switched_off"]);
        for name in &listed {
            results.expect(name);
        }
        assert_eq!(
            complaints(&listed, &results),
            ["did not run: bank::gone", "ignored: bank::switched_off", "not in the list: bank::new"]
        );
    }
}
