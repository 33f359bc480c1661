//! What moves points: a command under the caller's key, asked until its outcome is known.

use std::time::Duration;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::{HeaderValue, StatusCode, request::Parts};
use axum::response::{IntoResponse, Response};
use baoyulan_ledger::command::{Channel, Command, Envelope, Key};
use baoyulan_ledger::people::Role;
use baoyulan_ledger::proof::receipt::ReceiptKind;
use baoyulan_ledger::proof::{Receipt, sha256};
use baoyulan_ledger::{Error, Fault, Posted};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{Amount, instant};
use crate::auth::Caller;
use crate::problem::{Problem, REPLAYED};
use crate::state::App;

/// The length of an `Idempotency-Key`, at most.
const KEY_LENGTH_MAX: usize = 255;
/// How often a command is sent again whose outcome is not known, and how long to wait before, in milliseconds.
const AGAIN_AFTER_MS: [u64; 4] = [50, 250, 1000, 2500];

/// The id that these bytes always give.
pub fn id_of(parts: &[&[u8]]) -> Uuid {
    let [.., a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = sha256(parts);
    uuid::Builder::from_custom_bytes([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]).into_uuid()
}

/// The caller's key: made and kept by the caller before the request is sent for the first time.
#[derive(Debug, Clone, IntoParams)]
#[into_params(names("Idempotency-Key"), parameter_in = Header)]
pub struct IdempotencyKey(
    /// Yours, 1 to 255 printable ASCII characters; a UUIDv7 is best. The same key and body again give the same outcome
    #[param(value_type = String, min_length = 1, max_length = 255, pattern = "^[ -~]+$")]
    Uuid,
);

impl IdempotencyKey {
    fn parse(text: &str) -> Option<Self> {
        let is_plain =
            (1..=KEY_LENGTH_MAX).contains(&text.len()) && text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if !is_plain {
            return None;
        }
        // A UUID in its one usual spelling is the ledger's own kind of id; any other key is one by its hash.
        let own = Uuid::parse_str(text).ok().filter(|id| id.hyphenated().to_string() == text);
        Some(Self(own.unwrap_or_else(|| id_of(&[b"idempotency-key:", text.as_bytes()]))))
    }

    /// The id that the key is in the ledger.
    pub fn id(&self) -> Uuid {
        self.0
    }
}

impl FromRequestParts<App> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let mut values = parts.headers.get_all("idempotency-key").iter();
        let (first, second) = (values.next(), values.next());
        let Some(value) = first else {
            let detail =
                "send an Idempotency-Key: make it and keep it before you send, and send it again with every retry";
            return Err(Problem::bad_request("idempotency_key_missing", detail));
        };
        let key = value.to_str().ok().filter(|_| second.is_none()).and_then(Self::parse);
        key.ok_or_else(|| {
            let detail = "an Idempotency-Key is one header of 1 to 255 printable ASCII characters";
            Problem::bad_request("idempotency_key_invalid", detail)
        })
    }
}

/// Posts a command under the caller's key, and again under the same one while its outcome is not known.
///
/// # Errors
/// 422 where a rule says no, 409 where it takes too long, 503 where the bank cannot be reached.
pub async fn post(
    app: &App,
    caller: &Caller,
    key: &IdempotencyKey,
    attended_by: Option<String>,
    command: Command,
) -> Result<Posted, Problem> {
    let wait = Duration::from_secs(app.settings().limits.wait_seconds_max);
    let envelope = envelope(caller, key, attended_by, command);
    tokio::time::timeout(wait, until_known(app, envelope)).await.unwrap_or_else(|_| Err(Problem::in_progress()))
}

fn envelope(caller: &Caller, key: &IdempotencyKey, attended_by: Option<String>, command: Command) -> Envelope {
    let is_device = caller.role == Role::Device;
    Envelope {
        key: Some(Key { credential: caller.credential.clone(), id: key.id() }),
        reason: attended_by.map(|actor| format!("attended by {actor}")).unwrap_or_default(),
        device: if is_device { caller.credential.clone() } else { String::new() },
        ..Envelope::unkeyed(&caller.actor, if is_device { Channel::Kiosk } else { Channel::Api }, command)
    }
}

