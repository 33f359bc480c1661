//! Requests as JSON, and their answers: the same for every door through which other programs use the ledger.
//!
//! A request is `{"id","actor","effective_on","reason","command"}`, of which only `command` must be there; with `atomic`, a list,
//! in its place, several commands are posted together or not at all. Commands are those of any ledger, not a town's.

mod answer;
mod lines;
mod read;

pub use answer::{Answer, answer};
pub use lines::{Line, Lines};
pub use read::{Unreadable, read};
