//! A town's rows as commands, in an order in which each refers only to what stands before it.

use std::collections::HashMap;

use baoyulan_ledger::command::Command;
use baoyulan_ledger::earn::{
    Activity as KnownActivity, ActivityPlan, AttendanceSheetRow, Award, EarningRule, Grade, Policy, ServiceType,
};
use baoyulan_ledger::people::{MemberDetails, Partner, Team, Unit};
use baoyulan_ledger::shop::{OfferKind, OfferTerms};
use baoyulan_ledger::time::{day_of, local_minute_of};

use super::attendance::AttendanceRow;
use super::fault::{Fault, Place, Problem};
use super::rows::{self, AwardRule, ItemKind, Town};

/// A command and the row that it comes from.
pub struct Planned {
    /// The file.
    pub file: &'static str,
    /// The line.
    pub line: u64,
    /// The command.
    pub command: Command,
}

/// Everything but the attendance. What the bank has already it will say, and nothing changes.
pub fn commands(town: &Town) -> Vec<Planned> {
    let mut planned = Vec::new();
    let mut plan = |file, line, command| planned.push(Planned { file, line, command });
    for unit in parents_first(&town.units) {
        plan("units.csv", unit.line, Command::SetUnit(unit_of(unit)));
    }
    for team in &town.teams {
        plan("teams.csv", team.line, Command::SetTeam(team_of(team)));
    }
    for partner in &town.partners {
        let rows::Partner { partner: code, name, origin, .. } = partner;
        let set = Partner { code: code.clone(), name: name.clone(), origin: origin.clone() };
        plan("partners.csv", partner.line, Command::SetPartner(set));
    }
    for station in &town.stations {
        let rows::Station { station: code, unit, name, origin, line } = station;
        let (code, unit, name, origin) = (code.clone(), unit.clone(), name.clone(), origin.clone());
        plan("stations.csv", *line, Command::SetStation { code, unit, name, origin });
    }
    plan("earning_rules.csv", 1, Command::SetPolicy(Box::new(policy_of(town))));
    for volunteer in &town.volunteers {
        let (card, details) = (volunteer.card_no.clone(), details_of(volunteer));
        plan("volunteers.csv", volunteer.line, Command::SetMember { card, details });
    }
    for activity in &town.activities {
        plan("activities.csv", activity.line, Command::SetActivity(activity_of(activity)));
    }
    for item in &town.catalogue {
        plan("catalogue.csv", item.line, Command::SetOffer(offer_of(item)));
    }
    for stock in &town.stock {
        let (station, sku, pieces) = (stock.station.clone(), stock.sku.clone(), stock.pieces);
        plan("stock.csv", stock.line, Command::OpenStock { station, sku, pieces });
    }
    planned
}

/// An attendance as a command. Its id is its volunteer and activity, so it needs none of its own.
pub fn attendance(row: AttendanceRow) -> Command {
    Command::RecordAttendance(AttendanceSheetRow {
        activity: row.activity_id,
        card: row.card_no,
        check_in: row.check_in,
        check_out: row.check_out,
        grade: row.grade,
        source: row.source,
        entered_by: row.entered_by,
        confirmed_by: row.confirmed_by,
    })
}

/// The first activity that the bank knows otherwise: points were given on that, so the folder is not imported.
pub fn check_against(town: &Town, known: &HashMap<String, KnownActivity>) -> Result<(), Fault> {
    for activity in &town.activities {
        let Some(known) = known.get(&activity.activity_id) else { continue };
        let plan = activity_of(activity);
        let differs = [
            ("service_type", known.service_type != plan.service_type),
            ("date", known.day != plan.day),
            ("start", known.starts_at != plan.starts_at),
            ("end", known.ends_at != plan.ends_at),
            ("station", known.station != plan.station),
            ("team", known.team != plan.team),
            ("service_day", known.service_day != plan.service_day),
        ];
        if let Some((column, _)) = differs.into_iter().find(|(_, differs)| *differs) {
            let place = Place::file("activities.csv").line(activity.line).column(column);
            return Err(place.fault(Problem::KnownDifferently(column.to_owned())));
        }
    }
    Ok(())
}

