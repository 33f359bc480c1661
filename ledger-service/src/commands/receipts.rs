//! `verify-receipt` and `keys`: receipts, and what they are checked with.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use baoyulan_ledger::language::Language;
use baoyulan_ledger::proof::key::{JsonWebKey, JsonWebKeySet};
use baoyulan_ledger::proof::receipt::{keys_of, token_as_typed};
use baoyulan_ledger::proof::{Receipt, VerifyingKey};
use baoyulan_ledger::{Ledger, Posted};
use clap::Args;
use jiff::tz::TimeZone;

use crate::locale;
use crate::output::{print, print_done};

#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// The receipt's token, or the address in its QR code
    #[arg(allow_hyphen_values = true)]
    token: String,
    /// A file of public keys, as `keys` prints them
    #[arg(long, value_name = "JWKS")]
    keys: PathBuf,
    /// The time zone of the bank: the receipt's time is shown in it
    #[arg(long, env = "POINTS_BANK_TIME_ZONE", default_value = "Asia/Shanghai")]
    time_zone: String,
}

pub async fn keys(ledger: &Ledger) -> anyhow::Result<ExitCode> {
    let set = JsonWebKeySet { keys: ledger.receipt_keys().await?.iter().map(JsonWebKey::of).collect() };
    print(&serde_json::to_string_pretty(&set)?)?;
    Ok(ExitCode::SUCCESS)
}

pub fn verify_receipt(arguments: &VerifyArguments) -> anyhow::Result<ExitCode> {
    let language = Language::from(locale::language());
    let zone = TimeZone::get(&arguments.time_zone)?;
    let keys = read_keys(&arguments.keys, language)?;
    let receipt = Receipt::verify(&token_as_typed(&arguments.token), &keys)?;
    for line in receipt.words(language, &zone) {
        print(&line)?;
    }
    print(was_issued(language))?;
    Ok(ExitCode::SUCCESS)
}

/// Why a file is not one of a bank's public keys.
#[derive(Debug, Clone, Copy)]
enum NoKeys {
    Unreadable,
    NotASet,
    NoneOfOurs,
}

impl NoKeys {
    fn words(self, language: Language, file: &Path) -> String {
        let file = file.display();
        let (simplified, traditional, english) = match self {
            Self::Unreadable => ("读不了，请看看文件名", "讀不了，請看看檔名", "cannot be read; check the name"),
            Self::NotASet => ("不是 JSON Web Key Set", "不是 JSON Web Key Set", "are not a JSON Web Key Set"),
            Self::NoneOfOurs => (
                "里没有 Ed25519 公钥，或者 kid 不是它自己的指纹",
                "裡沒有 Ed25519 公鑰，或者 kid 不是它自己的指紋",
                "hold no Ed25519 key whose kid is its own thumbprint's",
            ),
        };
        match language {
            Language::SimplifiedChinese => format!("公钥文件 {file} {simplified}"),
            Language::TraditionalChinese => format!("公鑰檔案 {file} {traditional}"),
            Language::English => format!("the keys {file} {english}"),
        }
    }
}

fn read_keys(file: &Path, language: Language) -> anyhow::Result<Vec<VerifyingKey>> {
    let text = std::fs::read(file).with_context(|| NoKeys::Unreadable.words(language, file))?;
    let set: JsonWebKeySet = serde_json::from_slice(&text).with_context(|| NoKeys::NotASet.words(language, file))?;
    let keys = keys_of(&set);
    anyhow::ensure!(!keys.is_empty(), "{}", NoKeys::NoneOfOurs.words(language, file));
    Ok(keys)
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
    let token = posted.receipt.as_deref().unwrap_or_default();
    let number = Receipt::read_unverified(token).map(|receipt| receipt.number.to_string());
    print_done(token, &number.unwrap_or_else(|| posted.position.to_string()))?;
    Ok(ExitCode::SUCCESS)
}
