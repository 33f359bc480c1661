use super::Action;
use super::Reach::{Never, Station};

/// Reverse a station's redemption.
pub const REVERSE: Action = Action {
    name: "reverse",
    volunteer: Never,
    teller: Station,
    coordinator: Station,
    administrator: Station,
    device: Station,
};

pub const ACTIONS: &[Action] = &[REVERSE];
