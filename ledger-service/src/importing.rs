//! What an import from a folder and an import by upload have in common beside the files.

use baoyulan_ledger::Ledger;

use crate::import::plan::check_against;
use crate::import::rows::Town;

/// Checks that the bank does not know one of the town's activities otherwise.
pub async fn check_known(ledger: &Ledger, town: &Town) -> anyhow::Result<()> {
    let codes: Vec<&str> = town.activities.iter().map(|activity| activity.activity_id.as_str()).collect();
    Ok(check_against(town, &ledger.activities(&codes).await?)?)
}
