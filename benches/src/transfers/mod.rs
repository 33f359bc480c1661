//! Measures plain transfers of two entries through the public API, next to the ceilings of the same round. They show
//! what the ledger does when nobody earns or redeems anything.

mod commands;
mod kind;
mod size;

use std::collections::BTreeMap;

use anyhow::Result;
use baoyulan_ledger::store::dialect::Engine;

pub use self::commands::{ACCOUNTS, Accounts, Ids, hot_account, open_accounts, random, transfer};
use self::kind::Sent;
pub use self::kind::{Transfers, post_hot};
pub use self::size::bytes_a_transfer;
use crate::callers::Measured;
use crate::ceilings::BULK;
use crate::place::engine_name;
use crate::posting::{CALLERS_MAX, share};
use crate::table::{Aim, Section, Table, grouped, median, milliseconds, ratio};
use crate::{Options, ceilings};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Transfers(Transfers),
    BareCommits,
    Bulk(usize),
}

type Round = BTreeMap<What, Measured>;

/// Measures all kinds of transfers on every engine, round by round.
///
/// # Errors
/// The first transfer that is not accepted.
pub async fn run(options: &Options) -> Result<Section> {
    let mut rounds: Vec<Vec<Round>> = vec![Vec::new(); options.engines.len()];
    for round in 0..options.rounds {
        for (index, engine) in options.engines.iter().enumerate() {
            eprintln!("transfers, round {}, {}", round + 1, engine_name(*engine));
            rounds[index].push(measure_round(*engine, options.commands).await?);
        }
    }
    let mut section = Section::new("Transfers");
    for (engine, rounds) in options.engines.iter().zip(&rounds) {
        section.tables.push(table(engine_name(*engine), rounds));
        section.aims.extend(ratios(engine_name(*engine), rounds));
    }
    if options.engines.contains(&Engine::Sqlite) {
        section.aims.extend(sizes(options.commands).await?);
    }
    Ok(section)
}

/// Lists what one round measures, in the order of the tables.
fn order() -> Vec<What> {
    let mut order: Vec<What> = Transfers::all().into_iter().map(What::Transfers).collect();
    order.push(What::BareCommits);
    order.extend(BULK.map(What::Bulk));
    order
}

async fn measure_round(engine: Engine, commands: usize) -> Result<Round> {
    let mut round = Round::new();
    for what in order() {
        let measured = match what {
            What::Transfers(transfers) => transfers.measure(engine, commands).await?,
            What::BareCommits => ceilings::bare_commits(engine, share(commands, 1)).await?,
            What::Bulk(per_commit) => ceilings::bulk(engine, commands, per_commit).await?,
        };
        round.insert(what, measured);
    }
    Ok(round)
}

fn table(caption: &str, rounds: &[Round]) -> Table {
    let mut table = Table::new(caption, &["", "callers", "a second", "p50 ms", "p99 ms"]);
    for what in order() {
        let (name, callers) = match what {
            What::Transfers(transfers) => (transfers.title(), transfers.callers()),
            What::BareCommits => ("ceiling: one row a commit".to_owned(), 1),
            What::Bulk(per_commit) => {
                (format!("ceiling: bulk of {} transfers a commit", grouped(per_commit as u64)), 1)
            }
        };
        let middle = |of: fn(&Measured) -> u64| median(rounds.iter().filter_map(|round| round.get(&what).map(of)));
        table.row([
            name,
            grouped(callers as u64),
            grouped(middle(|measured| measured.rate)),
            milliseconds(middle(|measured| measured.p50.as_nanos() as u64)),
            milliseconds(middle(|measured| measured.p99.as_nanos() as u64)),
        ]);
    }
    table
}

fn ratios(engine: &str, rounds: &[Round]) -> Vec<Aim> {
    let rate = |round: &Round, what| round.get(&what).map_or(0, |measured| measured.rate);
    // Ratios in hundredths; each compares two figures of one round.
    let quotient = |what: &str, above: What, below: What| {
        let quotients = rounds.iter().map(|round| rate(round, above) * 100 / rate(round, below).max(1));
        told(format!("{engine}: {what}"), ratio(median(quotients)))
    };
    let uniform = |sent| What::Transfers(Transfers::new(Accounts::Uniform, sent));
    let hot = |sent| What::Transfers(Transfers::new(Accounts::OneHot, sent));
    let (most, large) = (Sent::Singly(CALLERS_MAX), Sent::Batches(BULK[1]));
    let random_ids = What::Transfers(Transfers::with_random_ids());
    vec![
        quotient("transfers of one caller ÷ one row a commit", uniform(Sent::Singly(1)), What::BareCommits),
        quotient("transfers in batches of 8,190 ÷ bulk of 8,190", uniform(large), What::Bulk(BULK[1])),
        quotient("transfers at 1,024 callers ÷ in batches of 8,190", uniform(most), uniform(large)),
        quotient("one hot account ÷ random ones, 1,024 callers", hot(most), uniform(most)),
        quotient("one hot account ÷ random ones, batches of 8,190", hot(large), uniform(large)),
        quotient("random ids ÷ ids in order, 1,024 callers", random_ids, uniform(most)),
    ]
}

async fn sizes(transfers: usize) -> Result<Vec<Aim>> {
    let mut sizes = Vec::new();
    for (what, ids) in [("ids in order", Ids::InOrder), ("random ids", Ids::Random)] {
        let bytes = bytes_a_transfer(ids, transfers).await?;
        sizes.push(told(format!("SQLite: bytes of file a transfer, {what}"), grouped(bytes)));
    }
    Ok(sizes)
}

/// A figure without an aim.
fn told(what: String, measured: String) -> Aim {
    Aim { what, aim: String::new(), measured, met: None }
}
