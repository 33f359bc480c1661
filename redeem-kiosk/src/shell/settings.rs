//! What can be set: one list, with names, defaults and words.
//!
//! Every setting has one name in three spellings: the flag `--poll-seconds`, the variable `REDEEM_KIOSK_POLL_SECONDS`, the
//! key `poll_seconds` of the file. A flag wins over the environment, that over the file, that over the default.

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail, ensure};
use baoyulan_ledger::text::trimmed;
use clap::builder::{Resettable, TypedValueParser};
use clap::error::ErrorKind;
use clap::{ArgMatches, Args, Command, CommandFactory, FromArgMatches, Parser, Subcommand, value_parser};
use reqwest::Url;
use toml::Table;
use tracing::level_filters::LevelFilter;

use super::paper::Target;
use crate::app::scan::is_token;

/// The station's front end.
#[derive(Debug, Parser)]
#[command(name = "redeem-kiosk", version, about = "The station's front end (驿站自助机)")]
pub struct Arguments {
    /// A file of settings, TOML
    #[arg(long, env = "REDEEM_KIOSK_CONFIG", global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub work: Work,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Work {
    /// Serve the station's page on this machine
    Serve(Box<Settings>),
    /// The settings
    #[command(subcommand)]
    Config(ConfigWork),
    /// Say whether a receipt is this bank's: 0 it is, 1 it is not, 2 cannot tell
    CheckReceipt(CheckReceipt),
}

/// What can be done with the settings.
#[derive(Debug, Subcommand)]
pub enum ConfigWork {
    /// Print them as they are in effect, as a file of settings
    Show(Box<Settings>),
}

/// What a receipt is checked with.
#[derive(Debug, Args)]
pub struct CheckReceipt {
    /// The receipt, as its QR code holds it
    pub token: String,
    /// The bank's public keys, a JSON Web Key Set
    pub keys: PathBuf,
}

