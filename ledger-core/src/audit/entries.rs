//! What holds of the entries of any record, whatever its command: they sum to zero, each goes on from the one before, and
//! nothing falls below its floor.

use crate::audit::Difference;
use crate::book::{Account, AccountId, Commodity, Entry, QUANTITY_MAX};
use crate::effect::Effect;
use crate::world::World;

const TABLE: &str = "ledger_entries";

/// The accounts that a record sees: those of the world, and those that it opens itself.
pub(super) struct Accounts<'a> {
    world: &'a World,
    opened: Vec<Account>,
}

impl<'a> Accounts<'a> {
    pub(super) fn of(world: &'a World, rows: &[Effect]) -> Self {
        let opened = rows.iter().filter_map(|row| if let Effect::Account(row) = row { Some(row) } else { None });
        Self { world, opened: opened.map(Account::opened).collect() }
    }

    pub(super) fn get(&self, account: AccountId) -> Option<&Account> {
        let opened = self.opened.iter().find(|opened| opened.id == account);
        opened.or_else(|| self.world.accounts.peek(&account))
    }
}

/// The entries among a record's rows, which are sorted.
pub(super) fn entries(rows: &[Effect]) -> Vec<&Entry> {
    rows.iter().filter_map(|row| if let Effect::Entry(entry) = row { Some(entry) } else { None }).collect()
}

/// Checks the entries of a record, and that the accounts it opens have the next numbers and addresses of their own.
pub(super) fn check(world: &World, position: i64, rows: &[Effect]) -> Result<(), Difference> {
    check_opened(world, position, rows)?;
    let entries = entries(rows);
    if entries.is_empty() {
        return Ok(());
    }
    let accounts = Accounts::of(world, rows);
    let mut sums: Vec<(&Commodity, i128)> = Vec::with_capacity(2);
    for moves in entries.chunk_by(|one, other| one.account == other.account) {
        let number = moves[0].account;
        let unknown = || difference(position, moves[0], "account", number, "an account of the bank");
        let account = accounts.get(number).ok_or_else(unknown)?;
        let sum = check_account(position, account, moves)?;
        match sums.iter_mut().find(|(commodity, _)| **commodity == account.commodity) {
            Some((_, all)) => *all += i128::from(sum),
            None => sums.push((&account.commodity, i128::from(sum))),
        }
    }
    match sums.into_iter().find(|(_, sum)| *sum != 0) {
        Some((commodity, sum)) => {
            let found = format!("a sum of {sum} in {}", commodity.as_str());
            Err(Difference::at(position, (TABLE, "quantity"), found, 0))
        }
        None => Ok(()),
    }
}

/// Checks what one account moves in a record; returns the sum.
fn check_account(position: i64, account: &Account, moves: &[&Entry]) -> Result<i64, Difference> {
    let sign = account.class.normal_sign();
    let mut balance = account.balance;
    for entry in moves {
        let differs = |column, found: i64, expected: String| Err(difference(position, entry, column, found, expected));
        let is_in_range = |number: i64| number.unsigned_abs() <= QUANTITY_MAX.unsigned_abs();
        if entry.quantity == 0 || !is_in_range(entry.quantity) {
            return differs("quantity", entry.quantity, format!("±1 to ±{QUANTITY_MAX}"));
        }
        if (entry.lot > 0) != account.lotted || entry.lot < 0 {
            let expected = if account.lotted { "an instant" } else { "0" };
            return differs("lot", entry.lot, expected.to_owned());
        }
        if entry.previous != account.last_position {
            return differs("previous", entry.previous, account.last_position.to_string());
        }
        balance += entry.quantity;
        if entry.balance_after != balance || !is_in_range(balance) {
            return differs("balance_after", entry.balance_after, balance.to_string());
        }
        let held = account.lots.get(&entry.lot).copied().unwrap_or(0);
        if account.lotted && held + entry.quantity * sign < 0 {
            return differs("quantity", entry.quantity, format!("no more than the {held} in the lot"));
        }
    }
    let sum = balance - account.balance;
    if sum * sign < 0 && balance * sign < account.floor {
        let expected = format!("no less than the floor, {}", account.floor);
        return Err(difference(position, moves[moves.len() - 1], "balance_after", balance, expected));
    }
    Ok(sum)
}

fn check_opened(world: &World, position: i64, rows: &[Effect]) -> Result<(), Difference> {
    let mut next = world.next_account.0;
    for row in rows {
        let Effect::Account(row) = row else { continue };
        let place = |column| ("ledger_accounts", column);
        if row.account.0 != next {
            return Err(Difference::at(position, place("account"), row.account, next));
        }
        next += 1;
        if world.addresses.peek(&row.address).is_some() {
            return Err(Difference::at(position, place("address"), &row.address, "an address that no account has"));
        }
        if !world.commodities.has(&row.commodity).unwrap_or(false) && !defines(rows, &row.commodity) {
            return Err(Difference::at(position, place("commodity"), row.commodity.as_str(), "one that is defined"));
        }
    }
    Ok(())
}

fn defines(rows: &[Effect], commodity: &Commodity) -> bool {
    rows.iter().any(|row| matches!(row, Effect::Commodity(row) if row.commodity == *commodity))
}

fn difference(
    position: i64,
    entry: &Entry,
    column: &'static str,
    found: impl std::fmt::Display,
    expected: impl std::fmt::Display,
) -> Difference {
    let row = format!("position {position}, account {}, lot {}", entry.account, entry.lot);
    Difference { row, ..Difference::at(position, (TABLE, column), found, expected) }
}
