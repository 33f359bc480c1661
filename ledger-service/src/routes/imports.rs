//! `POST /v1/imports` and what became of them

use std::fs;
use std::io::Write;

use axum::Json;
use axum::extract::multipart::{Multipart, MultipartError, MultipartRejection};
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequest, Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use page_parts::Language;
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

use super::instant;
use super::page::{Page, PageQuery, cursor};
use super::posting::IdempotencyKey;
use crate::auth::Caller;
use crate::auth::permissions::{Action, Place};
use crate::import::post::Summary;
use crate::import::town::FILES;
use crate::jobs::{self, Arriving, Job, JobState, Jobs, Upload};
use crate::problem::{CommonProblems, Problem, ProblemBody, REPLAYED};
use crate::refused_rows::worded;
use crate::state::App;

/// An import.
#[derive(Debug, Serialize, ToSchema)]
pub struct Import {
    /// Its id.
    id: Uuid,
    /// How far it is.
    state: JobState,
    /// When it was uploaded, RFC 3339, UTC.
    #[schema(format = DateTime)]
    created_at: String,
    /// Rows of attendance in all; 0 until they are counted.
    rows_total: u64,
    /// Of these, done.
    rows_done: u64,
    /// Of these, accepted.
    rows_accepted: u64,
    /// Of these, refused.
    rows_refused: u64,
    /// Rows refused, by code.
    refused: std::collections::BTreeMap<String, u64>,
    /// Minutes of service recorded.
    service_time: super::Amount,
    /// Points granted.
    points: super::Amount,
    /// What is odd, and no reason to fail.
    warnings: Vec<String>,
    /// Why it failed, with file, line and column.
    error: Option<String>,
}

impl From<Job> for Import {
    fn from(job: Job) -> Self {
        let Summary { rows, accepted, minutes, points, refused } = job.summary;
        Self {
            id: job.id,
            state: job.state,
            created_at: instant(job.created_at),
            rows_total: job.rows_total,
            rows_done: rows,
            rows_accepted: accepted,
            rows_refused: rows.saturating_sub(accepted),
            refused,
            service_time: super::Amount::minutes(minutes),
            points: super::Amount::points(points),
            warnings: job.warnings,
            error: job.error,
        }
    }
}

/// A town's files, each as a part of its own with its file name.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes a body that is read as a stream")]
pub struct TownFiles {
    /// `units.csv`, `stations.csv`, … `attendance.csv`: all files of the import format.
    #[schema(value_type = Vec<String>, format = Binary, min_items = 1, max_items = 14)]
    files: Vec<Vec<u8>>,
}

