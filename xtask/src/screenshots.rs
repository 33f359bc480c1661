//! `cargo xtask screenshots`

use crate::run::{Outcome, cargo, succeed};

/// Takes the pictures of all pages and screens anew, into `docs/screenshots`; with `["kiosk"]`, the kiosk's alone.
pub fn run(arguments: &[&str]) -> Outcome {
    succeed(&mut cargo("build --locked --package ledger-service --package redeem-kiosk"))?;
    succeed(cargo("run --locked --package bank-tests --bin screenshots --").args(arguments))
}
