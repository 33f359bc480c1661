//! Activities: what volunteers attend.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::effect::{Effect, Effects, Erasable, Erasing, Fact};
use crate::people::card::{ask_member, member_of_card};
use crate::people::station::station_known;
use crate::people::team::team_known;
use crate::people::{CardNumber, MemberId};
use crate::reject::{Expected, Field, Rejection};
use crate::row::{id, row};
use crate::rule::{Halt, Moment, Rule, audit, label, plain, require};
use crate::slice::Unasked;
use crate::text::{is_label, shown};
use crate::time::{DAY_MINUTES, Day, LocalMinute, day_of_minute};
use crate::world::World;

/// When activities may be, in local minutes: from 1970 to the last minute of 9999.
const TIMES: RangeInclusive<LocalMinute> = 0..=2_932_897 * DAY_MINUTES - 1;

id! {
    /// An activity's number: the position of the record that registered it first.
    ActivityId
}

/// Registers an activity as it is announced. Nothing but an organiser who was unknown can be changed later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityPlan {
    /// Its code, `A0001`.
    pub code: String,
    /// Its title: may name people, so it stands outside the journal.
    pub title: String,
    /// The kind of service, a code of the policy.
    pub service_type: String,
    /// The day it counts for, days since 1970-01-01: the one on which it starts, also when it runs past midnight.
    pub day: Day,
    /// When it starts, local minutes.
    pub starts_at: LocalMinute,
    /// When it ends, local minutes: at most 24 hours later.
    pub ends_at: LocalMinute,
    /// The station at which it takes place; may be empty.
    pub station: String,
    /// The team that runs it; may be empty.
    pub team: String,
    /// The organiser's card number; empty where there is none among the volunteers.
    pub organiser_card: String,
    /// Whether it is a service day of the town.
    pub service_day: bool,
}

row! {
    /// An activity, as it is from here on.
    journal "ledger_activities", ActivityRow {
        /// Its code, a label.
        code: String,
        id "activity": ActivityId,
        /// The kind of service, a code of the policy.
        service_type: String,
        /// The day it counts for.
        day: Day,
        /// Local minutes.
        starts_at: LocalMinute,
        /// Local minutes, exclusive.
        ends_at: LocalMinute,
        /// The station's code; may be empty.
        station: String,
        /// The team's code; may be empty.
        team: String,
        organiser: Option<MemberId>,
        /// It is a service day of the town.
        service_day: bool,
    }
}

/// An activity as the rules see it: what its latest row says.
pub type Activity = ActivityRow;

row! {
    /// Erasable: an activity's title, which may name people.
    state(1) "ledger_titles", TitleRow {
        activity: ActivityId,
        /// The position of the record that set it.
        position: i64,
        title: String,
    }
}

impl Erasing for TitleRow {
    fn document(&self) -> String {
        // Serialising a text cannot fail.
        serde_json::to_string(&self.title).unwrap_or_default()
    }

    fn apply(&self, world: &mut World) {
        world.town.titles.put(self.activity, self.clone());
    }
}

impl Fact for ActivityRow {
    fn apply(&self, world: &mut World, _: i64) -> Result<(), Unasked> {
        world.town.activities.put(self.code.clone(), self.clone());
        Ok(())
    }
}

/// Asks for an activity. What is no label names none, and PostgreSQL takes no NUL even in a question.
pub(crate) fn ask_activity<'a>(world: &'a mut World, code: &str) -> Option<&'a Activity> {
    if is_label(code) { world.town.activities.ask(code) } else { None }
}

/// The activity of this code, if there is one.
pub(crate) fn activity_of<'a>(world: &'a World, code: &str) -> Result<Option<&'a Activity>, Unasked> {
    if is_label(code) { world.town.activities.get(code) } else { Ok(None) }
}

impl Rule for ActivityPlan {
    const KIND: &'static str = "ACTV";

    fn needs(&self, world: &mut World, _: &Moment) {
        ask_member(world, &self.organiser_card);
        if let Some(activity) = ask_activity(world, &self.code).map(|activity| activity.id) {
            world.town.titles.ask(&activity);
        }
    }

