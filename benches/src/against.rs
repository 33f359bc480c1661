//! Measures another build of this program and this one in one run. In each round both builds run each workload, one
//! right after the other, in processes of their own and on new banks.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use baoyulan_ledger::store::dialect::Engine;
use xtask::postgres::{URL_VARIABLE, shared_url};

use crate::Options;
use crate::place::{engine_name, engine_option};
use crate::table::{Section, Table, grouped, median, ratio};
use crate::workload::{MEASURE, Workload, figure_of};

/// The figures of both builds for a workload in one round.
#[derive(Debug, Clone, Copy)]
struct Pair {
    other: u64,
    this: u64,
}

/// Measures both builds on every engine, round by round.
///
/// # Errors
/// A group is unknown, or a process fails.
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
                // The build that goes first in one round goes second in the next.
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

/// Picks the workloads of these groups, or all if no group is named.
fn workloads(groups: &[&str]) -> Result<Vec<Workload>> {
    let all = Workload::all();
    for group in groups {
        ensure!(all.iter().any(|workload| workload.belongs_to(group)), "no workload belongs to `{group}`");
    }
    let asked = |workload: &Workload| groups.is_empty() || groups.iter().any(|group| workload.belongs_to(group));
    Ok(all.into_iter().filter(asked).collect())
}

/// Runs one workload with a build, in a process of its own, and returns the figure.
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
        // Ratios in hundredths; each compares two figures of one round.
        let quotient = median(pairs.iter().map(|pair| pair.this * 100 / pair.other.max(1)));
        table.row([title, callers, middle(|pair| pair.other), middle(|pair| pair.this), ratio(quotient)]);
    }
    table
}
