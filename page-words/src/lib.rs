//! The words of pages and screens: their languages, how a word is said in one, and the rules that all words keep to.
//!
//! A package lists its words once, with [`word_list!`], and has a file of messages for each language. It promises that a
//! word is said in the language that is asked for, and that [`check::flaws`] finds what breaks a rule. It knows no page, no
//! request and no ledger.

pub mod check;
mod language;
mod messages;
mod number;
mod word_list;

pub use fluent_bundle::FluentValue;
pub use language::Language;
pub use messages::Messages;
pub use number::{grouped, signed};
pub use word_list::key;
