//! The configuration file, TOML: its values take the place of the command line's defaults.
//!
//! So flags and variables win over the file by themselves, and the file is read by the same parsers. An unknown key is an
//! error, because a limit that is misspelt would limit nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, bail};
use clap::builder::Resettable;
use clap::{Arg, Args, Command};
use toml::de::{DeTable, DeValue};

use super::Settings;
use crate::bank::PlaceArguments;

/// The values of a file by their keys; empty without a file.
#[derive(Debug, Default)]
pub struct File(BTreeMap<String, String>);

/// All settings that a file can hold, in the order in which they are shown.
pub fn settings() -> Command {
    let command = Command::new("settings").no_binary_name(true).disable_help_flag(true);
    let command = Settings::augment_args(PlaceArguments::augment_args(command));
    command.mut_args(|argument| argument.env(Resettable::Reset))
}

pub fn key(argument: &Arg) -> String {
    argument.get_long().unwrap_or_default().replace('-', "_")
}

/// The command, with the values of the file for defaults.
pub fn with_defaults(command: Command, file: &File) -> Command {
    let command = command.mut_args(|argument| match file.0.get(&key(&argument)) {
        Some(value) => argument.default_value(value.clone()),
        None => argument,
    });
    command.mut_subcommands(|command| with_defaults(command, file))
}

impl File {
    pub fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("the configuration {}", path.display()))?;
        Self::parse(&text, &path.display().to_string())
    }

    /// Errors name the number of a line, never its text: that may hold a password.
    fn parse(text: &str, name: &str) -> anyhow::Result<Self> {
        let place = |index: usize| format!("{name}:{}", text.get(..index).unwrap_or(text).lines().count().max(1));
        let table = DeTable::parse(text).map_err(|error| {
            anyhow::anyhow!("{}: {}", place(error.span().map_or(0, |span| span.start + 1)), error.message())
        })?;
        let mut values = BTreeMap::new();
        for (name, value) in table.into_inner() {
            let (place, key) = (place(name.span().start + 1), name.into_inner());
            let known = settings().get_arguments().find(|argument| self::key(argument) == key).cloned();
            let Some(argument) = known else {
                bail!("{place}: there is no setting {key:?}; `ledger-service config show` lists all there are");
            };
            let Some(value) = plain(value.get_ref()) else {
                bail!("{place}: {key} is a text, a number or a list of texts");
            };
            check(&argument, &value).with_context(|| format!("{place}: {key}"))?;
            values.insert(key.into_owned(), value);
        }
        Ok(Self(values))
    }
}

/// A value as it is written on the command line.
fn plain(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Array(list) => {
            let texts: Option<Vec<&str>> = list.iter().map(|item| item.get_ref().as_str()).collect();
            Some(texts?.join(","))
        }
        DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) | DeValue::Table(_) => None,
    }
}

/// Checks a value with the setting's own parser.
fn check(argument: &Arg, value: &str) -> anyhow::Result<()> {
    let flag = format!("--{}={value}", argument.get_long().unwrap_or_default());
    match settings().try_get_matches_from([flag]) {
        Ok(_) => Ok(()),
        Err(error) => {
            let text = error.to_string();
            let line = text.lines().next().unwrap_or_default();
            bail!("{}", line.strip_prefix("error: ").unwrap_or(line));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_values_are_read_as_flags_are() {
        let text = "listen = \"[::1]:80\"\nbody_bytes_max = 65_536\ntrusted_proxies = [\"10.0.0.0/8\", \"::1\"]\n";
        let file = File::parse(text, "x").unwrap();
        let value = |key: &str| file.0[key].as_str();
        assert_eq!((value("body_bytes_max"), value("trusted_proxies")), ("65536", "10.0.0.0/8,::1"));
        assert!(file.has("listen") && !file.has("public_url"));
    }

    #[test]
    fn what_is_wrong_is_told_by_its_line_and_without_its_text() {
        let error = |text: &str| format!("{:#}", File::parse(text, "x.toml").unwrap_err());
        assert!(error("\n\nbody_byte_max = 1\n").starts_with("x.toml:3: there is no setting \"body_byte_max\""));
        assert!(error("listen = \"here\"\n").starts_with("x.toml:1: listen: invalid value 'here'"));
        assert!(error("# a\nbody_bytes_max = \"5\"\n").starts_with("x.toml:2: body_bytes_max: "));
        assert!(error("listen = 1.5").starts_with("x.toml:1: listen is a text"));
        assert!(error("[limits]\nbody_bytes_max = 1\n").starts_with("x.toml:1: there is no setting \"limits\""));
        let broken = error("listen = \"127.0.0.1:1\"\nbank = \"postgres://clerk:secret@host/bank\n");
        assert!(broken.starts_with("x.toml:2: ") && !broken.contains("secret"), "{broken}");
    }
}
