use super::Action;
use super::Reach::Anywhere;

/// See what a station has to offer.
pub const READ_CATALOGUE: Action = Action {
    name: "read catalogue",
    volunteer: Anywhere,
    teller: Anywhere,
    coordinator: Anywhere,
    administrator: Anywhere,
    device: Anywhere,
};

pub const ACTIONS: &[Action] = &[READ_CATALOGUE];
