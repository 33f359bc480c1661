//! Accounts with lots, which many postings together open and fill.

use anyhow::{Context, Result};
use baoyulan_ledger::book::{Address, Class, Commodity};
use baoyulan_ledger::command::{Command, DefineCommodity, NewAccount, NewEntry, Post};

/// How many accounts one posting fills.
const FILLED_TOGETHER: usize = 500;

/// Turns text into an address.
///
/// # Errors
/// It is none.
pub fn address(text: &str) -> Result<Address> {
    Address::new(text).with_context(|| format!("{text} is no address"))
}

/// The account with this number.
///
/// # Errors
/// Never happens: the address is valid.
pub fn wallet(number: usize) -> Result<Address> {
    address(&format!("wallet/{number:07}"))
}

fn account(text: &str, class: Class) -> Result<NewAccount> {
    let star = Commodity::new("STAR").context("no commodity")?;
    Ok(NewAccount::new(address(text)?, class, star))
}

/// What comes before the accounts: the commodity, whoever grants it, and whoever takes what is spent.
///
/// # Errors
/// Never happens: all of it is valid.
pub fn beginning() -> Result<Vec<Command>> {
    let granted = NewAccount { floor: None, ..account("granted", Class::Expense)? };
    let define = DefineCommodity { commodity: granted.commodity.clone(), scale: 0 };
    let spent = account("spent", Class::Income)?;
    Ok(vec![Command::DefineCommodity(define), Command::OpenAccount(granted), Command::OpenAccount(spent)])
}

/// Opens the account with this number.
///
/// # Errors
/// Never happens: all of it is valid.
pub fn open(number: usize) -> Result<Command> {
    let wallet = NewAccount { address: wallet(number)?, lotted: true, ..account("wallet", Class::Liability)? };
    Ok(Command::OpenAccount(wallet))
}

/// Fills so many accounts, each with these quantities until these instants.
///
/// # Errors
/// Never happens: all of it is valid.
pub fn fill(count: usize, lots: &[(i64, i64)]) -> Result<Vec<Command>> {
    let mut commands = Vec::new();
    for first in (0..count).step_by(FILLED_TOGETHER) {
        let numbers = first..count.min(first + FILLED_TOGETHER);
        for &(quantity, expires_at) in lots {
            let filled =
                numbers.clone().map(|number| Ok(NewEntry::new(wallet(number)?, -quantity).expiring_at(expires_at)));
            let mut entries = filled.collect::<Result<Vec<NewEntry>>>()?;
            entries.push(NewEntry::new(address("granted")?, quantity * numbers.len() as i64));
            commands.push(Command::Post(Post { entries }));
        }
    }
    Ok(commands)
}
