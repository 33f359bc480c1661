//! Debts: points that a member has spent and that were then taken back, because the earning was reversed. They stand in an
//! account of their own, and whatever adds to the member's points settles them first.

use super::{Member, Pseudonym};
use crate::book::{Account, AccountId, Address, Class, Commodity, Leg, NewAccount};
use crate::effect::Effect;
use crate::reject::Rejection;
use crate::rule::{self, Halt};
use crate::world::World;

/// The address of what a member owes.
pub(crate) fn address(pseudonym: &Pseudonym) -> Address {
    Address::of_code(&format!("receivable/{}/points", pseudonym.as_str()))
}

/// Asks for what a member owes.
pub(crate) fn ask_debt(world: &mut World, pseudonym: &Pseudonym) {
    world.ask_account(&address(pseudonym));
}

/// What a member owes, and the account where it stands if there is one.
pub(crate) fn debt(world: &World, member: &Member) -> Result<(i64, Option<AccountId>), Halt> {
    let account = world.account(&address(&member.pseudonym))?;
    Ok(account.map_or((0, None), |account| (account.normal_balance(), Some(account.id))))
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
    if points_owed <= 0 {
        return Ok((0, None));
    }
    let settled = points_owed.min(points + rule::account(world, member.points)?.spendable(now));
    Ok((settled, account.filter(|_| settled > 0).map(|account| Leg::new(account, -settled))))
}

/// Where a new debt is charged: the member's account of debts, and the row that opens it if there is none yet.
pub(crate) fn account_to_charge(world: &World, member: &Member) -> Result<(Account, Option<Effect>), Halt> {
    let address = address(&member.pseudonym);
    if let Some(account) = world.account(&address)? {
        return Ok((account.clone(), None));
    }
    let row = NewAccount::new(address, Class::Asset, Commodity::point()).row(world.next_account);
    Ok((Account::opened(&row), Some(Effect::Account(row))))
}
