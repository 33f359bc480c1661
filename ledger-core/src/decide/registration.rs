//! Who takes part, what is attended and what is on offer. What is registered again with the same content changes nothing.

use super::bookkeeping::new_account;
use super::{Moment, account_at, audit, code, entries, label, leg, member_of, plain};
use crate::book::{Address, Class, Commodity, QUANTITY_MAX};
use crate::command::NewAccount;
use crate::earn::{Activity, ActivityPlan, Policy};
use crate::effect::{ActivityRow, Effect, Effects, Erasable, MemberRow, StationRow};
use crate::people::{CardNumber, CardState, MemberDetails, Partner, Pseudonym, Team, Unit};
use crate::proof::receipt::{SKU_LENGTH_MAX, STATION_LENGTH_MAX};
use crate::reject::Rejection;
use crate::shop::OfferTerms;
use crate::text::shown;
use crate::world::{World, document_key_of_activity, document_key_of_member};

/// What is set: a new row, unless the same content stands already.
fn set<T: PartialEq>(current: Option<&T>, new: &T, code_of: &str, row: Effect) -> Result<Effects, Rejection> {
    if current == Some(new) {
        return Err(Rejection::AlreadyRegistered { code_of: code_of.to_owned() });
    }
    Ok(Effects::of(vec![row]))
}

fn known(found: bool, rejection: Rejection) -> Result<(), Rejection> {
    if found { Ok(()) } else { Err(rejection) }
}

fn unit_known(world: &World, unit: &str) -> Result<(), Rejection> {
    known(world.units.contains_key(unit), Rejection::UnknownUnit { unit: shown(unit) })
}

fn team_known(world: &World, team: &str) -> Result<(), Rejection> {
    known(team.is_empty() || world.teams.contains_key(team), Rejection::UnknownTeam { team: shown(team) })
}

pub(super) fn station_known(world: &World, station: &str) -> Result<(), Rejection> {
    known(
        station.is_empty() || world.stations.contains_key(station),
        Rejection::UnknownStation { station: shown(station) },
    )
}

pub(super) fn set_unit(world: &World, unit: &Unit) -> Result<Effects, Rejection> {
    label("unit", &unit.code)?;
    plain("level", &unit.level)?;
    plain("name", &unit.name)?;
    plain("origin", &unit.origin)?;
    if !unit.parent.is_empty() {
        unit_known(world, &unit.parent)?;
    }
    set(world.units.get(&unit.code), unit, &unit.code, Effect::Unit(unit.clone()))
}

pub(super) fn set_team(world: &World, team: &Team) -> Result<Effects, Rejection> {
    label("team", &team.code)?;
    plain("kind", &team.kind)?;
    plain("name", &team.name)?;
    plain("motto", &team.motto)?;
    plain("origin", &team.origin)?;
    set(world.teams.get(&team.code), team, &team.code, Effect::Team(team.clone()))
}

pub(super) fn set_partner(world: &World, partner: &Partner) -> Result<Effects, Rejection> {
    label("partner", &partner.code)?;
    plain("name", &partner.name)?;
    plain("origin", &partner.origin)?;
    set(world.partners.get(&partner.code), partner, &partner.code, Effect::Partner(partner.clone()))
}

pub(super) fn set_station(
    world: &World,
    station: &str,
    unit: &str,
    name: &str,
    origin: &str,
    moment: &Moment,
) -> Result<Effects, Rejection> {
    code("station", station, STATION_LENGTH_MAX)?;
    plain("name", name)?;
    plain("origin", origin)?;
    unit_known(world, unit)?;
    let current = world.station_rows.get(station);
    let row = StationRow {
        station: current.map_or(moment.position, |current| current.station),
        code: station.to_owned(),
        unit: unit.to_owned(),
        name: name.to_owned(),
        origin: origin.to_owned(),
    };
    set(current, &row, station, Effect::Station(row.clone()))
}

pub(super) fn set_member(
    world: &World,
    card: &str,
    details: &MemberDetails,
    moment: &Moment,
) -> Result<Effects, Rejection> {
    let card = CardNumber::parse(card).ok_or(Rejection::CardCheckDigits)?;
    let texts = [
        ("name", &details.name),
        ("sex", &details.sex),
        ("grid", &details.grid),
        ("building_group", &details.building_group),
        ("consent_on", &details.consent_on),
    ];
    texts.into_iter().try_for_each(|(field, text)| plain(field, text))?;
    team_known(world, &details.team)?;
    team_known(world, &details.action_group)?;
    station_known(world, &details.home_station)?;

    let current = world.member_of_card(card);
    let member = current.map_or(moment.position, |member| member.id);
    let erasable = Erasable::Person { member, card, details: details.clone() };
    let document = erasable.document();
    if world.documents.get(&document_key_of_member(member)) == Some(&document) {
        return Err(Rejection::AlreadyRegistered { code_of: card.to_string() });
    }
    let (pseudonym, opened) = match current {
        Some(member) => (member.pseudonym.clone(), Vec::new()),
        None => {
            let pseudonym = Pseudonym::from_random(moment.pseudonym);
            let opened = new_member(world, member, &pseudonym)?;
            (pseudonym, opened)
        }
    };
    let mut effects = Effects::of(opened);
    effects.rows.push(audit(format!("member/{}", pseudonym.as_str()), moment.audit_salt, &document));
    effects.erasable = Some(erasable);
    Ok(effects)
}

