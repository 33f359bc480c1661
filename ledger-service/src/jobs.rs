//! Imports by upload: a folder of files becomes a job, which goes on after a restart of the service.
//!
//! A job is a folder `imports/<id>` with `job.json` and, until it is done, the uploaded files. Its id is made of the
//! caller's key, so that the same upload again is the same job. Its rows carry ids of their own: a job that was broken
//! off is simply run again, and tells of every row what it came to the first time.

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use anyhow::Context;
use baoyulan_ledger::Ledger;
use page_parts::Language;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::import::attendance::check_attendance;
use crate::import::fault::Fault as FileFault;
use crate::import::plan::commands;
use crate::import::post::{Origin, Report, Summary, post_attendance, register};
use crate::import::town::read_town;
use crate::importing::check_known;
use crate::refused_rows::{RefusedRow, Wording};
use crate::routes::posting::id_of;
use crate::state::App;

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// It waits for its turn: one job runs at a time.
    Queued,
    /// Its files are checked, and nothing is written.
    Checking,
    /// It is posting.
    Posting,
    /// It is done.
    Done,
    /// It was not imported, or not to its end; `error` says why.
    Failed,
}

/// A job.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Job {
    /// Its id.
    pub id: Uuid,
    /// The credential that asked for it.
    pub credential: String,
    /// Whom its records name.
    pub actor: String,
    /// SHA-256 of the files' names and contents, hexadecimal.
    pub content: String,
    /// When it was uploaded, UTC seconds.
    pub created_at: i64,
    /// How far it is.
    pub state: JobState,
    /// Rows of attendance in all; 0 until they are counted.
    pub rows_total: u64,
    /// What it has done so far.
    pub summary: Summary,
    /// What is odd, and no reason to fail.
    pub warnings: Vec<String>,
    /// Why it failed, with file, line and column.
    pub error: Option<String>,
    /// The same in each language, where it is the rules that say no.
    #[serde(default)]
    pub error_in: Vec<String>,
}

impl Job {
    fn is_over(&self) -> bool {
        matches!(self.state, JobState::Done | JobState::Failed)
    }
}

/// All jobs of the service.
#[derive(Debug)]
pub struct Jobs {
    folder: PathBuf,
    known: Mutex<HashMap<Uuid, Job>>,
    /// One at a time.
    turn: tokio::sync::Mutex<()>,
}

/// What became of an upload.
pub enum Upload {
    /// A new job.
    New(Job),
    /// The job that the same upload made before.
    Known(Job),
    /// Another upload has used the key.
    Conflict,
}

impl Jobs {
    /// The jobs in that folder.
    pub fn new(data_folder: &Path) -> Self {
        Self { folder: data_folder.join("imports"), known: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }

    /// The id of the job that this key of this credential makes.
    pub fn id(credential: &str, key: Uuid) -> Uuid {
        id_of(&[b"import:", credential.as_bytes(), b":", key.as_bytes()])
    }

    /// A job by its id.
    pub fn get(&self, id: Uuid) -> Option<Job> {
        self.known.lock().ok()?.get(&id).cloned()
    }

    /// All jobs, the newest first.
    pub fn all(&self) -> Vec<Job> {
        let mut jobs: Vec<Job> = self.known.lock().map(|known| known.values().cloned().collect()).unwrap_or_default();
        jobs.sort_by_key(|job| (std::cmp::Reverse(job.created_at), job.id));
        jobs
    }

    /// Where the refused rows of a job are listed: see [`crate::refused_rows`].
    pub fn report(&self, id: Uuid) -> PathBuf {
        self.job_folder(id).join("refused.csv")
    }

    fn job_folder(&self, id: Uuid) -> PathBuf {
        self.folder.join(id.to_string())
    }

    /// A folder for an upload that is still arriving.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn arriving(&self) -> anyhow::Result<Arriving> {
        let folder = self.folder.join(format!(".arriving-{}", Uuid::new_v4()));
        fs::create_dir_all(folder.join("files"))
            .with_context(|| format!("the folder of uploads {}", folder.display()))?;
        Ok(Arriving { folder })
    }

    /// Takes an upload that has arrived whole: durable before anybody is told of it.
    ///
    /// # Errors
    /// Where it cannot be kept.
    pub fn take(&self, job: Job, arrived: Arriving) -> anyhow::Result<Upload> {
        let mut known = self.known.lock().map_err(|_| anyhow::anyhow!("the list of jobs is broken"))?;
        if let Some(before) = known.get(&job.id) {
            let same = before.content == job.content;
            return Ok(if same { Upload::Known(before.clone()) } else { Upload::Conflict });
        }
        write_job(&arrived.folder, &job)?;
        fs::rename(&arrived.folder, self.job_folder(job.id))?;
        sync(&self.folder)?;
        known.insert(job.id, job.clone());
        Ok(Upload::New(job))
    }

    fn change(&self, id: Uuid, change: impl FnOnce(&mut Job)) -> Option<Job> {
        let mut known = self.known.lock().ok()?;
        let job = known.get_mut(&id)?;
        change(job);
        Some(job.clone())
    }

