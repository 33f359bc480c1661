//! `expire`: posts expired points to breakage, and closes holds that have lapsed.

use std::process::ExitCode;

use baoyulan_ledger::command::Channel;
use baoyulan_ledger::ledger::{Expired, ExpiredQuantity};
use baoyulan_ledger::{Ledger, Options};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::bank::BankArguments;
use crate::output::{print, print_done};

#[derive(Debug, Args)]
pub struct ExpireArguments {
    /// What had expired at this instant: 2026-11-23T09:00:00+08:00 [default: now]
    #[arg(long, value_name = "RFC 3339")]
    until: Option<jiff::Timestamp>,
    /// Only says what would be posted
    #[arg(long)]
    pub dry_run: bool,
}

pub async fn expire(bank: &BankArguments, arguments: &ExpireArguments) -> anyhow::Result<ExitCode> {
    let options = if arguments.dry_run { Options::read_only() } else { Options::existing() };
    let ledger = bank.open(options).await?;
    let outcome = expired(&ledger, &bank.actor, arguments).await;
    ledger.close().await;
    let expired = outcome?;
    let summary = summary(&expired, arguments.dry_run)?;
    if arguments.dry_run {
        print(&summary)?;
    } else {
        print_done(&summary, &summary)?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn expired(ledger: &Ledger, actor: &str, arguments: &ExpireArguments) -> anyhow::Result<Expired> {
    let until = arguments.until.map(jiff::Timestamp::as_second);
    let progress = progress_bar();
    let show = |accounts, all| {
        progress.set_length(all);
        progress.set_position(accounts);
    };
    let expired = if arguments.dry_run {
        ledger.expired(until, show).await
    } else {
        ledger.expire(actor, Channel::Counter, until, show).await
    };
    progress.finish_and_clear();
    Ok(expired?)
}

fn progress_bar() -> ProgressBar {
    let progress = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} accounts, {eta} left") {
        progress.set_style(style);
    }
    progress
}

/// The summary as it is printed.
#[derive(Debug, Serialize)]
struct Summary {
    until: String,
    dry_run: bool,
    commodities: Vec<OfCommodity>,
    holds: u64,
    records: u64,
}

#[derive(Debug, Serialize)]
struct OfCommodity {
    commodity: String,
    accounts: u64,
    lots: u64,
    /// Smallest units.
    quantity: i128,
}

fn summary(expired: &Expired, dry_run: bool) -> anyhow::Result<String> {
    let Expired { until, commodities, holds, records } = expired;
    let commodities = commodities.iter().map(|(commodity, ExpiredQuantity { accounts, lots, quantity })| OfCommodity {
        commodity: commodity.as_str().to_owned(),
        accounts: *accounts,
        lots: *lots,
        quantity: *quantity,
    });
    let until = jiff::Timestamp::from_second(*until)?.to_string();
    let summary = Summary { until, dry_run, commodities: commodities.collect(), holds: *holds, records: *records };
    Ok(serde_json::to_string(&summary)?)
}
