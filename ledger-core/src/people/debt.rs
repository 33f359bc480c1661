//! Debts: points that a member has spent and that were then taken back, because the earning was reversed. They stand in an
//! account of their own, and whatever adds to the member's points settles them first.

use super::{Member, MemberId, Pseudonym};
use crate::book::{Account, AccountId, AccountRow, Address, Class, Commodity, Leg, NewAccount};
use crate::defect::Defect;
use crate::effect::Effect;
use crate::reject::Rejection;
use crate::reserved::DEBTS;
use crate::rule::{self, Halt};
use crate::world::World;

/// The address of what a member owes.
pub(crate) fn address(pseudonym: &Pseudonym) -> Address {
    Address::of_code(&format!("{DEBTS}{}/points", pseudonym.as_str()))
}

/// Asks for what a member owes, who is known by now.
pub(crate) fn ask_debt(world: &mut World, member: MemberId) {
    if let Some(debts) = world.town.members.peek(&member).and_then(|member| member.debts) {
        world.ask_account_number(debts);
    }
}

/// An account of debts was opened: whoever it is of is known, if anybody has looked at them.
pub(crate) fn opened(world: &mut World, row: &AccountRow) {
    let pseudonym = row.address.as_str().strip_prefix(DEBTS).and_then(|rest| rest.strip_suffix("/points"));
    let Some(pseudonym) = pseudonym else { return };
    // It is opened once in a member's life, if ever; so nothing is kept to find them by.
    let debtor = world.town.members.values().find(|member| member.pseudonym.as_str() == pseudonym);
    if let Some(debtor) = debtor.map(|member| member.id) {
        world.town.members.change_quietly(&debtor, |member| member.debts = Some(row.account));
    }
}

/// What a member owes, and the account where it stands if there is one.
pub(crate) fn debt(world: &World, member: &Member) -> Result<(i64, Option<AccountId>), Halt> {
    match member.debts {
        Some(debts) => Ok((rule::account(world, debts)?.normal_balance(), Some(debts))),
        None => Ok((0, None)),
    }
}

/// That a member owes nothing: until then nothing new can be spent.
pub(crate) fn check_no_debt(world: &World, member: &Member) -> Result<(), Halt> {
    match debt(world, member)? {
        (points_owed, _) if points_owed > 0 => Err(Rejection::PointsOwed { points_owed }.into()),
        _ => Ok(()),
    }
}

/// How much of the debt is settled when a member gets so many points, and the leg for it. What a hold has kept and no longer does
/// settles it too.
pub(crate) fn settlement(world: &World, member: &Member, points: i64, now: i64) -> Result<(i64, Option<Leg>), Halt> {
    let (points_owed, account) = debt(world, member)?;
    if points_owed <= 0 || Defect::DebtNotSettled.is_on() {
        return Ok((0, None));
    }
    let settled = points_owed.min(points + rule::account(world, member.points)?.spendable(now));
    Ok((settled, account.filter(|_| settled > 0).map(|account| Leg::new(account, -settled))))
}

/// Where a new debt is charged: the member's account of debts, and the row that opens it if there is none yet.
pub(crate) fn account_to_charge(world: &World, member: &Member) -> Result<(Account, Option<Effect>), Halt> {
    if let Some(debts) = member.debts {
        return Ok((rule::account(world, debts)?.clone(), None));
    }
    let row = NewAccount::new(address(&member.pseudonym), Class::Asset, Commodity::point()).row(world.next_account);
    Ok((Account::opened(&row), Some(Effect::Account(row))))
}
