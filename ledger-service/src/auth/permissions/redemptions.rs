use super::Action;
use super::Reach::{Never, Station};

/// Exchange points at a station.
pub const REDEEM: Action = Action {
    name: "redeem",
    volunteer: Never,
    teller: Station,
    coordinator: Station,
    administrator: Station,
    device: Station,
};

pub const ACTIONS: &[Action] = &[REDEEM];
