//! What pages and screens have in common: languages and how words are said in them, the words for every rejection, sizes of
//! text, QR codes, and files that are embedded.
//!
//! A package lists its words page by page, with [`vocabulary!`] and [`section!`], and has files of messages for each language.
//! This one promises that a word is said in the language that is asked for, and that [`check::flaws`] finds what breaks a rule.
//! It knows no page and no request, and of the ledger its rules alone.

#![allow(missing_docs, reason = "of use to this project alone: comments say what names do not")]
#![warn(
    clippy::wildcard_enum_match_arm,
    clippy::match_wildcard_for_single_variants,
    reason = "what is added to an enum is to be thought of wherever it is told apart"
)]

mod assets;
pub mod check;
mod language;
mod messages;
mod number;
mod qr;
pub mod rejection;
mod text_size;
mod vocabulary;
pub mod weak_pin;

pub use assets::{Asset, Assets};
pub use fluent_bundle::FluentValue;
pub use language::Language;
pub use messages::Messages;
pub use number::{grouped, signed};
pub use qr::qr;
pub use text_size::TextSize;
pub use vocabulary::{Section, Vocabulary, key};
