//! `login-link`: prints a link that logs a volunteer in, once.

use std::process::ExitCode;

use baoyulan_ledger::people::CardNumber;
use baoyulan_ledger::{Options, Rejection};
use clap::Args;

use crate::auth::credential::{no_randomness, token_hash};
use crate::auth::session;
use crate::bank::BankArguments;
use crate::config::public_url;
use crate::output::print;

#[derive(Debug, Args)]
pub struct LoginLinkArguments {
    /// The card number
    #[arg(long, allow_hyphen_values = true, value_parser = super::card)]
    card: String,
    /// The address of the service that people use
    #[arg(long, env = "POINTS_BANK_PUBLIC_URL", default_value = "http://127.0.0.1:8080", value_parser = public_url, value_name = "URL")]
    public_url: String,
    /// For how long it can be used, in minutes
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..=1440))]
    minutes: u32,
}

pub async fn login_link(bank: &BankArguments, arguments: &LoginLinkArguments) -> anyhow::Result<ExitCode> {
    let card = CardNumber::parse(&arguments.card).ok_or(Rejection::CardCheckDigits)?;
    let token = session::random_token().ok_or_else(no_randomness)?;
    let link = format!("{}/login/{token}", arguments.public_url);
    let ledger = bank.open(Options::existing()).await?;
    let outcome = async {
        let account = ledger.volunteer_account(card).await?.ok_or(Rejection::UnknownCard)?;
        let now = ledger.running_now();
        let expires_at = now + i64::from(arguments.minutes) * 60;
        anyhow::Ok(ledger.access().add_login_link(token_hash(&token), account.member, now, expires_at).await?)
    }
    .await;
    ledger.close().await;
    outcome?;
    // A link that nobody has seen runs out by itself; whoever needs one asks again.
    print(&link)?;
    Ok(ExitCode::SUCCESS)
}
