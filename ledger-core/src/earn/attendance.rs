//! Attendance: one volunteer at one activity. Which minutes are credited, which count, and what they earn.

use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

use super::activity::{ActivityId, activity_of, ask_activity};
use super::{Activity, EarningRule, Grade, InForce, Policy};
use crate::book::transaction::{Leg, LegLots, entries};
use crate::defect::Defect;
use crate::effect::{Effect, Effects, Fact};
use crate::people::card::{ask_member, member_of};
use crate::people::debt::{ask_debt, settlement};
use crate::people::{Member, MemberId};
use crate::reject::{Expected, Field, PolicyFault, Rejection};
use crate::row::row;
use crate::rule::{Halt, Moment, Rule, require};
use crate::slice::Unasked;
use crate::text::{LABEL_LENGTH_MAX, is_plain, person_key};
use crate::time::{
    DAY_MINUTES, Day, LocalMinute, date_of, day_of_minute, local_minute_at, month_of, parse_local_minute,
};
use crate::town::OwnAccount;
use crate::world::World;

/// Records an attendance as the sheet has it, and posts what it earns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct AttendanceSheetRow {
    pub activity: String,
    /// The volunteer's card number, ten digits.
    pub card: String,
    /// When the volunteer came, as `YYYY-MM-DDTHH:MM` in local time.
    pub check_in: String,
    /// When the volunteer left, in the same form; later than `check_in` by at most 24 hours, and not later than now.
    pub check_out: String,
    /// The grade's code in [`Policy::grades`].
    pub grade: String,
    /// Where the times come from: `kiosk`, `roster` or `late`.
    pub source: String,
    /// Who entered it, at most 64 characters.
    pub entered_by: String,
    /// Who checked it afterwards: never the person who entered it, as [`person_key`] tells people apart.
    pub confirmed_by: String,
}

/// A span of local time, in minutes since 1970-01-01T00:00.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first minute of the span.
    pub from: LocalMinute,
    /// The first minute after the span.
    pub until: LocalMinute,
}

impl Span {
    /// The part of this span that lies within `other`; `None` if they do not overlap.
    pub fn within(self, other: Self) -> Option<Self> {
        let (from, until) = (self.from.max(other.from), self.until.min(other.until));
        (from < until).then_some(Self { from, until })
    }

    /// How many minutes the span has.
    pub fn minutes(self) -> i64 {
        self.until - self.from
    }
}

/// An attendance that the ledger accepted earlier. Later ones of the same volunteer are compared with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Past {
    /// A volunteer has at most one attendance at each activity.
    pub activity: ActivityId,
    /// The credited span: another attendance must not overlap it.
    pub span: Span,
    /// The day it counts for, in days since 1970-01-01.
    pub day: Day,
    /// Minutes that it uses up of its day's limit.
    pub minutes_counted: i64,
    /// Whether it earned the month's points for the first service day.
    pub service_day: bool,
}

impl Past {
    /// The local minute after which this attendance no longer matters to any other: the later of the end of its span
    /// and the end of its month. An overlap needs the span; limits and awards stay within the month.
    pub fn relevant_until(&self) -> LocalMinute {
        relevant_until(self.span, self.day)
    }
}

/// The same as [`Past::relevant_until`], for an attendance that is not posted yet.
pub fn relevant_until(span: Span, day: Day) -> LocalMinute {
    let date = date_of(day);
    let (year, month) = if date.month() == 12 { (date.year() + 1, 1) } else { (date.year(), date.month() + 1) };
    let next_month = Date::new(year, month, 1).map_or(LocalMinute::MAX / 2, |date| crate::time::day_of(date) * 1440);
    span.until.max(next_month)
}

/// How far back an attendance at `activity` has to look: it may ignore others whose [`relevant_until`] is not later
/// than this local minute.
pub fn relevant_since(activity: &Activity) -> LocalMinute {
    let first_of_month = crate::time::day_of(date_of(activity.day).first_of_month()) * 1440;
    activity.starts_at.min(first_of_month)
}

/// A volunteer's earlier attendances, back to a local minute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// The history holds every attendance whose `relevant_until` is later than this.
    pub since: LocalMinute,
    /// The attendances, in no particular order.
    pub past: Vec<Past>,
    /// Where attendances were reversed: what is read from the bank may not know it yet.
    pub removed: Vec<ActivityId>,
}

impl History {
    /// The history of a volunteer who has only just registered: it is empty and complete.
    pub fn of_newcomer() -> Self {
        Self { since: LocalMinute::MIN, past: Vec::new(), removed: Vec::new() }
    }

