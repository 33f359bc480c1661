//! The command line: flags, and the environment for those that stay the same all day. [`crate::config`] has the service's
//! settings, and puts the configuration file behind both.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use page_parts::Language;
use uuid::Uuid;

use crate::config::Settings;
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
    /// Where the bank is.
    #[command(flatten)]
    pub bank: BankArguments,
    /// What is to be done.
    #[command(subcommand)]
    pub command: Command,
}

/// Which bank, with which key, at what time.
#[derive(Debug, Args)]
pub struct BankArguments {
    /// Where it is.
    #[command(flatten)]
    pub place: PlaceArguments,
    /// The time, for a demonstration bank: 2026-11-23T09:00:00+08:00
    #[arg(long, global = true, env = "POINTS_BANK_NOW", value_name = "RFC 3339")]
    pub now: Option<jiff::Timestamp>,
    /// Who acts, as a code; an --id is unique for each actor
    #[arg(long, global = true, env = "POINTS_BANK_ACTOR", default_value = "counter", value_name = "CODE")]
    pub actor: String,
}

/// Where a bank and its keys are.
#[derive(Debug, Args)]
pub struct PlaceArguments {
    /// The bank: sqlite://town.db, or postgres://user@host/database?schema=town
    #[arg(long = "bank", global = true, env = "POINTS_BANK", hide_env_values = true, value_name = "URL")]
    pub url: Option<String>,
    /// Folder of the bank's private key [default: beside a SQLite file; else the user's data folder]
    #[arg(long, global = true, env = "POINTS_BANK_KEY_FOLDER", value_name = "FOLDER")]
    pub key_folder: Option<PathBuf>,
}

/// What the counter can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Imports a town's folder of CSV files; makes the bank where there is none
    Import(ImportArguments),
    /// Every volunteer's minutes and points, as CSV
    Balances,
    /// Exchanges points for goods or services; prints the receipt
    Redeem(RedeemArguments),
    /// Reverses a redemption, whole; prints the reversal's receipt
    Reverse(ReverseArguments),
    /// A volunteer's account in words, newest first
    Statement(StatementArguments),
    /// Blocks a card, or makes it active again
    Card(CardArguments),
    /// Serves the API and the pages until it is told to stop
    Serve(Box<Settings>),
    /// The service's settings
    Config(ConfigArguments),
    /// The API's description, OpenAPI as JSON
    Openapi,
    /// Who may use the API
    Credential(CredentialArguments),
    /// The PINs of cards
    Pin(PinArguments),
    /// Prints a link that logs a volunteer in, once
    LoginLink(LoginLinkArguments),
    /// Checks a receipt against a file of public keys; needs no bank
    VerifyReceipt(VerifyArguments),
    /// The public keys of the bank's receipts, as a JSON Web Key Set
    Keys,
    /// The trial balance, as CSV, compared with the sums of all entries
    TrialBalance,
}

/// See [`Command::Import`].
#[derive(Debug, Args)]
pub struct ImportArguments {
    /// The folder
    pub folder: PathBuf,
    /// Where to write the refused rows: row,code,words
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// A bank that is made is for demonstration: it accepts --now
    #[arg(long)]
    pub demo: bool,
    /// The name on a new bank's receipts, for ever
    #[arg(long, env = "POINTS_BANK_ISSUER", default_value = "baoyulan")]
    pub issuer: String,
    /// The name of a new bank's journal, for ever
    #[arg(long, env = "POINTS_BANK_ORIGIN", default_value = "baoyulan.example/journal")]
    pub origin: String,
    /// The time zone of a new bank's days, for ever
    #[arg(long, env = "POINTS_BANK_TIME_ZONE", default_value = "Asia/Shanghai")]
    pub time_zone: String,
}

/// See [`Command::Redeem`].
#[derive(Debug, Args)]
pub struct RedeemArguments {
    /// The card number
    #[arg(long, allow_hyphen_values = true)]
    pub card: String,
    /// The station's code
    #[arg(long, allow_hyphen_values = true)]
    pub station: String,
    /// An item and how many of it; may be given several times
    #[arg(long = "item", required = true, num_args = 1.., value_name = "SKU=PIECES")]
    pub items: Vec<String>,
    /// The total that the person was shown; another price is then refused
    #[arg(long, value_name = "POINTS")]
    pub total: Option<i64>,
    /// Your id of this redemption: the same id again gives the same outcome
    #[arg(long, value_name = "UUID")]
    pub id: Option<Uuid>,
}

