//! The commands of a bank without people and shops: it opens accounts and makes transfers between them. Only this file
//! knows how these commands are made.

use anyhow::{Context, Result};
use baoyulan_ledger::Ledger;
use baoyulan_ledger::book::{Address, Class, Commodity};
use baoyulan_ledger::command::{Channel, Command, DefineCommodity, Envelope, NewAccount, NewEntry, Post};
use uuid::Uuid;

/// How many accounts the transfers are made between.
pub const ACCOUNTS: u64 = 10_000;
/// The number of the hot account.
const HOT: u64 = 0;
/// The largest quantity of a transfer. Each transfers another quantity.
const QUANTITY_MAX: i64 = 100;
/// Where the random numbers begin, so that each run makes the same transfers.
const SEED: u64 = 2026;
const COMMODITY: &str = "CREDIT";
const ACTOR: &str = "desk";

/// Between which accounts the transfers are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Accounts {
    /// Both are picked at random.
    Uniform,
    /// The debited account is always the same; the other is picked at random.
    OneHot,
}

/// Under which ids the transfers are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ids {
    /// In the order of time (UUID version 7).
    InOrder,
    /// In no order (UUID version 4).
    Random,
}

impl Ids {
    /// The name that builds use among themselves; it never changes.
    pub fn name(self) -> &'static str {
        match self {
            Self::InOrder => "ids-in-order",
            Self::Random => "random-ids",
        }
    }
}

/// Opens the accounts. They have no floor, so the bank accepts every transfer.
///
/// # Errors
/// The bank's own error.
pub async fn open_accounts(ledger: &Ledger) -> Result<()> {
    let commodity = Commodity::new(COMMODITY).context("not a commodity")?;
    let mut commands = vec![Command::DefineCommodity(DefineCommodity { commodity: commodity.clone(), scale: 0 })];
    for number in 0..ACCOUNTS {
        let account = NewAccount::new(address(number)?, Class::Liability, commodity.clone());
        commands.push(Command::OpenAccount(NewAccount { floor: None, ..account }));
    }
    let envelopes = commands.into_iter().map(|command| Envelope::unkeyed(ACTOR, Channel::Host, command));
    for outcome in ledger.post_all(envelopes.collect()).await? {
        outcome?;
    }
    Ok(())
}

/// Makes transfer number `number` under its own id.
///
/// # Errors
/// Never happens: all addresses are valid.
pub fn transfer(accounts: Accounts, ids: Ids, number: usize) -> Result<Envelope> {
    let id = match ids {
        Ids::InOrder => Uuid::now_v7(),
        Ids::Random => Uuid::new_v4(),
    };
    let random = random(number as u64);
    let debit = match accounts {
        Accounts::Uniform => random % ACCOUNTS,
        Accounts::OneHot => HOT,
    };
    // Never pick the debited account itself.
    let credit = (debit + 1 + (random >> 32) % (ACCOUNTS - 1)) % ACCOUNTS;
    let quantity = 1 + i64::try_from(number)? % QUANTITY_MAX;
    let entry = |account, quantity| Ok(NewEntry::new(address(account)?, quantity));
    let entries = [entry(debit, quantity), entry(credit, -quantity)];
    let command = Command::Post(Post { entries: entries.into_iter().collect::<Result<_>>()? });
    Ok(Envelope::keyed(id, ACTOR, Channel::Api, command))
}

/// The address of the hot account.
///
/// # Errors
/// Never happens: the address is valid.
pub fn hot_account() -> Result<Address> {
    address(HOT)
}

fn address(account: u64) -> Result<Address> {
    Address::new(&format!("purse/{account}")).context("not an address")
}

/// Derives a random number from each number (SplitMix64), so that it does not matter who sends which transfer.
pub fn random(number: u64) -> u64 {
    let mut bits = SEED.wrapping_add((number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
