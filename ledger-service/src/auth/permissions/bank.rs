use super::Action;
use super::Reach::Anywhere;

/// See the bank's fixed facts, and where its journal stands.
pub const READ_BANK: Action = Action {
    name: "read bank",
    volunteer: Anywhere,
    teller: Anywhere,
    coordinator: Anywhere,
    administrator: Anywhere,
    device: Anywhere,
};

pub const ACTIONS: &[Action] = &[READ_BANK];
