//! `POST /v1/pin-checks` and `POST /v1/staff-checks`: who stands at a station's kiosk

use axum::Json;
use axum::extract::State;
use axum::http::request::Parts;
use baoyulan_ledger::access::Entrant;
use baoyulan_ledger::people::{CardNumber, CardState, Door, Role};
use baoyulan_ledger::store::member::VolunteerAccount;
use baoyulan_ledger::{Ledger, Rejection};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::visits::Visitor;
use super::{Body, typed};
use crate::auth::Caller;
use crate::auth::credential::credential_of;
use crate::auth::permissions::Place;
use crate::auth::permissions::checks::CHECK_PIN;
use crate::auth::pin::{self, Asker, Refused};
use crate::auth::visit::{self, serves_at};
use crate::problem::{CommonProblems, Problem, ProblemBody};
use crate::state::App;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(pin)).routes(routes!(staff))
}

/// A card and the PIN that somebody typed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PinCheck {
    /// The card number, ten digits.
    #[schema(example = "1000186983")]
    #[serde(deserialize_with = "typed::digits")]
    card: String,
    /// The PIN, six digits.
    #[schema(example = "482913")]
    pin: String,
}

/// A person who has shown who they are.
#[derive(Debug, Serialize, ToSchema)]
pub struct Admission {
    /// To a device: the token of the visit that begins now, for the header `Visit-Token`. Null to others.
    #[schema(required = false)]
    visit: Option<String>,
    /// The person.
    volunteer: Visitor,
}

/// Tells whether a PIN is the right one for a card, and begins a visit at the device that asks.
///
/// It changes no account, so it needs no key. Wrong PINs are counted.
#[utoipa::path(
    post,
    path = "/v1/pin-checks",
    operation_id = "check_pin",
    tag = "checks",
    request_body = PinCheck,
    responses(
        (status = 200, description = "The PIN is right: the volunteer", body = Admission),
        (status = 400, description = "The request cannot be understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "There is no valid credential", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The caller's role does not allow it", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`pin_wrong`: the card or the PIN is wrong, and it is not said which; `card_blocked`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "`pin_wait` after too many wrong PINs, or too many requests", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The bank cannot be reached", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("credential" = []))
)]
pub async fn pin(
    State(app): State<App>,
    caller: Caller,
    Body(check): Body<PinCheck>,
) -> Result<Json<Admission>, Problem> {
    caller.may(CHECK_PIN, Place::default())?;
    let ledger = app.ledger()?;
    match pin::check(&app, &check.card, &check.pin, Asker::Station(&caller.credential)).await? {
        Ok(entrant) => {
            let volunteer = Visitor::of(&active_account(ledger, &check.card).await?, ledger).await?;
            let visit = visit::begin(&app, &caller, Some(entrant), None).await?;
            Ok(Json(Admission { visit, volunteer }))
        }
        Err(Refused::Wrong) => Err(Problem::refused("pin_wrong", "the card number or the PIN is wrong")),
        Err(Refused::Blocked) => Err(Rejection::CardBlocked.into()),
        Err(Refused::Wait(seconds)) => Err(Problem::wait("pin_wait", seconds)),
    }
}

/// The account of a card that may be used.
async fn active_account(ledger: &Ledger, card: &str) -> Result<VolunteerAccount, Problem> {
    let number = CardNumber::parse(card).ok_or(Rejection::CardCheckDigits)?;
    let account = ledger.volunteer_account(number).await?.ok_or(Rejection::UnknownCard)?;
    if account.card_state == CardState::Blocked { Err(Rejection::CardBlocked.into()) } else { Ok(account) }
}

/// Whose card it is for whom staff vouch. How they stand is read before whether the card may be used: a card that is blocked in
/// between has its visit over from the start.
pub async fn vouched_for(ledger: &Ledger, card: &str) -> Result<(Entrant, Visitor), Problem> {
    let number = CardNumber::parse(card).ok_or(Rejection::CardCheckDigits)?;
    let standing = ledger.access().pin_check(number, Door::Station).await?.standing;
    let account = active_account(ledger, card).await?;
    Ok((Entrant { member: account.member, standing }, Visitor::of(&account, ledger).await?))
}

/// The work card that somebody shows.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StaffCheck {
    /// The token of their own credential, as a scanner reads it from the card.
    #[serde(deserialize_with = "typed::code")]
    token: String,
    /// The code of the station where they are.
    #[schema(example = "S01")]
    #[serde(deserialize_with = "typed::code")]
    station: String,
    /// The card number of the person for whom they vouch, if they do.
    #[schema(required = false, example = "1000186983")]
    card: Option<String>,
}

/// A member of staff who may serve at the station.
#[derive(Debug, Serialize, ToSchema)]
pub struct Attendant {
    /// The name under which records show them.
    actor: String,
    role: StaffRole,
    /// To a device: the token of the visit that begins now, for the header `Visit-Token`. Null to others.
    #[schema(required = false)]
    visit: Option<String>,
    /// The person for whom they vouch; null if they named no card.
    #[schema(required = false)]
    volunteer: Option<Visitor>,
}

/// What a member of staff does.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StaffRole {
    /// Serves at a station's counter.
    Teller,
    /// Runs activities and imports.
    Coordinator,
    /// May do everything that staff may.
    Administrator,
}

/// Tells whether a token belongs to a member of staff who may serve at a station, and begins a visit at the device that asks.
///
/// Staff can always vouch for somebody who has no PIN. Without a card, the visit is their own: they look up receipts and
/// reverse them.
#[utoipa::path(
    post,
    path = "/v1/staff-checks",
    operation_id = "check_staff",
    tag = "checks",
    request_body = StaffCheck,
    responses(
        CommonProblems,
        (status = 200, description = "It does: the member of staff", body = Attendant),
        (status = 403, description = "The caller's role does not allow it", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`not_staff`: it is not a work card of this station's staff; `unknown_station`, `unknown_card`, `card_check_digits`, `card_blocked`", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("credential" = []))
)]
pub async fn staff(
    State(app): State<App>,
    caller: Caller,
    parts: Parts,
    Body(check): Body<StaffCheck>,
) -> Result<Json<Attendant>, Problem> {
    caller.may(CHECK_PIN, Place::default())?;
    let not_staff = || Problem::refused("not_staff", "this is not a work card of this station's staff");
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
    // Where the device is, the bank knows better than the device.
    let is_there = caller.role != Role::Device || caller.station == check.station;
    if !is_there || !serves_at(&credential, &check.station) {
        return Err(not_staff());
    }
    let ledger = app.ledger()?;
    if !ledger.station_names().await?.contains_key(&check.station) {
        return Err(Rejection::UnknownStation { station: check.station }.into());
    }
    let (entrant, volunteer) = match &check.card {
        Some(card) => vouched_for(ledger, card).await.map(|(entrant, visitor)| (Some(entrant), Some(visitor)))?,
        None => (None, None),
    };
    let visit = visit::begin(&app, &caller, entrant, Some(&credential)).await?;
    Ok(Json(Attendant { actor: credential.actor, role, visit, volunteer }))
}
