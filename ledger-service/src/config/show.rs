//! `config show`: the settings that are in effect, and where each of them comes from.

use std::process::ExitCode;

use baoyulan_ledger::store::Target;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches};

use super::file::{self, File, key};
use crate::output::print;

/// Prints all settings as a configuration file, each with its source behind it. `matches` are those of the whole command line.
///
/// Fails if the bank's address cannot be read: it would not be known where its password stands.
pub fn show(mut matches: &ArgMatches, file: &File) -> anyhow::Result<ExitCode> {
    while let Some((_, within)) = matches.subcommand() {
        matches = within;
    }
    for argument in file::settings().get_arguments() {
        print(&line(argument, matches, file)?)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn line(argument: &Arg, matches: &ArgMatches, file: &File) -> anyhow::Result<String> {
    let (id, key) = (argument.get_id().as_str(), key(argument));
    let values: Vec<String> = matches
        .get_raw(id)
        .map(|values| {
            values.map(|value| value.to_string_lossy().into_owned()).filter(|value| !value.is_empty()).collect()
        })
        .unwrap_or_default();
    if values.is_empty() {
        return Ok(format!("# {key} is not set"));
    }
    let value = match (key.as_str(), argument.get_value_delimiter()) {
        ("bank", _) => text(Target::parse(&values[0])?.shown()),
        (_, Some(_)) => format!("[{}]", values.iter().map(|value| text(value)).collect::<Vec<_>>().join(", ")),
        (_, None) if values[0].parse::<u64>().is_ok() => values[0].clone(),
        (_, None) => text(&values[0]),
    };
    let source = match matches.value_source(id) {
        Some(ValueSource::CommandLine) => "flag",
        Some(ValueSource::EnvVariable) => "environment",
        _ if file.has(&key) => "file",
        _ => "default",
    };
    Ok(format!("{key} = {value} # {source}"))
}

fn text(value: &str) -> String {
    toml::Value::from(value).to_string()
}