    /// Adds attendances from further back, and skips those that are here already.
    pub fn join(&mut self, other: Self) {
        self.since = self.since.min(other.since);
        for past in other.past {
            let is_known = self.past.iter().any(|known| known.activity == past.activity);
            if !is_known && !self.removed.contains(&past.activity) {
                self.past.push(past);
            }
        }
    }

    /// Takes out the attendance at an activity.
    pub(crate) fn remove(&mut self, activity: ActivityId) {
        self.past.retain(|past| past.activity != activity);
        self.removed.push(activity);
    }
}

row! {
    /// An attendance with its checked inputs and, part by part, what it earned.
    journal "ledger_attendances", AttendanceRow {
        member: MemberId,
        activity: ActivityId,
        /// The day it counts for, in days since 1970-01-01.
        day: Day,
        /// The check-in as entered, in local minutes since 1970-01-01T00:00.
        check_in: LocalMinute,
        /// The check-out as entered, in the same minutes.
        check_out: LocalMinute,
        credited_from: LocalMinute,
        /// The first local minute after the credited span.
        credited_until: LocalMinute,
        /// The local minute until which it matters to others: [`relevant_until`].
        relevant_until: LocalMinute,
        /// The version of the policy that set the price.
        policy_version: i64,
        /// The earning rule's code in [`Policy::rules`].
        rule: String,
        /// The grade's code in [`Policy::grades`].
        grade: String,
        /// How long the credited span is.
        minutes_credited: i64,
        /// Posted as service time: all credited minutes, or 0 if the earning rule records no service.
        minutes_recorded: i64,
        /// Minutes that count towards points, after the limits.
        minutes_counted: i64,
        time_points: i64,
        organiser_points: i64,
        service_day_points: i64,
        theme_points: i64,
        /// Where the times come from: `kiosk`, `roster` or `late`.
        source: String,
        entered_by: String,
        /// Never the person in `entered_by`.
        confirmed_by: String,
    }
}

impl AttendanceRow {
    /// The part of it with which later attendances of the same volunteer are compared.
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
    /// How long the credited span is.
    pub minutes_credited: i64,
    /// Minutes posted as service time: all credited minutes, or 0 if the earning rule records no service.
    pub minutes_recorded: i64,
    /// Minutes that count towards points, after the limits.
    pub minutes_counted: i64,
    /// Points for the time, rounded half up to whole points.
    pub time_points: i64,
    /// Points for organising the activity, or 0.
    pub organiser_points: i64,
    /// Points for the volunteer's first service day of the month, or 0.
    pub service_day_points: i64,
    /// Points for helping with the theme of the month, or 0.
    pub theme_points: i64,
}

impl Assessed {
    /// The sum of all points.
    pub fn points(&self) -> i64 {
        self.time_points + self.organiser_points + self.service_day_points + self.theme_points
    }
}

/// Works out what `member` earns for the span `credited` at `activity`, given their earlier attendances. `None` if a
/// number gets too large for a quantity.
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
    let used = if Defect::MinutesNotCounted.is_on() { 0 } else { used };
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

/// `minutes × points_per_hour × coefficient × grade coefficient`: sixty times the
/// points, without a division and so exact.
fn sixty_times_points(minutes_counted: i64, rule: &EarningRule, grade: &Grade) -> Option<Decimal> {
    Decimal::from(minutes_counted)
        .checked_mul(Decimal::from(rule.points_per_hour))?
        .checked_mul(rule.coefficient)?
        .checked_mul(grade.coefficient)
}

/// Points for the time. They are rounded once, half up, to whole points.
fn time_points(minutes_counted: i64, rule: &EarningRule, grade: &Grade) -> Option<i64> {
    let sixty = Decimal::from(60);
    let shifted = sixty_times_points(minutes_counted, rule, grade)?.checked_add(Decimal::from(30))?;
    // A quotient may be inexact, a remainder never is.
    shifted.checked_sub(shifted.checked_rem(sixty)?)?.checked_div(sixty)?.to_i64()
}

