//! `card`: blocks a card, or makes it active again; and writes down for its owner whether receipts say what is left.

use std::process::ExitCode;

use baoyulan_ledger::command::{ChooseBalance, Command, SetCardState};
use baoyulan_ledger::people::{BalanceOnReceipts, CardState};
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
    /// From now on its owner's receipts say how many points are left, as its owner wishes
    PrintBalance,
    /// They do not, which is how it is unless its owner has chosen
    LeaveOutBalance,
}

pub async fn card(bank: &BankArguments, arguments: &CardArguments) -> anyhow::Result<ExitCode> {
    let card = arguments.card.clone();
    let state = |state| Command::SetCardState(SetCardState { card: card.clone(), state });
    let choice = |balance| Command::ChooseBalance(ChooseBalance { card: card.clone(), balance });
    let command = match arguments.change {
        CardChange::Block => state(CardState::Blocked),
        CardChange::Activate => state(CardState::Active),
        CardChange::PrintBalance => choice(BalanceOnReceipts::Printed),
        CardChange::LeaveOutBalance => choice(BalanceOnReceipts::LeftOut),
    };
    post(bank, None, command).await?;
    Ok(ExitCode::SUCCESS)
}
