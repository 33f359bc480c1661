//! `GET /v1/receipts/{number}`, `POST /v1/receipt-checks`, and what the API says of any receipt.

mod body;
mod check;

use axum::Json;
use axum::extract::State;
use baoyulan_ledger::Rejection;
use baoyulan_ledger::people::{MemberId, Role};
use baoyulan_ledger::proof::{Receipt, ReceiptNumber};
use baoyulan_ledger::store::chain::Returned;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::Caller;
use crate::auth::permissions::Place;
use crate::auth::permissions::receipts::READ_RECEIPT;
use crate::auth::visit::{self, Visit, VisitToken};
use crate::presented::as_printed;
use crate::problem::{CommonProblems, Problem, ProblemBody};
use crate::routes::Segment;
use crate::state::App;

pub use body::{ReceiptBody, answer};
use body::{ReceiptReturn, ReceiptReturned};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show)).merge(check::routes())
}

/// A receipt, and whether it still stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct IssuedReceipt {
    #[serde(flatten)]
    receipt: ReceiptBody,
    /// Whether all of the redemption has come back since. The receipt itself does not say.
    reversed: bool,
    /// How much of it has come back.
    returned: ReceiptReturned,
    /// The reversals that took something back, the first one first. Empty where nothing has come back.
    returns: Vec<ReceiptReturn>,
}

/// A receipt as it was signed.
#[utoipa::path(
    get,
    path = "/v1/receipts/{number}",
    operation_id = "show_receipt",
    tag = "receipts",
    params(("number" = String, Path, description = "The receipt's number, `S01-26-000042`"), VisitToken),
    responses(
        CommonProblems,
        (status = 200, description = "The receipt", body = IssuedReceipt),
        (status = 403, description = "It is another station's receipt, or somebody else's", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "To a device, `no_visit`: it shows receipts only in a visit of their person, or of staff", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No receipt has this number", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("credential" = []))
)]
pub async fn show(
    State(app): State<App>,
    caller: Caller,
    visit: VisitToken,
    Segment(number): Segment,
) -> Result<Json<IssuedReceipt>, Problem> {
    let number = ReceiptNumber::parse(&as_printed(app.ledger()?, &number).await?);
    let place = Place { station: number.as_ref().map(|number| number.station.as_str()), member: None };
    // Whether a receipt is the volunteer's own shows only once it has been read. Everybody else is asked first.
    if caller.role != Role::Volunteer {
        caller.may(READ_RECEIPT, place)?;
    }
    let visit = match caller.role {
        Role::Device => Some(visit::required(&app, &caller, visit).await?),
        Role::Volunteer | Role::Teller | Role::Coordinator | Role::Administrator => None,
    };
    let ledger = app.ledger()?;
    let receipt = match &number {
        Some(number) => ledger.issued_receipt(number).await?,
        None => None,
    };
    if let (Some(visit), Some(issued)) = (&visit, &receipt)
        && !shows_to(&app, visit, &issued.token).await?
    {
        return Err(Rejection::NoVisit.into());
    }
    let found = match receipt {
        Some(issued) => Some(IssuedReceipt {
            receipt: ReceiptBody::of(&app, &issued.token)?,
            reversed: issued.returned == Returned::All,
            returned: issued.returned.into(),
            returns: issued.returns.iter().map(ReceiptReturn::of).collect(),
        }),
        None => None,
    };
    if caller.role == Role::Volunteer {
        let own = pseudonym_of(&app, caller.member).await?;
        let is_own = found.as_ref().is_some_and(|found| Some(found.receipt.volunteer()) == own.as_deref());
        caller.may(READ_RECEIPT, Place { member: caller.member.filter(|_| is_own), ..place })?;
    }
    found.map(Json).ok_or_else(|| Problem::not_found("unknown_receipt", "there is no receipt of this number"))
}

/// Whether a receipt is the visiting person's own, or a member of staff is there, who may see any of their station's.
pub async fn shows_to(app: &App, visit: &Visit, token: &str) -> Result<bool, Problem> {
    if visit.member.is_none() {
        return Ok(true);
    }
    let own = pseudonym_of(app, visit.member).await?;
    Ok(Receipt::read_unverified(token).is_some_and(|receipt| Some(receipt.subject) == own))
}

async fn pseudonym_of(app: &App, member: Option<MemberId>) -> Result<Option<String>, Problem> {
    let ledger = app.ledger()?;
    let Some(member) = member else { return Ok(None) };
    let Some(card) = ledger.card_of_member(member).await? else { return Ok(None) };
    let account = ledger.volunteer_account(card).await?;
    Ok(account.map(|account| account.pseudonym.as_str().to_owned()))
}
