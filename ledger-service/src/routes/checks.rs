//! `POST /v1/pin-checks` and `POST /v1/staff-checks`: who stands at a station's kiosk

use axum::Json;
use axum::extract::State;
use axum::http::request::Parts;
use baoyulan_ledger::people::Role;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Body;
use super::volunteers::{Volunteer, account};
use crate::auth::Caller;
use crate::auth::credential::credential_of;
use crate::auth::permissions::{Action, Place, may};
use crate::auth::pin::{self, Refused};
use crate::problem::{CommonProblems, Problem, ProblemBody};
use crate::state::App;

/// A card and its PIN.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PinCheck {
    /// The card number, ten digits.
    #[schema(example = "1000186983")]
    card: String,
    /// The PIN, six digits.
    #[schema(example = "482913")]
    pin: String,
}

/// Whether a card and a PIN belong together. It moves nothing, so it needs no key; every wrong one is counted.
#[utoipa::path(
    post,
    path = "/v1/pin-checks",
    operation_id = "check_pin",
    tag = "checks",
    request_body = PinCheck,
    responses(
        (status = 200, description = "They do: the volunteer", body = Volunteer),
        (status = 400, description = "The request cannot be understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No valid credential", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "Not this role", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The body is no JSON", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`pin_wrong`: card or PIN, which one is not said; `card_blocked`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "`pin_wait`: too many were wrong; or too many requests", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The bank cannot be reached", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("credential" = []))
)]
pub async fn pin(
    State(app): State<App>,
    caller: Caller,
    Body(check): Body<PinCheck>,
) -> Result<Json<Volunteer>, Problem> {
    caller.may(Action::CheckPin, Place::default())?;
    let ledger = app.ledger()?;
    match pin::check(ledger, &check.card, &check.pin).await? {
        Ok(_) => Ok(Json(Volunteer::of(&account(&app, &caller, &check.card).await?, ledger).await?)),
        Err(Refused::Wrong) => Err(Problem::refused("pin_wrong", "the card number or the PIN is wrong")),
        Err(Refused::Blocked) => Err(baoyulan_ledger::Rejection::CardBlocked.into()),
        Err(Refused::Wait(seconds)) => Err(Problem::wait("pin_wait", seconds)),
    }
}

/// The token that a member of staff shows.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StaffCheck {
    /// Their own credential's token, as a scanner reads it from their work card.
    token: String,
    /// The station where they stand.
    #[schema(example = "S01")]
    station: String,
}

/// A member of staff.
#[derive(Debug, Serialize, ToSchema)]
pub struct Attendant {
    /// Whom the records name.
    actor: String,
    /// The role.
    role: StaffRole,
}

/// The roles of staff.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StaffRole {
    /// Serves at a station's counter.
    Teller,
    /// Runs activities and imports.
    Coordinator,
    /// Everything.
    Administrator,
}

/// Whether a token is that of a member of staff who may serve at a station: the alternative to a PIN, always.
#[utoipa::path(
    post,
    path = "/v1/staff-checks",
    operation_id = "check_staff",
    tag = "checks",
    request_body = StaffCheck,
    responses(
        CommonProblems,
        (status = 200, description = "It is", body = Attendant),
        (status = 403, description = "Not this role", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The body is no JSON", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`not_staff`: it is none, or not of this station", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("credential" = []))
)]
pub async fn staff(
    State(app): State<App>,
    caller: Caller,
    parts: Parts,
    Body(check): Body<StaffCheck>,
) -> Result<Json<Attendant>, Problem> {
    caller.may(Action::CheckPin, Place::default())?;
    let not_staff = || Problem::refused("not_staff", "this is no work card of this station's staff");
    let credential = match credential_of(&app, &check.token).await {
        Ok(credential) => Caller::from(credential),
        Err(problem) if problem.code() == "unauthenticated" => {
            app.limits().guess(app.client_address(&parts))?;
            return Err(not_staff());
        }
        Err(problem) => return Err(problem),
    };
    let role = match credential.role {
        Role::Teller => StaffRole::Teller,
        Role::Coordinator => StaffRole::Coordinator,
        Role::Administrator => StaffRole::Administrator,
        Role::Volunteer | Role::Device => return Err(not_staff()),
    };
    let place = Place { station: Some(&check.station), member: None };
    if !may(&credential, Action::Redeem, place) {
        return Err(not_staff());
    }
    Ok(Json(Attendant { actor: credential.actor, role }))
}
