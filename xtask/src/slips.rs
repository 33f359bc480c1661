//! `cargo xtask slips`

use crate::run::{Outcome, cargo, succeed};

const FOLDER: &str = "redeem-kiosk/tests/slips";

/// Has the slips drawn by the test that otherwise compares them, so that both draw the same.
pub fn run() -> Outcome {
    succeed(cargo("test --locked --package redeem-kiosk snapshots").env("REDEEM_KIOSK_SLIPS", "write"))?;
    println!("look at {FOLDER}, and commit what is right");
    Ok(())
}
