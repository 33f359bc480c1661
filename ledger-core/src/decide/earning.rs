//! An attendance: the import rules, in their order, and the transaction that it earns.

use super::founding::own_account;
use super::{Moment, account_at, entries, leg};
use crate::book::transaction::{Leg, LegLots};
use crate::earn::attendance::{Past, Span, assess, relevant_until};
use crate::earn::{Activity, AttendanceSheetRow, EarningRule, Grade, Policy};
use crate::effect::{AttendanceRow, Effect, Effects};
use crate::people::{CardNumber, Member};
use crate::reject::Rejection;
use crate::text::{LABEL_LENGTH_MAX, is_plain};
use crate::time::{date_of, parse_local_minute};
use crate::world::World;

/// The references and times of a row, once they have been found to be good.
struct Read<'a> {
    member: &'a Member,
    activity: &'a Activity,
    rule: (&'a str, &'a EarningRule),
    grade: (&'a str, &'a Grade),
    present: Span,
}

pub(super) fn record_attendance(
    world: &World,
    row: &AttendanceSheetRow,
    moment: &Moment,
) -> Result<Effects, Rejection> {
    let (policy_version, policy) =
        world.policy.as_ref().ok_or_else(|| Rejection::InvalidPolicy { fault: "no policy is set".to_owned() })?;
    let read = read(world, policy, row)?;
    let Read { member, activity, .. } = read;
    let past: &[Past] = world.histories.get(&member.id).map_or(&[], |history| &history.past);
    if past.iter().any(|past| past.activity == activity.id) {
        return Err(Rejection::AlreadyRecorded);
    }
    let open = Span { from: activity.starts_at, until: activity.ends_at };
    let credited = read.present.within(open).ok_or(Rejection::OutsideActivity)?;
    if past.iter().any(|past| past.span.within(credited).is_some()) {
        return Err(Rejection::OverlapsOtherAttendance);
    }
    let assessed = assess(policy, read.rule.1, read.grade, activity, member.id, credited, past)
        .ok_or(Rejection::QuantityOutOfRange)?;

    let legs = legs(world, policy, member, activity, assessed.minutes_recorded, assessed.points())?;
    let rows = if legs.is_empty() { Vec::new() } else { entries(world, &legs, moment.now)? };
    let attendance = AttendanceRow {
        member: member.id,
        activity: activity.id,
        day: activity.day,
        check_in: read.present.from,
        check_out: read.present.until,
        credited,
        relevant_until: relevant_until(credited, activity.day),
        rule: read.rule.0.to_owned(),
        grade: read.grade.0.to_owned(),
        assessed,
        source: row.source.clone(),
        entered_by: row.entered_by.clone(),
        confirmed_by: row.confirmed_by.clone(),
    };
    let effects = Effects::of(rows).and([Effect::Attendance(attendance)]);
    Ok(Effects { policy_version: *policy_version, effective_day: Some(activity.day), ..effects })
}

/// The rules that concern the row itself, in their order.
fn read<'a>(world: &'a World, policy: &'a Policy, row: &'a AttendanceSheetRow) -> Result<Read<'a>, Rejection> {
    let card = CardNumber::parse(&row.card).ok_or(Rejection::CardCheckDigits)?;
    let member = world.member_of_card(card).ok_or(Rejection::UnknownCard)?;
    let activity = world.activities.get(&row.activity).ok_or(Rejection::UnknownActivity)?;
    let grade = policy
        .grades
        .get_key_value(&row.grade)
        .map(|(code, grade)| (code.as_str(), grade))
        .ok_or(Rejection::UnknownGrade)?;
    if row.check_out.is_empty() {
        return Err(Rejection::MissingCheckOut);
    }
    let from = parse_local_minute(&row.check_in).ok_or(Rejection::InvalidTime)?;
    let until = parse_local_minute(&row.check_out).ok_or(Rejection::InvalidTime)?;
    if until <= from {
        return Err(Rejection::CheckOutNotAfterCheckIn);
    }
    if row.entered_by == row.confirmed_by {
        return Err(Rejection::SamePersonEnteredAndConfirmed);
    }
    for (field, text) in [("source", &row.source), ("entered_by", &row.entered_by), ("confirmed_by", &row.confirmed_by)]
    {
        if !is_plain(text, LABEL_LENGTH_MAX) {
            return Err(Rejection::field(field, "at most 64 characters, none of them a control character"));
        }
    }
    let unknown_service = || Rejection::UnknownServiceType { service_type: activity.service_type.clone() };
    let rule = policy.rule_of(&activity.service_type).ok_or_else(unknown_service)?;
    Ok(Read { member, activity, rule, grade, present: Span { from, until } })
}

/// What one row earns is one transaction: minutes and points, each from its source to the member.
fn legs(
    world: &World,
    policy: &Policy,
    member: &Member,
    activity: &Activity,
    minutes: i64,
    points: i64,
) -> Result<Vec<Leg>, Rejection> {
    let own = |index| own_account(index).ok_or(Rejection::NoEntries).and_then(|address| account_at(world, &address));
    let mut legs = Vec::with_capacity(4);
    if minutes > 0 {
        legs.push(leg(own(3)?, minutes));
        legs.push(leg(member.minutes, -minutes));
    }
    if points > 0 {
        let expires_at = policy.expires_at(date_of(activity.day), &world.zone());
        legs.push(leg(own(0)?, points));
        legs.push(Leg { account: member.points, quantity: -points, lots: LegLots::Into(expires_at) });
    }
    Ok(legs)
}
