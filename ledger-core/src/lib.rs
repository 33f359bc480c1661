//! An embeddable double-entry ledger for volunteer hours and points: accounts and lots that expire, redemptions with
//! signed receipts, a journal that proves itself. A bank is a SQLite file or a PostgreSQL schema; nothing else changes.
//!
//! # A whole program
//!
//! ```no_run
#![doc = include_str!("../examples/embed.rs")]
//! ```
//!
//! # How it hangs together
//!
//! A [`command::Command`] travels in an [`command::Envelope`] to the [`Ledger`]. The writer gathers what waits into a
//! batch, loads what the batch depends on into a [`world::World`], and asks [`decide::decide`] what each command changes:
//! [`effect::Effects`], or a [`Rejection`]. All of a batch is written in one database transaction, whose commit point is
//! the compare-and-swap of the journal's head; only then is anybody answered. What is answered is durable.
//!
//! | to find | look in |
//! |---|---|
//! | every way the ledger may change | [`command`] |
//! | every reason to say no | [`reject`] |
//! | what a change consists of | [`effect`] |
//! | the rules, put in order | [`decide`] over [`world`] |
//! | double entry: accounts, lots, transactions | [`book`] |
//! | who: members, cards, stations | [`people`] |
//! | how points are earned | [`earn`] |
//! | how points are spent | [`shop`] |
//! | what a stranger can check | [`proof`] |
//! | all SQL | [`store`] |
//! | the writer | [`poster`] |
//! | a volunteer's statement | [`statement`] |
//! | who is at the door: credentials, sessions, PINs | [`access`] |
//!
//! The rules are pure and need no database: without the feature `store` the crate is just them, and the proofs.
//!
//! Quantities are whole numbers of a commodity's smallest unit, within ±(2⁵³ − 1); debits are positive. Times are UTC
//! seconds, days and months those of the bank's own zone. A [`Rejection`] is a no by rule and final for the command's id;
//! a [`Fault`] is something broken, after which the same command may be sent again.

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
