//! `cargo xtask soak`

use xtask::postgres::{Server, URL_VARIABLE};

use crate::fuzz;
use crate::mutants;
use crate::run::{Outcome, cargo, succeed};

/// How long each fuzz target runs, unless one says otherwise.
const MINUTES: u32 = 10;

/// The tests, optimised and with many more rounds; then each fuzz target for some time, then small changes to the rules. `fuzz` leaves the tests out, and may name
/// a target and the minutes.
pub fn run(arguments: &[&str]) -> Outcome {
    match arguments {
        [] => {
            fuzz::tools()?;
            mutants::tools()?;
            tests()?;
            fuzz::run(None, MINUTES)?;
            mutants::run(&[])
        }
        ["fuzz"] => fuzz::run(None, MINUTES),
        ["fuzz", word] => match word.parse() {
            Ok(minutes) => fuzz::run(None, minutes),
            Err(_) => fuzz::run(Some(word), MINUTES),
        },
        ["fuzz", target, minutes] => {
            fuzz::run(Some(target), minutes.parse().map_err(|_| format!("{minutes} is no number of minutes"))?)
        }
        _ => Err("soak takes nothing, or: fuzz [target] [minutes]".into()),
    }
}

/// Runs the tests with `BANK_SOAK=1`, which makes them run more rounds.
fn tests() -> Outcome {
    let server = Server::start()?;
    // The tests run the programs themselves, not only the libraries.
    succeed(&mut cargo("build --release --workspace --locked --bins"))?;
    succeed(
        cargo("test --release --locked --package bank-tests --no-fail-fast")
            .env("BANK_SOAK", "1")
            .env(URL_VARIABLE, server.url()),
    )
}
