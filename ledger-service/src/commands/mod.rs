//! The commands of the counter. A noun has a file with its arguments and what is done; [`crate::arguments`] lists the commands.

pub mod balances;
pub mod cards;
pub mod copies;
pub mod credentials;
pub mod imports;
pub mod login_links;
pub mod pins;
pub mod receipts;
pub mod redemptions;
pub mod reversals;
pub mod statements;

use baoyulan_ledger::command::{Channel, Command, Envelope};
use baoyulan_ledger::{Options, Posted};
use uuid::Uuid;

use crate::bank::BankArguments;

/// Posts under the caller's id, or under a new one.
async fn post(bank: &BankArguments, id: Option<Uuid>, command: Command) -> anyhow::Result<Posted> {
    let ledger = bank.open(Options::existing()).await?;
    let id = id.unwrap_or_else(Uuid::now_v7);
    let outcome = ledger.post(Envelope::keyed(id, &bank.actor, Channel::Counter, command)).await;
    ledger.close().await;
    Ok(outcome?)
}
