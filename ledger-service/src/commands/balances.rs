//! `balances` and `trial-balance`: sums of the bank, as CSV.

use std::process::ExitCode;

use baoyulan_ledger::Ledger;

use crate::cells::Cells;
use crate::output::say;

pub async fn balances(ledger: &Ledger) -> anyhow::Result<ExitCode> {
    let mut cells = Cells::new(std::io::stdout().lock(), ["card_no", "minutes", "points"])?;
    for balance in ledger.volunteer_balances().await? {
        cells.row([(&balance.card.to_string()).into(), balance.minutes.into(), balance.points.into()])?;
    }
    drop(cells.finish()?);
    Ok(ExitCode::SUCCESS)
}

/// Fails if a stored balance is not the sum of its entries.
pub async fn trial_balance(ledger: &Ledger) -> anyhow::Result<ExitCode> {
    let trial = ledger.trial_balance().await?;
    let mut cells = Cells::new(std::io::stdout().lock(), ["commodity", "class", "debits", "credits"])?;
    for line in &trial.lines {
        let (commodity, class) = (line.commodity.as_str().into(), line.class.name().into());
        cells.row([commodity, class, line.debits.into(), line.credits.into()])?;
    }
    drop(cells.finish()?);
    for disagreement in &trial.disagreements {
        say(&disagreement.to_string());
    }
    Ok(if trial.disagreements.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
