//! Measures how fast accounts with expired lots are cleared, next to plain transfers of the same round.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use anyhow::{Result, ensure};
use baoyulan_ledger::command::{Channel, Envelope};
use baoyulan_ledger::ledger::Expired;
use baoyulan_ledger::store::dialect::Engine;
use baoyulan_ledger::{Clock, Ledger, NewBank};

use crate::callers::rate;
use crate::place::{Place, engine_name};
use crate::posting::close;
use crate::table::{Aim, Section, Table, grouped, median, ratio};
use crate::transfers::Transfers;
use crate::{Options, wallets};

/// How many accounts a second are to be cleared, on a machine that makes at least three times as many transfers.
const AIM: u64 = 20_000;
const ACTOR: &str = "night-run";
/// 2026-01-01T00:00:00Z, when the lots are filled.
const FILLED_AT: i64 = 1_767_225_600;
const DAY: i64 = 86_400;

/// What one round has measured, each a second.
#[derive(Debug, Clone, Copy)]
struct Round {
    expired: u64,
    dry_run: u64,
    transfers: u64,
}

/// Measures on every engine, round by round.
///
/// # Errors
/// The bank's, or that it has cleared something else than there was.
pub async fn run(options: &Options) -> Result<Section> {
    let mut rounds: Vec<Vec<Round>> = vec![Vec::new(); options.engines.len()];
    for round in 0..options.rounds {
        for (index, engine) in options.engines.iter().enumerate() {
            eprintln!("expiry, round {}, {}", round + 1, engine_name(*engine));
            rounds[index].push(measure_round(*engine, options.commands).await?);
        }
    }
    let mut section = Section::new("Expiry");
    let mut table = Table::new("", &["", "accounts expired a second", "in a dry run", "transfers a second"]);
    for (engine, rounds) in options.engines.iter().zip(&rounds) {
        let middle = |of: fn(&Round) -> u64| median(rounds.iter().map(of));
        let name = engine_name(*engine);
        let (expired, dry_run) = (middle(|round| round.expired), middle(|round| round.dry_run));
        table.row([name.to_owned(), grouped(expired), grouped(dry_run), grouped(middle(|round| round.transfers))]);
        section.aims.push(Aim {
            what: format!("{name}: accounts expired a second"),
            aim: format!("≥ {}", grouped(AIM)),
            measured: grouped(expired),
            met: Some(expired >= AIM),
        });
        section.aims.push(Aim {
            what: format!("{name}: accounts expired ÷ transfers in batches of 8,190"),
            aim: String::new(),
            measured: ratio(median(rounds.iter().map(|round| round.expired * 100 / round.transfers.max(1)))),
            met: None,
        });
    }
    section.tables.push(table);
    Ok(section)
}

async fn measure_round(engine: Engine, accounts: usize) -> Result<Round> {
    let transfers = Transfers::in_large_batches().measure(engine, accounts).await?.rate;
    let place = Place::new(engine).await?;
    let now = Arc::new(AtomicI64::new(FILLED_AT));
    let ledger = Arc::new(open_bank(&place, &now).await?);
    fill(&ledger, accounts).await?;
    now.store(FILLED_AT + 2 * DAY, Ordering::SeqCst);
    place.settle().await?;
    let start = Instant::now();
    let found = ledger.expired(None, |_, _| {}).await?;
    let dry_run = rate(accounts, start.elapsed());
    check(&found, accounts)?;
    let start = Instant::now();
    let posted = ledger.expire(ACTOR, Channel::Host, None, |_, _| {}).await?;
    let expired = rate(accounts, start.elapsed());
    check(&posted, accounts)?;
    let again = ledger.expire(ACTOR, Channel::Host, None, |_, _| {}).await?;
    ensure!(again.records == 0, "{again:?} was left over");
    close(ledger).await?;
    place.remove().await?;
    Ok(Round { expired, dry_run, transfers })
}

/// A bank for demonstration, whose clock the benchmark sets.
async fn open_bank(place: &Place, now: &Arc<AtomicI64>) -> Result<Ledger> {
    let now = Arc::clone(now);
    let options = baoyulan_ledger::Options {
        key_folder: Some(place.folder().to_owned()),
        clock: Clock::Host(Arc::new(move || now.load(Ordering::SeqCst))),
        ..baoyulan_ledger::Options::create(NewBank { demo: true, ..NewBank::new("bench") })
    };
    Ok(Ledger::open(&place.bank_url()?, options).await?)
}

/// Opens the accounts, and gives each 7 until tomorrow and 5 until next year.
async fn fill(ledger: &Ledger, accounts: usize) -> Result<()> {
    let mut commands = wallets::beginning()?;
    for number in 0..accounts {
        commands.push(wallets::open(number)?);
    }
    commands.extend(wallets::fill(accounts, &[(7, FILLED_AT + DAY), (5, FILLED_AT + 365 * DAY)])?);
    let envelopes = commands.into_iter().map(|command| Envelope::unkeyed(ACTOR, Channel::Host, command));
    for outcome in ledger.post_all(envelopes.collect()).await? {
        outcome?;
    }
    Ok(())
}

/// Checks that all of it was found.
fn check(expired: &Expired, accounts: usize) -> Result<()> {
    let all = expired.commodities.values().map(|of| (of.accounts, of.lots, of.quantity)).collect::<Vec<_>>();
    let due = (accounts as u64, accounts as u64, 7 * accounts as i128);
    ensure!(all == [due], "{expired:?} instead of {due:?}");
    Ok(())
}
