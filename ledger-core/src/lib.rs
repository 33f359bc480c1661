//! An embeddable double-entry ledger for volunteer hours and points. It has accounts, lots that expire, redemptions
//! with signed receipts, and a journal that anybody can check. A bank is a SQLite file or a PostgreSQL schema; your
//! program is the same for both.
//!
//! # A whole program
//!
//! ```no_run
#![doc = include_str!("../examples/embed.rs")]
//! ```
//!
//! # How it hangs together
//!
//! You send a [`command::Command`] in a [`command::Envelope`] to the [`Ledger`]. The writer gathers waiting commands
//! into a batch and loads what they depend on into a [`world::World`]. Then it asks [`rule::decide`] what each command
//! changes: [`effect::Effects`], or a [`Rejection`]. It writes the whole batch in one database transaction, which
//! commits by a compare-and-swap of the journal's head. Only then does it answer, so every answer you get is durable.
//!
//! | to find | look in |
//! |---|---|
//! | every way the ledger may change | [`command`] |
//! | every reason to refuse a command | [`reject`] |
//! | what a change consists of | [`effect`] |
//! | the rules, and what they read | [`rule`], [`world`] |
//! | double entry: accounts, lots, transactions | [`book`] |
//! | members, cards, stations | [`people`] |
//! | how points are earned | [`earn`] |
//! | how points are spent | [`shop`] |
//! | what a stranger can check | [`proof`] |
//! | all SQL | [`store`] |
//! | the writer | [`poster`] |
//! | a volunteer's statement | [`statement`] |
//! | credentials, sessions, PINs | [`access`] |
//!
//! The rules are pure functions and need no database. Without the feature `store`, the
//! crate holds only the rules and the proofs.
//!
//! Quantities are whole numbers of a commodity's smallest unit, within ±(2⁵³ − 1); debits are positive.
//! Instants are UTC seconds. Days count from 1970-01-01, and days and months are those of the bank's own time
//! zone. A [`Rejection`] means that a rule says no, and is final for the command's id. A [`Fault`] means that
//! something broke: send the same command again.

#![cfg_attr(
    not(all(feature = "sqlite", feature = "postgres", feature = "town")),
    allow(dead_code, unused_variables, reason = "a build of some features alone leaves what the others use")
)]

pub mod bank;
pub mod book;
pub mod command;
pub mod effect;
pub mod fault;
pub mod proof;
pub mod reject;
pub mod row;
pub mod rule;
pub mod slice;
pub mod text;
pub mod time;
pub mod world;

#[cfg(feature = "town")]
pub mod earn;
#[cfg(feature = "town")]
pub mod people;
#[cfg(feature = "town")]
pub mod shop;
#[cfg(feature = "town")]
pub mod town;

#[cfg(feature = "store")]
pub mod clock;
#[cfg(feature = "store")]
mod key_file;
#[cfg(feature = "store")]
pub mod ledger;
#[cfg(feature = "store")]
pub mod poster;
#[cfg(feature = "store")]
pub mod store;

#[cfg(all(feature = "store", feature = "town"))]
pub mod access;
#[cfg(all(feature = "store", feature = "town"))]
pub mod statement;

#[cfg(feature = "store")]
pub use clock::{Clock, Randomness};
pub use fault::{Error, Fault};
#[cfg(feature = "store")]
pub use ledger::{Ledger, NewBank, Options};
#[cfg(feature = "store")]
pub use poster::{Posted, PostedEntry};
pub use reject::Rejection;
