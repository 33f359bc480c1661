//! Sub-teams and action groups.

use serde::{Deserialize, Serialize};

use crate::effect::{Effect, Effects, Fact};
use crate::reject::{Field, Rejection};
use crate::row::row;
use crate::rule::{Halt, Moment, Rule, label, plain, set};
use crate::slice::Unasked;
use crate::text::shown;
use crate::world::World;

row! {
    /// A team, as it is from here on; and the command that sets it.
    #[derive(Serialize, Deserialize)]
    journal "ledger_teams", Team {
        /// Its code, a label.
        code "team": String,
        /// sub_team or action_group.
        kind: String,
        name: String,
        /// May be empty.
        motto: String,
        /// `seed` or `placeholder`.
        origin: String,
    }
}

impl Fact for Team {
    fn apply(&self, world: &mut World, _: i64) -> Result<(), Unasked> {
        world.town.teams.put(self.code.clone(), self.clone());
        Ok(())
    }
}

impl Rule for Team {
    const KIND: &'static str = "TEAM";

    fn needs(&self, _: &mut World, _: &Moment) {}

    fn decide(&self, world: &World, _: &Moment) -> Result<Effects, Halt> {
        label(Field::Team, &self.code)?;
        plain(Field::Kind, &self.kind)?;
        plain(Field::Name, &self.name)?;
        plain(Field::Motto, &self.motto)?;
        plain(Field::Origin, &self.origin)?;
        set(world.town.teams.get(&self.code)?, self, &self.code, || Effect::Team(self.clone()))
    }
}

/// That there is such a team, where one is named.
pub(crate) fn team_known(world: &World, team: &str) -> Result<(), Halt> {
    if team.is_empty() || world.town.teams.has(team)? {
        Ok(())
    } else {
        Err(Rejection::UnknownTeam { team: shown(team) }.into())
    }
}
