//! The whole conversation, replayed from lists of inputs, without any I/O.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod aloud;
mod bank;
mod beliefs;
mod golden;
mod graph;
mod moves;
mod orders;
mod privacy;
mod random;
mod reasons;
mod support;
mod visits;
