//! `POST /v1/redemptions`

use axum::extract::State;
use axum::response::Response;
use baoyulan_ledger::command::{Command, Redeem};
use baoyulan_ledger::shop::Line;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::receipts::{ReceiptBody, answer};
use super::{Body, typed};
use crate::auth::Caller;
use crate::auth::permissions::Place;
use crate::auth::permissions::redemptions::REDEEM;
use crate::posting::{IdempotencyKey, post};
use crate::problem::{PostingProblems, Problem};
use crate::state::App;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(create))
}

/// What somebody wants to have for their points.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Redemption {
    /// The card number, ten digits.
    #[schema(example = "1000186983")]
    #[serde(deserialize_with = "typed::digits")]
    card: String,
    /// The code of the station that hands it over.
    #[schema(example = "S01")]
    #[serde(deserialize_with = "typed::code")]
    station: String,
    /// 1 to 10 offers, each of them once.
    #[schema(min_items = 1, max_items = 10)]
    lines: Vec<RedemptionLine>,
    /// The total that the person was shown, in points. If it is another one by now, the redemption is refused as
    /// `price_changed`.
    #[schema(required = false)]
    #[serde(default, deserialize_with = "typed::integer_if_any")]
    points_shown: Option<i64>,
    /// At a kiosk: the member of staff who vouched for the person where no PIN was typed, as `staff-checks` names them.
    /// The journal keeps it.
    #[schema(required = false, max_length = 64)]
    attended_by: Option<String>,
}

/// An offer and how many of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RedemptionLine {
    /// The offer's code.
    #[schema(example = "G10")]
    #[serde(deserialize_with = "typed::code")]
    sku: String,
    /// Pieces or places, 1 or more.
    #[schema(example = 1, minimum = 1)]
    #[serde(deserialize_with = "typed::integer")]
    pieces: i64,
}

/// Exchanges points for goods or services.
///
/// The volunteer gives points, the station gives pieces of its stock, and there is one receipt.
#[utoipa::path(
    post,
    path = "/v1/redemptions",
    operation_id = "create_redemption",
    tag = "redemptions",
    params(IdempotencyKey),
    request_body = Redemption,
    responses(
        (status = 201, description = "It is done and will not be lost", body = ReceiptBody,
            headers(("Location" = String, description = "The receipt"), ("Idempotency-Replayed" = String, description = "`true` if this is the answer to an earlier request"))),
        PostingProblems,
    ),
    security(("credential" = []))
)]
pub async fn create(
    State(app): State<App>,
    caller: Caller,
    key: IdempotencyKey,
    Body(redemption): Body<Redemption>,
) -> Result<Response, Problem> {
    caller.may(REDEEM, Place { station: Some(&redemption.station), member: None })?;
    let lines = redemption.lines.into_iter().map(|line| Line { sku: line.sku, pieces: line.pieces });
    let command = Command::Redeem(Redeem {
        card: redemption.card,
        station: redemption.station,
        lines: lines.collect(),
        points_shown: redemption.points_shown,
    });
    answer(&app, &post(&app, &caller, &key, redemption.attended_by, command).await?)
}
