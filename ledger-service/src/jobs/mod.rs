//! Imports by upload: a town's files become a job, which goes on after a restart of the service.
//!
//! A job is a folder `imports/<id>` with `job.json` and, until it is done, the uploaded files. Its id is made from the
//! caller's key, so the same upload sent again is the same job. Its rows carry ids of their own: a job that was broken
//! off is run again from the start, and learns of every row what became of it the first time.
//!
//! What is unfinished, uploads that arrive and jobs that are not over, has a limit: [`unfinished`]. Files in which names stand
//! are kept no longer than that.
//!
//! A job whose record cannot be read is set aside: it is listed as failed, it is not run, its folder stays as it is, and the next
//! start looks again. Files are removed only once the disk has it that their job is over.
//!
//! [`work`] does a job. None of these files knows requests: whoever takes an upload in is in `routes/imports/`.

mod unfinished;
mod work;

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::UNIX_EPOCH;

use anyhow::Context;
use baoyulan_ledger::{ordinary, private};
use page_parts::Language;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use self::unfinished::Unfinished;
use crate::config::Settings;
use crate::ids::id_of;
use crate::import::post::Summary;
use crate::import::rewritten::Rewritten;

pub use unfinished::Full;
pub use work::run;

/// How far an import has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// It waits for its turn: only one import runs at a time.
    Queued,
    /// Its files are being checked; nothing has been written yet.
    Checking,
    /// Its rows are being posted.
    Posting,
    /// Every row has been accepted or refused.
    Done,
    /// It was not imported, or only in part; `error` says why.
    Failed,
}

/// What `job.json` holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Job {
    pub id: Uuid,
    /// The code of the credential that uploaded it.
    pub credential: String,
    /// Whom its records name.
    pub actor: String,
    /// SHA-256 of the files' names and contents, hexadecimal.
    pub content: String,
    /// When it was uploaded, UTC seconds.
    pub created_at: i64,
    pub state: JobState,
    /// Rows of attendance; 0 until they have been counted.
    pub rows_total: u64,
    /// What it has done so far.
    pub summary: Summary,
    /// What looks odd in the files, though it can be imported.
    pub warnings: Vec<String>,
    /// The same, each in each language.
    #[serde(default)]
    pub warnings_in: Vec<Vec<String>>,
    /// Columns that a spreadsheet seems to have rewritten.
    #[serde(default)]
    pub rewritten: Vec<Rewritten>,
    /// Why it failed, with file, line and column.
    pub error: Option<String>,
    /// The same in each language, where it is the files or the rules.
    #[serde(default)]
    pub error_in: Vec<String>,
}

impl Job {
    /// A job that waits for its turn.
    pub fn new(id: Uuid, credential: String, actor: String, content: String, created_at: i64) -> Self {
        Self {
            id,
            credential,
            actor,
            content,
            created_at,
            state: JobState::Queued,
            rows_total: 0,
            summary: Summary::default(),
            warnings: Vec::new(),
            warnings_in: Vec::new(),
            rewritten: Vec::new(),
            error: None,
            error_in: Vec::new(),
        }
    }

