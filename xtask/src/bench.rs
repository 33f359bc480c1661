//! `cargo xtask bench`

use xtask::postgres::{Server, URL_VARIABLE};

use crate::run::{Outcome, cargo, succeed};

/// Runs the benchmarks with these arguments; they start the service that lies beside them.
pub fn run(arguments: &[&str]) -> Outcome {
    let server = Server::start()?;
    succeed(&mut cargo("build --release --locked --package ledger-service"))?;
    succeed(cargo("run --release --locked --package bank-benches --").args(arguments).env(URL_VARIABLE, server.url()))
}
