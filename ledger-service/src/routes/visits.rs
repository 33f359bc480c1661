//! `GET /v1/visit` and `DELETE /v1/visit`: the visit at a kiosk in which the device asks

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use baoyulan_ledger::people::MemberId;
use baoyulan_ledger::store::member::VolunteerAccount;
use baoyulan_ledger::{Ledger, Rejection};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Amount;
use super::volunteers::{Lot, lots, state_word};
use crate::auth::Caller;
use crate::auth::permissions::Place;
use crate::auth::permissions::visits::VISIT;
use crate::auth::visit::{self, VisitToken};
use crate::mask::masked;
use crate::problem::{CommonProblems, Problem, ProblemBody};
use crate::state::App;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show, end))
}

/// What a kiosk shows of the person before it, and no more.
#[derive(Debug, Serialize, ToSchema)]
pub struct Visitor {
    /// The card number, ten digits.
    card: String,
    /// `active` or `blocked`.
    card_state: &'static str,
    /// The name, masked: 王*华.
    name: String,
    /// The pseudonym, as it stands on receipts.
    pseudonym: String,
    /// The pieces that they have had this month, by offer: what counts against monthly limits.
    pieces_had: Vec<Amount>,
    /// The points that they can spend now.
    points_spendable: Amount,
    /// The points that are left, by when they expire, the soonest first.
    lots: Vec<Lot>,
}

impl Visitor {
    pub async fn of(account: &VolunteerAccount, ledger: &Ledger) -> Result<Self, Problem> {
        let pieces_had = ledger.pieces_had(account.member).await?;
        let now = ledger.running_now();
        Ok(Self {
            card: account.card.to_string(),
            card_state: state_word(account.card_state),
            name: masked(&account.name),
            pseudonym: account.pseudonym.as_str().to_owned(),
            pieces_had: pieces_had.iter().map(|(sku, pieces)| Amount::pieces(*pieces, sku)).collect(),
            points_spendable: Amount::points(account.points_spendable(now)),
            lots: lots(account, now, ledger.zone()),
        })
    }

    /// `no_visit` if the person is no longer known.
    async fn of_member(member: MemberId, ledger: &Ledger) -> Result<Self, Problem> {
        let card = ledger.card_of_member(member).await?.ok_or(Rejection::NoVisit)?;
        let account = ledger.volunteer_account(card).await?.ok_or(Rejection::NoVisit)?;
        Self::of(&account, ledger).await
    }
}

/// A visit that goes on.
#[derive(Debug, Serialize, ToSchema)]
pub struct Visit {
    /// The member of staff who vouches, under the name that records show; null after a PIN.
    #[schema(required = false)]
    attended_by: Option<String>,
    /// Whose visit it is; null if a member of staff is there without a volunteer.
    #[schema(required = false)]
    volunteer: Option<Visitor>,
}

/// The visit in which the device asks. It counts as used.
#[utoipa::path(
    get,
    path = "/v1/visit",
    operation_id = "show_visit",
    tag = "visits",
    params(VisitToken),
    responses(
        CommonProblems,
        (status = 200, description = "The visit goes on", body = Visit),
        (status = 403, description = "The caller is no device", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`no_visit`: it is over, or there is none", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("credential" = []))
)]
pub async fn show(State(app): State<App>, caller: Caller, token: VisitToken) -> Result<Json<Visit>, Problem> {
    caller.may(VISIT, Place::default())?;
    let visit = visit::required(&app, &caller, token).await?;
    let volunteer = match visit.member {
        Some(member) => Some(Visitor::of_member(member, app.ledger()?).await?),
        None => None,
    };
    Ok(Json(Visit { attended_by: visit.attended_by, volunteer }))
}

/// Ends the visit, if it is not over already.
#[utoipa::path(
    delete,
    path = "/v1/visit",
    operation_id = "end_visit",
    tag = "visits",
    params(VisitToken),
    responses(
        CommonProblems,
        (status = 204, description = "It is over"),
        (status = 403, description = "The caller is no device", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("credential" = []))
)]
pub async fn end(State(app): State<App>, caller: Caller, token: VisitToken) -> Result<StatusCode, Problem> {
    caller.may(VISIT, Place::default())?;
    visit::end(&app, &caller, token).await?;
    Ok(StatusCode::NO_CONTENT)
}
