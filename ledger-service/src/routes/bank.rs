//! `GET /v1/bank`

use axum::Json;
use axum::extract::State;
use data_encoding::HEXLOWER;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::auth::permissions::{Action, Place};
use crate::problem::{CommonProblems, Problem};
use crate::state::App;

/// The bank.
#[derive(Debug, Serialize, ToSchema)]
pub struct Bank {
    /// The name on its receipts.
    #[schema(example = "baoyulan")]
    issuer: String,
    /// IANA name of the zone of its days, months and years.
    #[schema(example = "Asia/Shanghai")]
    zone: String,
    /// Where its journal stands.
    journal: Journal,
}

/// The journal's head.
#[derive(Debug, Serialize, ToSchema)]
pub struct Journal {
    /// How many records it has: one more than the position of the last.
    size: u64,
    /// The root of its tree, SHA-256 in lower-case hexadecimal digits.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    root: String,
}

/// The bank's fixed facts, and where its journal stands now: with everything in it that was answered before.
#[utoipa::path(
    get,
    path = "/v1/bank",
    operation_id = "show_bank",
    tag = "bank",
    responses(
        CommonProblems,
        (status = 200, description = "The bank", body = Bank),
    ),
    security(("credential" = []))
)]
pub async fn show(State(app): State<App>, caller: Caller) -> Result<Json<Bank>, Problem> {
    caller.may(Action::ReadBank, Place::default())?;
    let ledger = app.ledger()?;
    let (size, root) = ledger.journal_head().await?;
    let facts = ledger.bank();
    Ok(Json(Bank {
        issuer: facts.issuer.clone(),
        zone: facts.time_zone.clone(),
        journal: Journal { size, root: HEXLOWER.encode(&root) },
    }))
}
