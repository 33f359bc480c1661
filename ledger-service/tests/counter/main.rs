//! The counter's program as its people run it: its arguments, what it prints, how it ends, and what then is in the bank.

#![expect(clippy::unwrap_used, reason = "a test: what fails here fails the test")]

mod audits;
mod bad_input;
mod copies;
mod expiry;
mod foreign;
mod other_towns;
mod past;
mod redemption;
mod repeated;
mod requests;
mod spellings;
mod support;
mod tables;
mod town;
