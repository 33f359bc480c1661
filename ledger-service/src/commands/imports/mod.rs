//! `import`: reads a folder twice. The first time it only checks the files, the second time it posts.

mod words;

use std::ffi::OsString;
use std::path::{Path, PathBuf, absolute};
use std::process::ExitCode;

use anyhow::Context;
use baoyulan_ledger::bank::BankRow;
use baoyulan_ledger::store::Target;
use baoyulan_ledger::{Fault, NewBank, Options};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use page_parts::Language;

use crate::bank::BankArguments;
use crate::import::attendance::check_attendance;
use crate::import::plan::commands;
use crate::import::post::{ACTOR, Origin, Report, Summary, keep_earlier, post_attendance, register, say_kept};
use crate::import::town::{FILES, read_town};
use crate::importing::check_known;
use crate::locale;
use crate::output::say;
use crate::refused_rows::Wording;
use words::{say_again, say_no_demo, say_no_folder, say_not_new, say_other, say_other_sheet};

/// What a new bank is called, unless somebody says otherwise.
const ISSUER: &str = "baoyulan";
const ORIGIN: &str = "baoyulan.example/journal";
const TIME_ZONE: &str = "Asia/Shanghai";

#[derive(Debug, Args)]
pub struct ImportArguments {
    /// The folder of the CSV files
    folder: PathBuf,
    /// Where to write the refused rows: row,code,words,line
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Makes a new bank one for demonstration, which accepts --now
    #[arg(long)]
    demo: bool,
    /// Makes a new bank also where another one was that is gone
    #[arg(long)]
    new_bank: bool,
    /// The name on a new bank's receipts, for ever [default: baoyulan]
    #[arg(long, env = "POINTS_BANK_ISSUER")]
    issuer: Option<String>,
    /// The name of a new bank's journal, for ever [default: baoyulan.example/journal]
    #[arg(long, env = "POINTS_BANK_ORIGIN")]
    origin: Option<String>,
    /// The time zone of a new bank's days, for ever [default: Asia/Shanghai]
    #[arg(long, env = "POINTS_BANK_TIME_ZONE")]
    time_zone: Option<String>,
}

impl ImportArguments {
    /// Refuses a bank that is there and is not the one that was named: the folder is another town's, or the bank's address is.
    fn refuse_other(&self, bank: &BankRow) -> anyhow::Result<()> {
        let language = locale::language();
        let named = [
            ("--issuer", self.issuer.as_ref(), &bank.issuer),
            ("--origin", self.origin.as_ref(), &bank.origin),
            ("--time-zone", self.time_zone.as_ref(), &bank.time_zone),
        ];
        for (flag, named, own) in named {
            // The zone database knows a zone by its name in any case, and the bank has the zone's own spelling.
            let is_other =
                |named: &&String| if flag == "--time-zone" { !named.eq_ignore_ascii_case(own) } else { *named != own };
            if let Some(named) = named.filter(is_other) {
                anyhow::bail!("{}", say_other(language, flag, named, own));
            }
        }
        anyhow::ensure!(bank.demo || !self.demo, "{}", say_no_demo(language));
        Ok(())
    }
}

/// The sheets of a folder that are none of a town's, by name: a copy, or one that is misspelt.
fn other_sheets(folder: &Path, language: Language) -> anyhow::Result<Vec<String>> {
    let entries = std::fs::read_dir(folder).with_context(|| say_no_folder(language, folder))?;
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let is_other = |name: &String| name.to_ascii_lowercase().ends_with(".csv") && !FILES.contains(&name.as_str());
    let mut others: Vec<String> = names.filter(is_other).collect();
    others.sort();
    Ok(others)
}

