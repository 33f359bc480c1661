//! `/staff/imports`: staff upload a town's files, which are then imported in the background.
//!
//! The page of an import reloads itself until the import is over, even across a restart of the service.

use axum::Router;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::extract::rejection::QueryRejection;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use baoyulan_ledger::text::harmless;
use maud::{Markup, html};
use page_parts::{Language, rejection};
use serde::Deserialize;
use uuid::Uuid;

use crate::auth::permissions::Place;
use crate::auth::permissions::imports::IMPORT;
use crate::import::shown::cut;
use crate::import::town::FILES;
use crate::jobs::{Job, JobState};
use crate::pages::failed::Failed;
use crate::pages::layout::{Page, error_summary};
use crate::pages::staff::Staff;
use crate::pages::visitor::Visitor;
use crate::pages::words::{Word, grouped, words};
use crate::problem::Problem;
use crate::routes::imports::{self, NotTaken, Unfit};
use crate::state::App;

words! {
    "imports.ftl":
    ImportsTitle,
    ImportFiles,
    ImportFilesHint,
    ImportButton,
    ImportFilesWrong,
    ImportFileNone,
    ImportFileOtherName,
    ImportFileTwice,
    ImportTooMany,
    ImportListHeading,
    ImportListEmpty,
    ImportTitle,
    ImportRows,
    ImportReloads,
    ReloadButton,
    ImportUploaded,
    ImportAccepted,
    ImportRefused,
    ImportHours,
    ImportPoints,
    ImportPointsExpired,
    ImportRefusedHeading,
    ImportReportButton,
    ImportErrorHeading,
    ImportErrorOther,
    ImportWarningsHeading,
    StateQueued,
    StateChecking,
    StatePosting,
    StateDone,
    StateInVain,
    StateFailed,
    BackToImportsLink,
}

pub fn routes(upload_bytes_max: usize) -> Router<App> {
    Router::new()
        .route("/staff/imports", post(upload).layer(DefaultBodyLimit::max(upload_bytes_max)).get(list))
        .route("/staff/imports/{id}", get(show))
        .route("/staff/imports/{id}/refused", get(refused_rows))
}

/// How many imports the list shows.
const IMPORTS_MAX: usize = 50;

/// The key of an upload. It is made with the form, so that a form that is sent twice is one import.
#[derive(Deserialize)]
pub struct Key {
    key: Uuid,
}

/// The form, and the imports so far.
pub async fn list(State(app): State<App>, visitor: Visitor, Staff(caller): Staff) -> Result<Response, Failed> {
    caller.may(IMPORT, Place::default())?;
    Ok(page(&app, &visitor, StatusCode::OK, &html! {}))
}

/// Takes an upload, and shows how far it has come.
pub async fn upload(
    State(app): State<App>,
    visitor: Visitor,
    Staff(caller): Staff,
    key: Result<Query<Key>, QueryRejection>,
    multipart: Result<Multipart, MultipartRejection>,
) -> Result<Response, Failed> {
    caller.may(IMPORT, Place::default())?;
    let created_at = app.ledger()?.now();
    let unreadable = || Problem::bad_request("invalid_form", "the form cannot be read");
    let Query(Key { key }) = key.map_err(|_| unreadable())?;
    let multipart = multipart.map_err(|_| unreadable())?;
    match imports::upload(&app, multipart, &caller, key, created_at).await {
        Ok((job, _)) => Ok(Redirect::to(&format!("/staff/imports/{}", job.id)).into_response()),
        Err(NotTaken::Unfit(unfit)) => Ok(unfit_page(&app, &visitor, unfit)),
        Err(NotTaken::Problem(problem)) => not_taken(&app, &visitor, problem),
    }
}

/// Says which file is not one of a town's.
fn unfit_page(app: &App, visitor: &Visitor, unfit: Unfit) -> Response {
    let files = ("files", FILES.join(", ").into());
    let text = match &unfit {
        Unfit::Nothing => visitor.words.with(Word::ImportFileNone, [files]),
        Unfit::OtherName(name) => {
            visitor.words.with(Word::ImportFileOtherName, [("name", harmless(cut(name)).into()), files])
        }
        Unfit::Twice(name) => visitor.words.with(Word::ImportFileTwice, [("name", (*name).into())]),
    };
    let problem = Problem::from(unfit);
    page(app, visitor, problem.status(), &error_summary(visitor, &text, problem.code()))
}

