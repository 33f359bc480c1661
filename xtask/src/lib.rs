//! What the project's own commands share with its tests and benchmarks.
//!
//! The package uses only the standard library, because it is compiled before everything else.

pub mod account;
pub mod folder;
pub mod path;
pub mod postgres;