    /// A job whose record cannot be read, so that its folder alone says when it came.
    fn set_aside(id: Uuid, folder: &Path) -> Self {
        let made = fs::metadata(folder).and_then(|folder| folder.modified()).ok();
        let age = made.and_then(|made| made.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
        let created_at = i64::try_from(age.as_secs()).unwrap_or_default();
        let say = |language| say_set_aside(language, id);
        Self {
            state: JobState::Failed,
            error: Some(say(Language::English)),
            error_in: Language::ALL.map(say).to_vec(),
            ..Self::new(id, String::new(), String::new(), String::new(), created_at)
        }
    }

    fn is_over(&self) -> bool {
        matches!(self.state, JobState::Done | JobState::Failed)
    }

    /// Whether the same files came under the same key. Of a job that was set aside nobody knows its files.
    fn is_of(&self, content: &str) -> bool {
        self.content == content || self.content.is_empty()
    }
}

fn say_set_aside(language: Language, id: Uuid) -> String {
    match language {
        Language::SimplifiedChinese => {
            format!(
                "这次导入的记录读不出来，已经搁置，上传的文件还在服务的 imports/{id} 里。请再上传一次，并告诉管理服务的人。"
            )
        }
        Language::TraditionalChinese => {
            format!(
                "這次匯入的記錄讀不出來，已經擱置，上傳的檔案還在服務的 imports/{id} 裡。請再上傳一次，並告訴管理服務的人。"
            )
        }
        Language::English => format!(
            "The record of this import cannot be read, so it was set aside; its files are still in the service's imports/{id}. Please upload them again, and tell the operator."
        ),
    }
}

#[derive(Debug)]
pub struct Jobs {
    folder: PathBuf,
    known: Mutex<HashMap<Uuid, Job>>,
    unfinished: Unfinished,
    /// Held by the job that runs.
    turn: tokio::sync::Mutex<()>,
}

pub enum Upload {
    New(Job),
    /// The same files came under the same key before: this is their job.
    Known(Job),
    /// Other files came under the same key before.
    Conflict,
}

impl Jobs {
    /// No job is known until the folder has been [read](Self::read).
    pub fn new(settings: &Settings) -> Self {
        Self {
            folder: settings.data_folder.join("imports"),
            known: Mutex::default(),
            unfinished: Unfinished::new(&settings.limits),
            turn: tokio::sync::Mutex::default(),
        }
    }

    /// The id of the job that an upload of this credential under this key becomes.
    pub fn id(credential: &str, key: Uuid) -> Uuid {
        id_of(&[b"import:", credential.as_bytes(), b":", key.as_bytes()])
    }

    pub fn get(&self, id: Uuid) -> Option<Job> {
        self.known.lock().ok()?.get(&id).cloned()
    }

    /// The newest first.
    pub fn all(&self) -> Vec<Job> {
        let mut jobs: Vec<Job> = self.known.lock().map(|known| known.values().cloned().collect()).unwrap_or_default();
        jobs.sort_by_key(|job| (Reverse(job.created_at), job.id));
        jobs
    }

    /// Those that come after this one in that order, whether it is there or not: what is uploaded meanwhile moves nothing.
    pub fn all_after(&self, created_at: i64, id: Uuid) -> Vec<Job> {
        let mut jobs = self.all();
        jobs.retain(|job| (Reverse(job.created_at), job.id) > (Reverse(created_at), id));
        jobs
    }

    /// The CSV file of a job's refused rows: see [`crate::refused_rows`].
    pub fn report(&self, id: Uuid) -> PathBuf {
        self.job_folder(id).join("refused.csv")
    }

    fn job_folder(&self, id: Uuid) -> PathBuf {
        self.folder.join(id.to_string())
    }

    fn files(&self, id: Uuid) -> PathBuf {
        self.job_folder(id).join("files")
    }

    /// Makes a folder for an upload of this credential that begins to arrive, if there is room for one more.
    pub fn arriving(&self, credential: &str) -> anyhow::Result<Result<Arriving, Full>> {
        let id = Uuid::new_v4();
        if let Err(full) = self.unfinished.begin(id, credential) {
            return Ok(Err(full));
        }
        let folder = self.folder.join(format!(".arriving-{id}"));
        let arriving = Arriving { id, folder, unfinished: self.unfinished.clone() };
        private::create_folder(&arriving.folder.join("files"))
            .with_context(|| format!("the folder of uploads {}", arriving.folder.display()))?;
        Ok(Ok(arriving))
    }

    /// Takes an upload that has arrived whole. It is on the disk before anybody is told of it.
    pub fn take(&self, job: Job, arrived: Arriving) -> anyhow::Result<Upload> {
        let mut known = self.known.lock().map_err(|_| anyhow::anyhow!("the list of jobs is broken"))?;
        if let Some(before) = known.get(&job.id) {
            return Ok(if before.is_of(&job.content) { Upload::Known(before.clone()) } else { Upload::Conflict });
        }
        write_job(&arrived.folder, &job)?;
        fs::rename(&arrived.folder, self.job_folder(job.id))?;
        sync(&self.folder)?;
        self.unfinished.becomes(arrived.id, job.id);
        known.insert(job.id, job.clone());
        Ok(Upload::New(job))
    }

