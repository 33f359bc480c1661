//! An embeddable double-entry ledger for volunteer hours and points.
pub mod book;
#[cfg(feature = "store")]
pub mod clock;
pub mod command;
pub mod decide;
pub mod earn;
pub mod effect;
#[cfg(feature = "store")]
pub mod fault;
#[cfg(feature = "store")]
mod key_file;
#[cfg(feature = "store")]
pub mod ledger;
pub mod people;
#[cfg(feature = "store")]
pub mod poster;
pub mod proof;
pub mod reject;
pub mod shop;
#[cfg(feature = "store")]
pub mod store;
pub mod text;
pub mod time;
pub mod world;

#[cfg(feature = "store")]
pub use clock::{Clock, Randomness};
#[cfg(feature = "store")]
pub use fault::{Error, Fault};
#[cfg(feature = "store")]
pub use ledger::{Ledger, NewBank, Options};
#[cfg(feature = "store")]
pub use poster::Posted;
pub use reject::Rejection;
