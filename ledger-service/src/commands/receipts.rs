//! `verify-receipt` and `keys`: receipts, and what they are checked with.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use baoyulan_ledger::language::Language;
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
    print(was_issued(locale::language().into()))?;
    Ok(ExitCode::SUCCESS)
}

/// What a check without the bank does not show.
fn was_issued(language: Language) -> &'static str {
    match language {
        Language::SimplifiedChinese => "以上只说明本银行签发过，不说明现在还有效：有没有、退没退回，请到银行的 /v 页查",
        Language::TraditionalChinese => {
            "以上只說明本銀行簽發過，不說明現在還有效：有沒有、退沒退回，請到銀行的 /v 頁查"
        }
        Language::English => {
            "this shows that it was issued, not that it still stands: ask at the bank's page /v whether it was reversed"
        }
    }
}

/// Prints the receipt of what was posted, as its token.
pub fn print_receipt(posted: &Posted) -> anyhow::Result<ExitCode> {
    print(posted.receipt.as_deref().unwrap_or_default())?;
    Ok(ExitCode::SUCCESS)
}
