//! Another build of this program and this one, measured in one run: in each round each workload by both, one straight
//! after the other, each in a process of its own and on a new bank.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use baoyulan_ledger::store::dialect::Engine;
use xtask::postgres::{URL_VARIABLE, shared_url};

use crate::Options;
use crate::place::{engine_name, engine_option};
use crate::table::{Section, Table, grouped, median, ratio};
use crate::workload::{MEASURE, Workload, figure_of};

/// What both builds have measured of a workload in one round.
#[derive(Debug, Clone, Copy)]
struct Pair {
    other: u64,
    this: u64,
}

/// Measures both builds on every engine, round by round.
///
/// # Errors
/// A group without workloads; the first process that fails.
pub async fn run(program: &str, revision: &str, groups: &[&str], options: &Options) -> Result<Section> {
    let workloads = workloads(groups)?;
    let this = std::env::current_exe()?;
    let mut section = Section::new("Beside another build");
    let mut pairs: Vec<Vec<Vec<Pair>>> = vec![vec![Vec::new(); workloads.len()]; options.engines.len()];
    for round in 0..options.rounds {
        for (engine, pairs) in options.engines.iter().zip(&mut pairs) {
            for (workload, pairs) in workloads.iter().zip(pairs).filter(|(workload, _)| workload.runs_on(*engine)) {
                eprintln!("{}, round {}, {}", workload.name(), round + 1, engine_name(*engine));
                let figure = |program| measured(program, *workload, *engine, options.commands);
                // Who comes first in a round comes last in the next one.
                pairs.push(if round % 2 == 0 {
                    let other = figure(program.as_ref())?;
                    Pair { other, this: figure(&this)? }
                } else {
                    let this = figure(&this)?;
                    Pair { other: figure(program.as_ref())?, this }
                });
            }
        }
    }
    for (engine, pairs) in options.engines.iter().zip(&pairs) {
        section.tables.push(table(*engine, revision, &workloads, pairs));
    }
    Ok(section)
}

/// The workloads of these groups; all, where none is named.
fn workloads(groups: &[&str]) -> Result<Vec<Workload>> {
    let all = Workload::all();
    for group in groups {
        ensure!(all.iter().any(|workload| workload.belongs_to(group)), "there are no workloads of `{group}`");
    }
    let asked = |workload: &Workload| groups.is_empty() || groups.iter().any(|group| workload.belongs_to(group));
    Ok(all.into_iter().filter(asked).collect())
}

/// What a build measures in a process of its own.
fn measured(program: &Path, workload: Workload, engine: Engine, commands: usize) -> Result<u64> {
    let output = Command::new(program)
        .args([MEASURE, &workload.name(), "--engine", engine_option(engine), "--commands", &commands.to_string()])
        .env(URL_VARIABLE, shared_url()?)
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| program.display().to_string())?;
    ensure!(output.status.success(), "{} {MEASURE} {}: {}", program.display(), workload.name(), output.status);
    figure_of(&String::from_utf8(output.stdout)?)
}

fn table(engine: Engine, revision: &str, workloads: &[Workload], pairs: &[Vec<Pair>]) -> Table {
    let columns = ["", "callers", &format!("{revision}, a second"), "this build, a second", "this ÷ that"];
    let mut table = Table::new(engine_name(engine), &columns);
    for (workload, pairs) in workloads.iter().zip(pairs).filter(|(workload, _)| workload.runs_on(engine)) {
        let (title, callers) = workload.title();
        let middle = |of: fn(&Pair) -> u64| grouped(median(pairs.iter().map(of)));
        // Hundredths of a ratio, each taken within one round.
        let quotient = median(pairs.iter().map(|pair| pair.this * 100 / pair.other.max(1)));
        table.row([title, callers, middle(|pair| pair.other), middle(|pair| pair.this), ratio(quotient)]);
    }
    table
}
