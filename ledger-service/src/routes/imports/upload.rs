//! Takes the files of an upload in, as they come, and starts their job. The API and the pages do it alike.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use axum::extract::multipart::{Field, Multipart, MultipartError, MultipartRejection};
use axum::http::StatusCode;
use baoyulan_ledger::{Rejection, private};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::auth::Caller;
use crate::import::shown::Shown;
use crate::import::town::FILES;
use crate::jobs::{Arriving, Full, Job, Jobs, Upload};
use crate::problem::Problem;
use crate::state::App;

/// Why the files of an upload are not a town's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// No file was chosen.
    Nothing,
    /// No file of a town has this name.
    OtherName(String),
    Twice(&'static str),
}

/// Why an upload was not taken.
#[derive(Debug)]
pub enum NotTaken {
    Unfit(Unfit),
    Problem(Problem),
}

impl From<Unfit> for Problem {
    fn from(unfit: Unfit) -> Self {
        let detail = match unfit {
            Unfit::Nothing => "there is no file".to_owned(),
            Unfit::OtherName(name) => {
                format!("no file of a town is called{}: each part is one of {}", Shown::open(&name), FILES.join(", "))
            }
            Unfit::Twice(name) => format!("{name} came twice"),
        };
        Self::bad_body("/files", detail)
    }
}

impl From<Unfit> for NotTaken {
    fn from(unfit: Unfit) -> Self {
        Self::Unfit(unfit)
    }
}

impl From<Problem> for NotTaken {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<NotTaken> for Problem {
    fn from(not_taken: NotTaken) -> Self {
        match not_taken {
            NotTaken::Unfit(unfit) => unfit.into(),
            NotTaken::Problem(problem) => problem,
        }
    }
}

/// Stores the files of an upload and starts its job. Also tells whether they had been uploaded before.
pub async fn upload(
    app: &App,
    multipart: Multipart,
    caller: &Caller,
    key: Uuid,
    created_at: i64,
) -> Result<(Job, bool), NotTaken> {
    let jobs = app.jobs();
    let arriving = jobs.arriving(&caller.credential).map_err(|error| broken(&error))?.map_err(full)?;
    let patience = Duration::from_secs(60 * u64::from(app.settings().limits.upload_minutes_max.get()));
    let received = tokio::time::timeout(patience, receive(app, multipart, &arriving)).await;
    let content = received.map_err(|_| Problem::too_slow())??;
    let id = Jobs::id(&caller.credential, key);
    let job = Job::new(id, caller.credential.clone(), caller.actor.clone(), content, created_at);
    match jobs.take(job, arriving).map_err(|error| broken(&error))? {
        Upload::New(job) => {
            app.run_job(job.id)?;
            Ok((job, false))
        }
        Upload::Known(job) => Ok((job, true)),
        Upload::Conflict => Err(Problem::from(Rejection::IdConflict).into()),
    }
}

fn full(full: Full) -> Problem {
    Problem::too_many_uploads(match full {
        Full::Own => "your uploads that are not imported yet are too many, or too large",
        Full::All => "the uploads of all that are not imported yet are too many, or too large",
    })
}

fn broken(error: &anyhow::Error) -> Problem {
    tracing::error!(code = "upload", reason = %error, "an upload cannot be kept");
    Problem::broken("upload_not_kept")
}

pub fn refused(rejection: &MultipartRejection) -> Problem {
    match rejection {
        MultipartRejection::InvalidBoundary(_) => {
            Problem::unsupported_media_type("multipart/form-data with a boundary")
        }
        _ => Problem::bad_body("", rejection.body_text()),
    }
}

/// Writes the files as they come, and gives the SHA-256 of their names and contents.
async fn receive(app: &App, mut multipart: Multipart, arriving: &Arriving) -> Result<String, NotTaken> {
    let bytes_max = app.settings().limits.upload_bytes_max;
    let broken_off = |error: &MultipartError| broken_off(error, bytes_max);
    let mut digests = BTreeMap::new();
    while let Some(field) = multipart.next_field().await.map_err(|error| broken_off(&error))? {
        let name = name_of(&field)?;
        if digests.contains_key(name) {
            return Err(Unfit::Twice(name).into());
        }
        digests.insert(name, write(field, arriving, name, bytes_max).await?);
    }
    if digests.is_empty() {
        return Err(Unfit::Nothing.into());
    }
    let mut whole = Sha256::new();
    for (name, digest) in digests {
        whole.update(name.as_bytes());
        whole.update(digest);
    }
    Ok(HEXLOWER.encode(&whole.finalize()))
}

/// Which file of the import format a part is. Browsers may send a path with its name.
fn name_of(field: &Field<'_>) -> Result<&'static str, Unfit> {
    let name = field.file_name().or(field.name()).unwrap_or_default();
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    // A form without a chosen file sends a part without a name.
    let other = || if name.is_empty() { Unfit::Nothing } else { Unfit::OtherName(name.to_owned()) };
    FILES.into_iter().find(|file| *file == name).ok_or_else(other)
}

/// Writes a file to the disk; gives its SHA-256.
async fn write(
    mut field: Field<'_>,
    arriving: &Arriving,
    name: &str,
    bytes_max: u64,
) -> Result<sha2::digest::Output<Sha256>, Problem> {
    let not_kept = |error: &std::io::Error| broken(&anyhow::anyhow!("{error}"));
    let mut file = private::create(&arriving.file(name)).map_err(|error| not_kept(&error))?;
    let mut digest = Sha256::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| broken_off(&error, bytes_max))? {
        arriving.grow(chunk.len()).map_err(full)?;
        digest.update(&chunk);
        file.write_all(&chunk).map_err(|error| not_kept(&error))?;
    }
    file.sync_all().map_err(|error| not_kept(&error))?;
    Ok(digest.finalize())
}

fn broken_off(error: &MultipartError, bytes_max: u64) -> Problem {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(bytes_max),
        _ => Problem::bad_body("", "the multipart body is malformed, or ended early"),
    }
}
