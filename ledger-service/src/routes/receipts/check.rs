//! `POST /v1/receipt-checks`: what the bank says of a receipt that anybody holds. Nothing personal is in the answer.

use axum::Json;
use axum::extract::State;
use axum::http::request::Parts;
use baoyulan_ledger::proof::Digest;
use baoyulan_ledger::proof::typed::Typed;
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::{ReceiptLine, ReceiptReturn, lines};
use crate::presented::{self, Held, Standing};
use crate::problem::{Problem, ProblemBody};
use crate::routes::{Amount, Body, instant};
use crate::state::App;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(check))
}

/// The receipt that somebody holds.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiptCheck {
    /// The number, as it is printed; in any case.
    #[schema(example = "S01-26-000042")]
    number: String,
    /// The receipt's id: the SHA-256 of its token, in base64url without padding. With it, another receipt of the same number
    /// is not taken for it.
    #[schema(required = false, pattern = "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$")]
    receipt_id: Option<String>,
}

/// What the bank says of it.
#[derive(Serialize, ToSchema)]
pub struct CheckedReceipt {
    /// Whether the bank has this receipt: of this number and, where an id was sent, with this id.
    in_bank: bool,
    /// The receipt, where the bank has it.
    #[schema(required = false)]
    receipt: Option<KnownReceipt>,
}

/// A receipt of the bank, without whose it is and what they have left.
#[derive(Serialize, ToSchema)]
pub struct KnownReceipt {
    /// The number, as it is printed.
    #[schema(example = "S01-26-000042")]
    receipt_number: String,
    standing: ReceiptStanding,
    /// The number of the reversal's receipt, where it has been reversed; of the last one, where several took it back.
    #[schema(required = false)]
    reversed_by: Option<String>,
    /// The reversals that took something back, the first one first. Empty where nothing has come back.
    returns: Vec<ReceiptReturn>,
    /// The number of the receipt that it reverses, where it is the receipt of a reversal.
    #[schema(required = false)]
    reverses: Option<String>,
    /// When it was posted, RFC 3339, UTC.
    #[schema(format = DateTime)]
    posted_at: String,
    /// The code of the station.
    station: String,
    /// What was exchanged, or taken back.
    lines: Vec<ReceiptLine>,
    /// The points of all lines together.
    points: Amount,
}

/// How it stands with a receipt.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptStanding {
    /// Nothing of the redemption has come back.
    Stands,
    /// Some of its pieces have come back; it stands for the others.
    PartlyReturned,
    /// The redemption has been reversed: every piece has come back.
    Reversed,
    /// It is the receipt of a reversal.
    Reversal,
}

impl KnownReceipt {
    fn of(held: &Held) -> Self {
        let Held { issued, receipt } = held;
        let standing = held.standing();
        let last = issued.returns.last().filter(|_| standing == Standing::Reversed);
        Self {
            receipt_number: receipt.number.clone(),
            standing: match standing {
                Standing::Stands => ReceiptStanding::Stands,
                Standing::PartlyReturned => ReceiptStanding::PartlyReturned,
                Standing::Reversed => ReceiptStanding::Reversed,
                Standing::Reversal => ReceiptStanding::Reversal,
            },
            reversed_by: last.map(|last| last.receipt.to_string()),
            returns: issued.returns.iter().map(ReceiptReturn::of).collect(),
            reverses: issued.reverses.as_ref().map(ToString::to_string),
            posted_at: instant(receipt.issued_at),
            station: receipt.station.clone(),
            lines: lines(receipt),
            points: Amount::points(receipt.points),
        }
    }
}

/// Tells whether the bank has a receipt, and whether it still stands. The receipt itself cannot say either.
///
/// Anybody may ask. Only with the receipt's id does the answer mean the very receipt that somebody holds. Without it, each
/// question counts, and beyond the limit the answer is 429.
#[utoipa::path(
    post,
    path = "/v1/receipt-checks",
    operation_id = "check_receipt",
    tag = "receipts",
    request_body = ReceiptCheck,
    responses(
        (status = 200, description = "Whether the bank has it, and how it stands", body = CheckedReceipt),
        (status = 400, description = "The request cannot be understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The bank cannot be reached", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub async fn check(
    State(app): State<App>,
    parts: Parts,
    Body(check): Body<ReceiptCheck>,
) -> Result<Json<CheckedReceipt>, Problem> {
    let id = check.receipt_id.as_deref().map(id_of).transpose()?;
    if id.is_none() {
        app.limits().look_up(app.client_address(&parts))?;
    }
    let held = match (Typed::read(&check.number), &id) {
        (Typed::Number(number), Some(id)) => presented::by_typed_id(&app, &number, id).await?,
        (Typed::Number(number), None) => presented::by_number(&app, &number).await?,
        (Typed::Nothing | Typed::Unread | Typed::Several | Typed::Incomplete | Typed::Token(_), _) => None,
    };
    Ok(Json(CheckedReceipt { in_bank: held.is_some(), receipt: held.as_ref().map(KnownReceipt::of) }))
}

fn id_of(text: &str) -> Result<Digest, Problem> {
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| Problem::bad_body("/receipt_id", "expected a SHA-256 in base64url without padding"))
}
