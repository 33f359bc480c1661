//! The API's routes. A noun has a file or a folder, and offers its `routes()`; [`crate::router`] has a line for each.

pub mod bank;
pub mod checks;
pub mod health;
pub mod imports;
pub mod keys;
pub mod receipts;
pub mod redemptions;
pub mod reversals;
pub mod stations;
pub mod visits;
pub mod volunteers;

mod amount;
mod body;
mod page;
mod segment;
mod typed;

pub use amount::{Amount, instant};
pub use body::Body;
pub use segment::Segment;
