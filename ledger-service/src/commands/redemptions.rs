//! `redeem`: exchanges points for goods or services.

use std::num::IntErrorKind;
use std::process::ExitCode;

use baoyulan_ledger::Rejection;
use baoyulan_ledger::command::{Command, Redeem};
use baoyulan_ledger::shop::Line;
use clap::Args;
use uuid::Uuid;

use super::receipts::print_receipt;
use super::{code, post};
use crate::bank::BankArguments;

#[derive(Debug, Args)]
pub struct RedeemArguments {
    /// The card number
    #[arg(long, allow_hyphen_values = true, value_parser = super::card)]
    card: String,
    /// The station's code
    #[arg(long, allow_hyphen_values = true, value_parser = code)]
    station: String,
    /// An item and how many of it; may be given several times
    #[arg(long = "item", required = true, num_args = 1.., value_parser = code, value_name = "SKU=PIECES")]
    items: Vec<String>,
    /// The total that the person was shown; another price is then refused
    #[arg(long, value_name = "POINTS")]
    total: Option<i64>,
    /// Your id of this redemption: the same id again gives the same outcome
    #[arg(long, value_name = "UUID")]
    id: Option<Uuid>,
}

pub async fn redeem(bank: &BankArguments, arguments: &RedeemArguments) -> anyhow::Result<ExitCode> {
    let command = Command::Redeem(Redeem {
        card: arguments.card.clone(),
        station: arguments.station.clone(),
        lines: lines(&arguments.items)?,
        points_shown: arguments.total,
    });
    print_receipt(&post(bank, arguments.id, command).await?)
}

/// Reads `SKU=pieces`. Pieces of an item that is named twice are added up, as if two bags had been put on the counter.
pub fn lines(items: &[String]) -> anyhow::Result<Vec<Line>> {
    let mut lines: Vec<Line> = Vec::new();
    for item in items {
        let (sku, pieces) =
            item.rsplit_once('=').ok_or_else(|| anyhow::anyhow!("{item:?} is not SKU=pieces, such as G10=1"))?;
        let pieces = pieces_of(pieces)?;
        match lines.iter_mut().find(|line| line.sku == sku) {
            Some(line) => line.pieces = line.pieces.checked_add(pieces).ok_or(Rejection::QuantityOutOfRange)?,
            None => lines.push(Line { sku: sku.to_owned(), pieces }),
        }
    }
    Ok(lines)
}

/// What is no number is refused as no pieces are; more than a quantity takes, as a quantity is.
fn pieces_of(text: &str) -> Result<i64, Rejection> {
    match text.parse() {
        Ok(pieces @ 1..) => Ok(pieces),
        Err(error) if *error.kind() == IntErrorKind::PosOverflow => Err(Rejection::QuantityOutOfRange),
        Ok(_) | Err(_) => Err(Rejection::InvalidPieces),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_read_and_added_up() {
        let items = ["G10=1", "G01=2", "G10=3"].map(str::to_owned);
        let line = |sku: &str, pieces| Line { sku: sku.to_owned(), pieces };
        assert_eq!(lines(&items).unwrap(), [line("G10", 4), line("G01", 2)]);
        let too_many = lines(&["G10=99999999999999999999".to_owned()]).unwrap_err();
        assert_eq!(too_many.downcast_ref(), Some(&Rejection::QuantityOutOfRange));
        for wrong in ["G10=0", "G10=-1", "G10=x", "G10="] {
            let error = lines(&[wrong.to_owned()]).unwrap_err();
            assert_eq!(error.downcast_ref(), Some(&Rejection::InvalidPieces), "{wrong}");
        }
        assert!(lines(&["G10".to_owned()]).is_err());
    }
}
