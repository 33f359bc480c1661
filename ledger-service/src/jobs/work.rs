//! The work of a job: its files are checked, then registered and posted.
//!
//! What waiting mends, a database that is away or a disk that is full, fails no job: it is done again from the start, as after a
//! restart, and whoever came later waits with it. Only what is wrong with the files, or with this program, fails it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use baoyulan_ledger::{Fault, Ledger};
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

/// How long a job that cannot go on waits before it is tried again, at first and at most.
const AGAIN_MIN: Duration = Duration::from_secs(1);
const AGAIN_MAX: Duration = Duration::from_secs(60);

/// Runs a job to its end, in the background and in its turn. Told to stop, it leaves off; the next start of the service
/// runs it again.
pub fn run(jobs: Arc<Jobs>, id: Uuid, ledger: Arc<Ledger>, stop: CancellationToken) {
    tokio::spawn(async move {
        // Held while it waits, too: of two files that say the same thing otherwise, the later one is to hold.
        let _turn = jobs.turn.lock().await;
        let mut wait = AGAIN_MIN;
        loop {
            let outcome = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                outcome = work(&ledger, &jobs, id) => outcome,
            };
            let Err(error) = outcome.or_else(|error| fail(&jobs, id, error)) else { break };
            tracing::error!(
                job = %id,
                reason = if error.is::<Fault>() { error.to_string() } else { format!("{error:#}") },
                again_after_seconds = wait.as_secs(),
                "an import cannot go on; it is tried again"
            );
            jobs.change(id, |job| job.state = JobState::Queued);
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(wait) => wait = (wait * 2).min(AGAIN_MAX),
            }
        }
        jobs.finish(id);
    });
}

/// Fails a job for good.
///
/// # Errors
/// What can be mended by waiting: why it was not done, or why that cannot be kept.
fn fail(jobs: &Jobs, id: Uuid, error: anyhow::Error) -> anyhow::Result<()> {
    if may_be_mended(&error) {
        return Err(error);
    }
    jobs.change_and_keep(id, |job| {
        job.state = JobState::Failed;
        job.error = Some(format!("{error:#}"));
        job.error_in = in_all_languages(&error).unwrap_or_default();
    })?;
    // What is wrong with a file may name people: whoever uploaded it is told, the log is not.
    tracing::warn!(job = %id, "an import was not done");
    Ok(())
}

/// Whether the same job may come to a good end later: the ledger or the disk may be mended.
fn may_be_mended(error: &anyhow::Error) -> bool {
    match error.downcast_ref::<Fault>() {
        // A bank that stands has to be opened again, and then the job is run again, too.
        Some(fault) => fault.may_be_sent_again() || fault.may_have_been_applied() || matches!(fault, Fault::Closed),
        None => error.chain().any(<dyn std::error::Error>::is::<std::io::Error>),
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
        // What an earlier run has changed, this one finds there already.
        job.summary = Summary { changed: std::mem::take(&mut job.summary.changed), ..Summary::default() };
    })?;
    let mut registered = Summary { changed: job.summary.changed, ..Summary::default() };
    let outcome = register(ledger, checked.planned, &job.actor, &mut registered).await;
    jobs.change(id, |job| job.summary = registered.clone());
    outcome?;
    jobs.change_and_keep(id, |_| {})?;
    let origin = Origin { actor: job.actor.clone(), scope: Some(format!("import/{id}")) };
    let report = Report::create(Some(&jobs.report(id)), Wording::Later)?;
    let summary = post_attendance(ledger, &files, &origin, report, registered, |summary| {
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
