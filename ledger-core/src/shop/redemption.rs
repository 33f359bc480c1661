//! A redemption: points leave the volunteer, pieces leave the station's stock, in one transaction with one receipt.

use serde::{Deserialize, Serialize};

use super::stock::{handed_over_address, stock_address};
use crate::book::QUANTITY_MAX;
use crate::book::transaction::{Leg, entries};
use crate::defect::Defect;
use crate::effect::{Effect, Effects, Fact};
use crate::people::card::{ask_member, member_of};
use crate::people::debt::{ask_debt, check_no_debt};
use crate::people::station::station_of;
use crate::people::{BalanceOnReceipts, CardState, Member, MemberId, StationId, StationRow};
use crate::proof::receipt::{LINES_MAX, ReceiptLine, SKU_LENGTH_MAX, TOKEN_LENGTH_MAX};
use crate::proof::{Digest, Receipt, ReceiptDraft, ReceiptKind, ReceiptNumber};
use crate::reject::Rejection;
use crate::row::row;
use crate::rule::{Halt, Moment, Rule, account, account_at};
use crate::slice::Unasked;
use crate::text::{is_code, shown};
use crate::time::{date_at, month_of};
use crate::town::OwnAccount;
use crate::world::World;

/// Characters by which a reversal's token may be longer than its redemption's: `knd`, `ref`, and longer numbers.
const REVERSAL_LENGTH_MORE: usize = 110;
/// Characters that a balance takes in a token. Its owner may choose to have it there before the reversal.
const BALANCE_LENGTH: usize = 31;

/// What a person asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The offer's code.
    pub sku: String,
    /// How many pieces, 1 or more.
    pub pieces: i64,
}

/// What a person was given, at which price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedeemedLine {
    /// The offer's code.
    pub sku: String,
    /// The version of the offer that was in force, from 1.
    pub offer_version: i64,
    /// How many; negative where they came back.
    pub pieces: i64,
    /// Points for one piece.
    pub points_each: i64,
}

row! {
    /// A line of a redemption.
    journal "ledger_redemption_lines", RedemptionLineRow {
        /// From 0.
        line: i64,
        member: MemberId,
        station: StationId,
        /// The month whose limit it counts against, `year × 12 + month − 1`.
        month: i64,
        sku: String,
        offer_version: i64,
        /// Negative in a reversal.
        pieces: i64,
        points_each: i64,
    }
}

row! {
    /// Pieces that a person has had of an offer in a month.
    state(3) "ledger_pieces_had", PiecesHadRow {
        member: MemberId,
        sku: String,
        /// `year × 12 + month − 1`.
        month: i64,
        pieces: i64,
    }
}

/// Whose pieces of which offer in which month, `year × 12 + month − 1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub struct PiecesHadKey {
    pub member: MemberId,
    pub sku: String,
    pub month: i64,
}

impl PiecesHadKey {
    /// The row that keeps so many pieces.
    pub(crate) fn row(&self, pieces: i64) -> PiecesHadRow {
        PiecesHadRow { member: self.member, sku: self.sku.clone(), month: self.month, pieces }
    }

    /// Asks for it. What is no code is no offer's, and PostgreSQL takes no NUL even in a question.
    pub(crate) fn ask(&self, world: &mut World) {
        if is_code(&self.sku, SKU_LENGTH_MAX) {
            world.town.pieces_had.ask(self);
        }
    }
}

/// A redemption that may be reversed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redemption {
    /// Position of its record.
    pub position: i64,
    /// When it was posted, UTC seconds.
    pub posted_at: i64,
    /// Whose points they were.
    pub member: MemberId,
    /// Whose stock it was.
    pub station: StationId,
    /// The month whose limit it counts against, `year × 12 + month − 1`.
    pub month: i64,
    /// What was handed over.
    pub lines: Vec<RedeemedLine>,
    /// SHA-256 of its token.
    pub token: Digest,
    /// Whether it is a reversal itself.
    pub is_reversal: bool,
}

impl RedemptionLineRow {
    /// What was handed over.
    pub fn redeemed(&self) -> RedeemedLine {
        let Self { sku, offer_version, pieces, points_each, .. } = self.clone();
        RedeemedLine { sku, offer_version, pieces, points_each }
    }
}

impl Fact for RedemptionLineRow {
    fn apply(&self, world: &mut World, _: i64) -> Result<(), Unasked> {
        let key = PiecesHadKey { member: self.member, sku: self.sku.clone(), month: self.month };
        let had = if Defect::PiecesNotCounted.is_on() { 0 } else { self.pieces };
        world.town.pieces_had.update_or_default(key, |pieces| *pieces += had)
    }
}

