//! A redemption: points leave the volunteer, pieces leave the station's stock, in one transaction with one receipt.

use super::founding::own_account;
use super::registration::{handed_over_address, stock_address};
use super::{Moment, account_at, entries, leg, member_of};
use crate::book::QUANTITY_MAX;
use crate::effect::{Effect, Effects, ReceiptDraft, RedemptionLineRow};
use crate::people::{CardState, Member, Station};
use crate::proof::receipt::TOKEN_LENGTH_MAX;
use crate::proof::{Digest, Receipt, ReceiptKind, ReceiptNumber};
use crate::reject::Rejection;
use crate::shop::redemption::LINES_MAX;
use crate::shop::{Line, RedeemedLine};
use crate::text::shown;
use crate::time::{date_at, month_of};
use crate::world::World;

/// Characters by which a reversal's token may be longer than its redemption's: `knd`, `ref`, and longer numbers.
const REVERSAL_LENGTH_MORE: usize = 110;

pub(super) fn redeem(
    world: &World,
    card: &str,
    station: &str,
    lines: &[Line],
    points_shown: Option<i64>,
    moment: &Moment,
) -> Result<Effects, Rejection> {
    check_lines(lines)?;
    let member = member_of(world, card)?;
    if member.card_state == CardState::Blocked {
        return Err(Rejection::CardBlocked);
    }
    let station = world.stations.get(station).ok_or_else(|| Rejection::UnknownStation { station: shown(station) })?;
    let redeemed = price(world, lines)?;
    let points = total(&redeemed)?;
    if let Some(points_shown) = points_shown.filter(|shown| *shown != points) {
        return Err(Rejection::PriceChanged { points, points_shown });
    }
    check_stock(world, station, &redeemed)?;
    let month = month_of(date_at(moment.now, &world.zone()));
    check_limits(world, member, &redeemed, month)?;
    let left = check_points(world, member, points, moment.now)?;

    let mut legs = vec![leg(member.points, points), leg(redeemed_points(world)?, -points)];
    for line in &redeemed {
        legs.push(leg(account_at(world, &handed_over_address(&line.sku)?)?, line.pieces));
        legs.push(leg(account_at(world, &stock_address(&station.code, &line.sku)?)?, -line.pieces));
    }
    let effects = Effects::of(entries(world, &legs, moment.now)?).and(line_rows(member, station, month, &redeemed));
    let receipt = receipt(world, station, member, &redeemed, points, Some(left), None, moment)?;
    Ok(Effects { receipt: Some(receipt), ..effects })
}

fn check_lines(lines: &[Line]) -> Result<(), Rejection> {
    if lines.is_empty() || lines.iter().any(|line| !(1..=QUANTITY_MAX).contains(&line.pieces)) {
        return Err(Rejection::InvalidPieces);
    }
    if lines.len() > LINES_MAX {
        return Err(Rejection::TooManyLines { lines_max: LINES_MAX as i64 });
    }
    let repeated =
        lines.iter().enumerate().find(|(index, line)| lines[..*index].iter().any(|earlier| earlier.sku == line.sku));
    match repeated {
        Some((_, line)) => Err(Rejection::ItemRepeated { sku: shown(&line.sku) }),
        None => Ok(()),
    }
}

fn price(world: &World, lines: &[Line]) -> Result<Vec<RedeemedLine>, Rejection> {
    let priced = lines.iter().map(|line| {
        let offer = world.offers.get(&line.sku).ok_or_else(|| Rejection::UnknownItem { sku: shown(&line.sku) })?;
        Ok(RedeemedLine {
            sku: line.sku.clone(),
            offer_version: offer.version,
            pieces: line.pieces,
            points_each: offer.terms.points,
        })
    });
    priced.collect()
}

/// What has a total beyond all quantities costs more than anyone has.
fn total(redeemed: &[RedeemedLine]) -> Result<i64, Rejection> {
    let points: i128 = redeemed.iter().map(|line| i128::from(line.pieces) * i128::from(line.points_each)).sum();
    i64::try_from(points).ok().filter(|points| *points <= QUANTITY_MAX).ok_or(Rejection::QuantityOutOfRange)
}

