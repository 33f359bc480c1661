use super::Action;
use super::Reach::{Anywhere, Never};

/// See whose visit the device's own is, and end it.
pub const VISIT: Action = Action {
    name: "visit",
    volunteer: Never,
    teller: Never,
    coordinator: Never,
    administrator: Never,
    device: Anywhere,
};

pub const ACTIONS: &[Action] = &[VISIT];
