//! Measures how long it takes to read a hot account as of any position, next to reading it as it stands, as its history grows.

use std::time::Instant;

use anyhow::{Context, Result};
use baoyulan_ledger::Ledger;
use baoyulan_ledger::store::dialect::Engine;

use crate::Options;
use crate::place::{Place, engine_name};
use crate::table::{Aim, Section, Table, grouped, median, milliseconds, ratio};
use crate::transfers::{hot_account, post_hot, random};

/// How many transactions the account has when it is read. The last is measured only if the options say so.
const TRANSACTIONS: [usize; 3] = [10_000, 1_000_000, 10_000_000];
/// How often each reading is repeated at each length.
const READINGS: u64 = 400;
/// How long a reading as of a position may take, in nanoseconds.
const NANOSECONDS_MAX: u64 = 1_000_000;

/// What was measured at one length of the history, in nanoseconds; medians.
#[derive(Debug, Clone, Copy)]
struct Measured {
    transactions: usize,
    account: u64,
    account_at: u64,
}

/// Measures at each length of the history, on every engine, round by round.
///
/// # Errors
/// The bank's own error.
pub async fn run(options: &Options) -> Result<Section> {
    let mut section = Section::new("The past");
    for engine in &options.engines {
        let mut rounds = Vec::new();
        for round in 0..options.rounds {
            eprintln!("past, round {}, {}", round + 1, engine_name(*engine));
            rounds.push(measure_round(*engine, options.longest).await?);
        }
        section.tables.push(table(*engine, &rounds));
        section.aims.extend(aims(*engine, &rounds));
    }
    Ok(section)
}

async fn measure_round(engine: Engine, longest: bool) -> Result<Vec<Measured>> {
    let place = Place::new(engine).await?;
    let ledger = place.open_bank().await?;
    let lengths = if longest { &TRANSACTIONS[..] } else { &TRANSACTIONS[..2] };
    let (mut from, mut measured) = (0, Vec::new());
    for &transactions in lengths {
        post_hot(&ledger, from..transactions).await?;
        from = transactions;
        place.settle().await?;
        measured.push(measure(&ledger, transactions).await?);
    }
    ledger.close().await;
    place.remove().await?;
    Ok(measured)
}

/// Reads the account as it stands and as of random positions, in turn.
async fn measure(ledger: &Ledger, transactions: usize) -> Result<Measured> {
    let address = hot_account()?;
    let size = ledger.journal_head().await?.0;
    let first = size - transactions as u64;
    let (mut account, mut account_at) = (Vec::new(), Vec::new());
    for reading in 0..READINGS {
        let position = i64::try_from(first + random(reading) % transactions as u64)?;
        let start = Instant::now();
        ledger.account(&address).await?.context("no account")?;
        account.push(u64::try_from(start.elapsed().as_nanos())?);
        let start = Instant::now();
        ledger.account_at(&address, position).await?.context("no account at this position")?;
        account_at.push(u64::try_from(start.elapsed().as_nanos())?);
    }
    let (account, account_at) = (median(account.into_iter()), median(account_at.into_iter()));
    Ok(Measured { transactions, account, account_at })
}

/// The medians over all rounds, and of the quotients of one round in hundredths.
fn medians(rounds: &[Vec<Measured>]) -> Vec<(Measured, u64)> {
    let lengths = rounds.first().map_or(0, Vec::len);
    let at = |index: usize| {
        let middle = |of: fn(&Measured) -> u64| median(rounds.iter().map(|round| of(&round[index])));
        let quotient = middle(|measured| measured.account_at * 100 / measured.account.max(1));
        let (account, account_at) = (middle(|measured| measured.account), middle(|measured| measured.account_at));
        (Measured { account, account_at, ..rounds[0][index] }, quotient)
    };
    (0..lengths).map(at).collect()
}

fn table(engine: Engine, rounds: &[Vec<Measured>]) -> Table {
    let columns = ["transactions of the account", "as it stands, ms", "as of a position, ms", "quotient"];
    let mut table = Table::new(engine_name(engine), &columns);
    for (measured, quotient) in medians(rounds) {
        let Measured { transactions, account, account_at } = measured;
        table.row([grouped(transactions as u64), milliseconds(account), milliseconds(account_at), ratio(quotient)]);
    }
    table
}

fn aims(engine: Engine, rounds: &[Vec<Measured>]) -> Vec<Aim> {
    let aim = |(measured, _): (Measured, u64)| {
        let transactions = grouped(measured.transactions as u64);
        Aim {
            what: format!("{}: an account of {transactions} transactions as of a position", engine_name(engine)),
            aim: format!("< {} ms", milliseconds(NANOSECONDS_MAX)),
            measured: format!("{} ms", milliseconds(measured.account_at)),
            met: Some(measured.account_at < NANOSECONDS_MAX),
        }
    };
    medians(rounds).into_iter().map(aim).collect()
}