fn check_stock(world: &World, station: &Station, redeemed: &[RedeemedLine]) -> Result<(), Rejection> {
    redeemed.iter().try_for_each(|line| {
        let stock = world.account(&stock_address(&station.code, &line.sku)?);
        let pieces_left = stock.map_or(0, |account| account.normal_balance());
        if pieces_left < line.pieces {
            return Err(Rejection::OutOfStock { sku: line.sku.clone(), pieces_left });
        }
        Ok(())
    })
}

fn check_limits(world: &World, member: &Member, redeemed: &[RedeemedLine], month: i64) -> Result<(), Rejection> {
    redeemed.iter().try_for_each(|line| {
        let monthly_limit = world.offers.get(&line.sku).map_or(0, |offer| offer.terms.monthly_limit);
        let pieces_had = world.pieces_had.get(&(member.id, line.sku.clone(), month)).copied().unwrap_or(0);
        if monthly_limit > 0 && line.pieces > monthly_limit - pieces_had {
            return Err(Rejection::OverLimit { sku: line.sku.clone(), pieces_had, monthly_limit });
        }
        Ok(())
    })
}

/// The points that will be left to spend.
fn check_points(world: &World, member: &Member, points: i64, now: i64) -> Result<i64, Rejection> {
    let account = world
        .accounts
        .get(&member.points)
        .ok_or_else(|| Rejection::UnknownAccount { address: member.points.to_string() })?;
    let points_spendable = account.spendable(now);
    let points_expired = account.normal_balance() - points_spendable;
    if points <= points_spendable {
        return Ok(points_spendable - points);
    }
    if points <= account.normal_balance() {
        return Err(Rejection::PointsExpired { points, points_spendable, points_expired });
    }
    Err(Rejection::InsufficientPoints { points, points_spendable })
}

/// Where redeemed points go.
pub(super) fn redeemed_points(world: &World) -> Result<i64, Rejection> {
    own_account(1).ok_or(Rejection::NoEntries).and_then(|address| account_at(world, &address))
}

/// The rows that keep what was redeemed.
pub(super) fn line_rows(member: &Member, station: &Station, month: i64, redeemed: &[RedeemedLine]) -> Vec<Effect> {
    let rows = redeemed.iter().zip(0..).map(|(redeemed, line)| {
        Effect::RedemptionLine(RedemptionLineRow {
            line,
            member: member.id,
            station: station.id,
            month,
            redeemed: redeemed.clone(),
        })
    });
    rows.collect()
}

/// The receipt that comes next in the station's chain.
#[expect(clippy::too_many_arguments, reason = "each is one field of the receipt")]
pub(super) fn receipt(
    world: &World,
    station: &Station,
    member: &Member,
    redeemed: &[RedeemedLine],
    points: i64,
    balance: Option<i64>,
    reference: Option<Digest>,
    moment: &Moment,
) -> Result<ReceiptDraft, Rejection> {
    let year = i64::from(date_at(moment.now, &world.zone()).year());
    let number = if station.chain.year == year { station.chain.number + 1 } else { 1 };
    let printed = ReceiptNumber { station: station.code.clone(), year, number };
    let receipt = Receipt {
        issuer: world.issuer().to_owned(),
        kind: if reference.is_some() { ReceiptKind::Reversal } else { ReceiptKind::Redemption },
        number: printed.to_string(),
        issued_at: moment.now,
        station: station.code.clone(),
        position: moment.position,
        subject: member.pseudonym.as_str().to_owned(),
        lines: redeemed.iter().map(|line| (line.sku.clone(), line.pieces, line.points_each)).collect(),
        points,
        balance,
        previous: station.chain.digest,
        reference,
    };
    // A redemption leaves room for the receipt of its reversal, which names it: what was redeemed can always be reversed.
    let room = if reference.is_some() { 0 } else { REVERSAL_LENGTH_MORE };
    // Three lines fit with the longest of every field; only more need to be measured.
    if redeemed.len() > 3 && receipt.token_length() + room > TOKEN_LENGTH_MAX {
        return Err(Rejection::ReceiptTooLong);
    }
    Ok(ReceiptDraft { station: station.id, year, number, receipt })
}
