//! `cargo xtask soak`

use xtask::postgres::{Server, URL_VARIABLE};

use crate::mutants;
use crate::run::{Outcome, cargo, succeed};

/// Runs the tests optimised and with `BANK_SOAK=1`, which makes them run more rounds. Then changes the rules, one by one.
pub fn run() -> Outcome {
    let server = Server::start()?;
    // The tests run the programs themselves, not only the libraries.
    succeed(&mut cargo("build --release --workspace --locked --bins"))?;
    succeed(
        cargo("test --release --locked --package bank-tests --no-fail-fast")
            .env("BANK_SOAK", "1")
            .env(URL_VARIABLE, server.url()),
    )?;
    mutants::run(&[])
}
