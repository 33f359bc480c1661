//! A town as commands.

use baoyulan_ledger::command::Command;

use super::town::Town;
use super::{activities, catalogue, partners, policy, stock, teams, units};

/// A command, and the row that it comes from.
pub struct Planned {
    pub file: &'static str,
    pub line: u64,
    pub command: Command,
}

/// Everything but the attendance, in an order in which each command refers only to what stands before it.
pub fn commands(town: &Town) -> Vec<Planned> {
    let sheets = [
        units::planned(&town.units),
        town.teams.planned(teams::command),
        town.partners.planned(partners::command),
        town.stations.planned(Command::clone),
        vec![policy::planned(&town.policy)],
        town.volunteers.planned(Command::clone),
        town.activities.planned(activities::command),
        town.catalogue.planned(catalogue::command),
        town.stock.planned(stock::command),
    ];
    sheets.into_iter().flatten().collect()
}
