//! `credential`: who may use the API.

use std::process::ExitCode;

use baoyulan_ledger::command::{Command, RevokeCredential};
use baoyulan_ledger::people::{Credential, NewCredential, Role};
use clap::{Args, Subcommand, ValueEnum};

use super::{code, post};
use crate::auth::credential::{NewToken, no_randomness, token_hash};
use crate::bank::BankArguments;
use crate::cells::Cells;
use crate::output::print_done;

#[derive(Debug, Args)]
pub struct CredentialArguments {
    #[command(subcommand)]
    act: CredentialAct,
}

#[derive(Debug, Subcommand)]
enum CredentialAct {
    /// Issues a credential and prints its token, once
    Add(AddArguments),
    /// Takes a credential back, for ever
    Revoke {
        /// Its code, or its whole token
        #[arg(value_parser = code)]
        credential: String,
    },
    /// Lists all credentials as CSV, without their tokens
    List,
}

#[derive(Debug, Args)]
struct AddArguments {
    /// What its owner is
    #[arg(long, value_enum)]
    role: RoleName,
    /// The station where they act: needed for a teller and a device, possible for a coordinator
    #[arg(long, allow_hyphen_values = true, value_parser = code)]
    station: Option<String>,
    /// A volunteer's own card number
    #[arg(long, allow_hyphen_values = true, value_parser = super::card)]
    card: Option<String>,
    /// Whom the records are to name [default: the credential's own code]
    #[arg(long, value_parser = code, value_name = "CODE")]
    name: Option<String>,
    /// When it ends: 2027-01-01T00:00:00+08:00 [default: never]
    #[arg(long, value_name = "RFC 3339")]
    valid_until: Option<jiff::Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum RoleName {
    /// Sees their own account
    Volunteer,
    /// Serves at a station's counter
    Teller,
    /// Runs activities and imports
    Coordinator,
    /// Everything
    Administrator,
    /// A station's kiosk
    Device,
}

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

impl CredentialArguments {
    /// Whether it changes the bank.
    pub fn posts(&self) -> bool {
        match self.act {
            CredentialAct::Add(_) | CredentialAct::Revoke { .. } => true,
            CredentialAct::List => false,
        }
    }
}

pub async fn credential(bank: &BankArguments, arguments: &CredentialArguments) -> anyhow::Result<ExitCode> {
    match &arguments.act {
        CredentialAct::Add(arguments) => add(bank, arguments).await,
        CredentialAct::Revoke { credential } => {
            // A whole token has its credential's code in its middle.
            let code = credential.strip_prefix("pb_").and_then(|rest| rest.split('_').next()).unwrap_or(credential);
            post(bank, None, Command::RevokeCredential(RevokeCredential { credential: code.to_owned() })).await?;
            Ok(ExitCode::SUCCESS)
        }
        CredentialAct::List => bank.read(list).await,
    }
}

async fn add(bank: &BankArguments, arguments: &AddArguments) -> anyhow::Result<ExitCode> {
    let new = NewToken::random().ok_or_else(no_randomness)?;
    let issued = NewCredential {
        actor: arguments.name.clone().unwrap_or_else(|| new.code.clone()),
        code: new.code,
        role: arguments.role.into(),
        station: arguments.station.clone().unwrap_or_default(),
        card: arguments.card.clone().unwrap_or_default(),
        token_hash: token_hash(&new.token),
        valid_until: arguments.valid_until.map(|until| until.as_second()),
    };
    let code = issued.code.clone();
    post(bank, None, Command::IssueCredential(issued)).await?;
    // Nobody will see the token any more.
    print_done(&new.token, &format!("credential {code}; revoke it"))?;
    Ok(ExitCode::SUCCESS)
}

async fn list(ledger: &baoyulan_ledger::Ledger) -> anyhow::Result<ExitCode> {
    let header = ["credential", "name", "role", "station", "valid_until", "state"];
    let mut cells = Cells::new(std::io::stdout().lock(), header)?;
    for credential in ledger.access().all_credentials().await? {
        let role = serde_json::to_value(credential.role)?.as_str().unwrap_or_default().to_owned();
        let until = match credential.valid_until {
            None => String::new(),
            Some(until) => jiff::Timestamp::from_second(until)?.to_string(),
        };
        let state = match () {
            () if credential.revoked => "revoked",
            () if !credential.is_valid(ledger.running_now()) => "expired",
            () => "valid",
        };
        let Credential { code, actor, station, .. } = &credential;
        cells.row([code.into(), actor.into(), (&role).into(), station.into(), (&until).into(), state.into()])?;
    }
    drop(cells.finish()?);
    Ok(ExitCode::SUCCESS)
}
