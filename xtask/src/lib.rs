//! What the project's own commands share with its tests and its benchmarks.
//!
//! Only the standard library is used: this package is compiled before everything else.

pub mod account;
pub mod folder;
pub mod path;
pub mod postgres;
