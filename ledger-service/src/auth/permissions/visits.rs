use super::Action;
use super::Reach::{Anywhere, Never};

/// See who the device's own visit is of, and end it.
pub const VISIT: Action = Action {
    name: "visit",
    volunteer: Never,
    teller: Never,
    coordinator: Never,
    administrator: Never,
    device: Anywhere,
};

pub const ACTIONS: &[Action] = &[VISIT];
