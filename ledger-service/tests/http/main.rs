//! The service as its callers know it: a process, and HTTP.

#![expect(clippy::unwrap_used, reason = "a test: what fails here fails the test")]

mod checks;
mod imports;
mod kill;
mod logins;
mod permissions;
mod posting;
mod private;
mod reading;
mod spellings;
mod support;
mod visits;
