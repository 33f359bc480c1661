//! `GET /v1/volunteers/{card}`, its balance and its statement.

mod account;
mod statement;

use axum::Json;
use axum::extract::State;
use baoyulan_ledger::people::CardNumber;
use baoyulan_ledger::store::member::VolunteerAccount;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::Caller;
use crate::auth::permissions::Place;
use crate::auth::permissions::volunteers::READ_VOLUNTEER;
use crate::problem::{CommonProblems, Problem, ProblemBody};
use crate::routes::Segment;
use crate::state::App;

pub use account::{Balance, Lot, Volunteer, lots, state_word};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show)).routes(routes!(balance)).routes(routes!(statement::list))
}

/// The account of a card, if the caller may see it.
pub async fn account(app: &App, caller: &Caller, card: &str) -> Result<VolunteerAccount, Problem> {
    let number = CardNumber::parse(card);
    let account = match number {
        Some(card) => app.ledger()?.volunteer_account(card).await?,
        None => None,
    };
    // Before it is said whether the account exists: volunteers do not learn which cards there are beside their own.
    caller.may(READ_VOLUNTEER, Place { station: None, member: account.as_ref().map(|account| account.member) })?;
    account.ok_or_else(|| match number {
        Some(_) => Problem::not_found("unknown_card", "no volunteer has this card"),
        None => Problem::not_found("card_check_digits", "the card number is mistyped: its check digits do not match"),
    })
}

/// A volunteer, and what they have.
#[utoipa::path(
    get,
    path = "/v1/volunteers/{card}",
    operation_id = "show_volunteer",
    tag = "volunteers",
    params(("card" = String, Path, description = "The card number, ten digits")),
    responses(
        CommonProblems,
        (status = 200, description = "The volunteer", body = Volunteer),
        (status = 403, description = "This account is not for the caller to see", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "Nobody has this card", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("credential" = []))
)]
pub async fn show(State(app): State<App>, caller: Caller, Segment(card): Segment) -> Result<Json<Volunteer>, Problem> {
    let account = account(&app, &caller, &card).await?;
    Ok(Json(Volunteer::of(&account, app.ledger()?).await?))
}

/// What a volunteer has.
#[utoipa::path(
    get,
    path = "/v1/volunteers/{card}/balance",
    operation_id = "show_balance",
    tag = "volunteers",
    params(("card" = String, Path, description = "The card number, ten digits")),
    responses(
        CommonProblems,
        (status = 200, description = "The balance", body = Balance),
        (status = 403, description = "This account is not for the caller to see", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "Nobody has this card", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("credential" = []))
)]
pub async fn balance(State(app): State<App>, caller: Caller, Segment(card): Segment) -> Result<Json<Balance>, Problem> {
    let account = account(&app, &caller, &card).await?;
    let ledger = app.ledger()?;
    Ok(Json(Balance::of(&account, ledger.now(), ledger.zone())))
}
