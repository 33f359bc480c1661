use super::Action;
use super::Reach::{Anywhere, Own};

/// See a volunteer's account and statement.
pub const READ_VOLUNTEER: Action = Action {
    name: "read volunteer",
    volunteer: Own,
    teller: Anywhere,
    coordinator: Anywhere,
    administrator: Anywhere,
    device: Anywhere,
};

pub const ACTIONS: &[Action] = &[READ_VOLUNTEER];
