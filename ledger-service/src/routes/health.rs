//! `/healthz`, `/readyz`, `/version`, `/metrics`

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::{Problem, ProblemBody};
use crate::state::App;

/// How long the bank may take to answer before the service calls itself not ready.
const PATIENCE: Duration = Duration::from_secs(2);

/// How it is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// `ok`
    status: &'static str,
}

/// What runs here.
#[derive(Debug, Serialize, ToSchema)]
pub struct Version {
    /// The program's version.
    version: &'static str,
    /// The version of the API.
    api: &'static str,
    /// The format of receipts.
    receipts: &'static str,
}

/// Whether the process lives. It says nothing of the bank.
#[utoipa::path(get, path = "/healthz", tag = "service", responses((status = 200, description = "It lives", body = Health)))]
pub async fn healthz() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// Whether requests can be served now: the bank is open and answers, and the service is not stopping.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "service",
    responses(
        (status = 200, description = "Ready", body = Health),
        (status = 503, description = "Not ready, and why", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub async fn readyz(State(app): State<App>) -> Result<Json<Health>, Problem> {
    if let Some(reason) = app.waits_for() {
        return Err(Problem::unavailable(&reason));
    }
    let head = tokio::time::timeout(PATIENCE, app.ledger()?.journal_head()).await;
    head.map_err(|_| Problem::unavailable("the database does not answer in time"))??;
    Ok(Json(Health { status: "ok" }))
}

/// What runs here.
#[utoipa::path(get, path = "/version", tag = "service", responses((status = 200, description = "Versions", body = Version)))]
pub async fn version() -> Json<Version> {
    Json(Version { version: env!("CARGO_PKG_VERSION"), api: "v1", receipts: "pbr1" })
}

/// Counts and times in the text format of Prometheus. No personal data is in them.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "service",
    responses((status = 200, description = "Metrics", body = String, content_type = "text/plain"))
)]
pub async fn metrics() -> Response {
    match crate::metrics::render() {
        Some(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    }
}