/// All settings.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// Where the page is; this machine alone. Port 0 takes a free one
    #[arg(long, env = "REDEEM_KIOSK_LISTEN", default_value = "127.0.0.1:8090", value_parser = loopback, value_name = "ADDRESS:PORT")]
    pub listen: SocketAddr,
    /// The service
    #[arg(long, env = "REDEEM_KIOSK_SERVICE", hide_env_values = true, default_value = "http://127.0.0.1:8080", value_parser = WebAddress, value_name = "URL")]
    pub service: Url,
    /// The station's code
    #[arg(long, env = "REDEEM_KIOSK_STATION", default_value = "", value_name = "CODE")]
    pub station: String,
    /// What people call the station [default: its code]
    #[arg(long, env = "REDEEM_KIOSK_STATION_NAME", default_value = "", hide_default_value = true, value_name = "NAME")]
    pub station_name: String,
    /// The file that holds the device's token, and nothing else. It may stand in REDEEM_KIOSK_TOKEN instead
    #[arg(long, env = "REDEEM_KIOSK_TOKEN_FILE", value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Ids of the bank's keys that are believed although the kiosk has not met them, with commas between: see K26
    #[arg(
        long,
        env = "REDEEM_KIOSK_ACCEPT_KEYS",
        default_value = "",
        hide_default_value = true,
        allow_hyphen_values = true,
        value_name = "ID,ID"
    )]
    pub accept_keys: String,
    /// Folder of the outbox, the device's key and the launch token
    #[arg(long, env = "REDEEM_KIOSK_DATA_FOLDER", default_value = "redeem-kiosk-data", value_name = "FOLDER")]
    pub data_folder: PathBuf,
    /// A file that gets the address which starts the page, for whoever starts the browser
    #[arg(long, env = "REDEEM_KIOSK_LAUNCH_FILE", value_name = "FILE")]
    pub launch_file: Option<PathBuf>,
    /// The receipt printer: none, file:PATH, device:PATH or tcp:HOST:PORT
    #[arg(long, env = "REDEEM_KIOSK_PRINTER", default_value = "none", value_name = "PRINTER")]
    pub printer: Target,
    /// The width of its paper, in millimetres
    #[arg(long, env = "REDEEM_KIOSK_PAPER_MILLIMETRES", default_value = "58", value_parser = ["58", "80"], value_name = "MILLIMETRES")]
    pub paper_millimetres: String,
    /// The file or folder of the fonts that receipts are printed with [default: the system's]
    #[arg(long, env = "REDEEM_KIOSK_FONTS", value_name = "PATH")]
    pub fonts: Option<PathBuf>,
    /// Folder of the station's own recordings of the words that are read aloud
    #[arg(long, env = "REDEEM_KIOSK_CLIPS_FOLDER", value_name = "FOLDER")]
    pub clips_folder: Option<PathBuf>,
    /// Without a touch for so long, a visit is about to end
    #[arg(long, env = "REDEEM_KIOSK_IDLE_WARNING_SECONDS", default_value_t = 60, value_parser = value_parser!(u32).range(20..=600), value_name = "SECONDS")]
    pub idle_warning_seconds: u32,
    /// How long the warning counts down
    #[arg(long, env = "REDEEM_KIOSK_IDLE_COUNTDOWN_SECONDS", default_value_t = 20, value_parser = value_parser!(u32).range(20..=600), value_name = "SECONDS")]
    pub idle_countdown_seconds: u32,
    /// How long a redemption can be taken back by whom it was made for
    #[arg(long, env = "REDEEM_KIOSK_UNDO_MINUTES", default_value_t = 5, value_parser = value_parser!(u32).range(0..=60), value_name = "MINUTES")]
    pub undo_minutes: u32,
    /// How long a person is asked to wait before they are told that nothing is confirmed
    #[arg(long, env = "REDEEM_KIOSK_PATIENCE_SECONDS", default_value_t = 30, value_parser = value_parser!(u32).range(2..=300), value_name = "SECONDS")]
    pub patience_seconds: u32,
    /// Between two questions whether the service is there
    #[arg(long, env = "REDEEM_KIOSK_POLL_SECONDS", default_value_t = 5, value_parser = value_parser!(u32).range(1..=10), value_name = "SECONDS")]
    pub poll_seconds: u32,
    /// How long an answer of the service may take
    #[arg(long, env = "REDEEM_KIOSK_ANSWER_SECONDS_MAX", default_value_t = 10, value_parser = value_parser!(u32).range(1..=60), value_name = "SECONDS")]
    pub answer_seconds_max: u32,
    /// What is written to the log: off, error, warn, info
    #[arg(long, env = "REDEEM_KIOSK_LOG_LEVEL", default_value = "info", value_name = "LEVEL")]
    pub log_level: LevelFilter,
    /// For tests: a file that holds seconds to add to the clock
    #[arg(long, env = "REDEEM_KIOSK_CLOCK_FILE", hide = true, value_name = "FILE")]
    pub clock_file: Option<PathBuf>,
}

impl Settings {
    /// The ids of keys that the operator says are the bank's.
    pub fn accepted_keys(&self) -> Vec<String> {
        self.accept_keys.split(',').map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect()
    }

    /// The device's token, without what surrounds it.
    ///
    /// # Errors
    /// Where its file cannot be read, or there is no token.
    pub fn token(&self) -> anyhow::Result<String> {
        let text = match &self.token_file {
            Some(file) if is_token(trimmed(&file.to_string_lossy())) => {
                anyhow::bail!("the token itself stands where its file belongs: write it into a file, and name that one")
            }
            Some(file) => {
                std::fs::read_to_string(file).with_context(|| format!("the token file {}", file.display()))?
            }
            None => std::env::var("REDEEM_KIOSK_TOKEN").unwrap_or_default(),
        };
        // Its file may hold anything, so what it holds is not repeated.
        let token = trimmed(&text);
        ensure!(
            is_token(token),
            "there is no device's token: put what `ledger-service credential add --role device --station {}` prints \
             into the token file, or into REDEEM_KIOSK_TOKEN",
            self.station
        );
        Ok(token.to_owned())
    }
}

/// Where the service is: the root of what is asked for. What is no such address is not repeated, for it may hold a password.
#[derive(Debug, Clone)]
struct WebAddress;

impl TypedValueParser for WebAddress {
    type Value = Url;

