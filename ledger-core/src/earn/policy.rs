//! The earning policy: versioned data, priced with exact decimals. A change is a new version; old postings keep theirs.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::effect::{Effect, Effects, Fact};
use crate::fault::Impossible;
use crate::reject::{CODE_OF_POLICY, PolicyFault, Rejection};
use crate::row::row;
use crate::rule::{Halt, Moment, Rule, set};
use crate::slice::Unasked;
use crate::text::{is_label, shown};
use crate::time::start_of_day;
use crate::world::World;

/// The most points that a rule gives for an hour, before its coefficient.
pub const POINTS_PER_HOUR_MAX: i64 = 1_000_000;

/// The most points of one award.
pub const AWARD_POINTS_MAX: i64 = 1_000_000;

/// The largest coefficient of a rule or a grade.
pub const COEFFICIENT_MAX: Decimal = Decimal::ONE_THOUSAND;

/// The most decimal places of a coefficient.
pub const COEFFICIENT_PLACES_MAX: u32 = 6;

/// Whether a rule or a grade may have this coefficient.
pub fn is_coefficient(number: Decimal) -> bool {
    !number.is_sign_negative() && number <= COEFFICIENT_MAX && number.scale() <= COEFFICIENT_PLACES_MAX
}

/// A rule by which time becomes points.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarningRule {
    /// Its name.
    pub name: String,
    /// Points for an hour.
    pub points_per_hour: i64,
    /// What they are multiplied by.
    pub coefficient: Decimal,
    /// Whether the time counts as service time; training does not.
    pub records_service_time: bool,
}

/// A kind of service and the rule it falls under.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceType {
    /// Its name.
    pub name: String,
    /// The earning rule's code.
    pub rule: String,
    /// `seed` or `placeholder`.
    pub origin: String,
}

/// A grade of the qualitative assessment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grade {
    /// Its name.
    pub name: String,
    /// What the points of the time are multiplied by.
    pub coefficient: Decimal,
}

/// Points on top, once, not scaled by the grade.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Award {
    /// Its code; empty where the policy has no such award.
    pub rule: String,
    /// Its name.
    pub name: String,
    /// The points.
    pub points: i64,
}

/// One version of the earning policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Earning rules by code.
    pub rules: BTreeMap<String, EarningRule>,
    /// Kinds of service by code.
    pub service_types: BTreeMap<String, ServiceType>,
    /// Grades by code.
    pub grades: BTreeMap<String, Grade>,
    /// For the activity's organiser, whatever the grade.
    pub organiser_award: Award,
    /// For a volunteer's first attendance in a calendar month on a service day.
    pub service_day_award: Award,
    /// For each attendance in a month that carries a theme.
    pub theme_award: Award,
    /// Months (1–12) that carry a theme, with its name.
    pub theme_months: BTreeMap<u8, String>,
    /// The grade that earns neither service-day nor theme points.
    pub failing_grade: String,
    /// Minutes that count at one attendance, at most.
    pub minutes_per_attendance_max: i64,
    /// Minutes that count for one volunteer and day, at most.
    pub minutes_per_day_max: i64,
    /// What counts is cut down to a multiple of so many minutes.
    pub minutes_step: i64,
    /// Points can be spent to the end of so many calendar years after the one they were earned in.
    pub valid_years: i16,
}

impl Policy {
    /// A policy with the limits of the town's rules and no rates yet: 240 minutes an attendance, 480 a day, whole half
    /// hours, three further years.
    pub fn with_town_limits() -> Self {
        Self {
            rules: BTreeMap::new(),
            service_types: BTreeMap::new(),
            grades: BTreeMap::new(),
            organiser_award: Award::default(),
            service_day_award: Award::default(),
            theme_award: Award::default(),
            theme_months: BTreeMap::new(),
            failing_grade: "fail".to_owned(),
            minutes_per_attendance_max: 240,
            minutes_per_day_max: 480,
            minutes_step: 30,
            valid_years: 3,
        }
    }

