//! Double entry for any use: commodities, accounts, and transactions of the caller's own making.

use super::{Moment, entries};
use crate::book::account::NO_FLOOR;
use crate::book::commodity::SCALE_MAX;
use crate::book::transaction::{Leg, LegLots};
use crate::book::{AccountState, Address, Commodity, QUANTITY_MAX};
use crate::command::{NewAccount, NewEntry};
use crate::effect::{AccountRow, Effect, Effects};
use crate::reject::Rejection;
use crate::world::World;

pub(super) fn define_commodity(world: &World, commodity: &Commodity, scale: i64) -> Result<Effects, Rejection> {
    if Commodity::new(commodity.as_str()).is_none() {
        return Err(Rejection::field("commodity", "1 to 40 characters of [A-Za-z0-9._:/-]"));
    }
    if !(0..=SCALE_MAX).contains(&scale) {
        return Err(Rejection::field("scale", "0 to 9 decimal places"));
    }
    match world.commodities.get(commodity) {
        Some(scale) => Err(Rejection::CommodityDefined { commodity: commodity.as_str().to_owned(), scale: *scale }),
        None => Ok(Effects::of(vec![Effect::Commodity(commodity.clone(), scale)])),
    }
}

pub(super) fn open_account(world: &World, account: &NewAccount) -> Result<Effects, Rejection> {
    if Address::new(account.address.as_str()).is_none() {
        return Err(Rejection::field("address", "1 to 120 characters of [A-Za-z0-9._:/-]"));
    }
    if !world.commodities.contains_key(&account.commodity) {
        return Err(Rejection::UnknownCommodity { commodity: account.commodity.as_str().to_owned() });
    }
    if account.floor.is_some_and(|floor| !(-QUANTITY_MAX..=0).contains(&floor))
        || account.lotted && account.floor != Some(0)
    {
        return Err(Rejection::field("floor", "zero or below, and zero for an account with lots"));
    }
    if world.addresses.contains_key(&account.address) {
        return Err(Rejection::AccountExists { address: account.address.to_string() });
    }
    Ok(Effects::of(vec![new_account(world.next_account, account)]))
}

/// The row that opens an account.
pub(super) fn new_account(number: i64, account: &NewAccount) -> Effect {
    Effect::Account(AccountRow {
        account: number,
        address: account.address.clone(),
        class: account.class,
        commodity: account.commodity.clone(),
        floor: account.floor.unwrap_or(NO_FLOOR),
        lotted: account.lotted,
    })
}

pub(super) fn set_account_state(world: &World, address: &Address, state: AccountState) -> Result<Effects, Rejection> {
    let text = address.to_string();
    let account = world.account(address).ok_or_else(|| Rejection::UnknownAccount { address: text.clone() })?;
    if account.state == state {
        return Err(Rejection::AlreadyRegistered { code_of: text });
    }
    if account.state == AccountState::Closed {
        return Err(Rejection::AccountNotOpen { address: text });
    }
    if state == AccountState::Closed && account.balance != 0 {
        return Err(Rejection::AccountNotEmpty { address: text, quantity: account.normal_balance() });
    }
    Ok(Effects::of(vec![Effect::AccountState(account.id, state)]))
}

pub(super) fn post(world: &World, new_entries: &[NewEntry], moment: &Moment) -> Result<Effects, Rejection> {
    let legs = new_entries.iter().map(|entry| {
        let account = super::account_at(world, &entry.address)?;
        let lots = entry.expires_at.map_or(LegLots::Automatic, LegLots::Into);
        Ok(Leg { account, quantity: entry.quantity, lots })
    });
    let legs: Vec<Leg> = legs.collect::<Result<_, Rejection>>()?;
    Ok(Effects::of(entries(world, &legs, moment.now)?))
}
