//! Credentials of the API: `Authorization: Bearer pb_<credential>_<secret>`.
//!
//! The bank keeps the credential's code and the SHA-256 of the whole token. A token has 160 random bits, so a fast hash
//! is enough. Every request looks the credential up, so a revoked one opens nothing from that moment on.

use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, StatusCode, header, request::Parts};
use baoyulan_ledger::people::{Credential, MemberId, Role};
use baoyulan_ledger::proof::sha256;
use baoyulan_ledger::text::base32;
use subtle::ConstantTimeEq;

use super::permissions::{Action, Place, may};
use crate::logs;
use crate::problem::Problem;
use crate::state::App;

#[derive(Debug, Clone)]
pub struct Caller {
    /// The credential's code, which is also the scope of the caller's ids.
    pub credential: String,
    /// Whom the records name.
    pub actor: String,
    pub role: Role,
    /// The one station where they may act; empty if they may act at all of them.
    pub station: String,
    /// The member's number, if the caller is a volunteer.
    pub member: Option<MemberId>,
}

impl Caller {
    /// 403 if they may not.
    pub fn may(&self, action: Action, place: Place<'_>) -> Result<(), Problem> {
        if may(self, action, place) { Ok(()) } else { Err(Problem::forbidden()) }
    }
}

impl From<Credential> for Caller {
    fn from(credential: Credential) -> Self {
        Self {
            member: credential.member,
            credential: credential.code,
            actor: credential.actor,
            role: credential.role,
            station: credential.station,
        }
    }
}

/// A token that was just made. Later, nobody but its owner has it.
pub struct NewToken {
    pub code: String,
    pub token: String,
}

impl NewToken {
    /// `None` if the operating system gives no random bytes.
    pub fn random() -> Option<Self> {
        let part = || {
            let mut random = [0; 10];
            getrandom::fill(&mut random).ok()?;
            Some(base32(random))
        };
        let (code, secret) = (part()?, part()? + &part()?);
        Some(Self { token: format!("pb_{code}_{secret}"), code })
    }
}

pub fn no_randomness() -> anyhow::Error {
    anyhow::anyhow!("the operating system gives no random bytes")
}

/// SHA-256: what the bank keeps of a token.
pub fn token_hash(token: &str) -> [u8; 32] {
    sha256(&[token.as_bytes()])
}

/// The credential's code in a token; `None` if it does not look like a token.
fn code_of(token: &str) -> Option<&str> {
    let (code, secret) = token.strip_prefix("pb_")?.split_once('_')?;
    let plain = |text: &str, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (plain(code, 16) && plain(secret, 32)).then_some(code)
}

/// The credential that a token belongs to; 401 if either is not valid now.
pub async fn credential_of(app: &App, token: &str) -> Result<Credential, Problem> {
    let code = code_of(token).ok_or_else(Problem::unauthenticated)?;
    let ledger = app.ledger()?;
    let credential = ledger.access().credential(code).await?.ok_or_else(Problem::unauthenticated)?;
    let is_its_own: bool = token_hash(token).ct_eq(&credential.token_hash).into();
    if is_its_own && credential.is_valid(ledger.running_now()) {
        Ok(credential)
    } else {
        Err(Problem::unauthenticated())
    }
}

pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let address = app.client_address(parts);
        let known = match bearer(&parts.headers) {
            Some(token) => credential_of(app, token).await,
            None => Err(Problem::unauthenticated()),
        };
        match known {
            Ok(credential) => {
                logs::note_credential(parts, &credential.code);
                app.limits().credential(&credential.code)?;
                Ok(Self::from(credential))
            }
            Err(problem) => {
                // Only guesses are limited: a valid credential is not slowed down by a neighbour's bad ones, nor by a
                // bank that cannot be reached.
                if problem.status() == StatusCode::UNAUTHORIZED {
                    app.limits().guess(address)?;
                }
                Err(problem)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_its_credential_and_nothing_else_does() {
        let new = NewToken::random().unwrap();
        assert_eq!(code_of(&new.token), Some(new.code.as_str()));
        assert_eq!(new.token.len(), 3 + 16 + 1 + 32);
        for wrong in ["", "pb_", "pb__", "pb_a_b", &new.token[1..], &format!("{}0", new.token)] {
            assert_eq!(code_of(wrong), None, "{wrong}");
        }
    }
}
