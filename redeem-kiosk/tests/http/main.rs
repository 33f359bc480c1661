//! The agent as a program, against the real service: what a person sees, and what the ledger says afterwards.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod checks;
mod entry;
mod faults;
mod forged;
mod kills;
mod outbox;
mod paper;
mod proxy;
mod support;
mod visits;
