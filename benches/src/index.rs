//! Measures what the only index on the hot path costs, and what it saves.
//!
//! The writer knows the volunteers, so every decision finds their history in memory, even without the index.

use std::sync::Arc;

use anyhow::Result;
use baoyulan_ledger::store::dialect::Engine;

use crate::Options;
use crate::import::{COLD, Imported, Kind, drop_index, in_child};
use crate::place::{Place, engine_name};
use crate::posting::{CALLERS_MAX, close, post};
use crate::table::{Section, Table, grouped, median, ratio};
use crate::town;

/// One round on one engine, with the index and without it.
struct Round {
    earnings: [u64; 2],
    imported: [Imported; 2],
}

/// Measures with the index and without it, round by round.
pub async fn run(options: &Options) -> Result<Section> {
    let mut rounds: Vec<Vec<Round>> = options.engines.iter().map(|_| Vec::new()).collect();
    for round in 0..options.rounds {
        for (index, engine) in options.engines.iter().enumerate() {
            eprintln!("index, round {}, {}", round + 1, engine_name(*engine));
            rounds[index].push(Round {
                earnings: [
                    earnings(*engine, options.commands, true).await?,
                    earnings(*engine, options.commands, false).await?,
                ],
                imported: [
                    in_child(*engine, options.rows, Kind::Warm)?,
                    in_child(*engine, options.rows, Kind::WarmWithoutIndex)?,
                ],
            });
        }
    }
    let mut section = Section::new("The index");
    for (engine, rounds) in options.engines.iter().zip(&rounds) {
        section.tables.push(table(*engine, rounds, options.rows));
    }
    Ok(section)
}

async fn earnings(engine: Engine, commands: usize, indexed: bool) -> Result<u64> {
    let place = Place::new(engine).await?;
    let ledger = Arc::new(place.open_bank().await?);
    town::make(&ledger, commands).await?;
    if !indexed {
        drop_index(&place).await?;
    }
    place.settle().await?;
    let measured = post(&ledger, CALLERS_MAX, 0, commands, town::attendance).await?;
    close(ledger).await?;
    place.remove().await?;
    Ok(measured.rate)
}

fn table(engine: Engine, rounds: &[Round], rows: usize) -> Table {
    let mut table = Table::new(engine_name(engine), &["", "with the index", "without it", "with ÷ without"]);
    let mut row = |what: String, of: &dyn Fn(&Round, usize) -> u64| {
        let middle = |index| median(rounds.iter().map(|round| of(round, index)));
        let quotient = median(rounds.iter().map(|round| of(round, 0) * 100 / of(round, 1).max(1)));
        table.row([what, grouped(middle(0)), grouped(middle(1)), ratio(quotient)]);
    };
    row("earnings a second, 1,024 callers".to_owned(), &|round, index| round.earnings[index]);
    let per_second = |imported: Imported| rows as u64 * 1000 / imported.milliseconds.max(1);
    row("rows a second, imported".to_owned(), &|round, index| per_second(round.imported[index]));
    let cold = format!("ms to read the last month of {} volunteers afterwards", grouped(COLD as u64));
    row(cold, &|round, index| round.imported[index].cold_read.max(1));
    table
}