/// Remembers a redemption under its receipt's number, since it may be reversed in the same batch.
pub(crate) fn remember(world: &mut World, position: i64, effects: &Effects, draft: &ReceiptDraft, token: Digest) {
    let lines =
        effects.rows.iter().filter_map(|row| if let Effect::RedemptionLine(row) = row { Some(row) } else { None });
    let lines: Vec<&RedemptionLineRow> = lines.collect();
    let Some(first) = lines.first() else { return };
    let number = ReceiptNumber { station: draft.receipt.station.clone(), year: draft.year, number: draft.number };
    let redemption = Redemption {
        position,
        posted_at: draft.receipt.issued_at,
        member: first.member,
        station: first.station,
        month: first.month,
        lines: lines.iter().map(|row| row.redeemed()).collect(),
        token,
        is_reversal: effects.reverses().is_some(),
    };
    world.town.redemptions.put(number, redemption);
}

/// Exchanges points for pieces at a station.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redeem {
    /// The card number.
    pub card: String,
    /// The station's code.
    pub station: String,
    /// What is asked for, 1 to [`LINES_MAX`] lines.
    pub lines: Vec<Line>,
    /// The total that the person saw; another one is refused. `None` where no price was shown.
    pub points_shown: Option<i64>,
}

impl Rule for Redeem {
    const KIND: &'static str = "REDM";

    fn needs(&self, world: &mut World, moment: &Moment) {
        let member = ask_member(world, &self.card);
        OwnAccount::PointsRedeemed.ask(world);
        for line in &self.lines {
            let addresses = [stock_address(&self.station, &line.sku), handed_over_address(&line.sku)];
            addresses.into_iter().flatten().for_each(|address| world.ask_account(&address));
        }
        let Some(member) = member else { return };
        let month = month_of(date_at(moment.now, world.zone()));
        for line in &self.lines {
            PiecesHadKey { member, sku: line.sku.clone(), month }.ask(world);
        }
        if let Some(points) = world.town.members.peek(&member).map(|member| member.points) {
            world.ask_account_number(points);
        }
        ask_debt(world, member);
    }

    fn decide(&self, world: &World, moment: &Moment) -> Result<Effects, Halt> {
        check_lines(&self.lines)?;
        let member = member_of(world, &self.card)?;
        if member.card_state == CardState::Blocked {
            return Err(Rejection::CardBlocked.into());
        }
        let station = station_of(world, &self.station)?;
        let redeemed = price(world, &self.lines)?;
        let points = total(&redeemed)?;
        if let Some(points_shown) = self.points_shown.filter(|shown| *shown != points) {
            return Err(Rejection::PriceChanged { points, points_shown }.into());
        }
        check_stock(world, station, &redeemed, moment.now)?;
        let month = month_of(date_at(moment.now, world.zone()));
        check_limits(world, member, &redeemed, month)?;
        check_no_debt(world, member)?;
        let left = check_points(world, member, points, moment.now)?;

        let mut legs =
            vec![Leg::new(member.points, points), Leg::new(OwnAccount::PointsRedeemed.number(world)?, -points)];
        for line in &redeemed {
            legs.push(Leg::new(account_at(world, &handed_over_address(&line.sku)?)?, line.pieces));
            legs.push(Leg::new(account_at(world, &stock_address(&station.code, &line.sku)?)?, -line.pieces));
        }
        let rows = line_rows(member, station, month, &redeemed);
        let effects = Effects::of(entries(world, &legs, moment.now)?).and(rows);
        let draft = Draft { member, station, redeemed: &redeemed, points, left, reference: None };
        Ok(Effects { receipt: Some(Box::new(draft.receipt(world, moment)?)), ..effects })
    }
}

