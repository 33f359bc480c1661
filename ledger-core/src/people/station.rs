//! Stations: where volunteers spend their points. Each has a chain of receipts.

use serde::{Deserialize, Serialize};

use super::unit::unit_known;
use crate::effect::{Effect, Effects, Fact};
use crate::proof::receipt::{STATION_LENGTH_MAX, first_link};
use crate::proof::{Chain, ChainId};
use crate::reject::{Expected, Field, Rejection};
use crate::row::{id, row};
use crate::rule::{Halt, Moment, Rule, plain, require, set};
use crate::slice::Unasked;
use crate::text::{is_code, shown};
use crate::world::World;

id! {
    /// A station's number: the position of the record that opened it.
    StationId
}

impl StationId {
    /// The chain of the station's receipts.
    pub fn chain(self) -> ChainId {
        ChainId(self.0)
    }
}

row! {
    /// A station, as it is from here on.
    journal "ledger_stations", StationRow {
        /// `S01`; 1 to 16 characters of a code.
        code: String,
        station: StationId,
        /// Its unit's code.
        unit: String,
        name: String,
        /// `seed` or `placeholder`.
        origin: String,
    }
}

impl StationRow {
    /// The end of its chain of receipts.
    ///
    /// # Errors
    /// [`Unasked`], which cannot happen: chains are whole.
    pub fn chain(&self, world: &World) -> Result<Chain, Unasked> {
        let first = || Chain { year: 0, number: 0, digest: first_link(world.issuer(), &self.code) };
        Ok(world.chains.get(&self.station.chain())?.cloned().unwrap_or_else(first))
    }
}

impl Fact for StationRow {
    fn apply(&self, world: &mut World, _: i64) -> Result<(), Unasked> {
        world.town.stations.put(self.code.clone(), self.clone());
        Ok(())
    }
}

/// Opens a station, or changes its name or unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetStation {
    /// Its code, at most 16 characters.
    pub code: String,
    /// Its unit's code.
    pub unit: String,
    /// What people call it.
    pub name: String,
    /// `seed` or `placeholder`.
    pub origin: String,
}

impl Rule for SetStation {
    const KIND: &'static str = "STAT";

    fn needs(&self, _: &mut World, _: &Moment) {}

    fn decide(&self, world: &World, moment: &Moment) -> Result<Effects, Halt> {
        require(is_code(&self.code, STATION_LENGTH_MAX), Field::Station, Expected::Code16)?;
        plain(Field::Name, &self.name)?;
        plain(Field::Origin, &self.origin)?;
        unit_known(world, &self.unit)?;
        let current = world.town.stations.get(&self.code)?;
        let row = StationRow {
            station: current.map_or(StationId(moment.position), |current| current.station),
            code: self.code.clone(),
            unit: self.unit.clone(),
            name: self.name.clone(),
            origin: self.origin.clone(),
        };
        set(current, &row, &self.code, || Effect::Station(row.clone()))
    }
}

/// That there is such a station, where one is named.
pub(crate) fn station_known(world: &World, station: &str) -> Result<(), Halt> {
    if station.is_empty() { Ok(()) } else { station_of(world, station).map(drop) }
}

/// The station of this code.
pub(crate) fn station_of<'a>(world: &'a World, station: &str) -> Result<&'a StationRow, Halt> {
    let found = world.town.stations.get(station)?;
    found.ok_or_else(|| Rejection::UnknownStation { station: shown(station) }.into())
}
