//! `POST /v1/imports`, and what becomes of them.

mod upload;

use std::collections::BTreeMap;
use std::fs;

use axum::Json;
use axum::extract::multipart::Multipart;
use axum::extract::rejection::QueryRejection;
use axum::extract::{DefaultBodyLimit, FromRequest, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use page_parts::Language;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::page::{Page, PageQuery, cursor};
use super::{Amount, Segment, instant};
use crate::auth::Caller;
use crate::auth::permissions::Place;
use crate::auth::permissions::imports::IMPORT;
use crate::import::post::Summary;
use crate::jobs::{Job, JobState};
use crate::posting::IdempotencyKey;
use crate::problem::{CommonProblems, Problem, ProblemBody, REPLAYED};
use crate::refused_rows::worded;
use crate::state::App;

pub use upload::{NotTaken, Unfit, upload};

pub fn routes(upload_bytes_max: usize) -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create))
        .layer(DefaultBodyLimit::max(upload_bytes_max))
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(refused_rows))
}

/// An import of a town's files, and how far it has come.
#[derive(Debug, Serialize, ToSchema)]
pub struct Import {
    id: Uuid,
    state: JobState,
    /// When it was uploaded, RFC 3339, UTC.
    #[schema(format = DateTime)]
    created_at: String,
    /// How many rows of the other files have changed the bank so far, by file. The five files of the policy are one row of
    /// `earning_rules.csv`.
    changed: BTreeMap<String, u64>,
    /// Rows of attendance in the files; 0 until they have been counted.
    rows_total: u64,
    /// Rows that have been accepted or refused so far.
    rows_done: u64,
    /// Rows that have been accepted so far.
    rows_accepted: u64,
    /// Rows that have been refused so far.
    rows_refused: u64,
    /// The number of refused rows by the refusal's code.
    refused: BTreeMap<String, u64>,
    /// The service time of the accepted rows.
    service_time: Amount,
    /// The points of the accepted rows.
    points: Amount,
    /// The points of these that had expired by the time they were posted, because they were earned too long ago.
    points_expired: Amount,
    /// What looks odd in the files, though it can be imported; first, which columns a spreadsheet seems to have rewritten.
    warnings: Vec<String>,
    /// Why it failed, with file, line and column; null where it has not.
    error: Option<String>,
}

impl From<Job> for Import {
    fn from(job: Job) -> Self {
        let Summary { changed, rows, accepted, minutes, points, points_expired, refused } = job.summary;
        let rewritten = job.rewritten.iter().map(|rewritten| rewritten.say(Language::English));
        Self {
            id: job.id,
            state: job.state,
            created_at: instant(job.created_at),
            changed,
            rows_total: job.rows_total,
            rows_done: rows,
            rows_accepted: accepted,
            rows_refused: rows.saturating_sub(accepted),
            refused,
            service_time: Amount::minutes(minutes),
            points: Amount::points(points),
            points_expired: Amount::points(points_expired),
            warnings: rewritten.chain(job.warnings).collect(),
            error: job.error,
        }
    }
}

/// A town's files. Each is a part of its own, with its file name.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes a body that is read as a stream")]
pub struct TownFiles {
    /// All files of the import format: `units.csv`, `stations.csv`, … `attendance.csv`.
    #[schema(value_type = Vec<String>, format = Binary, min_items = 1, max_items = 14)]
    files: Vec<Vec<u8>>,
}

