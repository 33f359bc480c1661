//! Attendance: one volunteer at one activity. What is credited, what counts, and what it earns.

use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

use super::activity::{ActivityId, activity_of, ask_activity};
use super::{Activity, EarningRule, Grade, InForce, Policy};
use crate::book::transaction::{Leg, LegLots, entries};
use crate::effect::{Effect, Effects, Fact};
use crate::people::card::{ask_member, member_of};
use crate::people::{Member, MemberId};
use crate::reject::{Expected, Field, PolicyFault, Rejection};
use crate::row::row;
use crate::rule::{Halt, Moment, Rule};
use crate::slice::Unasked;
use crate::text::{LABEL_LENGTH_MAX, is_plain};
use crate::time::{Day, LocalMinute, date_of, month_of, parse_local_minute};
use crate::town::OwnAccount;
use crate::world::World;

/// Records an attendance as a sheet has it, before any rule has looked at it, and posts what it earns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttendanceSheetRow {
    /// The activity's code.
    pub activity: String,
    /// The volunteer's card number.
    pub card: String,
    /// When they came, `YYYY-MM-DDTHH:MM` local time.
    pub check_in: String,
    /// When they left.
    pub check_out: String,
    /// The grade's code.
    pub grade: String,
    /// How it was noted: kiosk, roster, late.
    pub source: String,
    /// The operator who entered it.
    pub entered_by: String,
    /// The operator who confirmed it; never the same.
    pub confirmed_by: String,
}

/// A span of local time, from its first minute up to, not including, its last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First minute.
    pub from: LocalMinute,
    /// First minute after it.
    pub until: LocalMinute,
}

impl Span {
    /// The part of this span that lies within `other`, if there is any.
    pub fn within(self, other: Self) -> Option<Self> {
        let (from, until) = (self.from.max(other.from), self.until.min(other.until));
        (from < until).then_some(Self { from, until })
    }

    /// Whole minutes.
    pub fn minutes(self) -> i64 {
        self.until - self.from
    }
}

/// An attendance accepted before: what later ones of the same volunteer are compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Past {
    /// The activity; a volunteer has at most one attendance at each.
    pub activity: ActivityId,
    /// The credited span.
    pub span: Span,
    /// The day it counts for.
    pub day: Day,
    /// Minutes counted of that day.
    pub minutes_counted: i64,
    /// Whether it took the month's service-day points.
    pub service_day: bool,
}

impl Past {
    /// The local minute after which this attendance can no longer matter to another: overlaps end with its span,
    /// limits of day and month, and a repetition, with its month.
    pub fn relevant_until(&self) -> LocalMinute {
        relevant_until(self.span, self.day)
    }
}

/// See [`Past::relevant_until`].
pub fn relevant_until(span: Span, day: Day) -> LocalMinute {
    let date = date_of(day);
    let (year, month) = if date.month() == 12 { (date.year() + 1, 1) } else { (date.year(), date.month() + 1) };
    let next_month = Date::new(year, month, 1).map_or(LocalMinute::MAX / 2, |date| crate::time::day_of(date) * 1440);
    span.until.max(next_month)
}

/// The earliest [`relevant_until`] that can matter to an attendance of `activity`: all of its month, and what reaches into it.
pub fn relevant_since(activity: &Activity) -> LocalMinute {
    let first_of_month = crate::time::day_of(date_of(activity.day).first_of_month()) * 1440;
    activity.starts_at.min(first_of_month)
}

/// What an attendance is compared with: the volunteer's earlier ones that can matter from a local minute on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// Every attendance whose `relevant_until` is later than this is here.
    pub since: LocalMinute,
    /// The attendances, in no order.
    pub past: Vec<Past>,
}

impl History {
    /// The history of somebody who was not there before.
    pub fn of_newcomer() -> Self {
        Self { since: LocalMinute::MIN, past: Vec::new() }
    }

    /// Joins what reaches further back.
    pub fn join(&mut self, other: Self) {
        self.since = self.since.min(other.since);
        for past in other.past {
            if self.past.iter().all(|known| known.activity != past.activity) {
                self.past.push(past);
            }
        }
    }
}