    /// The code and the rule that a kind of service falls under.
    pub fn rule_of(&self, service_type: &str) -> Option<(&str, &EarningRule)> {
        let service_type = self.service_types.get(service_type)?;
        self.rules.get_key_value(&service_type.rule).map(|(code, rule)| (code.as_str(), rule))
    }

    /// The first instant (UTC seconds) at which points earned on `date` can no longer be spent.
    pub fn expires_at(&self, date: Date, zone: &TimeZone) -> i64 {
        let year = date.year().saturating_add(self.valid_years).saturating_add(1);
        start_of_day(Date::new(year, 1, 1).unwrap_or(Date::MAX), zone)
    }

    /// Whether every reference and number is within what the arithmetic takes.
    ///
    /// # Errors
    /// The first fault.
    pub fn check(&self) -> Result<(), PolicyFault> {
        for (code, service_type) in &self.service_types {
            if !self.rules.contains_key(&service_type.rule) {
                let (service_type, rule) = (shown(code), shown(&service_type.rule));
                return Err(PolicyFault::UnknownRule { service_type, rule });
            }
        }
        let codes = self.rules.keys().chain(self.service_types.keys()).chain(self.grades.keys());
        if let Some(code) = codes.into_iter().find(|code| !is_label(code)) {
            return Err(PolicyFault::NotALabel { code_of: shown(code) });
        }
        for (code, rule) in &self.rules {
            if !(0..=POINTS_PER_HOUR_MAX).contains(&rule.points_per_hour) || !is_coefficient(rule.coefficient) {
                return Err(PolicyFault::RuleOutOfRange { rule: code.clone() });
            }
        }
        for (code, grade) in &self.grades {
            if !is_coefficient(grade.coefficient) {
                return Err(PolicyFault::GradeOutOfRange { grade: code.clone() });
            }
        }
        let awards = [&self.organiser_award, &self.service_day_award, &self.theme_award];
        if awards.iter().any(|award| !(0..=AWARD_POINTS_MAX).contains(&award.points)) {
            return Err(PolicyFault::AwardOutOfRange);
        }
        let limits = [self.minutes_per_attendance_max, self.minutes_per_day_max, self.minutes_step];
        if limits.iter().any(|minutes| !(1..=100_000).contains(minutes)) || !(0..=1000).contains(&self.valid_years) {
            return Err(PolicyFault::LimitOutOfRange);
        }
        Ok(())
    }
}

row! {
    /// A version of the policy. A change is a new version; old postings keep theirs.
    journal "ledger_policies", PolicyRow {
        /// From 1.
        version: i64,
        /// JSON, never changed.
        document: String,
    }
}

/// The policy in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InForce {
    /// From 1.
    pub version: i64,
    /// What its document says.
    pub policy: Policy,
}

impl PolicyRow {
    /// The policy that the row holds; `None` if its document cannot be read as one.
    pub fn read(&self) -> Option<InForce> {
        let policy = serde_json::from_str(&self.document).ok()?;
        Some(InForce { version: self.version, policy })
    }
}

impl Fact for PolicyRow {
    fn apply(&self, world: &mut World, _: i64) -> Result<(), Unasked> {
        if let Some(policy) = self.read() {
            world.town.policy.put((), policy);
        }
        Ok(())
    }
}

impl Rule for Policy {
    const KIND: &'static str = "PLCY";

    fn needs(&self, _: &mut World, _: &Moment) {}

    fn decide(&self, world: &World, _: &Moment) -> Result<Effects, Halt> {
        self.check().map_err(|fault| Rejection::InvalidPolicy { fault })?;
        let document = serde_json::to_string(self).map_err(|error| Impossible::new(error.to_string()))?;
        let current = world.town.policy.get(&())?;
        let version = current.map_or(1, |in_force| in_force.version + 1);
        set(current.map(|in_force| &in_force.policy), self, CODE_OF_POLICY, || {
            Effect::Policy(PolicyRow { version, document })
        })
    }
}
