//! `POST /v1/reversals`

use axum::extract::State;
use axum::response::Response;
use baoyulan_ledger::command::{Command, ReverseRedemption};
use baoyulan_ledger::people::Role;
use baoyulan_ledger::proof::ReceiptNumber;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::receipts::{ReceiptBody, answer, shows_to};
use super::redemptions::RedemptionLine;
use super::{Body, typed};
use crate::auth::Caller;
use crate::auth::permissions::Place;
use crate::auth::permissions::reversals::REVERSE;
use crate::auth::visit::{self, VisitToken};
use crate::posting::{IdempotencyKey, Presence, post};
use crate::presented::as_printed;
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
    /// What comes back: 1 to 10 of the receipt's offers, each of them once, and at most the pieces that are left of it. All that
    /// is left, if there are no lines.
    #[schema(required = false, min_items = 1, max_items = 10)]
    #[serde(default, deserialize_with = "typed::objects_if_any")]
    lines: Option<Vec<RedemptionLine>>,
}

/// Reverses a redemption, whole or in part.
///
/// The same lots of points and the same pieces come back, and they no longer count against the month's limit. Every piece comes back
/// once: several reversals may name one redemption, each with a receipt that lists what it takes back.
#[utoipa::path(
    post,
    path = "/v1/reversals",
    operation_id = "create_reversal",
    tag = "redemptions",
    params(IdempotencyKey, VisitToken),
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
    visit: VisitToken,
    Body(reversal): Body<Reversal>,
) -> Result<Response, Problem> {
    // What is not a number names no station: the rule tells whoever may act everywhere, everybody else is turned away.
    let receipt = as_printed(app.ledger()?, &reversal.receipt).await?;
    let number = ReceiptNumber::parse(&receipt);
    let station = number.as_ref().map(|number| number.station.as_str());
    caller.may(REVERSE, Place { station, member: None })?;
    let presence = presence(&app, &caller, visit, number.as_ref()).await?;
    let lines = reversal.lines.map(|lines| lines.into_iter().map(RedemptionLine::line).collect());
    let command = Command::ReverseRedemption(ReverseRedemption { receipt, lines });
    answer(&app, &post(&app, &caller, &key, presence, command).await?)
}

/// A device takes back for the person of its visit, or for the member of staff who is there.
async fn presence(
    app: &App,
    caller: &Caller,
    token: VisitToken,
    number: Option<&ReceiptNumber>,
) -> Result<Presence, Problem> {
    if caller.role != Role::Device {
        return Ok(Presence::default());
    }
    let Some(visit) = visit::current(app, caller, token).await? else {
        return Ok(Presence { is_over: true, ..Presence::default() });
    };
    let issued = match number {
        Some(number) => app.ledger()?.issued_receipt(number).await?,
        None => None,
    };
    let is_theirs = match issued {
        Some(issued) => shows_to(app, &visit, &issued.token).await?,
        // The rule says that there is none.
        None => true,
    };
    Ok(Presence { named: None, attended_by: visit.attended_by, is_over: !is_theirs })
}
