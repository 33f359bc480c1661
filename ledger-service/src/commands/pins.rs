//! `pin set`: gives a card a PIN, which is read from standard input so that no history of commands keeps it.

use std::io::Read;
use std::process::ExitCode;

use baoyulan_ledger::command::{Channel, Command, Envelope, SetPin};
use baoyulan_ledger::people::{CardNumber, Door, WeakPin};
use baoyulan_ledger::text::digits_as_typed;
use baoyulan_ledger::{Options, Rejection};
use clap::{Args, Subcommand};
use page_parts::weak_pin;
use uuid::Uuid;

use crate::auth::pin;
use crate::bank::BankArguments;
use crate::locale;

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
    let number = CardNumber::parse(card).ok_or(Rejection::CardCheckDigits)?;
    let mut text = String::new();
    std::io::stdin().lock().take(PIN_BYTES_MAX).read_to_string(&mut text)?;
    let new = digits_as_typed(&text);
    if let Some(reason) = WeakPin::of(&new, number) {
        anyhow::bail!("{}\n{}", reason.code(), weak_pin::say(locale::language(), reason));
    }
    let ledger = bank.open(Options::existing()).await?;
    let outcome = async {
        let verifier = pin::verifier(&ledger, new.into_owned()).await?;
        let command = Command::SetPin(SetPin { card: card.clone(), verifier });
        ledger.post(Envelope::keyed(Uuid::now_v7(), &bank.actor, Channel::Counter, command)).await?;
        // Whoever has a new PIN need not wait because of the old one.
        for door in [Door::Web, Door::Station] {
            ledger.access().forget_pin_misses(number, door).await?;
        }
        anyhow::Ok(())
    }
    .await;
    ledger.close().await;
    outcome.map(|()| ExitCode::SUCCESS)
}
