//! What a bank relies on is read back: that it is still the same bank, later; that its clock can be right; that its
//! database takes writes and keeps what a connection was told; and which keys its journal vouches for.

#![expect(clippy::unwrap_used, reason = "helpers of tests: what fails here fails the test")]

mod clock;
mod file;
mod keys;
mod rollbacks;
mod server;
mod support;
mod writes;
