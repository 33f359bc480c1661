//! `POST /v1/redemptions`

use axum::extract::State;
use axum::response::Response;
use baoyulan_ledger::command::{Command, Redeem};
use baoyulan_ledger::people::{CardNumber, MemberId, Role};
use baoyulan_ledger::shop::Line;
use baoyulan_ledger::text::person_key;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::receipts::{ReceiptBody, answer};
use super::{Body, typed};
use crate::auth::Caller;
use crate::auth::permissions::Place;
use crate::auth::permissions::redemptions::REDEEM;
use crate::auth::visit::{self, VisitToken};
use crate::posting::{IdempotencyKey, Presence, post};
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
    #[serde(deserialize_with = "typed::objects")]
    lines: Vec<RedemptionLine>,
    /// The total that the person was shown, in points. If it is another one by now, the redemption is refused as
    /// `price_changed`.
    #[schema(required = false)]
    #[serde(default, deserialize_with = "typed::integer_if_any")]
    points_shown: Option<i64>,
    /// The member of staff who vouches for the person, as `staff-checks` names them. It need not be sent: the service knows
    /// it from the visit. If it is sent, it must be the one of the visit, or the caller.
    #[schema(required = false, max_length = 64)]
    #[serde(default, deserialize_with = "typed::code_if_any")]
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

impl RedemptionLine {
    pub fn line(self) -> Line {
        Line { sku: self.sku, pieces: self.pieces }
    }
}

/// Exchanges points for goods or services.
///
/// The volunteer gives points, the station gives pieces of its stock, and there is one receipt.
#[utoipa::path(
    post,
    path = "/v1/redemptions",
    operation_id = "create_redemption",
    tag = "redemptions",
    params(IdempotencyKey, VisitToken),
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
    visit: VisitToken,
    Body(redemption): Body<Redemption>,
) -> Result<Response, Problem> {
    caller.may(REDEEM, Place { station: Some(&redemption.station), member: None })?;
    let presence = presence(&app, &caller, visit, &redemption).await?;
    let lines = redemption.lines.into_iter().map(RedemptionLine::line);
    let command = Command::Redeem(Redeem {
        card: redemption.card,
        station: redemption.station,
        lines: lines.collect(),
        points_shown: redemption.points_shown,
    });
    answer(&app, &post(&app, &caller, &key, presence, command).await?)
}

/// A device redeems for the person of its visit alone. If a request names somebody who vouches, it must be the one who does.
async fn presence(app: &App, caller: &Caller, token: VisitToken, redemption: &Redemption) -> Result<Presence, Problem> {
    let named = redemption.attended_by.clone();
    if caller.role != Role::Device {
        return vouched(&named, Some(&caller.actor)).map(|()| Presence { named, ..Presence::default() });
    }
    let visit = visit::current(app, caller, token).await?;
    let member = member_of(app, &redemption.card).await?;
    match visit.filter(|visit| visit.member.is_some() && visit.member == member) {
        None => Ok(Presence { named, attended_by: None, is_over: true }),
        Some(visit) => {
            vouched(&named, visit.attended_by.as_deref())?;
            Ok(Presence { named, attended_by: visit.attended_by, is_over: false })
        }
    }
}

fn vouched(named: &Option<String>, vouching: Option<&str>) -> Result<(), Problem> {
    match named.as_deref() {
        Some(named) if vouching.is_none_or(|vouching| person_key(named) != person_key(vouching)) => {
            Err(Problem::refused("not_staff", "the member of staff who is named does not vouch for this person here"))
        }
        _ => Ok(()),
    }
}

async fn member_of(app: &App, card: &str) -> Result<Option<MemberId>, Problem> {
    let Some(card) = CardNumber::parse(card) else { return Ok(None) };
    Ok(app.ledger()?.volunteer_account(card).await?.map(|account| account.member))
}
