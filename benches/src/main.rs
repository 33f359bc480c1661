//! The points bank's benchmarks: what it does, beside what the machine and the drivers allow.
//!
//! `cargo xtask bench [ledger|import|index|transfers|http] [options]`; without a name all of them. `--write` puts the
//! result into `benches/RESULTS.md`: of all, or of `transfers` or `http`, which are parts of their own there. Absolute
//! figures are noise: what is stated are ratios within one run. `cargo xtask bench --against <revision>` builds that
//! revision of this program too, and measures both builds in one run.

mod against;
mod callers;
mod ceilings;
mod http;
mod import;
mod index;
mod ledger;
mod place;
mod posting;
mod report;
mod results_file;
mod table;
mod textbook;
mod town;
mod transfers;
mod workload;

use std::process::ExitCode;

use anyhow::{Result, bail};
use baoyulan_ledger::store::dialect::Engine;

const USAGE: &str = "\
Usage: bank-benches [ledger|import|index|transfers|http] [options]

  ledger                 commands a second at 1, 64 and 1,024 callers, beside four ceilings
  import                 a year's attendances, imported
  index                  what the one index on the hot path costs and saves
  transfers              plain transfers between accounts, in batches and singly, beside two ceilings
  http                   the service over HTTP, beside a route that does nothing
  profile earnings|redemptions|import
                         one workload alone, for a profiler
  profile http redemptions|balances|no-op
                         the same over HTTP at 256 connections, the service being a process of its own
  measure WORKLOAD       one workload alone, and its figure as a line of JSON: transfers/uniform/callers/1024
  against PROGRAM REVISION [earnings|redemptions|transfers|ledger ...]
                         that build of this program and this one in turn; `cargo xtask bench --against` builds it

  --engine sqlite|postgres   one engine; both where it is left out
  --rounds N                 interleaved rounds, whose medians are quoted (3)
  --commands N               commands at 1,024 callers (100000); fewer at fewer callers
  --rows N                   attendances of the import (1000000)
  --requests N               redemptions at 256 and at 1,024 connections (30000); a quarter at 14; twice as many
                             balances
  --seconds N                seconds of redemptions at a steady rate (10)
  --write                    writes benches/RESULTS.md: where all are run, or its part of transfers, against or http";

/// What to run, and how much of it.
#[derive(Debug, Clone)]
pub struct Options {
    /// The engines, in the order of each round.
    pub engines: Vec<Engine>,
    /// Rounds.
    pub rounds: usize,
    /// Commands at 1,024 callers.
    pub commands: usize,
    /// Attendances of the import.
    pub rows: usize,
    /// Redemptions over HTTP at 256 and at 1,024 connections.
    pub requests: usize,
    /// Seconds of redemptions at a steady rate.
    pub seconds: u32,
    /// Whether the result is written to the file.
    pub write: bool,
}

/// As in the service: the bank and the ceilings all run on it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bank-benches: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &[&str]) -> Result<()> {
    let words = arguments.iter().position(|word| word.starts_with("--")).unwrap_or(arguments.len());
    let options = options(&arguments[words..])?;
    match arguments[..words] {
        [] => {
            let sections = [ledger::run(&options).await?, import::run(&options).await?, index::run(&options).await?];
            report::print(&options, &sections).await?;
            report::print_transfers(&options, &transfers::run(&options).await?).await?;
            report::print_http(&options, &http::run(&options).await?).await
        }
        ["ledger"] if !options.write => report::print(&options, &[ledger::run(&options).await?]).await,
        ["import"] if !options.write => report::print(&options, &[import::run(&options).await?]).await,
        ["index"] if !options.write => report::print(&options, &[index::run(&options).await?]).await,
        ["transfers"] => report::print_transfers(&options, &transfers::run(&options).await?).await,
        ["against", program, revision, ref groups @ ..] => {
            let section = against::run(program, revision, groups, &options).await?;
            report::print_against(&options, revision, groups, &section).await
        }
        [workload::MEASURE, name] => workload::child(name, &options).await,
        ["http"] => report::print_http(&options, &http::run(&options).await?).await,
        [http::NO_OP] => http::no_op().await,
        ["profile", "http", asked] => http::profile(asked, &options).await,
        ["profile", workload] => ledger::profile(workload, &options).await,
        [import::CHILD, kind] => import::child(kind, &options).await,
        _ => bail!("{USAGE}"),
    }
}

fn options(arguments: &[&str]) -> Result<Options> {
    let both = vec![Engine::Sqlite, Engine::Postgres];
    let mut options = Options {
        engines: both,
        rounds: 3,
        commands: 100_000,
        rows: 1_000_000,
        requests: 30_000,
        seconds: 10,
        write: false,
    };
    let mut arguments = arguments.iter();
    while let Some(name) = arguments.next() {
        if *name == "--write" {
            options.write = true;
            continue;
        }
        let value = *arguments.next().unwrap_or(&"");
        match *name {
            "--engine" => options.engines = vec![place::engine(value)?],
            "--rounds" => options.rounds = number(value)?,
            "--commands" => options.commands = number(value)?,
            "--rows" => options.rows = number(value)?,
            "--requests" => options.requests = number(value)?,
            "--seconds" => options.seconds = number(value)?.try_into()?,
            _ => bail!("{USAGE}"),
        }
    }
    Ok(options)
}

fn number(text: &str) -> Result<usize> {
    match text.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => bail!("`{text}` is not a number from 1\n\n{USAGE}"),
    }
}
