//! An embeddable double-entry ledger for volunteer hours and points. It has accounts, lots that expire, redemptions with
//! signed receipts, and a journal that anybody can check. A bank is a SQLite file or a PostgreSQL schema; your program is
//! the same for both.
//!
//! # A whole program
//!
//! ```no_run
#![doc = include_str!("../examples/embed.rs")]
//! ```
//!
//! # How it hangs together
//!
//! A [`command::Command`] travels in a [`command::Envelope`] to the [`Ledger`]. The writer gathers what waits into a batch.
//! Each command asks the [`world::World`] for what its rule will read, and what the world lacks is loaded. The rule says what
//! changes ([`effect::Effects`]) or why not ([`Rejection`]). A batch is written in one database transaction, whose commit point
//! is the compare-and-swap of the journal's head; only then is anybody answered. What is answered is durable.
//!
//! | to find | look in |
//! |---|---|
//! | every way the ledger may change | [`command`] |
//! | one command, or several together | [`request`] |
//! | every reason to say no | [`reject`] |
//! | everything that the journal keeps | [`effect`] |
//! | everything that a rule may read | [`world`], and [`town`] for a town |
//! | what all rules have in common | [`rule`] |
//! | double entry: accounts, lots, transactions | [`book`] |
//! | who takes part, and who may act | [`people`] |
//! | how points are earned | [`earn`] |
//! | how points are spent | [`shop`] |
//! | what a stranger can check | [`proof`] |
//! | all SQL | [`store`] |
//! | the writer | [`poster`] |
//! | backup and restore | `ledger::copy` |
//! | whether the bank is what its journal says | `audit` |
//! | a volunteer's statement | [`statement`] |
//! | credentials, sessions, visits and PINs | [`access`] |
//!
//! # In your own transaction
//!
//! If your tables are in the same database, [`Ledger::post_in`] posts in a transaction that you have begun, so that both are committed
//! together or not at all. `examples/host_transaction.rs` is a whole program that does so.
//!
//! # Features
//!
//! - `sqlite` (on unless switched off) and `postgres`: the engines. Without either the crate is the rules and the proofs.
//! - `town`: people, activities that earn points, offers that are had for them. It only compiles the code; whether a town lives
//!   in a bank is said once, by [`NewBank`].
//!
//! Quantities are whole numbers of a commodity's smallest unit, within ±(2⁵³ − 1); debits are positive. Instants are UTC
//! seconds. Days count from 1970-01-01, and days and months are those of the bank's own zone. A [`Rejection`] means that a rule
//! says no, and is final for the command's id. A [`Fault`] means that something broke: send the same command again.

#![warn(
    clippy::wildcard_enum_match_arm,
    clippy::match_wildcard_for_single_variants,
    reason = "whoever adds a variant is shown every place that tells variants apart"
)]
#![cfg_attr(
    not(all(feature = "sqlite", feature = "postgres", feature = "town")),
    allow(dead_code, unused_variables, reason = "a build of some features alone leaves what the others use")
)]

pub mod bank;
pub mod book;
pub mod command;
#[cfg(not(feature = "fault-injection"))]
mod defect;
#[cfg(feature = "fault-injection")]
pub mod defect;
pub mod effect;
pub mod fault;
pub mod language;
pub mod object;
pub mod proof;
mod recent;
pub mod reject;
pub mod request;
mod reserved;
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
pub mod audit;
#[cfg(feature = "store")]
pub mod clock;
#[cfg(feature = "store")]
mod key_file;
#[cfg(feature = "store")]
pub mod ledger;
#[cfg(feature = "store")]
pub mod ordinary;
#[cfg(feature = "store")]
mod place_file;
#[cfg(feature = "store")]
pub mod poster;
#[cfg(feature = "store")]
pub mod private;
#[cfg(feature = "store")]
pub mod store;

#[cfg(all(feature = "store", feature = "town"))]
pub mod access;
#[cfg(all(feature = "store", feature = "town"))]
pub mod statement;

#[cfg(feature = "store")]
pub use clock::{Clock, Randomness};
pub use fault::{Cause, Error, Fault, Unfit};
#[cfg(feature = "store")]
pub use ledger::{Definition, Ledger, NewBank, Options};
#[cfg(feature = "store")]
pub use poster::{AtomicOutcome, Outcome, Pending, Posted, PostedEntry, Stopped, UnmovedAccount};
pub use reject::{AtomicRejected, Rejection};
pub use request::{AtomicEnvelope, Request};
/// The driver, for hosts that lend the ledger their own transactions ([`Ledger::post_in`]): their connections must be of this very
/// version.
#[cfg(feature = "store")]
pub use sqlx;
#[cfg(feature = "store")]
pub use store::lent::HostConnection;
#[cfg(feature = "store")]
pub use store::posted_record::{PostedRecord, StoredOutcome};
