//! Posting for a caller of the API: one command under the caller's key, sent until its outcome is known.

use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use baoyulan_ledger::command::{Channel, Command, Envelope, Key, reason_of_attendance};
use baoyulan_ledger::people::{Pseudonym, Role};
use baoyulan_ledger::{Error, Fault, Posted, Rejection};
use utoipa::IntoParams;
use uuid::Uuid;

use crate::auth::Caller;
use crate::ids::id_of;
use crate::problem::Problem;
use crate::state::App;

/// Characters of an `Idempotency-Key`.
const KEY_LENGTH_MAX: usize = 255;
/// How long to wait before a command whose outcome is not known is sent again, each time.
const AGAIN_AFTER_MS: [u64; 4] = [50, 250, 1000, 2500];

/// The caller's key, which the caller makes and keeps before the request is sent for the first time.
#[derive(Debug, Clone, IntoParams)]
#[into_params(names("Idempotency-Key"), parameter_in = Header)]
pub struct IdempotencyKey(
    /// Your own key for this request: 1 to 255 printable ASCII characters, best a UUIDv7. Sent again, it gives the same outcome
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
        // The ledger's ids are UUIDs: one in its usual spelling is taken as it is, any other key is hashed.
        let own = Uuid::parse_str(text).ok().filter(|id| id.hyphenated().to_string() == text);
        Some(Self(own.unwrap_or_else(|| id_of(&[b"idempotency-key:", text.as_bytes()]))))
    }

    /// The id under which the ledger keeps the outcome.
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

/// What the door knows about who stands there, beside the caller.
#[derive(Debug, Default)]
pub struct Presence {
    /// Who vouches for the person, if the request itself names them.
    pub named: Option<String>,
    /// Who vouches for the person, as the visit has it.
    pub attended_by: Option<String>,
    /// The visit is over, or there was none.
    pub is_over: bool,
}

/// Posts a command under the caller's key. If the visit is over, nothing is decided any more: an earlier copy's outcome is
/// the answer, and if there is none, no copy is carried out from now on.
///
/// 422 if a rule refuses it, 409 if it takes too long, 503 if the bank cannot be reached.
pub async fn post(
    app: &App,
    caller: &Caller,
    key: &IdempotencyKey,
    presence: Presence,
    command: Command,
) -> Result<Posted, Problem> {
    let wait = Duration::from_secs(app.settings().limits.wait_seconds_max);
    let envelope = envelope(caller, key, presence, command);
    tokio::time::timeout(wait, until_known(app, envelope)).await.unwrap_or_else(|_| Err(Problem::in_progress()))
}

fn envelope(caller: &Caller, key: &IdempotencyKey, presence: Presence, command: Command) -> Envelope {
    let is_device = caller.role == Role::Device;
    Envelope {
        key: Some(Key { credential: caller.credential.as_str().into(), id: key.id() }),
        reason: presence.named.as_deref().map(reason_of_attendance).unwrap_or_default(),
        attended_by: presence.attended_by.unwrap_or_default(),
        turned_away: presence.is_over.then_some(Rejection::NoVisit),
        device: if is_device { caller.credential.clone() } else { String::new() },
        ..Envelope::unkeyed(&caller.actor, if is_device { Channel::Kiosk } else { Channel::Api }, command)
    }
}

/// Posts for a volunteer who is logged in on a page. It has no id: the command's own rule makes a repetition harmless.
pub async fn post_by_member(app: &App, pseudonym: &Pseudonym, command: Command) -> Result<Posted, Problem> {
    let envelope = Envelope::unkeyed(pseudonym.as_str(), Channel::Api, command);
    let wait = Duration::from_secs(app.settings().limits.wait_seconds_max);
    tokio::time::timeout(wait, until_known(app, envelope)).await.unwrap_or_else(|_| Err(Problem::in_progress()))
}

/// A fault leaves the outcome open. The same command under the same id settles it, so it is sent again here, before the
/// caller has to.
async fn until_known(app: &App, envelope: Envelope) -> Result<Posted, Problem> {
    let ledger = app.ledger()?;
    let mut may_be_there = false;
    for wait in AGAIN_AFTER_MS {
        match ledger.post(envelope.clone()).await {
            Err(Error::Fault(fault @ (Fault::Database { .. } | Fault::OutcomeUnknown { .. }))) => {
                may_be_there |= fault.may_have_been_applied();
                metrics::counter!("points_bank_posts_sent_again_total").increment(1);
                tokio::time::sleep(Duration::from_millis(wait)).await;
            }
            outcome => return Ok(outcome?),
        }
    }
    match ledger.post(envelope).await {
        // An earlier one may have been carried out: nobody may hear that nothing was changed.
        Err(Error::Fault(fault)) if may_be_there => {
            Err(Fault::OutcomeUnknown { reason: fault.to_string(), source: None }.into())
        }
        outcome => Ok(outcome?),
    }
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
