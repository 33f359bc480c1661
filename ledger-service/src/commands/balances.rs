//! `balances` and `trial-balance`: sums of the bank, as CSV for other programs.

use std::process::ExitCode;

use baoyulan_ledger::Ledger;

pub async fn balances(ledger: &Ledger) -> anyhow::Result<ExitCode> {
    let mut writer = csv::Writer::from_writer(std::io::stdout().lock());
    writer.write_record(["card_no", "minutes", "points"])?;
    for balance in ledger.volunteer_balances().await? {
        writer.write_record([balance.card.to_string(), balance.minutes.to_string(), balance.points.to_string()])?;
    }
    writer.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Fails if a stored balance is not the sum of its entries.
pub async fn trial_balance(ledger: &Ledger) -> anyhow::Result<ExitCode> {
    let trial = ledger.trial_balance().await?;
    let mut writer = csv::Writer::from_writer(std::io::stdout().lock());
    writer.write_record(["commodity", "class", "debits", "credits"])?;
    for line in &trial.lines {
        writer.write_record([
            line.commodity.as_str(),
            line.class.name(),
            &line.debits.to_string(),
            &line.credits.to_string(),
        ])?;
    }
    writer.flush()?;
    for disagreement in &trial.disagreements {
        eprintln!("{disagreement}");
    }
    Ok(if trial.disagreements.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
