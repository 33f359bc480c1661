//! What is read from the bank and printed for other programs: balances, keys, the trial balance, and receipts verified.

use std::process::ExitCode;

use anyhow::Context;
use baoyulan_ledger::Ledger;
use baoyulan_ledger::proof::Receipt;
use baoyulan_ledger::proof::key::{JsonWebKey, JsonWebKeySet};
use baoyulan_ledger::proof::receipt::keys_of;
use page_parts::Language;

use crate::arguments::VerifyArguments;
use crate::print;

pub async fn balances(ledger: &Ledger) -> anyhow::Result<ExitCode> {
    let mut writer = csv::Writer::from_writer(std::io::stdout().lock());
    writer.write_record(["card_no", "minutes", "points"])?;
    for balance in ledger.volunteer_balances().await? {
        writer.write_record([balance.card.to_string(), balance.minutes.to_string(), balance.points.to_string()])?;
    }
    writer.flush()?;
    Ok(ExitCode::SUCCESS)
}

pub async fn keys(ledger: &Ledger) -> anyhow::Result<ExitCode> {
    let set = JsonWebKeySet { keys: ledger.receipt_keys().await?.iter().map(JsonWebKey::of).collect() };
    print(&serde_json::to_string_pretty(&set)?)?;
    Ok(ExitCode::SUCCESS)
}

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

pub fn verify_receipt(arguments: &VerifyArguments, language: Option<Language>) -> anyhow::Result<ExitCode> {
    let shown = arguments.keys.display();
    let text = std::fs::read(&arguments.keys).with_context(|| format!("the keys {shown}"))?;
    let set: JsonWebKeySet =
        serde_json::from_slice(&text).with_context(|| format!("the keys {shown} are not a JSON Web Key Set"))?;
    let keys = keys_of(&set);
    anyhow::ensure!(!keys.is_empty(), "the keys {shown} hold no Ed25519 key whose kid is its own thumbprint's");
    let receipt = Receipt::verify(&arguments.token, &keys)?;
    for line in receipt.words(language == Some(Language::SimplifiedChinese)) {
        print(&line)?;
    }
    Ok(ExitCode::SUCCESS)
}
