//! `reverse`: takes a redemption back.

use std::process::ExitCode;

use baoyulan_ledger::command::{Command, ReverseRedemption};
use clap::Args;
use uuid::Uuid;

use super::receipts::print_receipt;
use super::{code, post};
use crate::bank::BankArguments;

#[derive(Debug, Args)]
pub struct ReverseArguments {
    /// The receipt's number: S01-26-000042
    #[arg(allow_hyphen_values = true, value_parser = code)]
    receipt: String,
    /// Your id of this reversal: the same id again gives the same outcome
    #[arg(long, value_name = "UUID")]
    id: Option<Uuid>,
}

pub async fn reverse(bank: &BankArguments, arguments: &ReverseArguments) -> anyhow::Result<ExitCode> {
    let command = Command::ReverseRedemption(ReverseRedemption { receipt: arguments.receipt.clone() });
    print_receipt(&post(bank, arguments.id, command).await?)
}
