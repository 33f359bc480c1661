//! The reversal of a redemption, whole and once: the very lots and pieces come back, and the month's limit too.

use std::collections::BTreeMap;

use super::redemption::{line_rows, receipt};
use super::{Moment, entries};
use crate::book::Entry;
use crate::book::transaction::{Leg, LegLots};
use crate::effect::Effects;
use crate::proof::ReceiptNumber;
use crate::reject::Rejection;
use crate::shop::RedeemedLine;
use crate::time::{date_at, start_of_day};
use crate::world::World;

/// Points that come back can be spent for at least so many days.
const DAYS_TO_RUN_MIN: i32 = 30;

pub(super) fn reverse(world: &World, number: &str, moment: &Moment) -> Result<Effects, Rejection> {
    let number = ReceiptNumber::parse(number).ok_or(Rejection::UnknownReceipt)?;
    let redemption = world.redemptions.get(&number).ok_or(Rejection::UnknownReceipt)?;
    if redemption.is_reversal {
        return Err(Rejection::NotARedemption);
    }
    if redemption.reversed || world.reversed.contains(&redemption.position) {
        return Err(Rejection::AlreadyReversed);
    }
    let member = world.members.get(&redemption.member).ok_or(Rejection::UnknownCard)?;
    let station = world
        .stations
        .get(&number.station)
        .ok_or_else(|| Rejection::UnknownStation { station: number.station.clone() })?;

    let rows = entries(world, &undoing(world, &redemption.entries, moment.now), moment.now)?;
    let points = redemption.lines.iter().map(|line| line.pieces * line.points_each).sum();
    let spendable = world.accounts.get(&member.points).map_or(0, |account| account.spendable(moment.now));
    let receipt = receipt(
        world,
        station,
        member,
        &redemption.lines,
        points,
        Some(spendable + points),
        Some(redemption.token),
        moment,
    )?;
    let returned: Vec<RedeemedLine> =
        redemption.lines.iter().map(|line| RedeemedLine { pieces: -line.pieces, ..line.clone() }).collect();
    let effects = Effects::of(rows).and(line_rows(member, station, redemption.month, &returned));
    Ok(Effects { receipt: Some(receipt), reverses: Some(redemption.position), ..effects })
}

/// The legs that give back what the entries took: each account once, and each lot what was taken from it. What would
/// expire within 30 days goes to a lot that runs to the end of the thirtieth.
fn undoing(world: &World, taken: &[Entry], now: i64) -> Vec<Leg> {
    let zone = world.zone();
    let soonest = now + i64::from(DAYS_TO_RUN_MIN) * 86_400;
    let last_day = date_at(soonest, &zone);
    let grace = start_of_day(last_day.tomorrow().unwrap_or(last_day), &zone);
    let mut by_account: BTreeMap<i64, (i64, Vec<(i64, i64)>)> = BTreeMap::new();
    for entry in taken {
        let (quantity, lots) = by_account.entry(entry.account).or_default();
        *quantity -= entry.quantity;
        if entry.lot != 0 {
            let sign = world.accounts.get(&entry.account).map_or(1, |account| account.class.normal_sign());
            let lot = if entry.lot < soonest { grace } else { entry.lot };
            lots.push((lot, -entry.quantity * sign));
        }
    }
    let legs = by_account.into_iter().map(|(account, (quantity, lots))| Leg {
        account,
        quantity,
        lots: if lots.is_empty() { LegLots::Automatic } else { LegLots::Exactly(lots) },
    });
    legs.collect()
}