/// Units, each after the one it belongs to. The folder has been checked: there is no cycle.
fn parents_first(units: &[rows::Unit]) -> Vec<&rows::Unit> {
    let by_code: HashMap<&str, &rows::Unit> = units.iter().map(|unit| (unit.unit.as_str(), unit)).collect();
    let depth = |unit: &rows::Unit| {
        let mut depth = 0;
        let mut parent = unit.parent.as_deref();
        while let Some(unit) = parent.and_then(|parent| by_code.get(parent)) {
            depth += 1;
            parent = unit.parent.as_deref();
        }
        depth
    };
    let mut ordered: Vec<&rows::Unit> = units.iter().collect();
    ordered.sort_by_cached_key(|unit| depth(unit));
    ordered
}

fn unit_of(unit: &rows::Unit) -> Unit {
    Unit {
        code: unit.unit.clone(),
        parent: unit.parent.clone().unwrap_or_default(),
        level: unit.level.clone(),
        name: unit.name.clone(),
        origin: unit.origin.clone(),
    }
}

fn team_of(team: &rows::Team) -> Team {
    Team {
        code: team.team.clone(),
        kind: team.kind.clone(),
        name: team.name.clone(),
        motto: team.motto.clone().unwrap_or_default(),
        origin: team.origin.clone(),
    }
}

fn details_of(volunteer: &rows::Volunteer) -> MemberDetails {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    MemberDetails {
        name: volunteer.name.clone(),
        sex: text(&volunteer.sex),
        birth_year: volunteer.birth_year.map_or(0, i64::from),
        team: text(&volunteer.team),
        action_group: text(&volunteer.group),
        grid: text(&volunteer.grid),
        building_group: text(&volunteer.building_group),
        home_station: text(&volunteer.home_station),
        consent_on: volunteer.consent_on.to_string(),
    }
}

fn activity_of(activity: &rows::Activity) -> ActivityPlan {
    ActivityPlan {
        code: activity.activity_id.clone(),
        title: activity.title.clone(),
        service_type: activity.service_type.clone(),
        day: day_of(activity.date),
        starts_at: local_minute_of(activity.start),
        ends_at: local_minute_of(activity.end),
        station: activity.station.clone(),
        team: activity.team.clone().unwrap_or_default(),
        organiser_card: activity.organiser.clone().unwrap_or_default(),
        service_day: activity.service_day,
    }
}

fn offer_of(item: &rows::CatalogueItem) -> OfferTerms {
    OfferTerms {
        sku: item.sku.clone(),
        name: item.name.clone(),
        kind: match item.kind {
            ItemKind::Goods => OfferKind::Goods,
            ItemKind::Service => OfferKind::Service,
            ItemKind::Voucher => OfferKind::Voucher,
        },
        points: item.points,
        cost_fen: item.cost_fen,
        monthly_limit: item.limit_per_person_per_month.unwrap_or(0),
    }
}

/// The earning policy of the town's files, under the limits of the town's rules.
fn policy_of(town: &Town) -> Policy {
    let mut policy = Policy::with_town_limits();
    for rule in &town.earning_rules {
        let earning = EarningRule {
            name: rule.name.clone(),
            points_per_hour: rule.points_per_hour,
            coefficient: rule.coefficient,
            records_service_time: rule.records_service_time,
        };
        policy.rules.insert(rule.rule.clone(), earning);
    }
    for service in &town.service_types {
        let rows::ServiceType { service_type, name, rule, origin, .. } = service;
        let service = ServiceType { name: name.clone(), rule: rule.clone(), origin: origin.clone() };
        policy.service_types.insert(service_type.clone(), service);
    }
    for grade in &town.grades {
        policy.grades.insert(grade.grade.clone(), Grade { name: grade.name.clone(), coefficient: grade.coefficient });
    }
    for flat in &town.flat_awards {
        let code = AwardRule::CODES.iter().find(|(_, rule)| *rule == flat.rule).map_or("", |(code, _)| *code);
        let award = Award { rule: code.to_owned(), name: flat.name.clone(), points: flat.points };
        match flat.rule {
            AwardRule::Organiser => policy.organiser_award = award,
            AwardRule::ServiceDay => policy.service_day_award = award,
            AwardRule::ThemeMonth => policy.theme_award = award,
        }
    }
    for theme in &town.themes {
        if let Ok(month) = u8::try_from(theme.month) {
            policy.theme_months.insert(month, theme.name.clone());
        }
    }
    policy
}
