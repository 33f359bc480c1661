//! The reversal of a redemption, whole and once: the very lots and pieces come back, and the month's limit too.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::redemption::{Draft, PiecesHadKey, line_rows};
use super::{RedeemedLine, Redemption};
use crate::book::transaction::{Leg, LegLots, entries};
use crate::book::{AccountId, Entry};
use crate::effect::{Effect, Effects};
use crate::people::card::member_at;
use crate::people::station::station_of;
use crate::proof::ReceiptNumber;
use crate::proof::record::ReversalRow;
use crate::reject::Rejection;
use crate::rule::{Halt, Moment, Rule, account};
use crate::time::{date_at, start_of_day};
use crate::world::World;

/// Points that come back can be spent for at least so many days.
const DAYS_TO_RUN_MIN: i32 = 30;

/// Reverses a redemption, whole and once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReverseRedemption {
    /// The receipt's number, `S01-26-000042`.
    pub receipt: String,
}

impl ReverseRedemption {
    fn redemption<'a>(&self, world: &'a World) -> Result<(ReceiptNumber, &'a Redemption), Halt> {
        let number = ReceiptNumber::parse(&self.receipt).ok_or(Rejection::UnknownReceipt)?;
        let redemption = world.town.redemptions.get(&number)?.ok_or(Rejection::UnknownReceipt)?;
        Ok((number, redemption))
    }
}

impl Rule for ReverseRedemption {
    const KIND: &'static str = "RVRS";

    fn needs(&self, world: &mut World, _: &Moment) {
        let number = ReceiptNumber::parse(&self.receipt);
        let Some(redemption) = number.and_then(|number| world.town.redemptions.ask(&number).cloned()) else { return };
        world.reversed.ask(&redemption.position);
        world.town.members.ask(&redemption.member);
        for line in &redemption.lines {
            let key = PiecesHadKey { member: redemption.member, sku: line.sku.clone(), month: redemption.month };
            key.ask(world);
        }
        for entry in &redemption.entries {
            world.ask_account_number(entry.account);
        }
        if let Some(points) = world.town.members.peek(&redemption.member).map(|member| member.points) {
            world.ask_account_number(points);
        }
    }

    fn decide(&self, world: &World, moment: &Moment) -> Result<Effects, Halt> {
        let (number, redemption) = self.redemption(world)?;
        if redemption.is_reversal {
            return Err(Rejection::NotARedemption.into());
        }
        if world.reversed.has(&redemption.position)? {
            return Err(Rejection::AlreadyReversed.into());
        }
        let member = member_at(world, redemption.member)?;
        let station = station_of(world, &number.station)?;

        let legs = undoing(world, &redemption.entries, moment.now)?;
        let rows = entries(world, &legs, moment.now)?;
        let points = redemption.lines.iter().map(|line| line.pieces * line.points_each).sum();
        let spendable = account(world, member.points)?.spendable(moment.now);
        let draft = Draft {
            member,
            station,
            redeemed: &redemption.lines,
            points,
            left: spendable + points,
            reference: Some(redemption.token),
        };
        let receipt = Some(Box::new(draft.receipt(world, moment)?));
        let returned: Vec<RedeemedLine> =
            redemption.lines.iter().map(|line| RedeemedLine { pieces: -line.pieces, ..line.clone() }).collect();
        let effects = Effects::of(rows)
            .and(line_rows(member, station, redemption.month, &returned))
            .and([Effect::Reversal(ReversalRow { reversed_position: redemption.position })]);
        Ok(Effects { receipt, gives_back_to: Some(redemption.posted_at), ..effects })
    }
}

/// The legs that give back what the entries took: each account once, and each lot what was taken from it. What would
/// expire within 30 days goes to a lot that runs to the end of the thirtieth.
fn undoing(world: &World, taken: &[Entry], now: i64) -> Result<Vec<Leg>, Halt> {
    let soonest = now + i64::from(DAYS_TO_RUN_MIN) * 86_400;
    let last_day = date_at(soonest, world.zone());
    let grace = start_of_day(last_day.tomorrow().unwrap_or(last_day), world.zone());
    let mut by_account: BTreeMap<AccountId, (i64, Vec<(i64, i64)>)> = BTreeMap::new();
    for entry in taken {
        let (quantity, lots) = by_account.entry(entry.account).or_default();
        *quantity -= entry.quantity;
        if entry.lot != 0 {
            let sign = account(world, entry.account)?.class.normal_sign();
            let lot = if entry.lot < soonest { grace } else { entry.lot };
            lots.push((lot, -entry.quantity * sign));
        }
    }
    let legs = by_account.into_iter().map(|(account, (quantity, lots))| Leg {
        lots: if lots.is_empty() { LegLots::Automatic } else { LegLots::Exactly(lots) },
        ..Leg::new(account, quantity)
    });
    Ok(legs.collect())
}
