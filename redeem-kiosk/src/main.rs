//! The station's front end, on the command line.

#![warn(clippy::wildcard_enum_match_arm, clippy::match_wildcard_for_single_variants, reason = "as in the library")]

use std::path::Path;
use std::process::ExitCode;

use baoyulan_ledger::language::Language;
use baoyulan_ledger::proof::key::JsonWebKeySet;
use baoyulan_ledger::proof::receipt::{keys_of, token_as_typed};
use baoyulan_ledger::proof::{Receipt, VerifyingKey};
use jiff::tz::TimeZone;
use redeem_kiosk::shell::serve;
use redeem_kiosk::shell::settings::{self, CheckReceipt, ConfigWork, Work};

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("redeem-kiosk: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> anyhow::Result<ExitCode> {
    let (arguments, matches) = settings::read()?;
    match arguments.work {
        Work::Serve(settings) => serve::serve(&settings).await?,
        Work::Config(ConfigWork::Show(_)) => settings::shown(&matches).iter().for_each(|line| println!("{line}")),
        Work::CheckReceipt(arguments) => return Ok(check_receipt(&arguments)),
    }
    Ok(ExitCode::SUCCESS)
}

/// What a station asks before the paper is cut, or when somebody brings a receipt back: does this bank's key verify it? It
/// needs neither the bank nor the network.
fn check_receipt(arguments: &CheckReceipt) -> ExitCode {
    match read_keys(&arguments.keys).map(|keys| Receipt::verify(&token_as_typed(&arguments.token), &keys)) {
        Ok(Ok(receipt)) => {
            println!("verified: this bank issued the receipt; whether it was reversed since, its journal tells");
            receipt.words(Language::English, &TimeZone::UTC).iter().for_each(|line| println!("{line}"));
            ExitCode::SUCCESS
        }
        Ok(Err(error)) => {
            eprintln!("not verified: {error}");
            ExitCode::FAILURE
        }
        Err(reason) => {
            eprintln!("the keys {}: {reason}", arguments.keys.display());
            ExitCode::from(2)
        }
    }
}

fn read_keys(file: &Path) -> Result<Vec<VerifyingKey>, String> {
    let text = std::fs::read(file).map_err(|error| error.to_string())?;
    let set: JsonWebKeySet = serde_json::from_slice(&text).map_err(|error| format!("no JSON Web Key Set: {error}"))?;
    let keys = keys_of(&set);
    if keys.is_empty() { Err("none of them is one of Ed25519".to_owned()) } else { Ok(keys) }
}
