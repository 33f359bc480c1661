//! Reads a town's folder of CSV files (import format v1) and checks its structure, writing nothing.
//!
//! This is pass one of `import <folder>`: [`town::read_town`] reads every file but `attendance.csv` into typed
//! rows, and [`attendance::check_attendance`] streams `attendance.csv` once. The first thing that is wrong is a
//! [`fault::Fault`], which names file, line and column. Pass two streams the attendance again with
//! [`attendance::AttendanceRows`]; whether a row of it is accepted is for the ledger to say.

pub mod attendance;
pub mod fault;
pub mod field;
mod keys;
mod lines;
pub mod plan;
pub mod post;
pub mod rows;
#[cfg(test)]
mod sample;
pub mod sheet;
pub mod town;