fn not_taken(app: &App, visitor: &Visitor, problem: Problem) -> Result<Response, Failed> {
    match problem {
        problem if matches!(problem.status(), StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY) => {
            let files = FILES.join(", ");
            let text = visitor.words.with(Word::ImportFilesWrong, [("files", files.into())]);
            let summary = error_summary(visitor, &text, problem.code());
            Ok(page(app, visitor, problem.status(), &summary))
        }
        problem if problem.code() == "too_many_uploads" => {
            let summary = error_summary(visitor, &visitor.words.say(Word::ImportTooMany), problem.code());
            Ok(page(app, visitor, problem.status(), &summary))
        }
        problem => Err(problem.into()),
    }
}

fn page(app: &App, visitor: &Visitor, status: StatusCode, above: &Markup) -> Response {
    let words = visitor.words;
    let jobs = app.jobs().all();
    let body = html! {
        (above)
        form method="post" action=(format!("/staff/imports?key={}", Uuid::new_v4())) enctype="multipart/form-data" {
            label for="files" { (words.say(Word::ImportFiles)) }
            p #files-hint .small { (words.with(Word::ImportFilesHint, [("files", FILES.join(", ").into())])) }
            input #files name="files" type="file" multiple accept=".csv,text/csv" aria-describedby="files-hint";
            button #upload .main type="submit" { (words.say(Word::ImportButton)) }
        }
        h2 { (words.say(Word::ImportListHeading)) }
        @if jobs.is_empty() { p #empty .notice { (words.say(Word::ImportListEmpty)) } }
        ul #imports .ways {
            @for job in jobs.iter().take(IMPORTS_MAX) {
                li { a href=(format!("/staff/imports/{}", job.id)) data-state=(state(job).0) {
                    span .row { span { (moment(app, visitor, job)) } strong { (state_words(visitor, job)) } }
                    span .small { (rows(visitor, job)) }
                } }
            }
        }
        form method="post" action="/logout" { button #logout type="submit" { (words.say(Word::LogoutButton)) } }
    };
    Page::new(visitor, &words.say(Word::ImportsTitle)).status(status).back("/", Word::HomeLink).body(&body)
}

/// How far an import has come.
pub async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Staff(caller): Staff,
    Path(id): Path<String>,
) -> Result<Response, Failed> {
    caller.may(IMPORT, Place::default())?;
    let job = Uuid::parse_str(&id).ok().and_then(|id| app.jobs().get(id));
    let job = job.ok_or_else(|| Problem::not_found("unknown_import", "there is no such import"))?;
    let words = visitor.words;
    let running = !matches!(job.state, JobState::Done | JobState::Failed);
    let (done, total) = (job.summary.rows, job.rows_total);
    let is_bad = job.state == JobState::Failed || is_in_vain(&job);
    let body = html! {
        p #state .notice.bad[is_bad] data-state=(state(&job).0) role="status" { (state_words(&visitor, &job)) }
        @for rewritten in &job.rewritten { p .notice.bad data-rewritten=(rewritten.column) { (rewritten.say(words.language)) } }
        @if total > 0 {
            label for="progress" { (rows(&visitor, &job)) }
            progress #progress max=(total) value=(done) {}
        }
        @if running { p .small { (words.say(Word::ImportReloads)) } }
        @if running { p { a #reload .button href=(format!("/staff/imports/{id}")) { (words.say(Word::ReloadButton)) } } }
        @if let Some(error) = &job.error {
            h2 { (words.say(Word::ImportErrorHeading)) }
            @match job.error_in.get(words.language as usize) {
                Some(error) => p #error .notice.bad { (error) },
                None => {
                    p .notice.bad { (words.say(Word::ImportErrorOther)) }
                    p #error .small lang="en" { (error) }
                }
            }
        }
        (outcome(&app, &visitor, &job))
    };
    let page = Page::new(&visitor, &words.say(Word::ImportTitle)).back("/staff/imports", Word::BackToImportsLink);
    // A header rather than an element, so that screen readers are not interrupted.
    Ok(if running { page.header(header::REFRESH, "2") } else { page }.body(&body))
}

fn outcome(app: &App, visitor: &Visitor, job: &Job) -> Markup {
    let words = visitor.words;
    let summary = &job.summary;
    let refused = summary.rows.saturating_sub(summary.accepted);
    html! {
        dl .facts {
            dt { (words.say(Word::ImportUploaded)) } dd { (moment(app, visitor, job)) }
            dt { (words.say(Word::ImportAccepted)) } dd #accepted data-rows=(summary.accepted) { (count(summary.accepted)) }
            dt { (words.say(Word::ImportRefused)) } dd #refused data-rows=(refused) { (count(refused)) }
            dt { (words.say(Word::ImportHours)) } dd { (words.hours(summary.minutes)) }
            dt { (words.say(Word::ImportPoints)) } dd {
                (grouped(summary.points))
                @if summary.points_expired > 0 {
                    " " span #points-expired .small {
                        (words.with(Word::ImportPointsExpired, [("points", grouped(summary.points_expired).into())]))
                    }
                }
            }
        }
        @if job.state == JobState::Done || !summary.changed.is_empty() {
            p #changed { (summary.say_changed(words.language)) }
        }
        @if !summary.refused.is_empty() {
            h2 { (words.say(Word::ImportRefusedHeading)) }
            dl #refused-by-code .facts {
                @for (code, rows) in &summary.refused { dt { (reason(words.language, code)) } dd { (count(*rows)) } }
            }
            @if job.state == JobState::Done {
                p { a #report .button href=(format!("/staff/imports/{}/refused", job.id)) {
                    (words.say(Word::ImportReportButton))
                } }
            }
        }
        @if !job.warnings.is_empty() {
            h2 { (words.say(Word::ImportWarningsHeading)) }
            ul #warnings .lines { @for (index, warning) in job.warnings.iter().enumerate() {
                @match job.warnings_in.get(index).and_then(|warning| warning.get(words.language as usize)) {
                    Some(warning) => li { (warning) },
                    None => li lang="en" { (warning) },
                }
            } }
        }
    }
}

