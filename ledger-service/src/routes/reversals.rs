//! `POST /v1/reversals`

use axum::extract::State;
use axum::response::Response;
use baoyulan_ledger::command::Command;
use baoyulan_ledger::proof::ReceiptNumber;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Body;
use super::posting::{IdempotencyKey, ReceiptBody, answer, post};
use crate::auth::Caller;
use crate::auth::permissions::{Action, Place};
use crate::problem::{PostingProblems, Problem};
use crate::state::App;

/// What is to be reversed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reversal {
    /// The number of the redemption's receipt.
    #[schema(example = "S01-26-000042")]
    receipt: String,
}

/// Reverses a redemption, whole and once: the very lots and pieces come back, and the month's limit too.
#[utoipa::path(
    post,
    path = "/v1/reversals",
    operation_id = "create_reversal",
    tag = "redemptions",
    params(IdempotencyKey),
    request_body = Reversal,
    responses(
        (status = 201, description = "It is done, and durable", body = ReceiptBody,
            headers(("Location" = String, description = "The reversal's receipt"), ("Idempotency-Replayed" = String, description = "`true` where this is the stored answer"))),
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
    // A number that is none is of no station: whoever may act everywhere is told so by the rule.
    let number = ReceiptNumber::parse(&reversal.receipt);
    let station = number.as_ref().map(|number| number.station.as_str());
    caller.may(Action::Reverse, Place { station, member: None })?;
    let command = Command::ReverseRedemption { receipt: reversal.receipt };
    answer(&app, &post(&app, &caller, &key, None, command).await?)
}
