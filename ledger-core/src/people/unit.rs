//! Units of the four-level grid. They are organisational only: no rule of the books reads them.

use serde::{Deserialize, Serialize};

use crate::effect::{Effect, Effects, Fact};
use crate::reject::{Field, Rejection};
use crate::row::row;
use crate::rule::{Halt, Moment, Rule, label, plain, set};
use crate::slice::Unasked;
use crate::text::shown;
use crate::world::World;

row! {
    /// A unit, as it is from here on; and the command that sets it.
    #[derive(Serialize, Deserialize)]
    journal "ledger_units", Unit {
        /// Its code, a label.
        code "unit": String,
        /// The unit above it; empty for the town.
        parent: String,
        /// town, community, grid or building_group.
        level: String,
        name: String,
        /// `seed` where the town named it, `placeholder` where it is to be replaced.
        origin: String,
    }
}

impl Fact for Unit {
    fn apply(&self, world: &mut World, _: i64) -> Result<(), Unasked> {
        world.town.units.put(self.code.clone(), self.clone());
        Ok(())
    }
}

impl Rule for Unit {
    const KIND: &'static str = "UNIT";

    fn needs(&self, _: &mut World, _: &Moment) {}

    fn decide(&self, world: &World, _: &Moment) -> Result<Effects, Halt> {
        label(Field::Unit, &self.code)?;
        plain(Field::Level, &self.level)?;
        plain(Field::Name, &self.name)?;
        plain(Field::Origin, &self.origin)?;
        if !self.parent.is_empty() {
            unit_known(world, &self.parent)?;
        }
        set(world.town.units.get(&self.code)?, self, &self.code, || Effect::Unit(self.clone()))
    }
}

/// That there is such a unit.
pub(crate) fn unit_known(world: &World, unit: &str) -> Result<(), Halt> {
    if world.town.units.has(unit)? { Ok(()) } else { Err(Rejection::UnknownUnit { unit: shown(unit) }.into()) }
}
