//! What an import from a folder and an import by upload have in common beside the files.

use baoyulan_ledger::Ledger;

use crate::import::activities::check_against;
use crate::import::town::Town;

/// Checks that the bank does not know one of the town's activities otherwise.
pub async fn check_known(ledger: &Ledger, town: &Town) -> anyhow::Result<()> {
    let codes: Vec<&str> = town.activities.rows.iter().map(|row| row.content.code.as_str()).collect();
    Ok(check_against(town, &ledger.activities(&codes).await?)?)
}
