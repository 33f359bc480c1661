//! `import`: two passes, the first of which writes nothing.

use std::process::ExitCode;

use baoyulan_ledger::{Fault, Ledger, NewBank, Options};
use indicatif::{ProgressBar, ProgressStyle};

use crate::arguments::{BankArguments, ImportArguments};
use crate::import::attendance::check_attendance;
use crate::import::plan::{check_against, commands};
use crate::import::post::{ACTOR, Origin, Report, Summary, post_attendance, register};
use crate::import::rows::Town;
use crate::import::town::read_town;
use crate::refused_rows::Wording;
use crate::{locale, open};

pub async fn import(bank: &BankArguments, arguments: &ImportArguments) -> anyhow::Result<ExitCode> {
    let town = read_town(&arguments.folder)?;
    let attendance = check_attendance(&arguments.folder)?;
    match open(bank, Options::read_only()).await {
        Ok(ledger) => {
            check_known(&ledger, &town).await?;
            ledger.close().await;
        }
        Err(error) if matches!(error.downcast_ref(), Some(Fault::NoBank { .. })) => {}
        Err(error) => return Err(error),
    }
    let report = Report::create(arguments.report.as_deref(), Wording::In(locale::language()))?;
    for warning in &town.warnings {
        eprintln!("{warning}");
    }

    let new = NewBank {
        issuer: arguments.issuer.clone(),
        origin: arguments.origin.clone(),
        time_zone: arguments.time_zone.clone(),
        demo: arguments.demo,
    };
    let ledger = open(bank, Options::create(new)).await?;
    let planned = commands(&town);
    drop(town);
    register(&ledger, planned, ACTOR).await?;
    let progress = progress_bar(attendance.rows);
    let on_progress = |summary: &Summary| progress.set_position(summary.rows);
    let summary = post_attendance(&ledger, &arguments.folder, &Origin::counter(), report, on_progress).await?;
    progress.finish_and_clear();
    eprint!("{summary}");
    ledger.close().await;
    Ok(ExitCode::SUCCESS)
}

fn progress_bar(rows: u64) -> ProgressBar {
    let progress = ProgressBar::new(rows);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} rows, {eta} left") {
        progress.set_style(style);
    }
    progress
}

/// That the bank knows none of the town's activities otherwise.
pub async fn check_known(ledger: &Ledger, town: &Town) -> anyhow::Result<()> {
    let codes: Vec<&str> = town.activities.iter().map(|activity| activity.activity_id.as_str()).collect();
    Ok(check_against(town, &ledger.activities(&codes).await?)?)
}
