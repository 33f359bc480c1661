//! Who may do what. Each noun has a file with its actions; [`TABLE`] gathers them, a line a noun.
//!
//! An action cannot be written without saying how far it reaches for every role. A test walks every route of the API's
//! description with every role and station, and fails where a route is not in its own table.

pub mod bank;
pub mod checks;
pub mod imports;
pub mod receipts;
pub mod redemptions;
pub mod reversals;
pub mod stations;
pub mod visits;
pub mod volunteers;

use baoyulan_ledger::people::{MemberId, Role};

use super::Caller;

/// Every action of every noun.
const TABLE: &[&[Action]] = &[
    bank::ACTIONS,
    checks::ACTIONS,
    imports::ACTIONS,
    receipts::ACTIONS,
    redemptions::ACTIONS,
    reversals::ACTIONS,
    stations::ACTIONS,
    visits::ACTIONS,
    volunteers::ACTIONS,
];

/// Something that can be done, and how far each role's permission to do it reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Action {
    name: &'static str,
    volunteer: Reach,
    teller: Reach,
    coordinator: Reach,
    administrator: Reach,
    device: Reach,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    Never,
    /// To the caller's own account.
    Own,
    /// To the station that the credential names; to every station where it names none.
    Station,
    /// To the whole town, but only for credentials that name no station.
    Town,
    Anywhere,
}

/// What an action is done to.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place<'a> {
    pub station: Option<&'a str>,
    /// The number of the member whose account it is.
    pub member: Option<MemberId>,
}

impl Action {
    fn reach(self, role: Role) -> Reach {
        match role {
            Role::Volunteer => self.volunteer,
            Role::Teller => self.teller,
            Role::Coordinator => self.coordinator,
            Role::Administrator => self.administrator,
            Role::Device => self.device,
        }
    }
}

pub fn may(caller: &Caller, action: Action, place: Place<'_>) -> bool {
    debug_assert!(TABLE.iter().any(|noun| noun.contains(&action)), "{} is not in the table", action.name);
    match action.reach(caller.role) {
        Reach::Never => false,
        Reach::Own => caller.member.is_some() && place.member == caller.member,
        Reach::Station => caller.station.is_empty() || place.station == Some(caller.station.as_str()),
        Reach::Town => caller.station.is_empty(),
        Reach::Anywhere => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_stands_in_the_table_once() {
        let mut names: Vec<&str> = TABLE.iter().flat_map(|noun| noun.iter().map(|action| action.name)).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
