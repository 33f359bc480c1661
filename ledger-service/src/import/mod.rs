//! Reads a town's folder of CSV files (import format v1), checks it, and posts it.
//!
//! Pass one writes nothing: [`town::read_town`] reads every file but `attendance.csv`, and
//! [`attendance::check_attendance`] streams that one. The first thing that is wrong is a [`fault::Fault`], which names
//! file, line and column, and is said in the reader's language. Pass two, [`post`], posts the [`plan::commands`] of what was read, and then the attendance,
//! which is streamed again; whether one of its rows is accepted is for the ledger to say.
//!
//! Each file has a module that names its columns, reads its rows into the library's types and makes them commands. A
//! new file gets such a module, and its lines in [`town`] and [`plan`].

pub mod activities;
pub mod attendance;
mod catalogue;
pub mod fault;
mod field;
mod keys;
mod lines;
mod partners;
pub mod plan;
mod policy;
pub mod post;
pub mod rewritten;
mod said;
#[cfg(test)]
mod sample;
pub mod sheet;
pub mod shown;
mod stations;
pub mod stock;
mod table;
mod teams;
pub mod town;
mod units;
mod volunteers;
