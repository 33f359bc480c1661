//! `reverse`: takes a redemption back, whole or in part.

use std::process::ExitCode;

use baoyulan_ledger::Options;
use baoyulan_ledger::command::{Command, ReverseRedemption};
use clap::Args;
use uuid::Uuid;

use super::receipts::print_receipt;
use super::redemptions::lines;
use super::{code, post_to};
use crate::bank::BankArguments;
use crate::presented::as_printed;

#[derive(Debug, Args)]
pub struct ReverseArguments {
    /// The receipt's number: S01-26-000042
    #[arg(allow_hyphen_values = true)]
    receipt: String,
    /// An item that comes back and how many of it; may be given several times. Without it, all that is left comes back
    #[arg(long = "item", num_args = 1.., value_parser = code, value_name = "SKU=PIECES")]
    items: Vec<String>,
    /// Your id of this reversal: the same id again gives the same outcome
    #[arg(long, value_name = "UUID")]
    id: Option<Uuid>,
}

pub async fn reverse(bank: &BankArguments, arguments: &ReverseArguments) -> anyhow::Result<ExitCode> {
    let lines = if arguments.items.is_empty() { None } else { Some(lines(&arguments.items)?) };
    let ledger = bank.open(Options::existing()).await?;
    match as_printed(&ledger, &arguments.receipt).await {
        Ok(receipt) => {
            let command = Command::ReverseRedemption(ReverseRedemption { receipt, lines });
            print_receipt(&post_to(ledger, bank, arguments.id, command).await?)
        }
        Err(fault) => {
            ledger.close().await;
            Err(fault.into())
        }
    }
}
