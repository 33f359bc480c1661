//! `card`: blocks a card, or makes it active again.

use std::process::ExitCode;

use baoyulan_ledger::command::{Command, SetCardState};
use baoyulan_ledger::people::CardState;
use clap::{Args, ValueEnum};

use super::post;
use crate::bank::BankArguments;

#[derive(Debug, Args)]
pub struct CardArguments {
    /// What becomes of it
    #[arg(value_enum)]
    change: CardChange,
    /// The card number
    #[arg(long, allow_hyphen_values = true, value_parser = super::card)]
    card: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CardChange {
    /// It spends nothing until it is active again
    Block,
    /// It may be used
    Activate,
}

pub async fn card(bank: &BankArguments, arguments: &CardArguments) -> anyhow::Result<ExitCode> {
    let state = match arguments.change {
        CardChange::Block => CardState::Blocked,
        CardChange::Activate => CardState::Active,
    };
    post(bank, None, Command::SetCardState(SetCardState { card: arguments.card.clone(), state })).await?;
    Ok(ExitCode::SUCCESS)
}