row! {
    /// An attendance with its normalised inputs and, part by part, what it earned: the reason of its posting.
    journal "ledger_attendances", AttendanceRow {
        member: MemberId,
        activity: ActivityId,
        /// The day it counts for.
        day: Day,
        /// Check-in as entered, local minutes.
        check_in: LocalMinute,
        /// Check-out as entered, local minutes.
        check_out: LocalMinute,
        /// First credited local minute.
        credited_from: LocalMinute,
        /// First local minute that is no longer credited.
        credited_until: LocalMinute,
        /// Until when it matters to others: [`relevant_until`].
        relevant_until: LocalMinute,
        /// The version of the earning policy that priced it.
        policy_version: i64,
        /// The earning rule's code.
        rule: String,
        /// The grade's code.
        grade: String,
        /// Of the credited span.
        minutes_credited: i64,
        /// As service time: those credited, or none where the rule records none.
        minutes_recorded: i64,
        /// Towards points.
        minutes_counted: i64,
        time_points: i64,
        organiser_points: i64,
        service_day_points: i64,
        theme_points: i64,
        /// How it was noted: kiosk, roster, late.
        source: String,
        entered_by: String,
        /// Never the same as `entered_by`.
        confirmed_by: String,
    }
}

impl AttendanceRow {
    /// What later attendances of the same volunteer are compared with.
    pub fn past(&self) -> Past {
        Past {
            activity: self.activity,
            span: Span { from: self.credited_from, until: self.credited_until },
            day: self.day,
            minutes_counted: self.minutes_counted,
            service_day: self.service_day_points > 0,
        }
    }
}

impl Fact for AttendanceRow {
    fn apply(&self, world: &mut World, _: i64) -> Result<(), Unasked> {
        world.town.histories.update(&self.member, |history| history.past.push(self.past()))
    }
}

/// What an attendance earns, in parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessed {
    /// Minutes of the credited span.
    pub minutes_credited: i64,
    /// Minutes recorded as service time: those credited, or none where the rule records none.
    pub minutes_recorded: i64,
    /// Minutes that count towards points.
    pub minutes_counted: i64,
    /// Points for the time, rounded half up to whole points.
    pub time_points: i64,
    /// Points for organising.
    pub organiser_points: i64,
    /// Points for the month's first service day.
    pub service_day_points: i64,
    /// Points for the theme of the month.
    pub theme_points: i64,
}

impl Assessed {
    /// All points.
    pub fn points(&self) -> i64 {
        self.time_points + self.organiser_points + self.service_day_points + self.theme_points
    }
}

/// What `member` earns for `credited` at `activity`, given what they attended before; `None` where the numbers leave
/// the range of quantities.
pub fn assess(
    policy: &Policy,
    rule: &EarningRule,
    (grade_code, grade): (&str, &Grade),
    activity: &Activity,
    member: MemberId,
    credited: Span,
    past: &[Past],
) -> Option<Assessed> {
    let minutes_credited = credited.minutes();
    let used = past.iter().filter(|past| past.day == activity.day).map(|past| past.minutes_counted).sum::<i64>();
    let left = (policy.minutes_per_day_max - used).max(0);
    let countable = minutes_credited.min(policy.minutes_per_attendance_max).min(left);
    let minutes_counted = countable - countable % policy.minutes_step;

    let date = date_of(activity.day);
    let service = rule.records_service_time;
    let passed = grade_code != policy.failing_grade;
    let first_service_day = || {
        let month = month_of(date);
        !past.iter().any(|past| past.service_day && month_of(date_of(past.day)) == month)
    };
    let themed = u8::try_from(date.month()).is_ok_and(|month| policy.theme_months.contains_key(&month));
    let award = |holds: bool, points: i64| if holds { points } else { 0 };
    Some(Assessed {
        minutes_credited,
        minutes_recorded: award(service, minutes_credited),
        minutes_counted,
        time_points: time_points(minutes_counted, rule, grade)?,
        organiser_points: award(service && activity.organiser == Some(member), policy.organiser_award.points),
        service_day_points: award(
            service && passed && activity.service_day && first_service_day(),
            policy.service_day_award.points,
        ),
        theme_points: award(service && passed && themed, policy.theme_award.points),
    })
}

