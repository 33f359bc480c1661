//! `/healthz`, `/readyz`, `/version`, `/metrics`

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use baoyulan_ledger::clock::ClockState;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::problem::{Problem, ProblemBody};
use crate::state::App;

/// How long the bank may take to answer before the service calls itself not ready.
const PATIENCE: Duration = Duration::from_secs(2);

/// A clock that is behind the last record by more seconds than this is told.
const CLOCK_BEHIND_SECONDS_TOLD: i64 = 60;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(healthz))
        .routes(routes!(readyz))
        .routes(routes!(version))
        .routes(routes!(metrics))
}

/// That the service is well.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// Always `ok`.
    status: &'static str,
}

/// What this service is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Version {
    /// The program's version.
    version: &'static str,
    /// The version of the API.
    api: &'static str,
    /// The format of receipts.
    receipts: &'static str,
}

/// Whether the process is alive. It says nothing about the bank.
#[utoipa::path(get, path = "/healthz", tag = "service", responses((status = 200, description = "It is alive", body = Health)))]
pub async fn healthz() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// That the service is ready, and what somebody should look at all the same.
#[derive(Debug, Serialize, ToSchema)]
pub struct Readiness {
    /// Always `ok`.
    status: &'static str,
    /// The machine's clock is behind the last record by so many seconds, more than 60. Until it has caught up, everything
    /// is posted with that record's time.
    #[serde(skip_serializing_if = "Option::is_none")]
    clock_behind_seconds: Option<i64>,
    /// `head_file` if it is not written down beside the private key how far the bank has grown: then an older copy of it
    /// could be put in its place unnoticed.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_remembered: Option<&'static str>,
}

/// Whether requests can be served now: the bank is open, answers and takes postings, and the service is not stopping.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "service",
    responses(
        (status = 200, description = "It is ready", body = Readiness),
        (status = 503, description = "It is not ready; `code` and `detail` say why: `unavailable`, `read_only`, `clock_ahead`, `moved`, `other_bank`, `rolled_back`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub async fn readyz(State(app): State<App>) -> Result<Json<Readiness>, Problem> {
    if let Some(reason) = app.waits_for() {
        return Err(Problem::unavailable(&reason));
    }
    let standing = tokio::time::timeout(PATIENCE, app.ledger()?.standing()).await;
    let standing = standing.map_err(|_| Problem::unavailable("the database does not answer in time"))??;
    if let Some(fault) = standing.not_writable {
        return Err(fault.into());
    }
    let clock_behind_seconds = match standing.clock {
        ClockState::Behind { seconds } if seconds > CLOCK_BEHIND_SECONDS_TOLD => Some(seconds),
        ClockState::Behind { .. } | ClockState::Right | ClockState::Ahead(_) => None,
    };
    let not_remembered = standing.not_remembered.map(|fault| fault.code());
    Ok(Json(Readiness { status: "ok", clock_behind_seconds, not_remembered }))
}

/// The versions of the program, the API and the receipts.
#[utoipa::path(get, path = "/version", tag = "service", responses((status = 200, description = "The versions", body = Version)))]
pub async fn version() -> Json<Version> {
    Json(Version { version: env!("CARGO_PKG_VERSION"), api: "v1", receipts: "pbr1" })
}

/// What was counted and timed, in Prometheus's text format. It holds no personal data.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "service",
    responses((status = 200, description = "The metrics", body = String, content_type = "text/plain"))
)]
pub async fn metrics() -> Response {
    match crate::metrics::render() {
        Some(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    }
}
