//! The service as its operators and strangers meet it: settings, starts and stops, slow and greedy clients, TLS, a
//! database that goes away, the log.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test: what fails here fails the test")]

mod crowds;
mod database;
mod disk;
mod limits;
mod log;
mod settings;
mod slow;
mod standing;
mod start;
mod stop;
mod support;
mod tls;