/// `minutes ÷ 60 × points_per_hour × coefficient × grade coefficient`, unrounded, times 60: exact.
fn sixty_times_points(minutes_counted: i64, rule: &EarningRule, grade: &Grade) -> Option<Decimal> {
    Decimal::from(minutes_counted)
        .checked_mul(Decimal::from(rule.points_per_hour))?
        .checked_mul(rule.coefficient)?
        .checked_mul(grade.coefficient)
}

/// Points for the time, rounded half up to whole points, once.
fn time_points(minutes_counted: i64, rule: &EarningRule, grade: &Grade) -> Option<i64> {
    let sixty = Decimal::from(60);
    let shifted = sixty_times_points(minutes_counted, rule, grade)?.checked_add(Decimal::from(30))?;
    // The remainder is exact where a quotient might not be.
    shifted.checked_sub(shifted.checked_rem(sixty)?)?.checked_div(sixty)?.to_i64()
}

/// Points for the time before rounding; `None` where they cannot be written exactly.
pub fn exact_points(minutes_counted: i64, rule: &EarningRule, grade: &Grade) -> Option<Decimal> {
    let product = sixty_times_points(minutes_counted, rule, grade)?;
    let points = product.checked_div(Decimal::from(60))?;
    (points.checked_mul(Decimal::from(60))? == product).then(|| points.normalize())
}

impl Rule for AttendanceSheetRow {
    const KIND: &'static str = "ATTD";

    fn needs(&self, world: &mut World, _: &Moment) {
        let member = ask_member(world, &self.card);
        let since = ask_activity(world, &self.activity).map(relevant_since);
        OwnAccount::PointsGranted.ask(world);
        OwnAccount::ServiceReceived.ask(world);
        let Some(member) = member else { return };
        if let Some(since) = since
            && world.town.histories.peek(&member).is_none_or(|history| history.since > since)
        {
            world.town.histories.ask_more(member, since, |wanted, since| *wanted = since.min(*wanted));
        }
        if let Some(accounts) = world.town.members.peek(&member).map(|member| [member.points, member.minutes]) {
            accounts.iter().for_each(|account| {
                world.accounts.ask(account);
            });
        }
    }

    fn decide(&self, world: &World, moment: &Moment) -> Result<Effects, Halt> {
        let no_policy = || Rejection::InvalidPolicy { fault: PolicyFault::NotSet };
        let InForce { version, policy } = world.town.policy.as_ref().ok_or_else(no_policy)?;
        let read = self.read(world, policy)?;
        let Read { member, activity, present, .. } = read;
        let past = past_of(world, member.id, activity)?;
        if past.iter().any(|past| past.activity == activity.id) {
            return Err(Rejection::AlreadyRecorded.into());
        }
        let open = Span { from: activity.starts_at, until: activity.ends_at };
        let credited = present.within(open).ok_or(Rejection::OutsideActivity)?;
        if past.iter().any(|past| past.span.within(credited).is_some()) {
            return Err(Rejection::OverlapsOtherAttendance.into());
        }
        let assessed = assess(policy, read.rule.1, read.grade, activity, member.id, credited, past)
            .ok_or(Rejection::QuantityOutOfRange)?;

        let legs = legs(world, policy, member, activity, &assessed)?;
        let entries = if legs.is_empty() { Vec::new() } else { entries(world, &legs, moment.now)? };
        let row = self.row(&read, *version, credited, assessed);
        let effects = Effects::of(entries).and([Effect::Attendance(Box::new(row))]);
        Ok(Effects { effective_day: Some(activity.day), ..effects })
    }
}

/// The references and times of a row, once they have been found to be good.
struct Read<'a> {
    member: &'a Member,
    activity: &'a Activity,
    rule: (&'a str, &'a EarningRule),
    grade: (&'a str, &'a Grade),
    present: Span,
}

