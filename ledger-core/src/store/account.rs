//! Reads accounts with their balances, lots and what holds have of them.

use super::conn::{Conn, Fetched, Read, key, read};
use super::hold::pieces_of;
use crate::book::{Account, AccountId, Address};
use crate::fault::Fault;
use crate::row::ColumnType::{Integer, Text};
use crate::world::World;

const BY_ADDRESS: Read = read(
    "SELECT a.account, a.address, a.class, a.commodity, a.floor, a.lotted, b.quantity, b.last_position, b.state, \
     b.version, b.records, b.held_pieces \
     FROM {keys} CROSS JOIN ledger_accounts a CROSS JOIN ledger_balances b WHERE a.address = k.a AND b.account = a.account",
    &[Text],
);
const BY_NUMBER: Read = read(
    "SELECT a.account, a.address, a.class, a.commodity, a.floor, a.lotted, b.quantity, b.last_position, b.state, \
     b.version, b.records, b.held_pieces \
     FROM {keys} CROSS JOIN ledger_accounts a CROSS JOIN ledger_balances b WHERE a.account = k.a AND b.account = k.a",
    &[Integer],
);
const LOTS: Read = read(
    "SELECT l.account, l.expires_at, l.remaining FROM {keys} CROSS JOIN ledger_lots l WHERE l.account = k.a",
    &[Integer],
);

pub(super) fn reads() -> Vec<Read> {
    vec![BY_ADDRESS, BY_NUMBER, LOTS]
}

/// Loads the accounts that the world wants, by address or by number.
pub(super) async fn load(conn: &mut Conn, world: &mut World) -> Result<(), Fault> {
    let addresses = world.addresses.take_wanted_keys();
    let numbers = world.accounts.take_wanted_keys();
    for account in accounts(conn, &addresses, &numbers).await? {
        world.addresses.learn(account.address.clone(), Some(account.id));
        world.addresses.load(account.address.clone(), account.id);
        world.accounts.load(account.id, account);
    }
    Ok(())
}

/// Finds accounts by address and by number. Those that do not exist are left out.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn accounts(conn: &mut Conn, addresses: &[Address], numbers: &[AccountId]) -> Result<Vec<Account>, Fault> {
    let by_address = addresses.iter().map(|address| key![*address]).collect();
    let mut rows = conn.fetch_by_keys(&BY_ADDRESS, by_address).await?;
    rows.extend(conn.fetch_by_keys(&BY_NUMBER, numbers.iter().map(|number| key![*number]).collect()).await?);
    let mut accounts = rows.iter().map(account).collect::<Result<Vec<Account>, Fault>>()?;
    let held = rows.iter().filter(|row| row.integer(11) > 0).map(|row| AccountId(row.integer(0)));
    accounts.sort_unstable_by_key(|account| account.id);
    accounts.dedup_by_key(|account| account.id);
    let lotted = accounts.iter().filter(|account| account.lotted).map(|account| key![account.id]).collect();
    for row in conn.fetch_by_keys(&LOTS, lotted).await? {
        if let Ok(index) = accounts.binary_search_by_key(&AccountId(row.integer(0)), |account| account.id) {
            accounts[index].lots.insert(row.integer(1), row.integer(2));
        }
    }
    for (account, place, piece) in pieces_of(conn, held).await? {
        if let Ok(index) = accounts.binary_search_by_key(&account, |account| account.id) {
            accounts[index].held.insert(place, piece);
        }
    }
    Ok(accounts)
}

fn account(row: &Fetched) -> Result<Account, Fault> {
    let opened = row.row(0)?;
    Ok(Account {
        balance: row.integer(6),
        last_position: row.integer(7),
        state: row.value(8, "an account's state")?,
        version: row.integer(9),
        records: row.integer(10),
        ..Account::opened(&opened)
    })
}
