//! Which bank a command is for, and how it is opened and closed.

use std::path::PathBuf;
use std::process::ExitCode;

use baoyulan_ledger::ledger::CLOCK_DAYS_AHEAD_MAX;
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
    /// The clock is right, though it is far ahead of the last record; a record names the actor
    #[arg(long, global = true)]
    pub accept_clock: bool,
    /// Go on with an older copy of the bank, knowing that what was posted since is lost; a record names the actor
    #[arg(long, global = true)]
    pub accept_rollback: bool,
}

#[derive(Debug, Args)]
pub struct PlaceArguments {
    /// The bank: sqlite://town.db, or postgres://user@host/database?schema=town
    #[arg(long = "bank", global = true, env = "POINTS_BANK", hide_env_values = true, value_name = "URL")]
    pub url: Option<String>,
    /// Folder of the bank's private key [default: beside a SQLite file; else the user's data folder]
    #[arg(long, global = true, env = "POINTS_BANK_KEY_FOLDER", value_name = "FOLDER")]
    pub key_folder: Option<PathBuf>,
    /// By how many days the clock may be ahead of the last record when the bank is opened
    #[arg(long, global = true, env = "POINTS_BANK_CLOCK_DAYS_AHEAD_MAX", default_value_t = CLOCK_DAYS_AHEAD_MAX, value_name = "DAYS")]
    pub clock_days_ahead_max: u32,
}

impl BankArguments {
    pub fn clock(&self) -> Clock {
        self.now.map_or(Clock::Machine, |now| Clock::Fixed(now.as_second()))
    }

    /// Opens the bank with these options, but with the key's folder and the clock of the command line.
    pub async fn open(&self, options: Options) -> anyhow::Result<Ledger> {
        let actor = |is_accepted: bool| is_accepted.then(|| self.actor.clone());
        let options =
            Options { accept_clock: actor(self.accept_clock), accept_rollback: actor(self.accept_rollback), ..options };
        self.open_accepting_nothing(options).await
    }

    /// The same, whatever the command line accepts.
    pub async fn open_accepting_nothing(&self, options: Options) -> anyhow::Result<Ledger> {
        let options = Options {
            key_folder: self.place.key_folder.clone(),
            clock: self.clock(),
            clock_days_ahead_max: self.place.clock_days_ahead_max,
            ..options
        };
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
