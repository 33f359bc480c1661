//! `GET /v1/bank`

use axum::Json;
use axum::extract::State;
use baoyulan_ledger::people::Role;
use data_encoding::HEXLOWER;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::Caller;
use crate::auth::permissions::Place;
use crate::auth::permissions::bank::READ_BANK;
use crate::problem::{CommonProblems, Problem};
use crate::state::App;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show))
}

/// The bank's fixed facts, and its journal.
#[derive(Debug, Serialize, ToSchema)]
pub struct Bank {
    /// The name on its receipts.
    #[schema(example = "baoyulan")]
    issuer: String,
    /// The time zone in which its days, months and years begin, by its IANA name.
    #[schema(example = "Asia/Shanghai")]
    zone: String,
    /// How far its journal reaches.
    journal: Journal,
    /// Whose credential was shown.
    credential: Shown,
}

/// A credential, for whoever sets a device up.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ShownCredential)]
pub struct Shown {
    /// What its owner is to the bank.
    #[schema(value_type = String, example = "device")]
    role: Role,
    /// The one station where it may act; null for all.
    #[schema(example = "S01")]
    station: Option<String>,
}

/// The head of the journal.
#[derive(Debug, Serialize, ToSchema)]
pub struct Journal {
    /// How many records it has: one more than the position of the last one.
    size: u64,
    /// The root of its tree, SHA-256 in lower-case hexadecimal digits.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    root: String,
}

/// The bank's fixed facts, and how far its journal reaches now. Everything that was answered before is in it.
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
    caller.may(READ_BANK, Place::default())?;
    let ledger = app.ledger()?;
    let (size, root) = ledger.journal_head().await?;
    let facts = ledger.bank();
    Ok(Json(Bank {
        issuer: facts.issuer.clone(),
        zone: facts.time_zone.clone(),
        journal: Journal { size, root: HEXLOWER.encode(&root) },
        credential: Shown { role: caller.role, station: Some(caller.station).filter(|station| !station.is_empty()) },
    }))
}