    fn parse_ref(&self, command: &Command, _: Option<&clap::Arg>, value: &OsStr) -> Result<Url, clap::Error> {
        value.to_str().and_then(web_address).ok_or_else(|| {
            let said = "--service is no address such as https://points.example, without a user, a password and /v1\n";
            clap::Error::raw(ErrorKind::ValueValidation, said).with_cmd(command)
        })
    }
}

fn web_address(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    // All that is asked for has it already.
    let has_version = url.path().trim_end_matches('/').ends_with("/v1");
    let has_user = !url.username().is_empty() || url.password().is_some();
    (!has_user && !has_version && url.query().is_none() && url.fragment().is_none()).then_some(url)
}

/// The page has no business on a network: only this machine's own addresses are taken.
fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text.parse().map_err(|_| "it is no ADDRESS:PORT".to_owned())?;
    let own = address.ip().is_loopback().then_some(address);
    own.ok_or_else(|| "the page is for this machine alone: 127.0.0.1 or [::1]".to_owned())
}

/// Reads the command line, the environment and the file. What is wrong with the command line ends the process here.
///
/// # Errors
/// Where the file cannot be read, or has a key that is no setting; or where a variable has the name of none.
pub fn read() -> anyhow::Result<(Arguments, ArgMatches)> {
    let mut matches = Arguments::command().get_matches();
    if let Some(name) = std::env::vars_os().map(|(name, _)| name).find(|name| !is_variable(&name.to_string_lossy())) {
        bail!("there is no setting {name:?}; `redeem-kiosk config show` lists all there are");
    }
    if let Some(path) = matches.get_one::<PathBuf>("config") {
        let file = read_file(path)?;
        matches = with_defaults(Arguments::command(), &file).get_matches();
    }
    Ok((Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit()), matches))
}

/// Whether a variable is a setting, or has nothing to do with this program.
fn is_variable(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("REDEEM_KIOSK_") else { return true };
    matches!(rest, "CONFIG" | "TOKEN") || all().get_arguments().any(|argument| key(argument).to_uppercase() == rest)
}

fn read_file(path: &Path) -> anyhow::Result<Table> {
    let text = std::fs::read_to_string(path).with_context(|| format!("the settings {}", path.display()))?;
    // Its line is named and not repeated: it may hold a password.
    let table = text.parse::<Table>().map_err(|error| {
        let before = text.get(..error.span().map_or(0, |span| span.start)).unwrap_or(&text);
        anyhow!("the settings {}, line {}: {}", path.display(), before.matches('\n').count() + 1, error.message())
    })?;
    for (key, value) in &table {
        if !all().get_arguments().any(|argument| self::key(argument) == *key) {
            bail!("{}: there is no setting {key:?}; `redeem-kiosk config show` lists all there are", path.display());
        }
        if !value.is_str() && !value.is_integer() {
            bail!("{}: {key} is a text or a number", path.display());
        }
    }
    Ok(table)
}

fn with_defaults(command: Command, file: &Table) -> Command {
    let command = command.mut_args(|argument| match file.get(&key(&argument)) {
        Some(toml::Value::String(text)) => argument.default_value(text.clone()),
        Some(value) => argument.default_value(value.to_string()),
        None => argument,
    });
    command.mut_subcommands(|command| with_defaults(command, file))
}

fn all() -> Command {
    Settings::augment_args(Command::new("settings")).mut_args(|argument| argument.env(Resettable::Reset))
}

fn key(argument: &clap::Arg) -> String {
    argument.get_long().unwrap_or_default().replace('-', "_")
}