/// Points for the time before rounding; `None` if no decimal is exactly that.
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
            accounts.into_iter().for_each(|account| world.ask_account_number(account));
        }
        ask_debt(world, member);
    }

    fn decide(&self, world: &World, moment: &Moment) -> Result<Effects, Halt> {
        let no_policy = || Rejection::InvalidPolicy { fault: PolicyFault::NotSet };
        let InForce { version, policy } = world.town.policy.get(&())?.ok_or_else(no_policy)?;
        let read = self.read(world, policy, local_minute_at(moment.now, world.zone()))?;
        let Read { member, activity, present, .. } = read;
        let past = past_of(world, member.id, activity)?;
        if past.iter().any(|past| past.activity == activity.id) {
            return Err(Rejection::AlreadyRecorded.into());
        }
        let open = Span { from: activity.starts_at, until: activity.ends_at };
        let credited = present.within(open).ok_or(Rejection::OutsideActivity)?;
        if member.consent_on.is_none_or(|consent| day_of_minute(credited.from) < consent) {
            return Err(Rejection::BeforeConsent.into());
        }
        if past.iter().any(|past| past.span.within(credited).is_some()) {
            return Err(Rejection::OverlapsOtherAttendance.into());
        }
        let assessed = assess(policy, read.rule.1, read.grade, activity, member.id, credited, past)
            .ok_or(Rejection::QuantityOutOfRange)?;

        let legs = legs(world, policy, member, activity, &assessed, moment.now)?;
        let entries = if legs.is_empty() { Vec::new() } else { entries(world, &legs, moment.now)? };
        let row = self.row(&read, *version, credited, assessed);
        let effects = Effects::of(entries).and([Effect::Attendance(Box::new(row))]);
        Ok(Effects { effective_day: Some(activity.day), ..effects })
    }
}

/// What the row refers to, and its times, once the rules have accepted them.
struct Read<'a> {
    member: &'a Member,
    activity: &'a Activity,
    rule: (&'a str, &'a EarningRule),
    grade: (&'a str, &'a Grade),
    present: Span,
}

impl AttendanceSheetRow {
    /// Applies the rules that concern the row alone, in their order. `now` is on the clocks of the bank's zone.
    fn read<'a>(&'a self, world: &'a World, policy: &'a Policy, now: LocalMinute) -> Result<Read<'a>, Halt> {
        let member = member_of(world, &self.card)?;
        let activity = activity_of(world, &self.activity)?.ok_or(Rejection::UnknownActivity)?;
        let grade = policy
            .grades
            .get_key_value(&self.grade)
            .map(|(code, grade)| (code.as_str(), grade))
            .ok_or(Rejection::UnknownGrade)?;
        let present = self.present(now)?;
        self.two_people()?;
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

    /// Whoever enters an attendance never confirms it. A sheet has only texts, so these tell who is one person, and who is nobody.
    fn two_people(&self) -> Result<(), Rejection> {
        let (entered_by, confirmed_by) = (person_key(&self.entered_by), person_key(&self.confirmed_by));
        if entered_by == confirmed_by && !Defect::OnePersonConfirms.is_on() {
            return Err(Rejection::SamePersonEnteredAndConfirmed);
        }
        require(!entered_by.is_empty(), Field::EnteredBy, Expected::Somebody)?;
        require(!confirmed_by.is_empty(), Field::ConfirmedBy, Expected::Somebody)
    }

    fn present(&self, now: LocalMinute) -> Result<Span, Rejection> {
        if self.check_out.is_empty() {
            return Err(Rejection::MissingCheckOut);
        }
        let from = parse_local_minute(&self.check_in).ok_or(Rejection::InvalidTime)?;
        let until = parse_local_minute(&self.check_out).ok_or(Rejection::InvalidTime)?;
        if until <= from {
            return Err(Rejection::CheckOutNotAfterCheckIn);
        }
        if until > now {
            return Err(Rejection::NotOverYet);
        }
        require(until - from <= DAY_MINUTES, Field::CheckOut, Expected::Hours24)?;
        Ok(Span { from, until })
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

/// The volunteer's earlier attendances, at least as far back as this activity has to look.
fn past_of<'a>(world: &'a World, member: MemberId, activity: &Activity) -> Result<&'a [Past], Unasked> {
    match world.town.histories.get(&member)? {
        Some(history) if history.since > relevant_since(activity) => Err(world.town.histories.unasked()),
        Some(history) => Ok(&history.past),
        None => Ok(&[]),
    }
}

/// One row posts one transaction: minutes and points, each from the account that grants them to the member's.
fn legs(
    world: &World,
    policy: &Policy,
    member: &Member,
    activity: &Activity,
    assessed: &Assessed,
    now: i64,
) -> Result<Vec<Leg>, Halt> {
    let (minutes, points) = (assessed.minutes_recorded, assessed.points());
    let mut legs = Vec::with_capacity(4);
    if minutes > 0 {
        legs.push(Leg::new(OwnAccount::ServiceReceived.number(world)?, minutes));
        legs.push(Leg::new(member.minutes, -minutes));
    }
    if points > 0 {
        let expires_at = policy.expires_at(date_of(activity.day), world.zone());
        let (settled, settlement) = settlement(world, member, points, now)?;
        legs.push(Leg::new(OwnAccount::PointsGranted.number(world)?, points));
        legs.extend(settlement);
        if points > settled {
            legs.push(Leg { lots: LegLots::Into(expires_at), ..Leg::new(member.points, settled - points) });
        } else if points < settled {
            legs.push(Leg::new(member.points, settled - points));
        }
    }
    Ok(legs)
}
