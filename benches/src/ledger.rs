//! Measures durable commands through the public API, next to the ceilings of the same round.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Result, bail};
use baoyulan_ledger::store::dialect::Engine;

use crate::Options;
use crate::callers::Measured;
use crate::ceilings::BULK;
use crate::place::{Place, engine_name};
use crate::posting::{CALLERS, CALLERS_MAX, alone, close, post, share};
use crate::table::{Aim, Section, Table, grouped, median, milliseconds, ratio};
use crate::{ceilings, import, textbook, town};

/// What is measured, in the order of the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Earnings(usize),
    Redemptions(usize),
    BareCommits,
    Bulk(usize),
    Textbook(usize),
    TextbookSplit,
    Signatures,
}

impl What {
    fn name(self) -> String {
        let split = textbook::SPREAD_MAX;
        match self {
            Self::Earnings(_) => "**earnings**".to_owned(),
            Self::Redemptions(_) => "**redemptions**".to_owned(),
            Self::BareCommits => "ceiling: one row a commit".to_owned(),
            Self::Bulk(per_commit) => format!("ceiling: bulk of {} transfers a commit", grouped(per_commit as u64)),
            Self::Textbook(_) => "textbook writer, earnings".to_owned(),
            Self::TextbookSplit => format!("textbook writer, each hot account split into {split}"),
            Self::Signatures => "ceiling: Ed25519 signatures on one core".to_owned(),
        }
    }

    fn callers(self) -> usize {
        match self {
            Self::Earnings(callers) | Self::Redemptions(callers) | Self::Textbook(callers) => callers,
            Self::TextbookSplit => CALLERS_MAX,
            Self::BareCommits | Self::Bulk(_) | Self::Signatures => 1,
        }
    }
}

type Round = BTreeMap<What, Measured>;

/// Measures everything on every engine, round by round.
pub async fn run(options: &Options) -> Result<Section> {
    let mut rounds: BTreeMap<usize, Vec<Round>> = BTreeMap::new();
    for round in 0..options.rounds {
        for (index, engine) in options.engines.iter().enumerate() {
            eprintln!("commands, round {}, {}", round + 1, engine_name(*engine));
            let measured = measure_round(*engine, options.commands).await?;
            rounds.entry(index).or_default().push(measured);
        }
    }
    let mut section = Section::new("Commands");
    for (index, rounds) in &rounds {
        let engine = options.engines[*index];
        section.tables.push(table(engine, rounds));
        section.aims.extend(aims(engine, rounds));
    }
    Ok(section)
}

async fn measure_round(engine: Engine, commands: usize) -> Result<Round> {
    let mut round = Round::new();
    round.insert(What::Signatures, ceilings::signatures(commands)?);
    round.insert(What::BareCommits, ceilings::bare_commits(engine, share(commands, 1)).await?);
    for per_commit in BULK {
        round.insert(What::Bulk(per_commit), ceilings::bulk(engine, commands, per_commit).await?);
    }
    let slow = (commands / 4).max(1);
    for callers in [1, CALLERS_MAX] {
        let commands = share(slow, callers);
        round.insert(What::Textbook(callers), textbook::earnings(engine, callers, commands, 1).await?);
    }
    let split = textbook::earnings(engine, CALLERS_MAX, slow, textbook::SPREAD_MAX).await?;
    round.insert(What::TextbookSplit, split);

    let place = Place::new(engine).await?;
    let ledger = Arc::new(place.open_bank().await?);
    let all: usize = CALLERS.iter().map(|callers| share(commands, *callers)).sum();
    town::make(&ledger, all).await?;
    town::fund(&ledger).await?;
    let mut from = 0;
    for callers in CALLERS {
        place.settle().await?;
        let count = share(commands, callers);
        round.insert(What::Earnings(callers), post(&ledger, callers, from, count, town::attendance).await?);
        from += count;
    }
    let mut from = 0;
    for callers in CALLERS {
        place.settle().await?;
        let count = share(commands, callers);
        round.insert(What::Redemptions(callers), post(&ledger, callers, from, count, town::redemption).await?);
        from += count;
    }
    close(ledger).await?;
    place.remove().await?;
    Ok(round)
}

/// Runs one workload alone with 1,024 callers, for a profiler.
pub async fn profile(workload: &str, options: &Options) -> Result<()> {
    for engine in &options.engines {
        let command = match workload {
            "earnings" => town::attendance,
            "redemptions" => town::redemption,
            "import" => {
                println!("{:?}", import::here(*engine, options.rows, import::Kind::Cold).await?);
                continue;
            }
            _ => bail!("the workloads are earnings, redemptions and import"),
        };
        println!("{:?}", alone(*engine, CALLERS_MAX, options.commands, command).await?);
    }
    Ok(())
}

fn table(engine: Engine, rounds: &[Round]) -> Table {
    let mut table = Table::new(engine_name(engine), &["", "callers", "a second", "p50 ms", "p99 ms"]);
    let order = rounds.first().map(|round| round.keys().copied().collect::<Vec<_>>()).unwrap_or_default();
    for what in order {
        let middle = |of: fn(&Measured) -> u64| median(rounds.iter().filter_map(|round| round.get(&what).map(of)));
        table.row([
            what.name(),
            grouped(what.callers() as u64),
            grouped(middle(|measured| measured.rate)),
            milliseconds(middle(|measured| measured.p50.as_nanos() as u64)),
            milliseconds(middle(|measured| measured.p99.as_nanos() as u64)),
        ]);
    }
    table
}

fn aims(engine: Engine, rounds: &[Round]) -> Vec<Aim> {
    // Ratios in hundredths; each compares two figures of one round.
    let of = |above: What, below: What| {
        let rate = |round: &Round, what| round.get(&what).map_or(0, |measured| measured.rate);
        median(rounds.iter().map(|round| rate(round, above) * 100 / rate(round, below).max(1)))
    };
    let (textbook, signing) = match engine {
        Engine::Sqlite => (1500, 25),
        Engine::Postgres => (600, 15),
    };
    let name = engine_name(engine);
    let aim = |what: &str, above, below, at_least: Option<u64>| {
        let measured = of(above, below);
        Aim {
            what: format!("{name}: {what}"),
            aim: at_least.map_or_else(String::new, |at_least| format!("≥ {}", ratio(at_least))),
            measured: ratio(measured),
            met: at_least.map(|at_least| measured >= at_least),
        }
    };
    let most = What::Earnings(CALLERS_MAX);
    vec![
        aim("earnings ÷ textbook writer, 1,024 callers", most, What::Textbook(CALLERS_MAX), Some(textbook)),
        aim("the same, the textbook's hot accounts split", most, What::TextbookSplit, None),
        aim(
            "redemptions at 1,024 callers ÷ signatures on one core",
            What::Redemptions(CALLERS_MAX),
            What::Signatures,
            Some(signing),
        ),
        aim("earnings of one caller ÷ one row a commit", What::Earnings(1), What::BareCommits, Some(50)),
        aim("redemptions of one caller ÷ one row a commit", What::Redemptions(1), What::BareCommits, Some(50)),
        aim("earnings of one caller ÷ textbook writer of one caller", What::Earnings(1), What::Textbook(1), None),
        aim("earnings at 1,024 callers ÷ bulk of 1,000", most, What::Bulk(BULK[0]), None),
    ]
}
