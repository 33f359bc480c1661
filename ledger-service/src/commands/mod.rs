//! The commands of the counter. A noun has a file with its arguments and what is done; [`crate::arguments`] lists the commands.

pub mod accounts;
pub mod audits;
pub mod balances;
pub mod banks;
pub mod cards;
pub mod copies;
pub mod credentials;
pub mod expiry;
pub mod holds;
pub mod imports;
pub mod login_links;
pub mod pins;
pub mod receipts;
pub mod redemptions;
pub mod requests;
pub mod reversals;
pub mod statements;

use std::convert::Infallible;

use baoyulan_ledger::command::{Channel, Command, Envelope};
use baoyulan_ledger::text::{code_as_typed, digits_as_typed};
use baoyulan_ledger::{Ledger, Options, Posted};
use uuid::Uuid;

use crate::bank::BankArguments;

/// Reads a code of the command line: see [`baoyulan_ledger::text`].
fn code(text: &str) -> Result<String, Infallible> {
    Ok(code_as_typed(text).into_owned())
}

/// Reads a card number of the command line.
fn card(text: &str) -> Result<String, Infallible> {
    Ok(digits_as_typed(text).into_owned())
}

/// Posts under the caller's id, or under a new one.
async fn post(bank: &BankArguments, id: Option<Uuid>, command: Command) -> anyhow::Result<Posted> {
    post_to(bank.open(Options::existing()).await?, bank, id, command).await
}

/// The same to a ledger that is open, and that is closed then.
async fn post_to(ledger: Ledger, bank: &BankArguments, id: Option<Uuid>, command: Command) -> anyhow::Result<Posted> {
    let id = id.unwrap_or_else(Uuid::now_v7);
    let outcome = ledger.post(Envelope::keyed(id, &bank.actor, Channel::Counter, command)).await;
    ledger.close().await;
    Ok(outcome?)
}
