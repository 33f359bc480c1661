//! The command line: the list of commands. Each has its own arguments beside it, in [`crate::commands`]; those of the service
//! are its settings, in [`crate::config`].

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use page_parts::Language;

use crate::bank::BankArguments;
use crate::commands;
use crate::config::Settings;
use crate::config::file::{File, with_defaults};
use crate::locale;

/// The points bank's counter: hours and points, goods and receipts.
#[derive(Debug, Parser)]
#[command(version, about, propagate_version = true)]
pub struct Arguments {
    /// A file of settings, TOML; flags and the environment win over it
    #[arg(long, global = true, env = "POINTS_BANK_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The language of what is said: zh-Hans, zh-Hant or en [default: the terminal's]
    #[arg(long, alias = "lang", global = true, env = "POINTS_BANK_LANGUAGE", value_parser = locale::parse, value_name = "TAG")]
    pub language: Option<Language>,
    #[command(flatten)]
    pub bank: BankArguments,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Makes an empty bank with accounts alone, no town's
    Init(commands::banks::InitArguments),
    /// Posts requests, one a line as JSON, and prints an answer for each
    Post(commands::requests::PostArguments),
    /// Prints an account as it stands, as it was, or by effective day, as JSON
    Account(commands::accounts::AccountArguments),
    /// Prints an account's records, newest first, one a line as JSON
    History(commands::accounts::HistoryArguments),
    /// Prints a hold, what was put into it and what is left, as JSON
    Hold(commands::holds::HoldArguments),
    /// Imports a town's folder of CSV files; makes the bank where there is none
    Import(commands::imports::ImportArguments),
    /// Prints every volunteer's minutes and points, as CSV
    Balances,
    /// Exchanges points for goods or services; prints the receipt
    Redeem(commands::redemptions::RedeemArguments),
    /// Reverses a redemption, whole or in part; prints the reversal's receipt
    Reverse(commands::reversals::ReverseArguments),
    /// Prints a volunteer's account in words, newest first
    Statement(commands::statements::StatementArguments),
    /// Blocks a card, or makes it active again
    Card(commands::cards::CardArguments),
    /// Serves the API and the pages until it is told to stop
    Serve(Box<Settings>),
    /// Shows the service's settings
    Config(ConfigArguments),
    /// Prints the API's description, OpenAPI as JSON
    Openapi,
    /// Issues, revokes and lists the credentials of the API
    Credential(commands::credentials::CredentialArguments),
    /// Sets the PINs of cards
    Pin(commands::pins::PinArguments),
    /// Prints a link that logs a volunteer in, once
    LoginLink(commands::login_links::LoginLinkArguments),
    /// Checks a receipt against a file of public keys; needs no bank
    VerifyReceipt(commands::receipts::VerifyArguments),
    /// Prints the public keys of the bank's receipts, as a JSON Web Key Set
    Keys,
    /// Prints the trial balance, as CSV, and compares it with the sums of all entries
    TrialBalance,
    /// Replays the whole journal and compares the bank with it; names the first difference
    Audit,
    /// Posts what has expired to breakage, and closes lapsed holds; prints a summary as JSON
    Expire(commands::expiry::ExpireArguments),
    /// Copies the whole bank into a new file, while it is in use, and checks the copy
    Backup(commands::copies::BackupArguments),
    /// Makes a bank of a backup, in a new file or in a schema without a bank
    Restore(commands::copies::RestoreArguments),
}

impl Command {
    /// Whether it opens the bank for posting, and so can accept its clock or a rollback.
    pub fn posts(&self) -> bool {
        match self {
            Self::Import(_)
            | Self::Post(_)
            | Self::Redeem(_)
            | Self::Reverse(_)
            | Self::Card(_)
            | Self::Serve(_)
            | Self::Pin(_)
            | Self::LoginLink(_) => true,
            Self::Credential(arguments) => arguments.posts(),
            Self::Expire(arguments) => !arguments.dry_run,
            Self::Init(_)
            | Self::Account(_)
            | Self::History(_)
            | Self::Hold(_)
            | Self::Balances
            | Self::Statement(_)
            | Self::Config(_)
            | Self::Openapi
            | Self::VerifyReceipt(_)
            | Self::Keys
            | Self::TrialBalance
            | Self::Audit
            | Self::Backup(_)
            | Self::Restore(_) => false,
        }
    }
}

#[derive(Debug, Args)]
pub struct ConfigArguments {
    #[command(subcommand)]
    pub act: ConfigAct,
}

#[derive(Debug, Subcommand)]
pub enum ConfigAct {
    /// Prints all settings that are in effect, as a configuration file, with the source of each
    Show(Box<Settings>),
}

/// What the command line, the environment and the file say together.
pub struct Read {
    pub arguments: Arguments,
    /// The arguments as clap has them, with the source of each.
    pub matches: ArgMatches,
    pub file: File,
}

/// Refuses what begins as our variables do and is none of them, as the file refuses unknown keys: a limit that is misspelt would
/// limit nothing.
fn refuse_unknown_variables() -> anyhow::Result<()> {
    let known = variables(&Arguments::command());
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        anyhow::ensure!(
            !name.starts_with("POINTS_BANK") || known.contains(name.as_ref()),
            "there is no environment variable {name}; `ledger-service config show` lists all settings"
        );
    }
    Ok(())
}

/// The environment variables of a command and of those under it.
fn variables(command: &clap::Command) -> BTreeSet<String> {
    let own = command.get_arguments().filter_map(|argument| Some(argument.get_env()?.to_string_lossy().into_owned()));
    own.chain(command.get_subcommands().flat_map(variables)).collect()
}

/// Reads the command line, the environment, and the file that one of them names. Where the command line is wrong, clap says so
/// and ends the process.
pub fn read() -> anyhow::Result<Read> {
    refuse_unknown_variables()?;
    let mut matches = Arguments::command().get_matches();
    let mut file = File::default();
    if let Some(path) = matches.get_one::<PathBuf>("config") {
        file = File::read(path)?;
        matches = with_defaults(Arguments::command(), &file).get_matches();
    }
    let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    Ok(Read { arguments, matches, file })
}
