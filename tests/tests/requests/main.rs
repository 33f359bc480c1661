//! What is answered to a request, what can be read of it afterwards, what would happen, and what happens together or not at all.

#![expect(clippy::unwrap_used, reason = "helpers of tests: what fails here fails the test")]

mod answers;
mod any_order;
mod dry_run;
mod together;

use std::collections::BTreeMap;

use bank_tests::bank::{CLERK, NOON, TestBank, unkeyed};
use bank_tests::journal::{Tables, Value};
use baoyulan_ledger::book::{Address, Class, Commodity};
use baoyulan_ledger::command::{Channel, Command, DefineCommodity, Key, NewAccount, NewEntry, Post};
use baoyulan_ledger::{AtomicEnvelope, AtomicOutcome, AtomicRejected, Ledger};
use uuid::Uuid;

type Dump = BTreeMap<String, Vec<Vec<Value>>>;

fn at(text: &str) -> Address {
    Address::new(text).unwrap()
}

fn post(entries: impl IntoIterator<Item = NewEntry>) -> Command {
    Command::Post(Post { entries: entries.into_iter().collect() })
}

/// A wallet of coins that expire, a liability, grows by credits.
fn grant(coins: i64, expires_at: i64) -> Command {
    post([NewEntry::new(at("shop/till"), coins), NewEntry::new(at("wallet/anna"), -coins).expiring_at(expires_at)])
}

/// Coins are handed in again, soonest to expire first.
fn spend(coins: i64) -> Command {
    post([NewEntry::new(at("shop/till"), -coins), NewEntry::new(at("wallet/anna"), coins)])
}

/// A till without a floor, and Anna's wallet, which holds 20 coins for ten days and 30 for twenty.
async fn shop(bank: &TestBank) -> Ledger {
    let ledger = bank.open().await;
    furnish(&ledger).await;
    ledger
}

async fn furnish(ledger: &Ledger) {
    let coin = Commodity::new("COIN").unwrap();
    let till = NewAccount { floor: None, ..NewAccount::new(at("shop/till"), Class::Asset, coin.clone()) };
    let wallet = NewAccount::new(at("wallet/anna"), Class::Liability, coin.clone());
    let definitions = [
        DefineCommodity { commodity: coin.clone(), scale: 0 }.into(),
        till.into(),
        NewAccount { lotted: true, ..wallet }.into(),
    ];
    ledger.ensure("shop", definitions).await.unwrap();
    for (coins, days) in [(20, 10), (30, 20)] {
        ledger.post(unkeyed(grant(coins, NOON + days * 86_400))).await.unwrap();
    }
}

fn id(number: u128) -> Key {
    Key { credential: CLERK.into(), id: Uuid::from_u128(number) }
}

fn together(commands: impl IntoIterator<Item = Command>) -> AtomicEnvelope {
    AtomicEnvelope::unkeyed(CLERK, Channel::Kiosk, commands.into_iter().collect())
}

fn together_as(number: u128, commands: impl IntoIterator<Item = Command>) -> AtomicEnvelope {
    AtomicEnvelope { key: Some(id(number)), ..together(commands) }
}

/// The positions of what was posted, or which command was refused with which code.
fn positions(outcome: AtomicOutcome) -> Result<Vec<i64>, (usize, String)> {
    match outcome {
        Ok(posted) => Ok(posted.iter().map(|posted| posted.position).collect()),
        Err(AtomicRejected { failed, rejection }) => Err((failed, rejection.code())),
    }
}

fn below_floor(failed: usize) -> Result<Vec<i64>, (usize, String)> {
    Err((failed, "below_floor".to_owned()))
}

async fn dump(bank: &TestBank) -> Dump {
    Tables::open(bank.url()).await.dump().await
}

async fn size(ledger: &Ledger) -> i64 {
    ledger.journal_head().await.unwrap().0 as i64
}

/// A bank on the same engine, with the same clock, chance and key.
fn twin_of(bank: &TestBank) -> TestBank {
    if bank.is_postgres() { TestBank::postgres() } else { TestBank::sqlite() }
}
