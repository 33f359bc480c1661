//! `import`: two passes, the first of which writes nothing.

use std::process::ExitCode;

use baoyulan_ledger::{Fault, Ledger, NewBank, Options};

use crate::arguments::{BankArguments, ImportArguments};
use crate::import::attendance::check_attendance;
use crate::import::plan::{check_against, commands};
use crate::import::post::{Report, post_attendance, register};
use crate::import::rows::Town;
use crate::import::town::read_town;
use crate::open;

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
    let report = Report::create(arguments.report.as_deref())?;
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
    register(&ledger, planned).await?;
    let summary = post_attendance(&ledger, &arguments.folder, attendance.rows, report).await?;
    eprint!("{summary}");
    ledger.close().await;
    Ok(ExitCode::SUCCESS)
}

async fn check_known(ledger: &Ledger, town: &Town) -> anyhow::Result<()> {
    let codes: Vec<&str> = town.activities.iter().map(|activity| activity.activity_id.as_str()).collect();
    Ok(check_against(town, &ledger.activities(&codes).await?)?)
}
