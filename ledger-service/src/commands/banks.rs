//! `init`: an empty bank with accounts alone.

use std::process::ExitCode;

use anyhow::Context;
use baoyulan_ledger::{Fault, NewBank, Options};
use clap::Args;
use serde_json::json;

use crate::bank::BankArguments;
use crate::output::print_done;

#[derive(Debug, Args)]
pub struct InitArguments {
    /// The bank's name, for ever
    #[arg(long, env = "POINTS_BANK_ISSUER", default_value = "baoyulan")]
    issuer: String,
    /// The name of the bank's journal, for ever [default: `ISSUER/journal`]
    #[arg(long, env = "POINTS_BANK_ORIGIN")]
    origin: Option<String>,
    /// The time zone of the bank's days, for ever
    #[arg(long, env = "POINTS_BANK_TIME_ZONE", default_value = "UTC")]
    time_zone: String,
    /// Makes the bank one for demonstration, which accepts --now
    #[arg(long)]
    demo: bool,
    /// Makes a new bank also where another one was that is gone
    #[arg(long)]
    new_bank: bool,
}

pub async fn init(bank: &BankArguments, arguments: &InitArguments) -> anyhow::Result<ExitCode> {
    // Whatever is there already is left alone, also if it cannot be read.
    match bank.open(Options { even_if_gone: arguments.new_bank, ..Options::read_only() }).await {
        Ok(ledger) => {
            ledger.close().await;
            return Err(exists(bank)?.into());
        }
        Err(error) => match error.downcast_ref() {
            Some(Fault::NoBank { .. }) => {}
            Some(Fault::SchemaOld { .. }) => return Err(exists(bank)?.into()),
            _ => return Err(error),
        },
    }
    let InitArguments { issuer, origin, time_zone, demo, new_bank } = arguments;
    let new = NewBank { time_zone: time_zone.clone(), demo: *demo, ..NewBank::new(issuer) };
    let new = NewBank { origin: origin.clone().unwrap_or_else(|| new.origin.clone()), ..new };
    let ledger = bank.open(Options { even_if_gone: *new_bank, ..Options::create(new) }).await?;
    let made = ledger.bank();
    let said = json!({
        "bank_id": made.bank_id, "issuer": made.issuer, "origin": made.origin, "time_zone": made.time_zone, "demo": made.demo,
    });
    let printed = print_done(&said.to_string(), &made.bank_id);
    ledger.close().await;
    printed.map(|()| ExitCode::SUCCESS)
}

fn exists(bank: &BankArguments) -> anyhow::Result<Fault> {
    let target = baoyulan_ledger::store::Target::parse(bank.url()?).context("the bank's address")?;
    Ok(Fault::Exists { what: format!("a bank at {}", target.shown()) })
}