/// All settings in effect, as a file of settings.
pub fn shown(matches: &ArgMatches) -> Vec<String> {
    let mut matches = matches;
    while let Some((_, within)) = matches.subcommand() {
        matches = within;
    }
    let line = |argument: &clap::Arg| {
        let mut values = matches.get_raw(argument.get_id().as_str())?;
        let value = values.next()?.to_string_lossy().into_owned();
        // A code such as 007 is no number.
        let number = value.parse::<i64>().ok().filter(|number| number.to_string() == value);
        let value = number.map_or_else(|| toml::Value::from(value), toml::Value::from);
        Some(format!("{} = {value}", key(argument)))
    };
    let is_shown = |argument: &&clap::Arg| argument.get_long().is_some() && argument.get_long() != Some("clock-file");
    let lines = |argument| line(argument).unwrap_or_else(|| format!("# {} is not set", key(argument)));
    all().get_arguments().filter(is_shown).map(lines).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_others_can_reach_is_refused() {
        assert!(loopback("127.0.0.1:0").is_ok() && loopback("[::1]:8090").is_ok());
        for open in ["0.0.0.0:8090", "192.168.1.5:8090", "[::]:8090", "localhost:8090", ""] {
            assert!(loopback(open).is_err(), "{open}");
        }
    }

    #[test]
    fn the_service_is_at_a_web_address() {
        for good in ["http://127.0.0.1:8080", "https://points.example", "https://points.example/bank/"] {
            assert!(web_address(good).is_some(), "{good}");
        }
        let wrong = ["", "points.example", "127.0.0.1:8080", "ftp://points.example", "https://", "https://a: 80"];
        for wrong in wrong.into_iter().chain([
            "https://me:word@points.example",
            "https://:word@points.example",
            "https://points.example?a",
            "https://x#y",
            "https://points.example/v1",
            "https://points.example/bank/v1/",
        ]) {
            assert!(web_address(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn an_address_is_never_repeated_with_its_password() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kiosk.toml");
        for address in ["https://me:secret@points.example", "https//me:secret@points.example", "https://:secret@x"] {
            let command = || Command::new("serve").args(all().get_arguments().cloned());
            let error = command().try_get_matches_from(["serve", "--service", address]).unwrap_err().to_string();
            assert!(error.contains("--service is no address") && !error.contains("secret"), "{error}");
            std::fs::write(&path, format!("service = \"{address}\"\n")).unwrap();
            let error = with_defaults(command(), &read_file(&path).unwrap()).try_get_matches_from(["serve"]);
            assert!(!error.unwrap_err().to_string().contains("secret"));
            std::fs::write(&path, format!("station = \"S01\"\nservice = \"{address}\n")).unwrap();
            let error = format!("{:#}", read_file(&path).unwrap_err());
            assert!(error.contains("kiosk.toml, line 2: ") && !error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn what_is_shown_is_read_again_as_it_was() {
        let command = Command::new("show").args(all().get_arguments().cloned());
        let matches = command.get_matches_from(["show", "--station", "007", "--poll-seconds", "7"]);
        let shown: Table = shown(&matches).join("\n").parse().unwrap();
        assert_eq!((shown["station"].as_str(), shown["poll_seconds"].as_integer()), (Some("007"), Some(7)));
    }

    #[test]
    fn what_is_no_token_is_not_taken_for_one_and_not_repeated() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_str().unwrap();
        let matches = Settings::augment_args(Command::new("serve")).get_matches_from(["serve", "--token-file", path]);
        let settings = Settings::from_arg_matches(&matches).unwrap();
        for wrong in ["", "\n", "secret words", "pb_k1_abc\npb_k2_def"] {
            std::fs::write(&file, wrong).unwrap();
            let error = settings.token().unwrap_err().to_string();
            assert!(error.contains("credential add --role device") && !error.contains("secret"), "{error}");
        }
        std::fs::write(&file, "\u{FEFF}pb_k1_abc\r\n").unwrap();
        assert_eq!(settings.token().unwrap(), "pb_k1_abc");
    }

    #[test]
    fn a_variable_with_a_misspelt_name_is_refused() {
        for known in
            ["REDEEM_KIOSK_STATION", "REDEEM_KIOSK_CONFIG", "REDEEM_KIOSK_TOKEN", "REDEEM_KIOSK_TOKEN_FILE", "PATH"]
        {
            assert!(is_variable(known), "{known}");
        }
        for unknown in ["REDEEM_KIOSK_STATIN", "REDEEM_KIOSK_station", "REDEEM_KIOSK_"] {
            assert!(!is_variable(unknown), "{unknown}");
        }
    }

    #[test]
    fn a_file_with_a_misspelt_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kiosk.toml");
        std::fs::write(&path, "station = \"S01\"\npoll_seconds = 3\n").unwrap();
        assert_eq!(read_file(&path).unwrap().len(), 2);
        std::fs::write(&path, "statoin = \"S01\"\n").unwrap();
        assert!(read_file(&path).unwrap_err().to_string().contains("statoin"));
    }
}