/// Imports a town's files.
///
/// The answer comes once they are stored. The import itself runs afterwards, even if the service is restarted.
#[utoipa::path(
    post,
    path = "/v1/imports",
    operation_id = "create_import",
    tag = "imports",
    params(IdempotencyKey),
    request_body(content = TownFiles, content_type = "multipart/form-data"),
    responses(
        CommonProblems,
        (status = 202, description = "The files are stored and will be imported", body = Import,
            headers(("Location" = String, description = "Where to see how far it has come"), ("Idempotency-Replayed" = String, description = "`true` if the same files were uploaded before"))),
        (status = 403, description = "The caller's role does not allow it", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The body is not multipart/form-data", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The key was used before, for other files", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "`too_many_uploads` while earlier ones are not imported yet, or too many requests", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("credential" = []))
)]
pub async fn create(
    State(app): State<App>,
    caller: Caller,
    key: IdempotencyKey,
    request: Request,
) -> Result<Response, Problem> {
    caller.may(IMPORT, Place::default())?;
    let created_at = app.ledger()?.now();
    let multipart = Multipart::from_request(request, &app).await.map_err(|rejection| upload::refused(&rejection))?;
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

/// How far an import has come.
#[utoipa::path(
    get,
    path = "/v1/imports/{id}",
    operation_id = "show_import",
    tag = "imports",
    params(("id" = Uuid, Path, description = "The import's id")),
    responses(
        CommonProblems,
        (status = 200, description = "The import", body = Import),
        (status = 403, description = "The caller's role does not allow it", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such import", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("credential" = []))
)]
pub async fn show(State(app): State<App>, caller: Caller, Segment(id): Segment) -> Result<Json<Import>, Problem> {
    Ok(Json(find(&app, &caller, &id)?.into()))
}

/// The refused rows of an import, as CSV: `row,code,words,line`, the words in the language of `Accept-Language`.
#[utoipa::path(
    get,
    path = "/v1/imports/{id}/refused",
    operation_id = "list_refused_rows",
    tag = "imports",
    params(("id" = Uuid, Path, description = "The import's id")),
    responses(
        CommonProblems,
        (status = 200, description = "The refused rows", body = String, content_type = "text/csv"),
        (status = 403, description = "The caller's role does not allow it", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such import, or it has not been done", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("credential" = []))
)]
pub async fn refused_rows(
    State(app): State<App>,
    caller: Caller,
    Segment(id): Segment,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let asked = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    report(&app, &caller, &id, asked.and_then(Language::accepted).unwrap_or(Language::English))
}

/// The same in the language of a page.
pub fn report(app: &App, caller: &Caller, id: &str, language: Language) -> Result<Response, Problem> {
    let job = find(app, caller, id)?;
    let kept = if job.state == JobState::Done { fs::read(app.jobs().report(job.id)).ok() } else { None };
    let kept = kept.ok_or_else(|| Problem::not_found("not_done", "this import is not done, or was not imported"))?;
    let report = worded(&kept, language).map_err(|error| {
        tracing::error!(code = "report", reason = %error, "a report of refused rows cannot be read");
        Problem::broken("report_unreadable")
    })?;
    let name = format!("attachment; filename=\"refused-{}.csv\"", job.id);
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, name.as_str()),
        (header::CONTENT_LANGUAGE, language.tag()),
    ];
    Ok((headers, report).into_response())
}

fn find(app: &App, caller: &Caller, id: &str) -> Result<Job, Problem> {
    caller.may(IMPORT, Place::default())?;
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
        (status = 403, description = "The caller's role does not allow it", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("credential" = []))
)]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    query: Result<Query<PageQuery>, QueryRejection>,
) -> Result<Json<Page<Import>>, Problem> {
    caller.may(IMPORT, Place::default())?;
    let Query(query) = query.map_err(|error| Problem::bad_request("invalid_query", error.body_text()))?;
    let last = match query.cursor("imports")?.as_deref() {
        None => None,
        Some(&[created_at, high, low]) => Some((created_at, id_of_halves(high, low))),
        Some(_) => return Err(Problem::bad_request("invalid_cursor", "the cursor is not one of this list's")),
    };
    let limit = query.limit()?;
    let mut jobs = match last {
        None => app.jobs().all(),
        Some((created_at, id)) => app.jobs().all_after(created_at, id),
    };
    let is_last = jobs.len() <= limit;
    jobs.truncate(limit);
    let next_cursor = jobs.last().filter(|_| !is_last).map(|job| {
        let [high, low] = halves(job.id);
        cursor("imports", &[job.created_at, high, low])
    });
    Ok(Json(Page { data: jobs.into_iter().map(Import::from).collect(), next_cursor }))
}

/// An id as the numbers of a cursor.
fn halves(id: Uuid) -> [i64; 2] {
    let (high, low) = id.as_u64_pair();
    [high, low].map(u64::cast_signed)
}

fn id_of_halves(high: i64, low: i64) -> Uuid {
    Uuid::from_u64_pair(high.cast_unsigned(), low.cast_unsigned())
}
