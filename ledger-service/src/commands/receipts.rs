//! `verify-receipt` and `keys`: receipts, and what they are checked with.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use baoyulan_ledger::proof::Receipt;
use baoyulan_ledger::proof::key::{JsonWebKey, JsonWebKeySet};
use baoyulan_ledger::proof::receipt::{keys_of, token_as_typed};
use baoyulan_ledger::{Ledger, Posted};
use clap::Args;

use crate::locale;
use crate::output::print;

#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// The receipt's token, or the address in its QR code
    #[arg(allow_hyphen_values = true)]
    token: String,
    /// A file of public keys, as `keys` prints them
    #[arg(long, value_name = "JWKS")]
    keys: PathBuf,
}

pub async fn keys(ledger: &Ledger) -> anyhow::Result<ExitCode> {
    let set = JsonWebKeySet { keys: ledger.receipt_keys().await?.iter().map(JsonWebKey::of).collect() };
    print(&serde_json::to_string_pretty(&set)?)?;
    Ok(ExitCode::SUCCESS)
}

pub fn verify_receipt(arguments: &VerifyArguments) -> anyhow::Result<ExitCode> {
    let shown = arguments.keys.display();
    let text = std::fs::read(&arguments.keys).with_context(|| format!("the keys {shown}"))?;
    let set: JsonWebKeySet =
        serde_json::from_slice(&text).with_context(|| format!("the keys {shown} are not a JSON Web Key Set"))?;
    let keys = keys_of(&set);
    anyhow::ensure!(!keys.is_empty(), "the keys {shown} hold no Ed25519 key whose kid is its own thumbprint's");
    let receipt = Receipt::verify(&token_as_typed(&arguments.token), &keys)?;
    for line in receipt.words(locale::language().into()) {
        print(&line)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints the receipt of what was posted, as its token.
pub fn print_receipt(posted: &Posted) -> anyhow::Result<ExitCode> {
    print(posted.receipt.as_deref().unwrap_or_default())?;
    Ok(ExitCode::SUCCESS)
}
