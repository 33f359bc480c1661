//! What an import from a folder and an import by upload have in common beside the files.

use std::collections::BTreeSet;

use baoyulan_ledger::Ledger;

use crate::import::activities::check_against;
use crate::import::fault::Warning;
use crate::import::stock;
use crate::import::town::Town;

/// Checks that the bank does not know one of the town's activities otherwise. Gives what the bank knows otherwise, and an import
/// leaves as it is.
pub async fn check_known(ledger: &Ledger, town: &Town) -> anyhow::Result<Vec<Warning>> {
    let codes: Vec<&str> = town.activities.rows.iter().map(|row| row.content.code.as_str()).collect();
    check_against(town, &ledger.activities(&codes).await?)?;
    let stations: BTreeSet<&str> = town.stock.rows.iter().map(|row| row.content.station.as_str()).collect();
    let opened = ledger.stock_opened(&stations.into_iter().collect::<Vec<_>>()).await?;
    Ok(stock::changed(&town.stock, &opened))
}
