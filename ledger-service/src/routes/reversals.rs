//! `POST /v1/reversals`

use axum::extract::State;
use axum::response::Response;
use baoyulan_ledger::command::{Command, ReverseRedemption};
use baoyulan_ledger::proof::ReceiptNumber;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::receipts::{ReceiptBody, answer};
use super::{Body, typed};
use crate::auth::Caller;
use crate::auth::permissions::Place;
use crate::auth::permissions::reversals::REVERSE;
use crate::posting::{IdempotencyKey, post};
use crate::problem::{PostingProblems, Problem};
use crate::state::App;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(create))
}

/// What to reverse.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reversal {
    /// The number on the redemption's receipt.
    #[schema(example = "S01-26-000042")]
    #[serde(deserialize_with = "typed::code")]
    receipt: String,
}

/// Reverses a whole redemption, once.
///
/// The same lots of points and the same pieces come back, and they no longer count against the month's limit.
#[utoipa::path(
    post,
    path = "/v1/reversals",
    operation_id = "create_reversal",
    tag = "redemptions",
    params(IdempotencyKey),
    request_body = Reversal,
    responses(
        (status = 201, description = "It is done and will not be lost", body = ReceiptBody,
            headers(("Location" = String, description = "The reversal's receipt"), ("Idempotency-Replayed" = String, description = "`true` if this is the answer to an earlier request"))),
        PostingProblems,
    ),
    security(("credential" = []))
)]
pub async fn create(
    State(app): State<App>,
    caller: Caller,
    key: IdempotencyKey,
    Body(reversal): Body<Reversal>,
) -> Result<Response, Problem> {
    // What is not a number names no station: the rule tells whoever may act everywhere, everybody else is turned away.
    let number = ReceiptNumber::parse(&reversal.receipt);
    let station = number.as_ref().map(|number| number.station.as_str());
    caller.may(REVERSE, Place { station, member: None })?;
    let command = Command::ReverseRedemption(ReverseRedemption { receipt: reversal.receipt });
    answer(&app, &post(&app, &caller, &key, None, command).await?)
}