pub(super) fn check_lines(lines: &[Line]) -> Result<(), Rejection> {
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

fn price(world: &World, lines: &[Line]) -> Result<Vec<RedeemedLine>, Halt> {
    let priced = lines.iter().map(|line| {
        let offer = world.town.offers.get(&line.sku)?;
        let offer = offer.ok_or_else(|| Rejection::UnknownItem { sku: shown(&line.sku) })?;
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

fn check_stock(world: &World, station: &StationRow, redeemed: &[RedeemedLine], now: i64) -> Result<(), Halt> {
    redeemed.iter().try_for_each(|line| {
        let stock = world.account(&stock_address(&station.code, &line.sku)?)?;
        let pieces_left = stock.map_or(0, |account| account.spendable(now));
        if pieces_left < line.pieces {
            return Err(Rejection::OutOfStock { sku: line.sku.clone(), pieces_left }.into());
        }
        Ok(())
    })
}

fn check_limits(world: &World, member: &Member, redeemed: &[RedeemedLine], month: i64) -> Result<(), Halt> {
    redeemed.iter().try_for_each(|line| {
        let monthly_limit = world.town.offers.get(&line.sku)?.map_or(0, |offer| offer.terms.monthly_limit);
        let key = PiecesHadKey { member: member.id, sku: line.sku.clone(), month };
        let pieces_had = world.town.pieces_had.get(&key)?.copied().unwrap_or(0);
        if monthly_limit > 0 && line.pieces > monthly_limit - pieces_had {
            return Err(Rejection::OverLimit { sku: line.sku.clone(), pieces_had, monthly_limit }.into());
        }
        Ok(())
    })
}

/// The points that will be left to spend.
fn check_points(world: &World, member: &Member, points: i64, now: i64) -> Result<i64, Halt> {
    let account = account(world, member.points)?;
    let points_spendable = account.spendable(now);
    let points_expired = account.expired(now);
    if points <= points_spendable {
        return Ok(points_spendable - points);
    }
    if points <= points_spendable + points_expired {
        return Err(Rejection::PointsExpired { points, points_spendable, points_expired }.into());
    }
    Err(Rejection::InsufficientPoints { points, points_spendable }.into())
}

/// The rows that keep what was redeemed.
pub(super) fn line_rows(member: &Member, station: &StationRow, month: i64, redeemed: &[RedeemedLine]) -> Vec<Effect> {
    let rows = redeemed.iter().zip(0..).map(|(redeemed, line)| {
        let RedeemedLine { sku, offer_version, pieces, points_each } = redeemed.clone();
        Effect::RedemptionLine(RedemptionLineRow {
            line,
            member: member.id,
            station: station.station,
            month,
            sku,
            offer_version,
            pieces,
            points_each,
        })
    });
    rows.collect()
}

fn receipt_line(line: &RedeemedLine) -> ReceiptLine {
    ReceiptLine { sku: line.sku.clone(), pieces: line.pieces, points_each: line.points_each }
}

/// What a receipt is made of.
pub(super) struct Draft<'a> {
    pub(super) member: &'a Member,
    pub(super) station: &'a StationRow,
    pub(super) redeemed: &'a [RedeemedLine],
    /// Points in all.
    pub(super) points: i64,
    /// Points that are left to spend.
    pub(super) left: i64,
    /// SHA-256 of the token that it reverses.
    pub(super) reference: Option<Digest>,
}

impl Draft<'_> {
    /// The receipt that comes next in the station's chain.
    pub(super) fn receipt(&self, world: &World, moment: &Moment) -> Result<ReceiptDraft, Halt> {
        let Self { member, station, redeemed, points, left, reference } = *self;
        let year = i64::from(date_at(moment.now, world.zone()).year());
        let chain = station.chain(world)?;
        let number = chain.next_number(year);
        let printed = ReceiptNumber { station: station.code.clone(), year, number };
        let receipt = Receipt {
            issuer: world.issuer().to_owned(),
            kind: if reference.is_some() { ReceiptKind::Reversal } else { ReceiptKind::Redemption },
            number: printed.to_string(),
            issued_at: moment.now,
            station: station.code.clone(),
            position: moment.position,
            subject: member.pseudonym.as_str().to_owned(),
            lines: redeemed.iter().map(receipt_line).collect(),
            points,
            balance: (member.balance_on_receipts == BalanceOnReceipts::Printed).then_some(left),
            previous: chain.digest,
            reference,
        };
        // A redemption leaves room for the receipt of its reversal, which names it: what was redeemed can always be
        // reversed.
        let room = match (reference, receipt.balance) {
            (Some(_), _) => 0,
            (None, Some(_)) => REVERSAL_LENGTH_MORE,
            (None, None) => REVERSAL_LENGTH_MORE + BALANCE_LENGTH,
        };
        // Three lines fit with the longest of every field; only more need to be measured.
        if redeemed.len() > 3 && receipt.token_length() + room > TOKEN_LENGTH_MAX {
            return Err(Rejection::ReceiptTooLong.into());
        }
        Ok(ReceiptDraft { chain: station.station.chain(), year, number, receipt })
    }
}