pub async fn import(bank: &BankArguments, arguments: &ImportArguments) -> anyhow::Result<ExitCode> {
    if let Some(report) = &arguments.report {
        refuse_place_of_bank(bank, report)?;
    }
    let language = locale::language();
    let others = other_sheets(&arguments.folder, language)?;
    let even_if_gone = arguments.new_bank;
    let town = read_town(&arguments.folder)?;
    let attendance = check_attendance(&arguments.folder)?;
    let there = match bank.open(Options { even_if_gone, ..Options::read_only() }).await {
        // An import posts, so it may bring the bank up to date. The files are read already.
        Err(error) if matches!(error.downcast_ref(), Some(Fault::SchemaOld { .. })) => {
            bank.open(Options::existing()).await
        }
        there => there,
    };
    let known_otherwise = match there {
        Ok(ledger) => {
            let is_other = arguments.refuse_other(ledger.bank());
            let known_otherwise = check_known(&ledger, &town).await;
            ledger.close().await;
            is_other?;
            anyhow::ensure!(!arguments.new_bank, "{}", say_not_new(language));
            known_otherwise?
        }
        Err(error) if matches!(error.downcast_ref(), Some(Fault::NoBank { .. })) => Vec::new(),
        Err(error) => return Err(error),
    };
    let wording = Wording::In(language);
    if let Some(report) = &arguments.report
        && let Some(kept) = keep_earlier(report, wording)?
    {
        say(&say_kept(language, &kept));
    }
    let report = Report::create(arguments.report.as_deref(), wording)?;
    others.iter().for_each(|other| say(&say_other_sheet(language, other)));
    for rewritten in attendance.forms.rewritten() {
        say(&rewritten.say(language));
    }
    for warning in town.warnings.iter().chain(&known_otherwise) {
        say(&warning.say(language));
    }

    let new = NewBank {
        issuer: arguments.issuer.clone().unwrap_or_else(|| ISSUER.to_owned()),
        origin: arguments.origin.clone().unwrap_or_else(|| ORIGIN.to_owned()),
        time_zone: arguments.time_zone.clone().unwrap_or_else(|| TIME_ZONE.to_owned()),
        demo: arguments.demo,
        town: true,
    };
    let ledger = bank.open(Options { even_if_gone, ..Options::create(new) }).await?;
    // Another process may have made it meanwhile.
    arguments.refuse_other(ledger.bank())?;
    let planned = commands(&town);
    drop(town);
    let progress = progress_bar(attendance.rows);
    let outcome = async {
        let mut registered = Summary::default();
        register(&ledger, planned, ACTOR, &mut registered).await?;
        let on_progress = |summary: &Summary| progress.set_position(summary.rows);
        post_attendance(&ledger, &arguments.folder, &Origin::counter(), report, registered, on_progress).await
    };
    let outcome = outcome.await;
    progress.finish_and_clear();
    let summary = outcome.map_err(|error| error.context(say_again(language)))?;
    say(summary.say(language).trim_end());
    ledger.close().await;
    let is_in_vain = attendance.forms.is_nothing_readable() || summary.is_in_vain();
    Ok(if is_in_vain { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// A report must stand neither where a SQLite bank is or is to be made, nor where SQLite keeps what belongs to it, nor in place of
/// a key.
fn refuse_place_of_bank(bank: &BankArguments, report: &Path) -> anyhow::Result<()> {
    const OF_SQLITE: [&str; 4] = ["", "-wal", "-shm", "-journal"];
    const OF_KEYS: [&str; 4] = ["receipt-key", "head", "place", "pin-pepper"];
    let target = Target::parse(bank.url()?)?;
    let report_file = place(report)?;
    let file = target.file().map(place).transpose()?;
    let is_of_bank =
        file.is_some_and(|file| OF_SQLITE.iter().any(|ending| *report_file.as_os_str() == *beside(&file, ending)));
    let folder = bank.place.key_folder.clone().or_else(|| target.default_key_folder().ok());
    let folder = folder.map(|folder| place(&folder)).transpose()?;
    let ending = report_file.extension().unwrap_or_default();
    let is_of_keys = OF_KEYS.iter().any(|own| ending == *own) && report_file.parent() == folder.as_deref();
    anyhow::ensure!(
        !is_of_bank && !is_of_keys,
        "the report {}: this is the place of the bank; choose another name",
        report.display()
    );
    Ok(())
}

fn beside(file: &Path, ending: &str) -> OsString {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name
}

/// Where a path leads, whether something is there or not: links are followed.
fn place(path: &Path) -> anyhow::Result<PathBuf> {
    const LINKS_MAX: usize = 40;
    let mut path = absolute(path)?;
    for _ in 0..LINKS_MAX {
        if let Ok(place) = path.canonicalize() {
            return Ok(place);
        }
        // A link may lead to what is only to be made.
        let Ok(leads_to) = path.read_link() else { break };
        path = absolute(path.parent().unwrap_or(Path::new("/")).join(leads_to))?;
    }
    let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
    Ok(folder.zip(path.file_name()).map_or(path.clone(), |(folder, name)| folder.join(name)))
}

fn progress_bar(rows: u64) -> ProgressBar {
    let progress = ProgressBar::new(rows);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} rows, {eta} left") {
        progress.set_style(style);
    }
    progress
}
