//! Attendance: one volunteer at one activity. What is credited, what counts, and what it earns.

use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

use super::{Activity, EarningRule, Grade, Policy};
use crate::people::member::MemberId;
use crate::time::{Day, LocalMinute, date_of, month_of};

/// An attendance as a sheet has it, before any rule has looked at it.
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
    /// The activity.
    pub activity: i64,
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
