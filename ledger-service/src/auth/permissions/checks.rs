use super::Action;
use super::Reach::{Anywhere, Never};

/// Have a card's PIN checked, or the work card of a member of staff.
pub const CHECK_PIN: Action = Action {
    name: "check PIN",
    volunteer: Never,
    teller: Anywhere,
    coordinator: Anywhere,
    administrator: Anywhere,
    device: Anywhere,
};

pub const ACTIONS: &[Action] = &[CHECK_PIN];