/// Imports a town's files. They are kept before it is answered; the work goes on afterwards, and after a restart too.
#[utoipa::path(
    post,
    path = "/v1/imports",
    operation_id = "create_import",
    tag = "imports",
    params(IdempotencyKey),
    request_body(content = TownFiles, content_type = "multipart/form-data"),
    responses(
        CommonProblems,
        (status = 202, description = "It is kept, and will be done", body = Import,
            headers(("Location" = String, description = "Where to see how far it is"), ("Idempotency-Replayed" = String, description = "`true` where it was uploaded before"))),
        (status = 403, description = "Not this role", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The body is no multipart/form-data", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The key was used for other files", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("credential" = []))
)]
pub async fn create(
    State(app): State<App>,
    caller: Caller,
    key: IdempotencyKey,
    request: Request,
) -> Result<Response, Problem> {
    caller.may(Action::Import, Place::default())?;
    let created_at = app.ledger()?.now();
    let multipart = Multipart::from_request(request, &app).await.map_err(|rejection| refused(&rejection))?;
    let (job, known) = upload(&app, multipart, &caller, key.id(), created_at).await?;
    let location = HeaderValue::try_from(format!("/v1/imports/{}", job.id));
    let mut response = (StatusCode::ACCEPTED, Json(Import::from(job))).into_response();
    if let Ok(location) = location {
        response.headers_mut().insert(header::LOCATION, location);
    }
    if known {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// Keeps the files of an upload and starts its job; whether it was uploaded before.
///
/// # Errors
/// 400, 413, 422; 500 where the files cannot be kept.
pub async fn upload(
    app: &App,
    multipart: Multipart,
    caller: &Caller,
    key: Uuid,
    created_at: i64,
) -> Result<(Job, bool), Problem> {
    let jobs = app.jobs();
    let arriving = jobs.arriving().map_err(|error| broken(&error))?;
    let content = receive(app, multipart, &arriving).await?;
    let job = Job {
        id: Jobs::id(&caller.credential, key),
        credential: caller.credential.clone(),
        actor: caller.actor.clone(),
        content,
        created_at,
        state: JobState::Queued,
        rows_total: 0,
        summary: Summary::default(),
        warnings: Vec::new(),
        error: None,
        error_in: Vec::new(),
    };
    match jobs.take(job, arriving).map_err(|error| broken(&error))? {
        Upload::New(job) => {
            jobs::run(app, job.id);
            Ok((job, false))
        }
        Upload::Known(job) => Ok((job, true)),
        Upload::Conflict => Err(baoyulan_ledger::Rejection::IdConflict.into()),
    }
}

fn broken(error: &anyhow::Error) -> Problem {
    tracing::error!(code = "upload", reason = %error, "an upload cannot be kept");
    Problem::broken("upload_not_kept")
}

fn refused(rejection: &MultipartRejection) -> Problem {
    match rejection {
        MultipartRejection::InvalidBoundary(_) => {
            Problem::unsupported_media_type("multipart/form-data with a boundary")
        }
        _ => Problem::bad_body("", rejection.body_text()),
    }
}

/// Writes the files as they come, durably; gives the SHA-256 of their names and contents.
async fn receive(app: &App, mut multipart: Multipart, arriving: &Arriving) -> Result<String, Problem> {
    let bytes_max = app.settings().limits.upload_bytes_max;
    let failed = |error: &MultipartError| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(bytes_max),
        _ => Problem::bad_body("", "the multipart body is malformed, or ended early"),
    };
    let not_kept = |error: &std::io::Error| broken(&anyhow::anyhow!("{error}"));
    let mut digests = std::collections::BTreeMap::new();
    while let Some(mut field) = multipart.next_field().await.map_err(|error| failed(&error))? {
        let name = field.file_name().or(field.name()).unwrap_or_default();
        let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
        let Some(name) = FILES.into_iter().find(|file| *file == name) else {
            return Err(Problem::bad_body("/files", format!("each part is one of {}", FILES.join(", "))));
        };
        if digests.contains_key(name) {
            return Err(Problem::bad_body("/files", format!("{name} came twice")));
        }
        let mut file = fs::File::create(arriving.file(name)).map_err(|error| not_kept(&error))?;
        let mut digest = Sha256::new();
        while let Some(chunk) = field.chunk().await.map_err(|error| failed(&error))? {
            digest.update(&chunk);
            file.write_all(&chunk).map_err(|error| not_kept(&error))?;
        }
        file.sync_all().map_err(|error| not_kept(&error))?;
        digests.insert(name, digest.finalize());
    }
    if digests.is_empty() {
        return Err(Problem::bad_body("/files", "there is no file"));
    }
    let mut whole = Sha256::new();
    for (name, digest) in digests {
        whole.update(name.as_bytes());
        whole.update(digest);
    }
    Ok(HEXLOWER.encode(&whole.finalize()))
}

/// How far an import is.
#[utoipa::path(
    get,
    path = "/v1/imports/{id}",
    operation_id = "show_import",
    tag = "imports",
    params(("id" = Uuid, Path, description = "The import's id")),
    responses(
        CommonProblems,
        (status = 200, description = "The import", body = Import),
        (status = 403, description = "Not this role", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such import", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("credential" = []))
)]
pub async fn show(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<Json<Import>, Problem> {
    Ok(Json(find(&app, &caller, &id)?.into()))
}

/// The refused rows of an import, as CSV: `row,code,words`, the words in the language of `Accept-Language`.
#[utoipa::path(
    get,
    path = "/v1/imports/{id}/refused",
    operation_id = "list_refused_rows",
    tag = "imports",
    params(("id" = Uuid, Path, description = "The import's id")),
    responses(
        CommonProblems,
        (status = 200, description = "The rows", body = String, content_type = "text/csv"),
        (status = 403, description = "Not this role", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such import, or it is not done", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("credential" = []))
)]
pub async fn refused_rows(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let asked = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    report(&app, &caller, &id, asked.and_then(Language::accepted).unwrap_or(Language::English))
}

/// The same in the language of a page.
///
/// # Errors
/// 403, 404.
pub fn report(app: &App, caller: &Caller, id: &str, language: Language) -> Result<Response, Problem> {
    let job = find(app, caller, id)?;
    let kept = if job.state == JobState::Done { fs::read(app.jobs().report(job.id)).ok() } else { None };
    let kept = kept.ok_or_else(|| Problem::not_found("not_done", "this import is not done, or was not imported"))?;
    let report = worded(&kept, language).map_err(|error| broken(&error))?;
    let name = format!("attachment; filename=\"refused-{}.csv\"", job.id);
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, name.as_str()),
        (header::CONTENT_LANGUAGE, language.tag()),
    ];
    Ok((headers, report).into_response())
}

fn find(app: &App, caller: &Caller, id: &str) -> Result<Job, Problem> {
    caller.may(Action::Import, Place::default())?;
    let job = Uuid::parse_str(id).ok().and_then(|id| app.jobs().get(id));
    job.ok_or_else(|| Problem::not_found("unknown_import", "there is no such import"))
}

/// All imports, the newest first.
#[utoipa::path(
    get,
    path = "/v1/imports",
    operation_id = "list_imports",
    tag = "imports",
    params(PageQuery),
    responses(
        CommonProblems,
        (status = 200, description = "A page of imports", body = Page<Import>),
        (status = 403, description = "Not this role", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("credential" = []))
)]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    query: Result<Query<PageQuery>, QueryRejection>,
) -> Result<Json<Page<Import>>, Problem> {
    caller.may(Action::Import, Place::default())?;
    let Query(query) = query.map_err(|error| Problem::bad_request("invalid_query", error.body_text()))?;
    let start = match query.cursor("imports")?.as_deref() {
        None => 0,
        Some([start]) => usize::try_from(*start).unwrap_or(usize::MAX),
        Some(_) => return Err(Problem::bad_request("invalid_cursor", "the cursor is not one of this list's")),
    };
    let limit = query.limit()?;
    let jobs = app.jobs().all();
    let end = start.saturating_add(limit);
    let next = (end < jobs.len()).then(|| cursor("imports", &[i64::try_from(end).unwrap_or(i64::MAX)]));
    Ok(Json(Page { data: jobs.into_iter().skip(start).take(limit).map(Import::from).collect(), next_cursor: next }))
}