    fn change_and_keep(&self, id: Uuid, change: impl FnOnce(&mut Job)) -> anyhow::Result<()> {
        match self.change(id, change) {
            Some(job) => write_job(&self.job_folder(id), &job),
            None => Ok(()),
        }
    }

    /// Reads the jobs of before, and drops uploads that never arrived whole.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn read(&self) -> anyhow::Result<Vec<Job>> {
        let shown = || format!("the folder of uploads {}", self.folder.display());
        fs::create_dir_all(&self.folder).with_context(shown)?;
        let mut unfinished = Vec::new();
        for entry in fs::read_dir(&self.folder).with_context(shown)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if name.starts_with(".arriving-") {
                fs::remove_dir_all(&path)?;
                continue;
            }
            let Ok(text) = fs::read(path.join("job.json")) else { continue };
            let job: Job = serde_json::from_slice(&text).with_context(|| format!("{}", path.display()))?;
            if !job.is_over() {
                unfinished.push(job.clone());
            }
            if let Ok(mut known) = self.known.lock() {
                known.insert(job.id, job);
            }
        }
        unfinished.sort_by_key(|job| (job.created_at, job.id));
        Ok(unfinished)
    }
}

/// An upload that is still arriving; gone when dropped, unless it was taken.
pub struct Arriving {
    folder: PathBuf,
}

impl Arriving {
    /// Where a file goes.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join("files").join(name)
    }
}

impl Drop for Arriving {
    fn drop(&mut self) {
        // Taken, it is not there any more.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Runs a job in the background, in its turn, to its end.
pub fn run(app: &App, id: Uuid) {
    let app = app.clone();
    tokio::spawn(async move {
        let jobs = Arc::clone(app.jobs());
        let _turn = jobs.turn.lock().await;
        let stop = app.stopping();
        let outcome = tokio::select! {
            outcome = work(&app, &jobs, id) => outcome,
            // It goes on at the next start.
            () = stop.cancelled() => return,
        };
        if let Err(error) = outcome {
            // The words of a fault in the files may name people: they are for who uploaded them, not for the log.
            tracing::warn!(job = %id, "an import was not done");
            let kept = jobs.change_and_keep(id, |job| {
                job.state = JobState::Failed;
                job.error = Some(format!("{error:#}"));
                let row = error.downcast_ref::<RefusedRow>();
                job.error_in =
                    row.map(|row| Language::ALL.map(|language| row.say(language)).to_vec()).unwrap_or_default();
            });
            if let Err(error) = kept {
                tracing::error!(job = %id, reason = %error, "a job cannot be kept");
            }
        }
    });
}

async fn work(app: &App, jobs: &Jobs, id: Uuid) -> anyhow::Result<()> {
    let ledger = app.ledger().map_err(|_| anyhow::anyhow!("the bank is not open"))?;
    let Some(job) = jobs.get(id) else { return Ok(()) };
    let files = jobs.job_folder(id).join("files");
    jobs.change_and_keep(id, |job| job.state = JobState::Checking)?;
    let (planned, rows, warnings) = check(ledger, &files).await?;
    jobs.change_and_keep(id, |job| {
        job.state = JobState::Posting;
        job.rows_total = rows;
        job.warnings = warnings;
        job.summary = Summary::default();
    })?;
    register(ledger, planned, &job.actor).await?;
    let origin = Origin { actor: job.actor.clone(), scope: Some(format!("import/{id}")) };
    let report = Report::create(Some(&jobs.report(id)), Wording::Later)?;
    let summary = post_attendance(ledger, &files, &origin, report, |summary| {
        let _ = jobs.change(id, |job| job.summary = summary.clone());
    })
    .await?;
    jobs.change_and_keep(id, |job| {
        job.state = JobState::Done;
        job.summary = summary;
    })?;
    // Names and cards are in the bank now, and need not lie about twice.
    fs::remove_dir_all(&files).with_context(|| format!("{}", files.display()))
}

type Checked = (Vec<crate::import::plan::Planned>, u64, Vec<String>);

/// Pass one, away from the threads that answer requests.
async fn check(ledger: &Ledger, files: &Path) -> anyhow::Result<Checked> {
    let files = files.to_owned();
    let read = move || Ok::<_, FileFault>((read_town(&files)?, check_attendance(&files)?));
    let (town, attendance) = tokio::task::spawn_blocking(read).await??;
    check_known(ledger, &town).await?;
    let warnings = town.warnings.iter().map(ToString::to_string).collect();
    Ok((commands(&town), attendance.rows, warnings))
}

/// Replaces the job's file as a whole, durably.
fn write_job(folder: &Path, job: &Job) -> anyhow::Result<()> {
    let (new, path) = (folder.join("job.json.new"), folder.join("job.json"));
    let mut file = fs::File::create(&new).with_context(|| format!("{}", new.display()))?;
    file.write_all(&serde_json::to_vec_pretty(job)?)?;
    file.sync_all()?;
    fs::rename(&new, &path)?;
    sync(folder)
}

fn sync(folder: &Path) -> anyhow::Result<()> {
    Ok(fs::File::open(folder)?.sync_all()?)
}