/// The rows of a new member: two accounts, and the member.
fn new_member(world: &World, member: i64, pseudonym: &Pseudonym) -> Result<Vec<Effect>, Rejection> {
    let address = |account| pseudonym.address(account).ok_or_else(|| Rejection::field("pseudonym", "a code"));
    let points =
        NewAccount { lotted: true, ..NewAccount::new(address("points")?, Class::Liability, Commodity::point()) };
    let minutes = NewAccount::new(address("minutes")?, Class::Equity, Commodity::minute());
    let number = world.next_account;
    let row = MemberRow { member, pseudonym: pseudonym.clone(), points: number, minutes: number + 1 };
    Ok(vec![new_account(number, &points), new_account(number + 1, &minutes), Effect::Member(row)])
}

pub(super) fn set_card_state(world: &World, card: &str, state: CardState) -> Result<Effects, Rejection> {
    let member = member_of(world, card)?;
    set(Some(&member.card_state), &state, card, Effect::CardState(member.id, state))
}

pub(super) fn set_policy(world: &World, policy: &Policy) -> Result<Effects, Rejection> {
    policy.check().map_err(|fault| Rejection::InvalidPolicy { fault })?;
    let document =
        serde_json::to_string(policy).map_err(|error| Rejection::InvalidPolicy { fault: error.to_string() })?;
    let (version, current) = world.policy.as_ref().map_or((0, None), |(version, policy)| (*version, Some(policy)));
    set(current, policy, "the policy", Effect::Policy(version + 1, document))
}

pub(super) fn set_activity(world: &World, plan: &ActivityPlan, moment: &Moment) -> Result<Effects, Rejection> {
    label("activity", &plan.code)?;
    plain("title", &plan.title)?;
    let policy = world.policy.as_ref().map(|(_, policy)| policy);
    if policy.and_then(|policy| policy.rule_of(&plan.service_type)).is_none() {
        return Err(Rejection::UnknownServiceType { service_type: shown(&plan.service_type) });
    }
    station_known(world, &plan.station)?;
    team_known(world, &plan.team)?;
    if plan.ends_at <= plan.starts_at {
        return Err(Rejection::field("ends_at", "later than starts_at"));
    }
    let current = world.activities.get(&plan.code);
    let new = activity_row(world, plan, current.map_or(moment.position, |activity| activity.id));
    let erasable = Erasable::Title { activity: new.activity, title: plan.title.clone() };
    let document = erasable.document();
    let same_title = world.documents.get(&document_key_of_activity(new.activity)) == Some(&document);
    if let Some(current) = current {
        check_unchanged(current, &new)?;
        if same_title && new.organiser == current.organiser.unwrap_or(-1) {
            return Err(Rejection::AlreadyRegistered { code_of: plan.code.clone() });
        }
    }
    let mut effects = Effects::of(Vec::new());
    if !same_title {
        effects.rows.push(audit(format!("activity/{}", plan.code), moment.audit_salt, &document));
        effects.erasable = Some(erasable);
    }
    Ok(effects.and([Effect::Activity(new)]))
}

fn activity_row(world: &World, plan: &ActivityPlan, activity: i64) -> ActivityRow {
    let organiser = CardNumber::parse(&plan.organiser_card).and_then(|card| world.member_of_card(card));
    ActivityRow {
        activity,
        code: plan.code.clone(),
        service_type: plan.service_type.clone(),
        day: plan.day,
        starts_at: plan.starts_at,
        ends_at: plan.ends_at,
        station: plan.station.clone(),
        team: plan.team.clone(),
        organiser: organiser.map_or(-1, |member| member.id),
        service_day: plan.service_day,
    }
}

