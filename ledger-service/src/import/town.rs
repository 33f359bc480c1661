//! A town's folder: which files it has, and in what order they are read.

use std::path::Path;

use baoyulan_ledger::command::{Command, OpenStock};
use baoyulan_ledger::earn::{ActivityPlan, Policy};
use baoyulan_ledger::people::{Partner, Team, Unit};
use baoyulan_ledger::shop::OfferTerms;

use super::fault::{Fault, Place, Problem, Warning};
use super::sheet::Layout;
use super::table::Table;
use super::{activities, attendance, catalogue, partners, policy, stations, stock, teams, units, volunteers};

/// All files of a town's folder.
pub const LAYOUTS: [&Layout; 14] = [
    &units::LAYOUT,
    &stations::LAYOUT,
    &teams::LAYOUT,
    &policy::SERVICE_TYPES,
    &policy::EARNING_RULES,
    &policy::FLAT_AWARDS,
    &policy::GRADES,
    &policy::THEMES,
    &catalogue::LAYOUT,
    &stock::LAYOUT,
    &partners::LAYOUT,
    &volunteers::LAYOUT,
    &activities::LAYOUT,
    &attendance::LAYOUT,
];

/// Their names.
pub const FILES: [&str; LAYOUTS.len()] = {
    let mut files = [""; LAYOUTS.len()];
    let mut index = 0;
    while index < files.len() {
        files[index] = LAYOUTS[index].file;
        index += 1;
    }
    files
};

/// A town's folder without its attendance. No key is there twice, and every reference leads to a row, which may come
/// after the one that refers to it.
#[derive(Debug)]
pub struct Town {
    pub units: Table<Unit>,
    pub stations: Table<Command>,
    pub teams: Table<Team>,
    pub partners: Table<Partner>,
    /// What five of the files say together.
    pub policy: Policy,
    pub volunteers: Table<Command>,
    pub activities: Table<ActivityPlan>,
    pub catalogue: Table<OfferTerms>,
    pub stock: Table<OpenStock>,
    /// What a coordinator should look at.
    pub warnings: Vec<Warning>,
}

/// Reads every file of a town's folder but `attendance.csv`, which must be there too. The first thing that is wrong is the fault.
pub fn read_town(folder: &Path) -> Result<Town, Fault> {
    check_there(folder)?;
    let mut policy = Policy::with_town_limits();
    let units = units::read(folder)?;
    let stations = stations::read(folder, &units.keys)?;
    let teams = teams::read(folder)?;
    let rules = policy::read_earning_rules(folder, &mut policy)?;
    let service_types = policy::read_service_types(folder, &rules, &mut policy)?;
    let catalogue = catalogue::read(folder)?;
    let volunteers = volunteers::read(folder, &teams.keys, &stations.keys)?;
    let activities = activities::read(folder, &service_types, &stations.keys, &teams.keys)?;
    policy::read_flat_awards(folder, &mut policy)?;
    policy::read_grades(folder, &mut policy)?;
    policy::read_themes(folder, &mut policy)?;
    let stock = stock::read(folder, &stations.keys, &catalogue.keys)?;
    let partners = partners::read(folder)?;
    let warnings = activities::unknown_organisers(&activities, &volunteers.keys);
    Ok(Town { units, stations, teams, partners, policy, volunteers, activities, catalogue, stock, warnings })
}

/// Names all files that are missing, so that nobody has to come back for each of them.
fn check_there(folder: &Path) -> Result<(), Fault> {
    let is_missing = |file: &&str| folder.join(file).try_exists().is_ok_and(|is_there| !is_there);
    let mut missing = FILES.into_iter().filter(is_missing);
    match missing.next() {
        Some(first) => Err(Place::file(first).fault(Problem::FileMissing { others: missing.collect() })),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