impl AttendanceSheetRow {
    /// The rules that concern the row itself, in their order.
    fn read<'a>(&'a self, world: &'a World, policy: &'a Policy) -> Result<Read<'a>, Halt> {
        let member = member_of(world, &self.card)?;
        let activity = activity_of(world, &self.activity)?.ok_or(Rejection::UnknownActivity)?;
        let grade = policy
            .grades
            .get_key_value(&self.grade)
            .map(|(code, grade)| (code.as_str(), grade))
            .ok_or(Rejection::UnknownGrade)?;
        let present = self.present()?;
        if self.entered_by == self.confirmed_by {
            return Err(Rejection::SamePersonEnteredAndConfirmed.into());
        }
        let texts = [
            (Field::Source, &self.source),
            (Field::EnteredBy, &self.entered_by),
            (Field::ConfirmedBy, &self.confirmed_by),
        ];
        if let Some((field, _)) = texts.into_iter().find(|(_, text)| !is_plain(text, LABEL_LENGTH_MAX)) {
            return Err(Rejection::field(field, Expected::Text64).into());
        }
        let unknown_service = || Rejection::UnknownServiceType { service_type: activity.service_type.clone() };
        let rule = policy.rule_of(&activity.service_type).ok_or_else(unknown_service)?;
        Ok(Read { member, activity, rule, grade, present })
    }

    fn present(&self) -> Result<Span, Rejection> {
        if self.check_out.is_empty() {
            return Err(Rejection::MissingCheckOut);
        }
        let from = parse_local_minute(&self.check_in).ok_or(Rejection::InvalidTime)?;
        let until = parse_local_minute(&self.check_out).ok_or(Rejection::InvalidTime)?;
        if until <= from { Err(Rejection::CheckOutNotAfterCheckIn) } else { Ok(Span { from, until }) }
    }

    fn row(&self, read: &Read<'_>, policy_version: i64, credited: Span, assessed: Assessed) -> AttendanceRow {
        let Assessed {
            minutes_credited,
            minutes_recorded,
            minutes_counted,
            time_points,
            organiser_points,
            service_day_points,
            theme_points,
        } = assessed;
        AttendanceRow {
            member: read.member.id,
            activity: read.activity.id,
            day: read.activity.day,
            check_in: read.present.from,
            check_out: read.present.until,
            credited_from: credited.from,
            credited_until: credited.until,
            relevant_until: relevant_until(credited, read.activity.day),
            policy_version,
            rule: read.rule.0.to_owned(),
            grade: read.grade.0.to_owned(),
            minutes_credited,
            minutes_recorded,
            minutes_counted,
            time_points,
            organiser_points,
            service_day_points,
            theme_points,
            source: self.source.clone(),
            entered_by: self.entered_by.clone(),
            confirmed_by: self.confirmed_by.clone(),
        }
    }
}

/// The volunteer's earlier attendances, as far back as this activity has to look.
fn past_of<'a>(world: &'a World, member: MemberId, activity: &Activity) -> Result<&'a [Past], Unasked> {
    match world.town.histories.get(&member)? {
        Some(history) if history.since > relevant_since(activity) => Err(world.town.histories.unasked()),
        Some(history) => Ok(&history.past),
        None => Ok(&[]),
    }
}

/// What one row earns is one transaction: minutes and points, each from its source to the member.
fn legs(
    world: &World,
    policy: &Policy,
    member: &Member,
    activity: &Activity,
    assessed: &Assessed,
) -> Result<Vec<Leg>, Halt> {
    let (minutes, points) = (assessed.minutes_recorded, assessed.points());
    let mut legs = Vec::with_capacity(4);
    if minutes > 0 {
        legs.push(Leg::new(OwnAccount::ServiceReceived.number(world)?, minutes));
        legs.push(Leg::new(member.minutes, -minutes));
    }
    if points > 0 {
        let expires_at = policy.expires_at(date_of(activity.day), world.zone());
        legs.push(Leg::new(OwnAccount::PointsGranted.number(world)?, points));
        legs.push(Leg { account: member.points, quantity: -points, lots: LegLots::Into(expires_at) });
    }
    Ok(legs)
}
