//! `pin set`: gives a card a PIN, which is read from standard input so that no history of commands keeps it.

use std::io::Read;
use std::process::ExitCode;

use baoyulan_ledger::command::{Channel, Command, Envelope, SetPin};
use baoyulan_ledger::people::CardNumber;
use baoyulan_ledger::text::digits_as_typed;
use baoyulan_ledger::{Options, Rejection};
use clap::{Args, Subcommand};
use uuid::Uuid;

use crate::auth::pin;
use crate::bank::BankArguments;

/// Bytes that are read of a PIN.
const PIN_BYTES_MAX: u64 = 64;

#[derive(Debug, Args)]
pub struct PinArguments {
    #[command(subcommand)]
    act: PinAct,
}

#[derive(Debug, Subcommand)]
enum PinAct {
    /// Reads a new PIN, six digits, from standard input
    Set {
        /// The card number
        #[arg(long, allow_hyphen_values = true, value_parser = super::card)]
        card: String,
    },
}

pub async fn pin(bank: &BankArguments, arguments: &PinArguments) -> anyhow::Result<ExitCode> {
    let PinAct::Set { card } = &arguments.act;
    CardNumber::parse(card).ok_or(Rejection::CardCheckDigits)?;
    let mut text = String::new();
    std::io::stdin().lock().take(PIN_BYTES_MAX).read_to_string(&mut text)?;
    let new = digits_as_typed(&text);
    if let Some(weakness) = pin::weakness(&new) {
        anyhow::bail!("{weakness}");
    }
    let ledger = bank.open(Options::existing()).await?;
    let outcome = async {
        let verifier = pin::verifier(&ledger, new.into_owned()).await?;
        let command = Command::SetPin(SetPin { card: card.clone(), verifier });
        Ok(ledger.post(Envelope::keyed(Uuid::now_v7(), &bank.actor, Channel::Counter, command)).await?)
    }
    .await;
    ledger.close().await;
    outcome.map(|_| ExitCode::SUCCESS)
}
