//! `import`: reads a folder twice. The first time it only checks the files, the second time it posts.

use std::ffi::OsString;
use std::path::{Path, PathBuf, absolute};
use std::process::ExitCode;

use baoyulan_ledger::store::Target;
use baoyulan_ledger::{Fault, NewBank, Options};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use crate::bank::BankArguments;
use crate::import::attendance::check_attendance;
use crate::import::plan::commands;
use crate::import::post::{ACTOR, Origin, Report, Summary, keep_earlier, post_attendance, register, say_kept};
use crate::import::town::read_town;
use crate::importing::check_known;
use crate::locale;
use crate::refused_rows::Wording;

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
    /// The name on a new bank's receipts, for ever
    #[arg(long, env = "POINTS_BANK_ISSUER", default_value = "baoyulan")]
    issuer: String,
    /// The name of a new bank's journal, for ever
    #[arg(long, env = "POINTS_BANK_ORIGIN", default_value = "baoyulan.example/journal")]
    origin: String,
    /// The time zone of a new bank's days, for ever
    #[arg(long, env = "POINTS_BANK_TIME_ZONE", default_value = "Asia/Shanghai")]
    time_zone: String,
}

pub async fn import(bank: &BankArguments, arguments: &ImportArguments) -> anyhow::Result<ExitCode> {
    if let Some(report) = &arguments.report {
        refuse_place_of_bank(bank, report)?;
    }
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
            let known_otherwise = check_known(&ledger, &town).await?;
            ledger.close().await;
            known_otherwise
        }
        Err(error) if matches!(error.downcast_ref(), Some(Fault::NoBank { .. })) => Vec::new(),
        Err(error) => return Err(error),
    };
    let wording = Wording::In(locale::language());
    if let Some(report) = &arguments.report
        && let Some(kept) = keep_earlier(report, wording)?
    {
        eprintln!("{}", say_kept(locale::language(), &kept));
    }
    let report = Report::create(arguments.report.as_deref(), wording)?;
    for rewritten in attendance.forms.rewritten() {
        eprintln!("{}", rewritten.say(locale::language()));
    }
    for warning in town.warnings.iter().chain(&known_otherwise) {
        eprintln!("{warning}");
    }

    let new = NewBank {
        issuer: arguments.issuer.clone(),
        origin: arguments.origin.clone(),
        time_zone: arguments.time_zone.clone(),
        demo: arguments.demo,
        town: true,
    };
    let ledger = bank.open(Options { even_if_gone, ..Options::create(new) }).await?;
    let planned = commands(&town);
    drop(town);
    register(&ledger, planned, ACTOR).await?;
    let progress = progress_bar(attendance.rows);
    let on_progress = |summary: &Summary| progress.set_position(summary.rows);
    let summary = post_attendance(&ledger, &arguments.folder, &Origin::counter(), report, on_progress).await?;
    progress.finish_and_clear();
    eprint!("{}", summary.say(locale::language()));
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
