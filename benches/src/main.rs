//! The points bank's benchmarks. They compare what the bank does with what the machine and the drivers allow.
//!
//! `cargo xtask bench [ledger|import|index|past|transfers|engine|expiry|http|audit] [options]` runs one of them, or all if you name none.
//! `--write` puts the results into `benches/RESULTS.md`: all of them, or the part for `past`, `transfers`, `engine`, `expiry`, `audit` or `http`. Absolute
//! figures say little, so the report gives ratios within one run. `cargo xtask bench --against <revision>` builds that
//! revision too, and measures both builds in one run.

mod against;
mod audit;
mod callers;
mod ceilings;
mod engine;
mod expiry;
mod http;
mod import;
mod index;
mod ledger;
mod past;
mod place;
mod posting;
mod report;
mod results_file;
mod table;
mod textbook;
mod town;
mod transfers;
mod wallets;
mod workload;

use std::process::ExitCode;

use anyhow::{Result, bail};
use baoyulan_ledger::store::dialect::Engine;

const USAGE: &str = "\
Usage: bank-benches [ledger|import|index|past|transfers|engine|expiry|http|audit] [options]

  ledger                 measures commands a second at 1, 64 and 1,024 callers, next to four ceilings
  import                 imports a year's attendances
  index                  measures what the only index on the hot path costs and saves
  past                   reads a hot account as of a position, at 10,000 transactions and at 1,000,000
  transfers              measures plain transfers between accounts, in batches and singly, next to two ceilings
  engine                 measures holds, captures, reversals, five lots and JSON Lines, next to plain transfers
  expiry                 measures how fast accounts with expired lots are cleared, next to plain transfers
  http                   measures the service over HTTP, next to a route that does nothing
  audit                  audits a town with about --rows records, and says how long that took
  profile earnings|redemptions|import
                         runs one workload alone, for a profiler
  profile http redemptions|balances|no-op
                         sends one kind of request over 256 connections to a service in its own process
  measure WORKLOAD       runs one workload, such as transfers/uniform/callers/1024, and prints its figure as JSON
  against PROGRAM REVISION [earnings|redemptions|transfers|ledger ...]
                         measures that build and this one in turn; `cargo xtask bench --against` builds it

  --engine sqlite|postgres   the engine to run on; both if you leave it out
  --rounds N                 interleaved rounds; the report gives medians (3)
  --commands N               commands at 1,024 callers (100000), fewer at fewer callers; accounts with expired lots
  --rows N                   attendances to import (1000000)
  --requests N               redemptions at 256 and at 1,024 connections (30000); a quarter at 14; twice as many
                             balances
  --seconds N                seconds of redemptions at a steady rate (10)
  --longest                  past: at 10,000,000 transactions too
  --write                    write benches/RESULTS.md: all of it, or the part about past, transfers, engine, expiry, audit,
                             against or http";

/// What to run, and how much of it.
#[derive(Debug, Clone)]
pub struct Options {
    /// In the order of each round.
    pub engines: Vec<Engine>,
    /// How many rounds to run; the report gives medians.
    pub rounds: usize,
    /// How many commands 1,024 callers send. Fewer callers send fewer.
    pub commands: usize,
    /// How many attendances to import.
    pub rows: usize,
    /// How many redemptions to make over HTTP, at 256 and at 1,024 connections.
    pub requests: usize,
    /// How many seconds redemptions come at a steady rate.
    pub seconds: u32,
    /// Whether the past is measured at 10,000,000 transactions too.
    pub longest: bool,
    /// Whether to write the results to the file.
    pub write: bool,
}

// The service uses this allocator. The bank and the ceilings all run on it.
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
            report::print_past(&options, &past::run(&options).await?).await?;
            report::print_transfers(&options, &transfers::run(&options).await?).await?;
            report::print_engine(&options, &engine::run(&options).await?).await?;
            report::print_expiry(&options, &expiry::run(&options).await?).await?;
            report::print_http(&options, &http::run(&options).await?).await
        }
        ["ledger"] if !options.write => report::print(&options, &[ledger::run(&options).await?]).await,
        ["import"] if !options.write => report::print(&options, &[import::run(&options).await?]).await,
        ["index"] if !options.write => report::print(&options, &[index::run(&options).await?]).await,
        ["past"] => report::print_past(&options, &past::run(&options).await?).await,
        ["audit"] => report::print_audit(&options, &audit::run(&options).await?).await,
        ["engine"] => report::print_engine(&options, &engine::run(&options).await?).await,
        ["transfers"] => report::print_transfers(&options, &transfers::run(&options).await?).await,
        ["expiry"] => report::print_expiry(&options, &expiry::run(&options).await?).await,
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
        longest: false,
        write: false,
    };
    let mut arguments = arguments.iter();
    while let Some(name) = arguments.next() {
        if *name == "--write" {
            options.write = true;
            continue;
        }
        if *name == "--longest" {
            options.longest = true;
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
        _ => bail!("`{text}` is not a whole number from 1 upwards\n\n{USAGE}"),
    }
}
