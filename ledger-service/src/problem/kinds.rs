//! Each kind of problem: its status, its code and its words.

use axum::http::StatusCode;
use baoyulan_ledger::Rejection;
use page_parts::rejection;

use super::{FieldError, Problem};

/// After so many seconds an import may be over, so that there is room for an upload.
const UPLOAD_AGAIN_SECONDS: u64 = 30;

impl Problem {
    pub fn bad_request(code: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, "The request cannot be understood", detail)
    }

    /// The path or the query is not UTF-8 in percent.
    pub fn unreadable_address() -> Self {
        let detail = "the address is malformed: after a % stand two hexadecimal digits, and together they are UTF-8";
        Self::bad_request("invalid_address", detail)
    }

    /// The body is wrong at that place, an RFC 6901 JSON pointer.
    pub fn bad_body(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        let error = FieldError { pointer: pointer.into(), detail: detail.into() };
        let detail = format!("the body is not what it must be: {}", error.detail);
        Self { errors: vec![error], ..Self::bad_request("invalid_body", detail) }
    }

    /// The request shows no credential, or none that is valid.
    pub fn unauthenticated() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthenticated",
            "Who are you?",
            "send a valid credential as `Authorization: Bearer <token>`; an administrator issues them",
        )
    }

    /// The credential is valid, but does not allow this.
    pub fn forbidden() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            "You may not do that",
            "this credential's role or station does not allow it; ask an administrator",
        )
    }

    /// A form was sent from a page of another site.
    pub fn cross_site() -> Self {
        let detail = "the form was not sent from a page of this site: open the page here and send it again";
        Self::new(StatusCode::FORBIDDEN, "cross_site", "The form came from another site", detail)
    }

    /// Nothing has that name. Where the rules have the same code, it is said in their words.
    pub fn not_found(code: &str, detail: impl Into<String>) -> Self {
        let rejection = rejection::read(&serde_json::json!({ "code": code })).map(Box::new);
        Self { rejection, ..Self::new(StatusCode::NOT_FOUND, code, "Nothing has that name", detail) }
    }

    /// Nothing has the name that the rejection names.
    pub fn unknown(rejection: Rejection) -> Self {
        Self::not_found(&rejection.code(), "").by_rule(rejection)
    }

    pub fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "The method is not allowed here",
            "see the Allow header, or /v1/docs",
        )
    }

    /// The body is of another media type than `expected`.
    pub fn unsupported_media_type(expected: &str) -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "The body is not of the right type",
            format!("send {expected}"),
        )
    }

    pub fn too_large(bytes_max: u64) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body_too_large",
            "The body is too large",
            format!("send at most {bytes_max} bytes"),
        )
    }

    /// The body came so slowly that it was given up.
    pub fn too_slow() -> Self {
        let detail = "the body came too slowly and was given up; the same request may be sent again";
        Self {
            retryable: true,
            ..Self::new(StatusCode::REQUEST_TIMEOUT, "body_too_slow", "The body came too slowly", detail)
        }
    }

    /// The first request under this key is still running.
    pub fn in_progress() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "in_progress",
            "It is still being done",
            "the outcome is not known yet: send the same request again under the same key",
        )
        .again_after(2)
    }

    /// Refused by a rule of the service itself, which the ledger does not know.
    pub fn refused(code: &str, detail: &str) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, "Refused, by rule: nothing was changed", detail)
    }

    /// Too many guesses were wrong; the next one has to wait.
    pub fn wait(code: &str, seconds: i64) -> Self {
        let detail = format!("too many were wrong: wait {seconds} s, or ask a member of staff");
        Self::new(StatusCode::TOO_MANY_REQUESTS, code, "Too many wrong tries", detail)
            .again_after(seconds.unsigned_abs())
    }

    pub fn too_many_requests(retry_after_seconds: u64) -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_requests",
            "Too many requests",
            format!("wait {retry_after_seconds} s and try again"),
        )
        .again_after(retry_after_seconds)
    }

    /// So much was uploaded before, and is not imported yet, that there is no room.
    pub fn too_many_uploads(reason: &str) -> Self {
        let detail = format!("{reason}: wait until one is done or has failed, then send the same request again");
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_uploads", "Too much is waiting to be imported", detail)
            .again_after(UPLOAD_AGAIN_SECONDS)
    }

    /// The bank is not open yet, or cannot be reached.
    pub fn unavailable(reason: &str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "The bank cannot be reached", reason).again_after(2)
    }

    /// Something broke; the words are in the log, not here.
    pub fn broken(code: &str) -> Self {
        let detail = "the operator's log says more; the same request may be sent again under the same key";
        Self {
            retryable: true,
            ..Self::new(StatusCode::INTERNAL_SERVER_ERROR, code, "Something broke on our side", detail)
        }
    }
}