/// What a code means, and the code, by which the rows are found in the report.
pub(super) fn reason(language: Language, code: &str) -> Markup {
    html! {
        @if let Some(words) = rejection::say_code(language, code) { (words) " " }
        span .small lang="en" { (code) }
    }
}

/// The refused rows, as CSV.
pub async fn refused_rows(
    State(app): State<App>,
    visitor: Visitor,
    Staff(caller): Staff,
    Path(id): Path<String>,
) -> Result<Response, Failed> {
    Ok(imports::report(&app, &caller, &id, visitor.words.language)?)
}

/// Whether an import is over, and has come to nothing: the command line fails then.
fn is_in_vain(job: &Job) -> bool {
    job.state == JobState::Done && job.summary.is_in_vain()
}

fn state(job: &Job) -> (&'static str, &'static str, Word) {
    match job.state {
        JobState::Queued => ("queued", "…", Word::StateQueued),
        JobState::Checking => ("checking", "…", Word::StateChecking),
        JobState::Posting => ("posting", "…", Word::StatePosting),
        JobState::Done if is_in_vain(job) => ("in-vain", "✕", Word::StateInVain),
        JobState::Done => ("done", "✓", Word::StateDone),
        JobState::Failed => ("failed", "✕", Word::StateFailed),
    }
}

fn state_words(visitor: &Visitor, of: &Job) -> Markup {
    let (_, sign, word) = state(of);
    html! { span aria-hidden="true" { (sign) " " } (visitor.words.say(word)) }
}

fn rows(visitor: &Visitor, job: &Job) -> String {
    let (done, total) = (count(job.summary.rows), count(job.rows_total));
    visitor.words.with(Word::ImportRows, [("done", done.into()), ("total", total.into())])
}

fn moment(app: &App, visitor: &Visitor, job: &Job) -> String {
    app.ledger().map(|ledger| visitor.words.moment(job.created_at, ledger.zone())).unwrap_or_default()
}

fn count(rows: u64) -> String {
    grouped(i64::try_from(rows).unwrap_or(i64::MAX))
}
