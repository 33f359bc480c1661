//! The typed rows of a town's folder.

use jiff::civil::{Date, DateTime};
use rust_decimal::Decimal;

use super::fault::Warning;

/// Every file of a town's folder but `attendance.csv`, in the files' order. No key is there twice, and every
/// reference leads to a row, which may come after the one that refers to it.
#[derive(Debug)]
pub struct Town {
    /// `units.csv`
    pub units: Vec<Unit>,
    /// `stations.csv`
    pub stations: Vec<Station>,
    /// `teams.csv`
    pub teams: Vec<Team>,
    /// `service_types.csv`
    pub service_types: Vec<ServiceType>,
    /// `earning_rules.csv`
    pub earning_rules: Vec<EarningRule>,
    /// `flat_awards.csv`
    pub flat_awards: Vec<FlatAward>,
    /// `grades.csv`
    pub grades: Vec<Grade>,
    /// `themes.csv`
    pub themes: Vec<Theme>,
    /// `catalogue.csv`
    pub catalogue: Vec<CatalogueItem>,
    /// `stock.csv`
    pub stock: Vec<Stock>,
    /// `partners.csv`
    pub partners: Vec<Partner>,
    /// `volunteers.csv`
    pub volunteers: Vec<Volunteer>,
    /// `activities.csv`
    pub activities: Vec<Activity>,
    /// What a coordinator should look at.
    pub warnings: Vec<Warning>,
}

/// A unit of the four-level grid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// The line of the row.
    pub line: u64,
    /// Its code.
    pub unit: String,
    /// The unit it is part of; none for the town. Following the parents never leads back.
    pub parent: Option<String>,
    /// Its level, such as `grid`.
    pub level: String,
    /// Its name.
    pub name: String,
    /// Where the row comes from.
    pub origin: String,
}

/// A station.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Station {
    /// The line of the row.
    pub line: u64,
    /// Its code: at most 16 characters of `A-Za-z0-9._:/-`.
    pub station: String,
    /// Its name.
    pub name: String,
    /// The unit it is in.
    pub unit: String,
    /// Where the row comes from.
    pub origin: String,
}

/// A sub-team or an action group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// The line of the row.
    pub line: u64,
    /// Its code.
    pub team: String,
    /// Its name.
    pub name: String,
    /// Its kind, such as `sub_team`.
    pub kind: String,
    /// Its motto.
    pub motto: Option<String>,
    /// Where the row comes from.
    pub origin: String,
}

/// A kind of service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceType {
    /// The line of the row.
    pub line: u64,
    /// Its code.
    pub service_type: String,
    /// Its name.
    pub name: String,
    /// The earning rule it falls under.
    pub rule: String,
    /// Where the row comes from.
    pub origin: String,
}

/// What an hour of service earns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarningRule {
    /// The line of the row.
    pub line: u64,
    /// Its code.
    pub rule: String,
    /// Its name.
    pub name: String,
    /// Points for an hour: 0 to 1,000,000.
    pub points_per_hour: i64,
    /// What they are multiplied by: 0 to 1000, with the decimals it is written with.
    pub coefficient: Decimal,
    /// Whether the hours are recorded as service time.
    pub records_service_time: bool,
}

/// Points on top, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlatAward {
    /// The line of the row.
    pub line: u64,
    /// What they are for.
    pub rule: AwardRule,
    /// Its name.
    pub name: String,
    /// The points: at least 1.
    pub points: i64,
    /// When they are given, in words.
    pub when: String,
}

/// What points on top are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AwardRule {
    /// E06: organising an activity.
    Organiser,
    /// E07: a month's first service day.
    ServiceDay,
    /// E08: an activity in a month that carries a theme.
    ThemeMonth,
}

impl AwardRule {
    /// The rules by their codes.
    pub const CODES: [(&'static str, Self); 3] =
        [("E06", Self::Organiser), ("E07", Self::ServiceDay), ("E08", Self::ThemeMonth)];
}

/// A qualitative assessment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grade {
    /// The line of the row.
    pub line: u64,
    /// Its code.
    pub grade: String,
    /// Its name.
    pub name: String,
    /// What points are multiplied by: 0 to 1000, with the decimals it is written with.
    pub coefficient: Decimal,
}

/// A month that carries a theme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    /// The line of the row.
    pub line: u64,
    /// The month: 1 to 12.
    pub month: i8,
    /// The theme's name.
    pub name: String,
}

/// What points are exchanged for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueItem {
    /// The line of the row.
    pub line: u64,
    /// Its code: at most 8 characters of `A-Za-z0-9._:/-`.
    pub sku: String,
    /// Its name.
    pub name: String,
    /// The points a piece takes: at least 1.
    pub points: i64,
    /// Its kind.
    pub kind: ItemKind,
    /// What one piece costs the sponsor.
    pub cost_fen: i64,
    /// Pieces for a person in a month; none without a limit (0 in the file).
    pub limit_per_person_per_month: Option<i64>,
}

/// The kind of thing that points are exchanged for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ItemKind {
    /// A thing to take home.
    Goods,
    /// A service, of which stock counts the places.
    Service,
    /// A voucher.
    Voucher,
}

impl ItemKind {
    /// The kinds by their words.
    pub const WORDS: [(&'static str, Self); 3] =
        [("goods", Self::Goods), ("service", Self::Service), ("voucher", Self::Voucher)];
}

/// Pieces, or places, at a station.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stock {
    /// The line of the row.
    pub line: u64,
    /// The station.
    pub station: String,
    /// What of the catalogue.
    pub sku: String,
    /// How many.
    pub pieces: i64,
}

/// A partner or organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partner {
    /// The line of the row.
    pub line: u64,
    /// Its code.
    pub partner: String,
    /// Its name.
    pub name: String,
    /// Where the row comes from.
    pub origin: String,
}

/// A volunteer with a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Volunteer {
    /// The line of the row.
    pub line: u64,
    /// The card's number, with right check digits.
    pub card_no: String,
    /// The volunteer's name.
    pub name: String,
    /// The volunteer's sex.
    pub sex: Option<String>,
    /// The year of birth: 1900 to 2100.
    pub birth_year: Option<i16>,
    /// The sub-team.
    pub team: Option<String>,
    /// The action group.
    pub group: Option<String>,
    /// The grid, in words.
    pub grid: Option<String>,
    /// The building group, in words.
    pub building_group: Option<String>,
    /// The station the volunteer usually goes to.
    pub home_station: Option<String>,
    /// The day on which consent was given.
    pub consent_on: Date,
}

/// An activity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// The line of the row.
    pub line: u64,
    /// Its code.
    pub activity_id: String,
    /// Its title.
    pub title: String,
    /// The kind of service.
    pub service_type: String,
    /// The day it counts for.
    pub date: Date,
    /// When it starts.
    pub start: DateTime,
    /// When it ends: after it starts.
    pub end: DateTime,
    /// Where it is.
    pub station: String,
    /// The team that gives it.
    pub team: Option<String>,
    /// The organiser's card number; with a warning where `volunteers.csv` does not have it.
    pub organiser: Option<String>,
    /// Whether it is a service day.
    pub service_day: bool,
}
