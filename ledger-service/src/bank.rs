//! Which bank a command is for, and how it is opened and closed.

use std::path::PathBuf;
use std::process::ExitCode;

use baoyulan_ledger::{Clock, Ledger, Options};
use clap::Args;

#[derive(Debug, Args)]
pub struct BankArguments {
    #[command(flatten)]
    pub place: PlaceArguments,
    /// The time, for a demonstration bank: 2026-11-23T09:00:00+08:00
    #[arg(long, global = true, env = "POINTS_BANK_NOW", value_name = "RFC 3339")]
    pub now: Option<jiff::Timestamp>,
    /// Who acts, as a code; an --id is unique for each actor
    #[arg(long, global = true, env = "POINTS_BANK_ACTOR", default_value = "counter", value_name = "CODE")]
    pub actor: String,
}

#[derive(Debug, Args)]
pub struct PlaceArguments {
    /// The bank: sqlite://town.db, or postgres://user@host/database?schema=town
    #[arg(long = "bank", global = true, env = "POINTS_BANK", hide_env_values = true, value_name = "URL")]
    pub url: Option<String>,
    /// Folder of the bank's private key [default: beside a SQLite file; else the user's data folder]
    #[arg(long, global = true, env = "POINTS_BANK_KEY_FOLDER", value_name = "FOLDER")]
    pub key_folder: Option<PathBuf>,
}

impl BankArguments {
    pub fn clock(&self) -> Clock {
        self.now.map_or(Clock::Machine, |now| Clock::Fixed(now.as_second()))
    }

    /// Opens the bank with these options, but with the key's folder and the clock of the command line.
    pub async fn open(&self, options: Options) -> anyhow::Result<Ledger> {
        let options = Options { key_folder: self.place.key_folder.clone(), clock: self.clock(), ..options };
        Ok(Ledger::open(self.url()?, options).await?)
    }

    /// The bank's address.
    pub fn url(&self) -> anyhow::Result<&str> {
        let url = self.place.url.as_deref();
        url.ok_or_else(|| anyhow::anyhow!("which bank? add --bank sqlite://town.db, or set POINTS_BANK"))
    }

    /// Runs a command that only reads.
    pub async fn read(
        &self,
        command: impl AsyncFnOnce(&Ledger) -> anyhow::Result<ExitCode>,
    ) -> anyhow::Result<ExitCode> {
        let ledger = self.open(Options::read_only()).await?;
        let outcome = command(&ledger).await;
        ledger.close().await;
        outcome
    }
}