/// A fault leaves the outcome open; the id settles it. So the same command is sent again, as the caller would do it.
async fn until_known(app: &App, envelope: Envelope) -> Result<Posted, Problem> {
    let ledger = app.ledger()?;
    for wait in AGAIN_AFTER_MS {
        match ledger.post(envelope.clone()).await {
            Err(Error::Fault(Fault::Database { .. } | Fault::OutcomeUnknown { .. })) => {
                metrics::counter!("points_bank_posts_sent_again_total").increment(1);
                tokio::time::sleep(Duration::from_millis(wait)).await;
            }
            outcome => return Ok(outcome?),
        }
    }
    Ok(ledger.post(envelope).await?)
}

/// A line of a receipt.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceiptLine {
    /// The offer's code.
    sku: String,
    /// How many.
    pieces: Amount,
    /// Points for one.
    points_each: Amount,
}

/// A redemption, or its reversal, with its receipt.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceiptBody {
    /// The receipt's number, as it is printed.
    #[schema(example = "S01-26-000042")]
    receipt_number: String,
    /// `redemption` or `reversal`.
    kind: &'static str,
    /// The receipt itself: a JWS that anybody can check with `/.well-known/jwks.json`.
    receipt: String,
    /// The address to check it at, as it stands in the QR code.
    receipt_url: String,
    /// Its position in the journal.
    position: i64,
    /// When, RFC 3339, UTC.
    #[schema(format = DateTime)]
    posted_at: String,
    /// At which station.
    station: String,
    /// The volunteer's pseudonym.
    volunteer: String,
    /// What was exchanged.
    lines: Vec<ReceiptLine>,
    /// Points in all.
    points: Amount,
    /// Points that the volunteer could spend after it; expired ones are not among them.
    #[schema(required = false)]
    points_left: Option<Amount>,
}

impl ReceiptBody {
    /// What a token of the bank's own says.
    ///
    /// # Errors
    /// 500 where it cannot be read.
    pub fn of(app: &App, token: &str) -> Result<Self, Problem> {
        let receipt = Receipt::read_unverified(token).ok_or_else(|| Problem::broken("damaged"))?;
        let lines = receipt.lines.iter().map(|(sku, pieces, points_each)| ReceiptLine {
            sku: sku.clone(),
            pieces: Amount::pieces(*pieces, sku),
            points_each: Amount::points(*points_each),
        });
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
            lines: lines.collect(),
            points: Amount::points(receipt.points),
            points_left: receipt.balance.map(Amount::points),
        })
    }
}

impl ReceiptBody {
    /// The volunteer's pseudonym.
    pub fn volunteer(&self) -> &str {
        &self.volunteer
    }
}

/// What a posting with a receipt is answered with: the same whenever it is asked again.
///
/// # Errors
/// 500 where there is no receipt.
pub fn answer(app: &App, posted: &Posted) -> Result<Response, Problem> {
    let token = posted.receipt.as_deref().ok_or_else(|| Problem::broken("damaged"))?;
    let body = ReceiptBody::of(app, token)?;
    let location = HeaderValue::try_from(format!("/v1/receipts/{}", body.receipt_number));
    let mut response = (StatusCode::CREATED, Json(body)).into_response();
    if let Ok(location) = location {
        response.headers_mut().insert(axum::http::header::LOCATION, location);
    }
    if posted.replayed {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_one_id_and_another_key_another() {
        let id = |text: &str| IdempotencyKey::parse(text).map(|key| key.id());
        let uuid = "0190f2b1-7c3a-7d1e-9a55-3f1b2c4d5e6f";
        assert_eq!(id(uuid), Uuid::parse_str(uuid).ok());
        assert_ne!(id(&uuid.to_uppercase()), id(uuid));
        assert_eq!(id("kiosk-7/42"), id("kiosk-7/42"));
        assert_ne!(id("kiosk-7/42"), id("kiosk-7/43"));
        for wrong in ["", "a\u{7f}", "钥匙", &"x".repeat(256)] {
            assert_eq!(id(wrong), None, "{wrong}");
        }
        assert!(id(&"x".repeat(255)).is_some());
    }
}
