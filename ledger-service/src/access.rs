//! Who may come in: credentials, PINs, login links, at the counter.

use std::io::Read;
use std::process::ExitCode;

use baoyulan_ledger::command::{Channel, Command, Envelope};
use baoyulan_ledger::people::{CardNumber, NewCredential, Role};
use baoyulan_ledger::{Options, Rejection};
use uuid::Uuid;

use crate::arguments::{
    BankArguments, CredentialAct, CredentialArguments, LoginLinkArguments, PinAct, PinArguments, RoleName,
};
use crate::auth::credential::{NewToken, token_hash};
use crate::auth::{pin, session};
use crate::{open, print, reading};

/// Bytes that are read of a PIN, at most.
const PIN_BYTES_MAX: u64 = 64;

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Volunteer => Self::Volunteer,
            RoleName::Teller => Self::Teller,
            RoleName::Coordinator => Self::Coordinator,
            RoleName::Administrator => Self::Administrator,
            RoleName::Device => Self::Device,
        }
    }
}

pub async fn credential(bank: &BankArguments, arguments: &CredentialArguments) -> anyhow::Result<ExitCode> {
    match &arguments.act {
        CredentialAct::Add { role, station, card, name, valid_until } => {
            let new = NewToken::random().ok_or_else(no_randomness)?;
            let issued = NewCredential {
                actor: name.clone().unwrap_or_else(|| new.code.clone()),
                code: new.code,
                role: (*role).into(),
                station: station.clone().unwrap_or_default(),
                card: card.clone().unwrap_or_default(),
                token_hash: token_hash(&new.token),
                valid_until: valid_until.map(|until| until.as_second()),
            };
            post(bank, Command::IssueCredential(issued)).await?;
            print(&new.token)?;
            Ok(ExitCode::SUCCESS)
        }
        CredentialAct::Revoke { credential } => {
            // A whole token names its credential in its middle.
            let code = credential.strip_prefix("pb_").and_then(|rest| rest.split('_').next()).unwrap_or(credential);
            post(bank, Command::RevokeCredential { credential: code.to_owned() }).await?;
            Ok(ExitCode::SUCCESS)
        }
        CredentialAct::List => reading(bank, list).await,
    }
}

async fn list(ledger: &baoyulan_ledger::Ledger) -> anyhow::Result<ExitCode> {
    let mut writer = csv::Writer::from_writer(std::io::stdout().lock());
    writer.write_record(["credential", "name", "role", "station", "valid_until", "state"])?;
    for credential in ledger.access().all_credentials().await? {
        let role = serde_json::to_value(credential.role)?.as_str().unwrap_or_default().to_owned();
        let until = match credential.valid_until {
            -1 => String::new(),
            until => jiff::Timestamp::from_second(until)?.to_string(),
        };
        let state = match () {
            () if credential.revoked => "revoked",
            () if !credential.is_valid(ledger.now()) => "expired",
            () => "valid",
        };
        writer.write_record([&credential.code, &credential.actor, &role, &credential.station, &until, state])?;
    }
    writer.flush()?;
    Ok(ExitCode::SUCCESS)
}

pub async fn pin(bank: &BankArguments, arguments: &PinArguments) -> anyhow::Result<ExitCode> {
    let PinAct::Set { card } = &arguments.act;
    CardNumber::parse(card).ok_or(Rejection::CardCheckDigits)?;
    let mut text = String::new();
    std::io::stdin().lock().take(PIN_BYTES_MAX).read_to_string(&mut text)?;
    let new = text.trim();
    if let Some(weakness) = pin::weakness(new) {
        anyhow::bail!("{weakness}");
    }
    let ledger = open(bank, Options::existing()).await?;
    let outcome = async {
        let verifier = pin::verifier(&ledger, new.to_owned()).await?;
        let command = Command::SetPin { card: card.clone(), verifier };
        Ok(ledger.post(Envelope::keyed(Uuid::now_v7(), &bank.actor, Channel::Counter, command)).await?)
    }
    .await;
    ledger.close().await;
    outcome.map(|_| ExitCode::SUCCESS)
}

pub async fn login_link(bank: &BankArguments, arguments: &LoginLinkArguments) -> anyhow::Result<ExitCode> {
    let card = CardNumber::parse(&arguments.card).ok_or(Rejection::CardCheckDigits)?;
    let token = session::random_token().ok_or_else(no_randomness)?;
    let link = format!("{}/login/{token}", arguments.public_url.trim_end_matches('/'));
    let ledger = open(bank, Options::existing()).await?;
    let outcome = async {
        let account = ledger.volunteer_account(card).await?.ok_or(Rejection::UnknownCard)?;
        let now = ledger.now();
        let expires_at = now + i64::from(arguments.minutes) * 60;
        anyhow::Ok(ledger.access().add_login_link(token_hash(&token), account.member, now, expires_at).await?)
    }
    .await;
    ledger.close().await;
    outcome?;
    print(&link)?;
    Ok(ExitCode::SUCCESS)
}

fn no_randomness() -> anyhow::Error {
    anyhow::anyhow!("the operating system gives no random bytes")
}

/// Posts under a new id.
async fn post(bank: &BankArguments, command: Command) -> anyhow::Result<()> {
    let ledger = open(bank, Options::existing()).await?;
    let outcome = ledger.post(Envelope::keyed(Uuid::now_v7(), &bank.actor, Channel::Counter, command)).await;
    ledger.close().await;
    outcome?;
    Ok(())
}
