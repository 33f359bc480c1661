//! `cargo xtask mutants`: cargo-mutants changes the rules in small ways, and the tests of the rules must find each change.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::run::{Outcome, cargo, ended, root};

/// The changes that no test finds, each with its reason.
const ACCEPTED: &str = "tests/mutants.txt";

/// cargo-mutants ends so if all changes were found; if some were missed; if tests took too long with some. With any other
/// status it has not come to the end.
const ENDS: [i32; 3] = [0, 2, 3];

/// That cargo-mutants is here, or which command brings it.
pub fn tools() -> Outcome {
    if xtask::path::has("cargo-mutants") {
        Ok(())
    } else {
        Err("cargo-mutants is missing; please install it: cargo install --locked cargo-mutants".into())
    }
}

/// Runs cargo-mutants as `.cargo/mutants.toml` says, with more arguments (`--file`, `--jobs`). Fails if a change is missed that
/// the list does not have.
pub fn run(arguments: &[&str]) -> Outcome {
    tools()?;
    let accepted = read(&root().join(ACCEPTED))?;
    let mut command = cargo("mutants --no-shuffle --colors never --output target");
    // Any sequence that finds a change will do, not only the shortest.
    command.args(arguments).env("PROPTEST_MAX_SHRINK_TIME", "1");
    let status = command.status()?;
    if !status.code().is_some_and(|code| ENDS.contains(&code)) {
        return ended(&command, status);
    }
    let missed = read(&root().join("target/mutants.out/missed.txt"))?;
    for mutant in beyond(&accepted, &missed).filter(|_| arguments.is_empty()) {
        println!("found by now, so it need not stand in {ACCEPTED}: {mutant}");
    }
    let new: Vec<&str> = beyond(&missed, &accepted).collect();
    for mutant in &new {
        println!("no test finds: {mutant}");
    }
    if new.is_empty() { Ok(()) } else { Err(format!("write a test, or a reason into {ACCEPTED}").into()) }
}

/// How often each change is in a list, which may have comments. The places within files are left out: they move with every edit.
type Mutants = BTreeMap<String, usize>;

fn read(list: &Path) -> Outcome<Mutants> {
    let text = match fs::read_to_string(list) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => return Err(format!("{}: {error}", list.display()).into()),
    };
    Ok(mutants(&text))
}

fn mutants(text: &str) -> Mutants {
    let mut mutants = Mutants::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        *mutants.entry(placeless(line)).or_default() += 1;
    }
    mutants
}

/// `ledger-core/src/book/lot.rs:13:20: replace == with != in take` without its line and column.
fn placeless(line: &str) -> String {
    match line.split_once(": ") {
        Some((place, change)) => format!("{}: {change}", place.split(':').next().unwrap_or(place)),
        None => line.to_owned(),
    }
}

/// What is more often in one list than in the other.
fn beyond<'m>(one: &'m Mutants, other: &'m Mutants) -> impl Iterator<Item = &'m str> {
    let more = |(mutant, count): &(&String, &usize)| **count > other.get(*mutant).copied().unwrap_or(0);
    one.iter().filter(more).map(|(mutant, _)| mutant.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_known_wherever_it_stands_and_as_often_as_it_is_listed() {
        let accepted = mutants("# It is the same.\na/lot.rs: replace == with != in take\n\nb.rs: replace f with 1\n");
        let missed = mutants(
            "a/lot.rs:13:20: replace == with != in take\na/lot.rs:17:9: replace == with != in take\nc.rs:1:1: delete ! in g\n",
        );
        let new: Vec<&str> = beyond(&missed, &accepted).collect();
        assert_eq!(new, ["a/lot.rs: replace == with != in take", "c.rs: delete ! in g"]);
        assert_eq!(beyond(&accepted, &missed).collect::<Vec<_>>(), ["b.rs: replace f with 1"]);
    }
}
