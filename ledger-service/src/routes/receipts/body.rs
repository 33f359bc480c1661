//! What the API says of a receipt, read off the receipt itself, so that it is the same whenever it is asked for.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use baoyulan_ledger::Posted;
use baoyulan_ledger::proof::Receipt;
use baoyulan_ledger::proof::receipt::ReceiptKind;
use baoyulan_ledger::store::chain::{self as store, Return, Returned};
use baoyulan_ledger::text::in_path;
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::{Problem, REPLAYED};
use crate::routes::{Amount, instant};
use crate::state::App;

/// A line of a receipt.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceiptLine {
    /// The offer's code.
    sku: String,
    /// How many pieces or places of it.
    pieces: Amount,
    /// Points for one piece.
    points_each: Amount,
}

/// A reversal of a redemption, whole or in part.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceiptReturn {
    /// The number of its own receipt.
    #[schema(example = "S01-26-000043")]
    receipt_number: String,
    /// What came back.
    lines: Vec<ReturnedLine>,
}

/// Pieces of an offer that came back.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReturnedLine {
    /// The offer's code.
    sku: String,
    /// How many pieces or places of it.
    pieces: Amount,
}

/// How much of a redemption has come back.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptReturned {
    /// None of it; so too a reversal's own receipt.
    Nothing,
    /// Some of its pieces.
    Partly,
    /// Every piece.
    All,
}

impl From<Returned> for ReceiptReturned {
    fn from(returned: Returned) -> Self {
        match returned {
            Returned::Nothing => Self::Nothing,
            Returned::Partly => Self::Partly,
            Returned::All => Self::All,
        }
    }
}

impl ReceiptReturn {
    pub fn of(one: &Return) -> Self {
        let line = |line: &store::ReturnedLine| ReturnedLine {
            sku: line.sku.clone(),
            pieces: Amount::pieces(line.pieces, &line.sku),
        };
        Self { receipt_number: one.receipt.to_string(), lines: one.lines.iter().map(line).collect() }
    }
}

/// A redemption or a reversal, with its receipt.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceiptBody {
    /// The receipt's number, as it is printed.
    #[schema(example = "S01-26-000042")]
    receipt_number: String,
    /// `redemption` or `reversal`.
    kind: &'static str,
    /// The receipt itself, a JWS, which anybody can check with `/.well-known/jwks.json`.
    receipt: String,
    /// The address where people check it; the receipt's QR code holds it.
    receipt_url: String,
    /// Its position in the journal.
    position: i64,
    /// When it was posted, RFC 3339, UTC.
    #[schema(format = DateTime)]
    posted_at: String,
    /// The code of the station.
    station: String,
    /// The volunteer's pseudonym, as it is printed.
    volunteer: String,
    /// What was exchanged, or taken back.
    lines: Vec<ReceiptLine>,
    /// The points of all lines together.
    points: Amount,
    /// Points that the volunteer could still spend after it, without expired ones.
    #[schema(required = false)]
    points_left: Option<Amount>,
}

impl ReceiptBody {
    /// Reads one of the bank's own tokens.
    pub fn of(app: &App, token: &str) -> Result<Self, Problem> {
        let receipt = Receipt::read_unverified(token).ok_or_else(|| Problem::broken("damaged"))?;
        Ok(Self {
            receipt_number: receipt.number.clone(),
            kind: match receipt.kind {
                ReceiptKind::Redemption => "redemption",
                ReceiptKind::Reversal => "reversal",
            },
            receipt_url: format!("{}/v#{token}", app.settings().public_url),
            receipt: token.to_owned(),
            position: receipt.position,
            posted_at: instant(receipt.issued_at),
            station: receipt.station.clone(),
            volunteer: receipt.subject.clone(),
            lines: lines(&receipt),
            points: Amount::points(receipt.points),
            points_left: receipt.balance.map(Amount::points),
        })
    }

    pub fn volunteer(&self) -> &str {
        &self.volunteer
    }
}

/// The lines of a receipt.
pub fn lines(receipt: &Receipt) -> Vec<ReceiptLine> {
    let lines = receipt.lines.iter().map(|line| ReceiptLine {
        sku: line.sku.clone(),
        pieces: Amount::pieces(line.pieces, &line.sku),
        points_each: Amount::points(line.points_each),
    });
    lines.collect()
}

/// The answer to a posting that made a receipt.
pub fn answer(app: &App, posted: &Posted) -> Result<Response, Problem> {
    let token = posted.receipt.as_deref().ok_or_else(|| Problem::broken("damaged"))?;
    let body = ReceiptBody::of(app, token)?;
    let location = HeaderValue::try_from(format!("/v1/receipts/{}", in_path(&body.receipt_number)));
    let mut response = (StatusCode::CREATED, Json(body)).into_response();
    if let Ok(location) = location {
        response.headers_mut().insert(header::LOCATION, location);
    }
    if posted.replayed {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(response)
}
