//! The reversal of a redemption, whole or line by line: the very lots and pieces come back, and the month's limit too.

use serde::{Deserialize, Serialize};

use super::redemption::{Draft, PiecesHadKey, check_lines, line_rows};
use super::stock::{handed_over_address, stock_address};
use super::{Line, RedeemedLine, Redemption};
use crate::book::reversal::{transaction_at, undo};
use crate::book::{AccountId, Transaction};
use crate::effect::Effects;
use crate::people::Member;
use crate::people::card::member_at;
use crate::people::debt::{ask_debt, settlement};
use crate::people::station::station_of;
use crate::proof::ReceiptNumber;
use crate::reject::Rejection;
use crate::rule::{Halt, Moment, Rule, account, account_at};
use crate::text::shown;
use crate::town::OwnAccount;
use crate::world::World;

/// Reverses a redemption, whole or line by line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReverseRedemption {
    /// The receipt's number, `S01-26-000042`.
    pub receipt: String,
    /// What comes back: at most what is left of each line. All that is left where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<Line>>,
}

impl ReverseRedemption {
    /// Reverses what is left of it.
    pub fn whole(receipt: &str) -> Self {
        Self { receipt: receipt.to_owned(), lines: None }
    }

    fn redemption<'a>(&self, world: &'a World) -> Result<(ReceiptNumber, &'a Redemption), Halt> {
        let number = ReceiptNumber::parse(&self.receipt).ok_or(Rejection::UnknownReceipt)?;
        let redemption = world.town.redemptions.get(&number)?.ok_or(Rejection::UnknownReceipt)?;
        Ok((number, redemption))
    }

    /// What comes back of each line, in pieces.
    fn returned(&self, left: &[RedeemedLine]) -> Result<Vec<RedeemedLine>, Halt> {
        let Some(lines) = &self.lines else {
            return Ok(left.iter().filter(|line| line.pieces > 0).cloned().collect());
        };
        check_lines(lines)?;
        let returned = lines.iter().map(|Line { sku, pieces }| {
            let line = left.iter().find(|line| line.sku == *sku);
            let line = line.ok_or_else(|| Rejection::UnknownItem { sku: shown(sku) })?;
            if *pieces > line.pieces {
                return Err(Rejection::BeyondRedemption { sku: sku.clone(), pieces_left: line.pieces }.into());
            }
            Ok(RedeemedLine { pieces: *pieces, ..line.clone() })
        });
        returned.collect()
    }
}

impl Rule for ReverseRedemption {
    const KIND: &'static str = "RVRS";

    fn needs(&self, world: &mut World, _: &Moment) {
        let Some(number) = ReceiptNumber::parse(&self.receipt) else { return };
        let Some(redemption) = world.town.redemptions.ask(&number).cloned() else { return };
        world.ask_transaction(redemption.position);
        world.town.members.ask(&redemption.member);
        ask_debt(world, redemption.member);
        OwnAccount::PointsRedeemed.ask(world);
        for line in &redemption.lines {
            PiecesHadKey { member: redemption.member, sku: line.sku.clone(), month: redemption.month }.ask(world);
            let addresses = [stock_address(&number.station, &line.sku), handed_over_address(&line.sku)];
            addresses.into_iter().flatten().for_each(|address| world.ask_account(&address));
        }
    }

    fn decide(&self, world: &World, moment: &Moment) -> Result<Effects, Halt> {
        let (number, redemption) = self.redemption(world)?;
        if redemption.is_reversal {
            return Err(Rejection::NotARedemption.into());
        }
        let transaction = transaction_at(world, redemption.position)?;
        if transaction.left().is_empty() {
            return Err(Rejection::AlreadyReversed.into());
        }
        let member = member_at(world, redemption.member)?;
        let station = station_of(world, &number.station)?;
        let returned = self.returned(&left(world, redemption, transaction)?)?;
        let points = returned.iter().map(|line| line.pieces * line.points_each).sum();

        let wanted = wanted(world, member, &station.code, &returned, points)?;
        let (settled, settlement) = settlement(world, member, points, moment.now)?;
        let mut undoing = undo(world, transaction, &wanted, moment.now)?;
        undoing.keep_back(account(world, member.points)?, settled, moment.now);
        let undone = undoing.effects(transaction, settlement, moment.now, |account| world.accounts.get(&account))?;
        let draft = Draft {
            member,
            station,
            redeemed: &returned,
            points,
            left: account(world, member.points)?.spendable(moment.now) + points - settled,
            reference: Some(redemption.token),
        };
        let receipt = Some(Box::new(draft.receipt(world, moment)?));
        let returned: Vec<RedeemedLine> =
            returned.into_iter().map(|line| RedeemedLine { pieces: -line.pieces, ..line }).collect();
        let effects = undone.and(line_rows(member, station, redemption.month, &returned));
        Ok(Effects { receipt, ..effects })
    }
}

/// The lines of a redemption with the pieces that have not come back yet.
fn left(world: &World, redemption: &Redemption, transaction: &Transaction) -> Result<Vec<RedeemedLine>, Halt> {
    let left = transaction.left();
    let lines = redemption.lines.iter().map(|line| {
        let handed_over = account_at(world, &handed_over_address(&line.sku)?)?;
        Ok(RedeemedLine { pieces: left.get(&handed_over).copied().unwrap_or(0), ..line.clone() })
    });
    lines.collect()
}

/// What is taken back of each account.
fn wanted(
    world: &World,
    member: &Member,
    station: &str,
    returned: &[RedeemedLine],
    points: i64,
) -> Result<Vec<(AccountId, i64)>, Halt> {
    let mut wanted = vec![(member.points, -points), (OwnAccount::PointsRedeemed.number(world)?, points)];
    for line in returned {
        wanted.push((account_at(world, &handed_over_address(&line.sku)?)?, -line.pieces));
        wanted.push((account_at(world, &stock_address(station, &line.sku)?)?, line.pieces));
    }
    Ok(wanted)
}
