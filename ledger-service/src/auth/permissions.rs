//! Who may do what: one table. A test walks every route with every role and station and compares.

use baoyulan_ledger::people::Role;

use super::Caller;

/// What can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Import a town's folder, and see what became of it.
    Import,
    /// Exchange points.
    Redeem,
    /// Reverse a redemption.
    Reverse,
    /// Have a card's PIN checked, or a member of staff's work card.
    CheckPin,
    /// See a volunteer's account.
    ReadVolunteer,
    /// See what a station has to offer.
    ReadCatalogue,
    /// See a receipt.
    ReadReceipt,
    /// See the bank's fixed facts, and where its journal stands.
    ReadBank,
}

/// How far a role's permission reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Not at all.
    Never,
    /// To their own account.
    Own,
    /// To one station, where the credential names one; else to all.
    Station,
    /// To the whole town, for credentials that name no station.
    Town,
    /// Anywhere.
    Anywhere,
}

/// The table: for each action, how far it reaches for a volunteer, a teller, a coordinator, an administrator, a device.
#[rustfmt::skip]
pub const PERMISSIONS: &[(Action, [Reach; 5])] = {
    use Reach::{Anywhere, Never, Own, Station, Town};
    &[
        //                       volunteer  teller    coordinator  administrator  device
        (Action::Import,        [Never,     Never,    Town,        Town,          Never]),
        (Action::Redeem,        [Never,     Station,  Station,     Station,       Station]),
        (Action::Reverse,       [Never,     Station,  Station,     Station,       Station]),
        (Action::CheckPin,      [Never,     Anywhere, Anywhere,    Anywhere,      Anywhere]),
        (Action::ReadVolunteer, [Own,       Anywhere, Anywhere,    Anywhere,      Anywhere]),
        (Action::ReadCatalogue, [Anywhere,  Anywhere, Anywhere,    Anywhere,      Anywhere]),
        (Action::ReadReceipt,   [Own,       Station,  Station,     Station,       Station]),
        (Action::ReadBank,      [Anywhere,  Anywhere, Anywhere,    Anywhere,      Anywhere]),
    ]
};

/// What an action is done to.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place<'a> {
    /// At which station.
    pub station: Option<&'a str>,
    /// Whose account, a member's number.
    pub member: Option<i64>,
}

/// Whether the caller may do that there.
pub fn may(caller: &Caller, action: Action, place: Place<'_>) -> bool {
    let column = Role::ALL.iter().position(|role| *role == caller.role);
    let reaches = PERMISSIONS.iter().find(|(listed, _)| *listed == action).map(|(_, reaches)| reaches);
    let reach = reaches.zip(column).and_then(|(reaches, column)| reaches.get(column));
    match reach.copied().unwrap_or(Reach::Never) {
        Reach::Never => false,
        Reach::Own => caller.member.is_some() && place.member == caller.member,
        Reach::Station => caller.station.is_empty() || place.station == Some(caller.station.as_str()),
        Reach::Town => caller.station.is_empty(),
        Reach::Anywhere => true,
    }
}
