//! What changes the bank at the counter: redemptions, reversals, cards.

use std::process::ExitCode;

use baoyulan_ledger::command::{Channel, Command, Envelope};
use baoyulan_ledger::people::CardState;
use baoyulan_ledger::shop::Line;
use baoyulan_ledger::{Options, Posted, Rejection};
use uuid::Uuid;

use crate::arguments::{BankArguments, CardArguments, CardChange, RedeemArguments, ReverseArguments};
use crate::{open, print};

pub async fn redeem(bank: &BankArguments, arguments: &RedeemArguments) -> anyhow::Result<ExitCode> {
    let command = Command::Redeem {
        card: arguments.card.clone(),
        station: arguments.station.clone(),
        lines: lines(&arguments.items)?,
        points_shown: arguments.total,
    };
    print_receipt(&post(bank, arguments.id, command).await?)
}

pub async fn reverse(bank: &BankArguments, arguments: &ReverseArguments) -> anyhow::Result<ExitCode> {
    let command = Command::ReverseRedemption { receipt: arguments.receipt.clone() };
    print_receipt(&post(bank, arguments.id, command).await?)
}

pub async fn card(bank: &BankArguments, arguments: &CardArguments) -> anyhow::Result<ExitCode> {
    let state = match arguments.change {
        CardChange::Block => CardState::Blocked,
        CardChange::Activate => CardState::Active,
    };
    post(bank, None, Command::SetCardState { card: arguments.card.clone(), state }).await?;
    Ok(ExitCode::SUCCESS)
}

/// Posts under the caller's id, or under a new one.
async fn post(bank: &BankArguments, id: Option<Uuid>, command: Command) -> anyhow::Result<Posted> {
    let ledger = open(bank, Options::existing()).await?;
    let id = id.unwrap_or_else(Uuid::now_v7);
    let outcome = ledger.post(Envelope::keyed(id, &bank.actor, Channel::Counter, command)).await;
    ledger.close().await;
    Ok(outcome?)
}

fn print_receipt(posted: &Posted) -> anyhow::Result<ExitCode> {
    print(posted.receipt.as_deref().unwrap_or_default())?;
    Ok(ExitCode::SUCCESS)
}

/// Reads `SKU=pieces`. An item that is named twice is added up, as when two bags are put on the counter.
fn lines(items: &[String]) -> anyhow::Result<Vec<Line>> {
    let mut lines: Vec<Line> = Vec::new();
    for item in items {
        let (sku, pieces) =
            item.rsplit_once('=').ok_or_else(|| anyhow::anyhow!("{item:?} is not SKU=pieces, such as G10=1"))?;
        // What is no number, or one that no quantity is, is refused as zero pieces would be.
        let pieces: i64 = pieces.parse().ok().filter(|pieces| *pieces > 0).ok_or(Rejection::InvalidPieces)?;
        match lines.iter_mut().find(|line| line.sku == sku) {
            Some(line) => line.pieces = line.pieces.checked_add(pieces).ok_or(Rejection::InvalidPieces)?,
            None => lines.push(Line { sku: sku.to_owned(), pieces }),
        }
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_read_and_added_up() {
        let items = ["G10=1", "G01=2", "G10=3"].map(str::to_owned);
        let line = |sku: &str, pieces| Line { sku: sku.to_owned(), pieces };
        assert_eq!(lines(&items).unwrap(), [line("G10", 4), line("G01", 2)]);
        for wrong in ["G10=0", "G10=-1", "G10=99999999999999999999", "G10=x", "G10="] {
            let error = lines(&[wrong.to_owned()]).unwrap_err();
            assert_eq!(error.downcast_ref(), Some(&Rejection::InvalidPieces), "{wrong}");
        }
        assert!(lines(&["G10".to_owned()]).is_err());
    }
}
