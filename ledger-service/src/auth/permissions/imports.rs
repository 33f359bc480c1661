use super::Action;
use super::Reach::{Never, Town};

/// Import a town's files, and see what became of them.
pub const IMPORT: Action =
    Action { name: "import", volunteer: Never, teller: Never, coordinator: Town, administrator: Town, device: Never };

pub const ACTIONS: &[Action] = &[IMPORT];