/// See [`Command::Reverse`].
#[derive(Debug, Args)]
pub struct ReverseArguments {
    /// The receipt's number: S01-26-000042
    #[arg(allow_hyphen_values = true)]
    pub receipt: String,
    /// Your id of this reversal: the same id again gives the same outcome
    #[arg(long, value_name = "UUID")]
    pub id: Option<Uuid>,
}

/// See [`Command::Statement`].
#[derive(Debug, Args)]
pub struct StatementArguments {
    /// The card number
    #[arg(long, allow_hyphen_values = true)]
    pub card: String,
}

/// See [`Command::Card`].
#[derive(Debug, Args)]
pub struct CardArguments {
    /// What becomes of it
    #[arg(value_enum)]
    pub change: CardChange,
    /// The card number
    #[arg(long, allow_hyphen_values = true)]
    pub card: String,
}

/// What becomes of a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CardChange {
    /// It spends nothing until it is active again
    Block,
    /// It may be used
    Activate,
}

/// See [`Command::Config`].
#[derive(Debug, Args)]
pub struct ConfigArguments {
    /// What is to be done
    #[command(subcommand)]
    pub act: ConfigAct,
}

/// What can be done with the settings.
#[derive(Debug, Subcommand)]
pub enum ConfigAct {
    /// Prints all settings as they are in effect, as a configuration file, with the source of each
    Show(Box<Settings>),
}

/// See [`Command::Credential`].
#[derive(Debug, Args)]
pub struct CredentialArguments {
    /// What is to be done
    #[command(subcommand)]
    pub act: CredentialAct,
}

/// What can be done with credentials.
#[derive(Debug, Subcommand)]
pub enum CredentialAct {
    /// Issues one and prints its token, once
    Add {
        /// What its owner is
        #[arg(long, value_enum)]
        role: RoleName,
        /// The station where they act: needed for a teller and a device, possible for a coordinator
        #[arg(long, allow_hyphen_values = true)]
        station: Option<String>,
        /// A volunteer's own card number
        #[arg(long, allow_hyphen_values = true)]
        card: Option<String>,
        /// Whom the records are to name [default: the credential's own code]
        #[arg(long, value_name = "CODE")]
        name: Option<String>,
        /// When it ends: 2027-01-01T00:00:00+08:00 [default: never]
        #[arg(long, value_name = "RFC 3339")]
        valid_until: Option<jiff::Timestamp>,
    },
    /// Takes one back, for ever
    Revoke {
        /// Its code, or its whole token
        credential: String,
    },
    /// All of them, as CSV, without their tokens
    List,
}

/// A role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RoleName {
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

/// See [`Command::Pin`].
#[derive(Debug, Args)]
pub struct PinArguments {
    /// What is to be done
    #[command(subcommand)]
    pub act: PinAct,
}

/// What can be done with PINs.
#[derive(Debug, Subcommand)]
pub enum PinAct {
    /// Reads a new PIN, six digits, from standard input
    Set {
        /// The card number
        #[arg(long, allow_hyphen_values = true)]
        card: String,
    },
}

/// See [`Command::LoginLink`].
#[derive(Debug, Args)]
pub struct LoginLinkArguments {
    /// The card number
    #[arg(long, allow_hyphen_values = true)]
    pub card: String,
    /// The address of the service that people use
    #[arg(long, env = "POINTS_BANK_PUBLIC_URL", default_value = "http://127.0.0.1:8080", value_name = "URL")]
    pub public_url: String,
    /// For how long it can be used, in minutes
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..=1440))]
    pub minutes: u32,
}

/// See [`Command::VerifyReceipt`].
#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// The receipt's token, as it stands in the QR code after #
    #[arg(allow_hyphen_values = true)]
    pub token: String,
    /// A file of public keys, as `keys` prints them
    #[arg(long, value_name = "JWKS")]
    pub keys: PathBuf,
}
