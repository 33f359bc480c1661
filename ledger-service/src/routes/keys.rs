//! `GET /.well-known/jwks.json`

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use baoyulan_ledger::proof::key::{JsonWebKey, JsonWebKeySet};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::problem::{Problem, ProblemBody};
use crate::state::App;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(jwks))
}

/// The public keys of the bank's receipts, as a JSON Web Key Set (RFC 7517, RFC 8037). Old keys stay in it for ever.
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    operation_id = "list_keys",
    tag = "receipts",
    responses(
        (status = 200, description = "The keys: `kty` OKP, `crv` Ed25519", body = Object),
        (status = 503, description = "The bank cannot be reached", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub async fn jwks(State(app): State<App>) -> Result<impl IntoResponse, Problem> {
    let keys = app.ledger()?.receipt_keys().await?;
    let set = JsonWebKeySet { keys: keys.iter().map(JsonWebKey::of).collect() };
    // Any site's page may check a receipt. Kept for minutes only, so that a new key is soon seen.
    Ok(([(header::CACHE_CONTROL, "public, max-age=300"), (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")], Json(set)))
}
