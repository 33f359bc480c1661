use super::Action;
use super::Reach::{Anywhere, Never, Own};

/// See a volunteer's account and statement.
pub const READ_VOLUNTEER: Action = Action {
    name: "read volunteer",
    volunteer: Own,
    teller: Anywhere,
    coordinator: Anywhere,
    administrator: Anywhere,
    // A device sees the person of its visit, and nobody else: `visits`.
    device: Never,
};

pub const ACTIONS: &[Action] = &[READ_VOLUNTEER];
