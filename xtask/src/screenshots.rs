//! `cargo xtask screenshots`

use crate::run::{Outcome, cargo, succeed};

/// Takes the pictures of all pages anew, into `docs/screenshots`.
pub fn run() -> Outcome {
    succeed(&mut cargo("build --locked --package ledger-service"))?;
    succeed(&mut cargo("run --locked --package bank-tests --bin screenshots"))
}