    /// Removes the files of a job that is over: names stand in them, and what is to stay of them is in the bank.
    fn finish(&self, id: Uuid) {
        let removed = fs::remove_dir_all(self.files(id));
        if let Err(error) = removed
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::error!(job = %id, reason = %error, "the files of an import that is over cannot be removed");
        }
        self.unfinished.end(id);
    }

    fn change(&self, id: Uuid, change: impl FnOnce(&mut Job)) -> Option<Job> {
        let mut known = self.known.lock().ok()?;
        let job = known.get_mut(&id)?;
        change(job);
        Some(job.clone())
    }

    /// Nobody is told of a change that is not on the disk.
    fn change_and_keep(&self, id: Uuid, change: impl FnOnce(&mut Job)) -> anyhow::Result<()> {
        let Some(mut job) = self.get(id) else { return Ok(()) };
        change(&mut job);
        write_job(&self.job_folder(id), &job)?;
        self.change(id, |known| *known = job);
        Ok(())
    }

    /// Reads the jobs that were kept. Removes uploads that never arrived whole, and files of jobs that are over. Gives the jobs
    /// that are not over, the oldest first. One that is broken keeps nobody from starting.
    pub fn read(&self) -> anyhow::Result<Vec<Job>> {
        let shown = || format!("the folder of uploads {}", self.folder.display());
        private::create_folder(&self.folder).with_context(shown)?;
        let mut unfinished = Vec::new();
        for entry in fs::read_dir(&self.folder).with_context(shown)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if name.starts_with(".arriving-") {
                if let Err(error) = fs::remove_dir_all(&path) {
                    tracing::error!(folder = name, reason = %error, "an upload that never arrived whole cannot be removed");
                }
                continue;
            }
            let Some(id) = Uuid::parse_str(name).ok().filter(|id| id.to_string() == name) else { continue };
            let job = match read_job(&path, id) {
                Ok(job) if job.is_over() => {
                    self.finish(id);
                    job
                }
                Ok(job) => {
                    self.unfinished.resume(id, &job.credential, bytes_in(&path.join("files")));
                    unfinished.push(job.clone());
                    job
                }
                Err(error) => {
                    tracing::error!(
                        job = %id,
                        reason = format!("{error:#}"),
                        "an import is set aside: mend its job.json and start again, or remove its folder"
                    );
                    Job::set_aside(id, &path)
                }
            };
            if let Ok(mut known) = self.known.lock() {
                known.insert(job.id, job);
            }
        }
        unfinished.sort_by_key(|job| (job.created_at, job.id));
        Ok(unfinished)
    }
}

/// An upload that is still arriving. Dropped before it is taken, its files are removed.
pub struct Arriving {
    id: Uuid,
    folder: PathBuf,
    unfinished: Unfinished,
}

impl Arriving {
    /// Counts bytes that have come.
    pub fn grow(&self, bytes: usize) -> Result<(), Full> {
        self.unfinished.grow(self.id, bytes as u64)
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join("files").join(name)
    }
}

impl Drop for Arriving {
    fn drop(&mut self) {
        // Where the upload was taken, the folder has another name by now, and so has what is counted of it.
        let _ = fs::remove_dir_all(&self.folder);
        self.unfinished.end(self.id);
    }
}

/// How many bytes the files of a folder have, as far as they can be seen: what is missing, the job itself will say.
fn bytes_in(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| Some(entry.metadata().ok()?.len())).sum()
}

fn read_job(folder: &Path, id: Uuid) -> anyhow::Result<Job> {
    let path = folder.join("job.json");
    let read = || anyhow::Ok(serde_json::from_slice::<Job>(&ordinary::read(&path)?)?);
    let job = read().with_context(|| path.display().to_string())?;
    anyhow::ensure!(job.id == id, "{}: this is the record of another import, {}", path.display(), job.id);
    Ok(job)
}

/// Replaces `job.json` as a whole, so that a crash or a full disk leaves the old one or the new one.
fn write_job(folder: &Path, job: &Job) -> anyhow::Result<()> {
    let path = folder.join("job.json");
    private::put(&path, &serde_json::to_vec_pretty(job)?).with_context(|| path.display().to_string())?;
    Ok(())
}

fn sync(folder: &Path) -> anyhow::Result<()> {
    Ok(fs::File::open(folder)?.sync_all()?)
}