    fn decide(&self, world: &World, moment: &Moment) -> Result<Effects, Halt> {
        self.check(world)?;
        let current = activity_of(world, &self.code)?;
        let new = self.row(world, current.map_or(ActivityId(moment.position), |activity| activity.id))?;
        let title = TitleRow { activity: new.id, position: moment.position, title: self.title.clone() };
        let mut has_same_title = false;
        if let Some(current) = current {
            let known = world.town.titles.get(&new.id)?;
            has_same_title = known.is_some_and(|known| known.title == title.title);
            check_unchanged(current, &new)?;
            if has_same_title && new.organiser == current.organiser {
                return Err(Rejection::AlreadyRegistered { code_of: self.code.clone() }.into());
            }
        }
        let effects = Effects::of(vec![Effect::Activity(Box::new(new))]);
        if has_same_title {
            return Ok(effects);
        }
        let audit = audit(format!("activity/{}", self.code), moment.audit_salt, &title.document());
        Ok(Effects { erasable: Some(Erasable::Title(title)), ..effects.and([audit]) })
    }
}

impl ActivityPlan {
    fn check(&self, world: &World) -> Result<(), Halt> {
        label(Field::Activity, &self.code)?;
        plain(Field::Title, &self.title)?;
        let policy = world.town.policy.get(&())?.map(|in_force| &in_force.policy);
        if policy.and_then(|policy| policy.rule_of(&self.service_type)).is_none() {
            return Err(Rejection::UnknownServiceType { service_type: shown(&self.service_type) }.into());
        }
        station_known(world, &self.station)?;
        team_known(world, &self.team)?;
        Ok(self.check_times()?)
    }

    /// That its times are ones that the calendar has, that it lasts at most 24 hours, and that its day is the one on which
    /// it starts.
    ///
    /// # Errors
    /// [`Rejection::InvalidField`].
    pub fn check_times(&self) -> Result<(), Rejection> {
        // Whoever earns before 1970 would get points in a lot before the first one there can be.
        require(TIMES.contains(&self.starts_at), Field::Start, Expected::Years1970To9999)?;
        require(TIMES.contains(&self.ends_at), Field::EndsAt, Expected::Years1970To9999)?;
        require(self.ends_at > self.starts_at, Field::EndsAt, Expected::LaterThanStart)?;
        require(self.ends_at - self.starts_at <= DAY_MINUTES, Field::EndsAt, Expected::Hours24)?;
        require(self.day == day_of_minute(self.starts_at), Field::Date, Expected::DayOfStart)
    }

    fn row(&self, world: &World, id: ActivityId) -> Result<ActivityRow, Halt> {
        let organiser = match CardNumber::parse(&self.organiser_card) {
            Some(card) => member_of_card(world, card)?.map(|member| member.id),
            None => None,
        };
        Ok(ActivityRow {
            id,
            code: self.code.clone(),
            service_type: self.service_type.clone(),
            day: self.day,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            station: self.station.clone(),
            team: self.team.clone(),
            organiser,
            service_day: self.service_day,
        })
    }
}

/// Points were given on these facts: they stay. An organiser who was unknown may become known.
fn check_unchanged(current: &Activity, new: &ActivityRow) -> Result<(), Rejection> {
    let differs = [
        (Field::ServiceType, current.service_type != new.service_type),
        (Field::Date, current.day != new.day),
        (Field::Start, current.starts_at != new.starts_at),
        (Field::End, current.ends_at != new.ends_at),
        (Field::Station, current.station != new.station),
        (Field::Team, current.team != new.team),
        (Field::ServiceDay, current.service_day != new.service_day),
        (Field::Organiser, current.organiser.is_some_and(|organiser| Some(organiser) != new.organiser)),
    ];
    match differs.into_iter().find(|(_, differs)| *differs) {
        Some((field, _)) => Err(Rejection::RegisteredDifferently { code_of: new.code.clone(), field }),
        None => Ok(()),
    }
}
