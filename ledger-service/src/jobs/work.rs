//! The work of a job: its files are checked, then registered and posted.

use std::path::Path;
use std::sync::Arc;

use baoyulan_ledger::Ledger;
use page_parts::Language;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{JobState, Jobs};
use crate::import::attendance::check_attendance;
use crate::import::fault::{Fault as FileFault, Warning};
use crate::import::plan::{Planned, commands};
use crate::import::post::{Origin, Report, Summary, post_attendance, register};
use crate::import::rewritten::Rewritten;
use crate::import::town::read_town;
use crate::importing::check_known;
use crate::refused_rows::{RefusedRow, Wording};

/// Runs a job to its end, in the background and in its turn. Told to stop, it leaves off; the next start of the service
/// runs it again.
pub fn run(jobs: Arc<Jobs>, id: Uuid, ledger: Arc<Ledger>, stop: CancellationToken) {
    tokio::spawn(async move {
        let _turn = jobs.turn.lock().await;
        let outcome = tokio::select! {
            outcome = work(&ledger, &jobs, id) => outcome,
            () = stop.cancelled() => return,
        };
        if let Err(error) = outcome {
            fail(&jobs, id, &error);
        }
        jobs.finish(id);
    });
}

fn fail(jobs: &Jobs, id: Uuid, error: &anyhow::Error) {
    // What is wrong with a file may name people: whoever uploaded it is told, the log is not.
    tracing::warn!(job = %id, "an import was not done");
    let kept = jobs.change_and_keep(id, |job| {
        job.state = JobState::Failed;
        job.error = Some(format!("{error:#}"));
        job.error_in = in_all_languages(error).unwrap_or_default();
    });
    if let Err(error) = kept {
        tracing::error!(job = %id, reason = %error, "a job cannot be kept");
    }
}

/// Why, where that is in the files.
fn in_all_languages(error: &anyhow::Error) -> Option<Vec<String>> {
    if let Some(row) = error.downcast_ref::<RefusedRow>() {
        return Some(Language::ALL.map(|language| row.say(language)).to_vec());
    }
    let fault = error.downcast_ref::<FileFault>()?;
    Some(Language::ALL.map(|language| fault.say(language)).to_vec())
}

async fn work(ledger: &Ledger, jobs: &Jobs, id: Uuid) -> anyhow::Result<()> {
    let Some(job) = jobs.get(id) else { return Ok(()) };
    let files = jobs.files(id);
    jobs.change_and_keep(id, |job| job.state = JobState::Checking)?;
    let checked = check(ledger, &files).await?;
    jobs.change_and_keep(id, |job| {
        job.state = JobState::Posting;
        job.rows_total = checked.rows;
        let in_all = |warning: &Warning| Language::ALL.map(|language| warning.say(language)).to_vec();
        job.warnings = checked.warnings.iter().map(ToString::to_string).collect();
        job.warnings_in = checked.warnings.iter().map(in_all).collect();
        job.rewritten = checked.rewritten;
        job.summary = Summary::default();
    })?;
    register(ledger, checked.planned, &job.actor).await?;
    let origin = Origin { actor: job.actor.clone(), scope: Some(format!("import/{id}")) };
    let report = Report::create(Some(&jobs.report(id)), Wording::Later)?;
    let summary = post_attendance(ledger, &files, &origin, report, |summary| {
        let _ = jobs.change(id, |job| job.summary = summary.clone());
    })
    .await?;
    jobs.change_and_keep(id, |job| {
        job.state = JobState::Done;
        job.summary = summary;
    })
}

struct Checked {
    planned: Vec<Planned>,
    /// Rows of attendance.
    rows: u64,
    warnings: Vec<Warning>,
    rewritten: Vec<Rewritten>,
}

/// Reads all files, away from the threads that answer requests.
async fn check(ledger: &Ledger, files: &Path) -> anyhow::Result<Checked> {
    let files = files.to_owned();
    let read = move || Ok::<_, FileFault>((read_town(&files)?, check_attendance(&files)?));
    let (town, attendance) = tokio::task::spawn_blocking(read).await??;
    let known_otherwise = check_known(ledger, &town).await?;
    let planned = commands(&town);
    let warnings = town.warnings.into_iter().chain(known_otherwise).collect();
    Ok(Checked { planned, rows: attendance.rows, warnings, rewritten: attendance.forms.rewritten() })
}
