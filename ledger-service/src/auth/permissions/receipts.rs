use super::Action;
use super::Reach::{Own, Station};

/// See a receipt.
pub const READ_RECEIPT: Action = Action {
    name: "read receipt",
    volunteer: Own,
    teller: Station,
    coordinator: Station,
    administrator: Station,
    device: Station,
};

pub const ACTIONS: &[Action] = &[READ_RECEIPT];
