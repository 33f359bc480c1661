//! `account` and `history`: what a program reads of an account, JSON.

use std::process::ExitCode;

use baoyulan_ledger::book::{Account, AccountState, Address};
use baoyulan_ledger::ledger::BalanceOn;
use baoyulan_ledger::time::day_of;
use baoyulan_ledger::{Ledger, PostedRecord, Rejection};
use clap::Args;
use jiff::civil::Date;
use serde::Serialize;

use crate::bank::BankArguments;
use crate::output::print;

#[derive(Debug, Args)]
pub struct AccountArguments {
    /// The account's address
    #[arg(value_parser = address)]
    address: Address,
    /// As it was after the record at this position
    #[arg(long, value_name = "POSITION", conflicts_with = "on", value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    at: Option<u64>,
    /// What counts for this day or an earlier one, as it is known now: 2026-11-26
    #[arg(long, value_name = "DAY")]
    on: Option<Date>,
}

#[derive(Debug, Args)]
pub struct HistoryArguments {
    /// The account's address
    #[arg(value_parser = address)]
    address: Address,
    /// Only records before this position: for the next page, the last position of the page before
    #[arg(long, value_name = "POSITION")]
    before: Option<i64>,
    /// How many records at most
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: u64,
}

fn address(text: &str) -> Result<Address, String> {
    Address::new(text).ok_or_else(|| "an address is 1 to 120 characters of [A-Za-z0-9._:/-]".to_owned())
}

/// An account as it is printed, on its normal side.
#[derive(Serialize)]
struct Shown<'a> {
    address: &'a Address,
    class: &'static str,
    commodity: &'a str,
    state: AccountState,
    balance: i64,
    held: i64,
    spendable: i64,
    lots: Vec<ShownLot>,
    version: i64,
    /// Of the last record that is taken into account.
    position: i64,
}

#[derive(Serialize)]
struct ShownLot {
    expires_at: i64,
    remaining: i64,
    held: i64,
}

impl<'a> Shown<'a> {
    fn of(account: &'a Account, position: i64, now: i64) -> Self {
        let lots = account.lots.iter().filter(|(_, remaining)| **remaining != 0);
        let lots = lots.map(|(&expires_at, &remaining)| {
            let held = account.reserved_of(expires_at, now);
            ShownLot { expires_at, remaining, held }
        });
        Self {
            address: &account.address,
            class: account.class.name(),
            commodity: account.commodity.as_str(),
            state: account.state,
            balance: account.normal_balance(),
            held: account.reserved(now),
            spendable: account.spendable(now).max(0),
            lots: lots.collect(),
            version: account.version,
            position,
        }
    }
}

/// An account by effective day, as it is printed, on its normal side. What holds reserve and when lots expire goes by the time
/// of posting, so it has no part in this.
#[derive(Serialize)]
struct ShownOn<'a> {
    address: &'a Address,
    class: &'static str,
    commodity: &'a str,
    on: String,
    balance: i128,
    /// Of the last record that is taken into account.
    position: i64,
}

impl<'a> ShownOn<'a> {
    fn of(found: &'a BalanceOn, day: Date) -> Self {
        let account = &found.account;
        Self {
            address: &account.address,
            class: account.class.name(),
            commodity: account.commodity.as_str(),
            on: day.to_string(),
            balance: found.normal_balance(),
            position: found.position,
        }
    }
}

pub async fn account(bank: &BankArguments, arguments: &AccountArguments) -> anyhow::Result<ExitCode> {
    bank.read(async |ledger| {
        let AccountArguments { address, at, on } = arguments;
        let line = match (at, on) {
            (Some(position), _) => account_at(ledger, address, *position).await?,
            (None, Some(day)) => {
                let found = ledger.balance_on(address, day_of(*day)).await?.ok_or_else(|| unknown(address))?;
                serde_json::to_string(&ShownOn::of(&found, *day))?
            }
            (None, None) => {
                let (account, position) = ledger.account_and_position(address).await?;
                let account = account.ok_or_else(|| unknown(address))?;
                serde_json::to_string(&Shown::of(&account, position, ledger.now()))?
            }
        };
        print(&line)?;
        Ok(ExitCode::SUCCESS)
    })
    .await
}

/// The account after the record at a position. What could be spent is judged by the time of that record.
async fn account_at(ledger: &Ledger, address: &Address, position: u64) -> anyhow::Result<String> {
    let (size, _) = ledger.journal_head().await?;
    anyhow::ensure!(position < size, "the journal ends at position {}: choose one up to that", size - 1);
    let found = ledger.account_at(address, position.cast_signed()).await?.ok_or_else(|| unknown(address))?;
    Ok(serde_json::to_string(&Shown::of(&found.account, found.position, found.posted_at))?)
}

fn unknown(address: &Address) -> Rejection {
    Rejection::UnknownAccount { address: address.to_string() }
}

/// A record of an account's history, on its normal side.
#[derive(Serialize)]
struct ShownRecord<'a> {
    position: i64,
    kind: &'a str,
    posted_at: String,
    effective_on: String,
    actor: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
    quantity: i64,
    /// After the record.
    balance: i64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lots: Vec<ShownPart>,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<String>,
}

/// What a record moved in one lot.
#[derive(Serialize)]
struct ShownPart {
    expires_at: i64,
    quantity: i64,
}

impl<'a> ShownRecord<'a> {
    fn of(account: &Account, record: &'a PostedRecord) -> anyhow::Result<Self> {
        let sign = account.class.normal_sign();
        let own = || record.entries.iter().filter(|entry| entry.account == account.id);
        let lots = own().filter(|_| account.lotted);
        Ok(Self {
            position: record.position,
            kind: &record.kind,
            posted_at: jiff::Timestamp::from_second(record.posted_at)?.to_string(),
            effective_on: baoyulan_ledger::time::date_of(record.effective_day).to_string(),
            actor: &record.actor,
            reason: &record.reason,
            quantity: own().map(|entry| entry.quantity * sign).sum(),
            balance: own().next_back().map_or(0, |entry| entry.balance_after * sign),
            lots: lots.map(|entry| ShownPart { expires_at: entry.lot, quantity: entry.quantity * sign }).collect(),
            receipt: record.receipt_number().map(|number| number.to_string()),
        })
    }
}

pub async fn history(bank: &BankArguments, arguments: &HistoryArguments) -> anyhow::Result<ExitCode> {
    bank.read(async |ledger| {
        let account = ledger.account(&arguments.address).await?.ok_or_else(|| unknown(&arguments.address))?;
        print_history(ledger, &account, arguments).await?;
        Ok(ExitCode::SUCCESS)
    })
    .await
}

async fn print_history(ledger: &Ledger, account: &Account, arguments: &HistoryArguments) -> anyhow::Result<()> {
    /// How many records are read at a time.
    const PAGE_RECORDS: usize = 500;
    let (mut before, mut left) = (arguments.before.unwrap_or(i64::MAX), arguments.limit);
    while left > 0 {
        let limit = usize::try_from(left).map_or(PAGE_RECORDS, |left| left.min(PAGE_RECORDS));
        let page = ledger.history(&account.address, Some(before), limit).await?;
        let page = page.ok_or_else(|| unknown(&account.address))?;
        let mut positions: Vec<i64> = page.lines.iter().map(|line| line.position).collect();
        positions.dedup();
        for record in ledger.records(&positions).await?.iter().rev() {
            print(&serde_json::to_string(&ShownRecord::of(account, record)?)?)?;
        }
        left -= positions.len() as u64;
        match (page.next, positions.last()) {
            (Some(_), Some(last)) => before = *last,
            _ => break,
        }
    }
    Ok(())
}