/// Points were given on these facts: they stay. An organiser who was unknown may become known.
fn check_unchanged(current: &Activity, new: &ActivityRow) -> Result<(), Rejection> {
    let differs = [
        ("service_type", current.service_type != new.service_type),
        ("date", current.day != new.day),
        ("start", current.starts_at != new.starts_at),
        ("end", current.ends_at != new.ends_at),
        ("station", current.station != new.station),
        ("team", current.team != new.team),
        ("service_day", current.service_day != new.service_day),
        ("organiser", current.organiser.is_some_and(|organiser| organiser != new.organiser)),
    ];
    match differs.into_iter().find(|(_, differs)| *differs) {
        Some((field, _)) => {
            Err(Rejection::RegisteredDifferently { code_of: new.code.clone(), field: field.to_owned() })
        }
        None => Ok(()),
    }
}

pub(super) fn set_offer(world: &World, terms: &OfferTerms) -> Result<Effects, Rejection> {
    code("sku", &terms.sku, SKU_LENGTH_MAX)?;
    plain("name", &terms.name)?;
    if !(1..=QUANTITY_MAX).contains(&terms.points) {
        return Err(Rejection::field("points", "1 or more"));
    }
    if [terms.cost_fen, terms.monthly_limit].iter().any(|number| !(0..=QUANTITY_MAX).contains(number)) {
        return Err(Rejection::field("cost_fen, limit", "0 or more"));
    }
    let current = world.offers.get(&terms.sku);
    let version = current.map_or(1, |offer| offer.version + 1);
    let effects = set(current.map(|offer| &offer.terms), terms, &terms.sku, Effect::Offer(version, terms.clone()))?;
    if current.is_some() {
        return Ok(effects);
    }
    let commodity = Commodity::item(&terms.sku);
    for address in [supply_address(&terms.sku)?, handed_over_address(&terms.sku)?] {
        if world.addresses.contains_key(&address) {
            return Err(Rejection::AccountExists { address: address.to_string() });
        }
    }
    let supply =
        NewAccount { floor: None, ..NewAccount::new(supply_address(&terms.sku)?, Class::Equity, commodity.clone()) };
    let handed_over = NewAccount {
        floor: None,
        ..NewAccount::new(handed_over_address(&terms.sku)?, Class::Expense, commodity.clone())
    };
    let number = world.next_account;
    let defined = match world.commodities.get(&commodity) {
        None => Some(Effect::Commodity(commodity, 0)),
        Some(0) => None,
        Some(scale) => {
            return Err(Rejection::CommodityDefined { commodity: commodity.as_str().to_owned(), scale: *scale });
        }
    };
    let opened = [new_account(number, &supply), new_account(number + 1, &handed_over)];
    Ok(effects.and(defined).and(opened))
}

pub(super) fn open_stock(
    world: &World,
    station: &str,
    sku: &str,
    pieces: i64,
    moment: &Moment,
) -> Result<Effects, Rejection> {
    known(world.stations.contains_key(station), Rejection::UnknownStation { station: shown(station) })?;
    known(world.offers.contains_key(sku), Rejection::UnknownItem { sku: shown(sku) })?;
    if !(0..=QUANTITY_MAX).contains(&pieces) {
        return Err(Rejection::field("pieces", "0 or more"));
    }
    let address = stock_address(station, sku)?;
    if world.addresses.contains_key(&address) {
        return Err(Rejection::StockOpen { station: station.to_owned(), sku: sku.to_owned() });
    }
    let opened = NewAccount::new(address, Class::Asset, Commodity::item(sku));
    let row = new_account(world.next_account, &opened);
    if pieces == 0 {
        return Ok(Effects::of(vec![row]));
    }
    // The account is opened and filled by one record, so the entries are made in a world that has it.
    let mut with_account = World { next_account: world.next_account, ..World::default() };
    let supply = account_at(world, &supply_address(sku)?)?;
    with_account.accounts.extend(world.accounts.get(&supply).map(|account| (supply, account.clone())));
    with_account.apply(moment.position, &Effects::of(vec![row.clone()]), None);
    let legs = [leg(world.next_account, pieces), leg(supply, -pieces)];
    Ok(Effects::of(vec![row]).and(entries(&with_account, &legs, moment.now)?))
}

/// Where a station's pieces of an offer are.
pub fn stock_address(station: &str, sku: &str) -> Result<Address, Rejection> {
    Address::new(&format!("station/{station}/stock/{sku}")).ok_or_else(|| Rejection::UnknownItem { sku: shown(sku) })
}

/// Where pieces of an offer come from.
pub fn supply_address(sku: &str) -> Result<Address, Rejection> {
    Address::new(&format!("supply/{sku}")).ok_or_else(|| Rejection::UnknownItem { sku: shown(sku) })
}

/// Where pieces of an offer go.
pub fn handed_over_address(sku: &str) -> Result<Address, Rejection> {
    Address::new(&format!("handed-over/{sku}")).ok_or_else(|| Rejection::UnknownItem { sku: shown(sku) })
}
