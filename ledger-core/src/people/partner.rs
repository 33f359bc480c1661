//! Partners: organisations that give goods, places or time.

use serde::{Deserialize, Serialize};

use crate::effect::{Effect, Effects, Fact};
use crate::reject::Field;
use crate::row::row;
use crate::rule::{Halt, Moment, Rule, label, plain, set};
use crate::slice::Unasked;
use crate::world::World;

row! {
    /// A partner, as it is from here on; and the command that sets it.
    #[derive(Serialize, Deserialize)]
    journal "ledger_partners", Partner {
        /// Its code, a label.
        code "partner": String,
        name: String,
        /// `seed` or `placeholder`.
        origin: String,
    }
}

impl Fact for Partner {
    fn apply(&self, world: &mut World, _: i64) -> Result<(), Unasked> {
        world.town.partners.put(self.code.clone(), self.clone());
        Ok(())
    }
}

impl Rule for Partner {
    const KIND: &'static str = "PART";

    fn needs(&self, _: &mut World, _: &Moment) {}

    fn decide(&self, world: &World, _: &Moment) -> Result<Effects, Halt> {
        label(Field::Partner, &self.code)?;
        plain(Field::Name, &self.name)?;
        plain(Field::Origin, &self.origin)?;
        set(world.town.partners.get(&self.code)?, self, &self.code, || Effect::Partner(self.clone()))
    }
}
