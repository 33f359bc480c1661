//! The station's front end (驿站自助机): an agent on the station's own machine, with its page on 127.0.0.1.
//!
//! - [`app`]: what the kiosk is and does. Pure: one `update(model, input) -> (model, effects)`.
//! - [`screens`]: what it shows. Pure: one view a screen.
//! - [`shell`]: all I/O, the only part that knows a clock, a file or a network.
//!
//! No order is sent to the service before the agent has it in its own outbox.

#![allow(missing_docs, reason = "of use to this project alone: comments say what names do not")]
#![warn(
    clippy::wildcard_enum_match_arm,
    clippy::match_wildcard_for_single_variants,
    reason = "what is added to an enum is to be thought of wherever it is told apart"
)]

pub mod app;
pub mod screens;
pub mod shell;
