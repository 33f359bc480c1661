//! An audit names whatever somebody has changed in a bank's tables, but for what no record knows of.

#![expect(clippy::unwrap_used, reason = "helpers of tests: what fails here fails the test")]

mod cells;
mod forger;
mod honest;
mod records;
mod town;
