//! How the API says no: RFC 9457 problems with a stable code.
//!
//! A *rejection* of the ledger's is 422 and final for its key; its `detail` is in the language that the caller asks for with
//! `Accept-Language`, and in English where it asks for none of ours. What is wrong with the request itself is 400 to 415. A
//! *fault*, something broken, is 500 or 503; the same request may be sent again under the same key.

mod answer;
#[cfg(test)]
mod tests;

use axum::http::StatusCode;
use baoyulan_ledger::{Error, Fault, Rejection};
use page_parts::rejection;
use serde::Serialize;
use utoipa::ToSchema;

pub use answer::in_words;

/// The response header that says that the stored answer of an earlier request came back.
pub const REPLAYED: &str = "idempotency-replayed";

/// Something that is wrong with one place of a request.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FieldError {
    /// The place in the body, an RFC 6901 JSON pointer; empty for the body as a whole.
    pub pointer: String,
    /// What is wrong there.
    pub detail: String,
}

/// A no, or something broken, on its way out.
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    code: String,
    title: &'static str,
    detail: String,
    retryable: bool,
    errors: Vec<FieldError>,
    /// Boxed, so that every `Result` with a problem stays small.
    rejection: Option<Box<Rejection>>,
    retry_after_seconds: Option<u32>,
}

/// The body of every answer from 400 on (`application/problem+json`, RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
#[allow(dead_code, reason = "describes what `ProblemDetails` writes")]
pub struct ProblemBody {
    /// A stable reference for this kind of problem, `/problems/<code>`.
    #[schema(format = "uri-reference")]
    r#type: String,
    /// What kind of problem, in a few words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What happened and what to do.
    detail: String,
    /// The stable code; never renamed.
    code: String,
    /// Whether the same wish may succeed later: of a fault under the same key, of a rejection under a new one.
    retryable: bool,
    /// What is wrong with the body, place by place.
    #[schema(required = false)]
    errors: Vec<FieldError>,
}

/// The problems that any request for something of the bank's may have, for the API's description.
#[derive(utoipa::IntoResponses)]
#[allow(dead_code, reason = "describes answers")]
pub enum CommonProblems {
    /// The request cannot be understood
    #[response(status = 400, content_type = "application/problem+json")]
    BadRequest(ProblemBody),
    /// No valid credential
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthenticated(ProblemBody),
    /// Too many requests
    #[response(status = 429, content_type = "application/problem+json")]
    TooMany(ProblemBody),
    /// The bank cannot be reached
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemBody),
}

/// The problems of what moves points.
#[derive(utoipa::IntoResponses)]
#[allow(dead_code, reason = "describes answers")]
pub enum PostingProblems {
    /// The request cannot be understood
    #[response(status = 400, content_type = "application/problem+json")]
    BadRequest(ProblemBody),
    /// No valid credential
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthenticated(ProblemBody),
    /// Not this role, or not this station
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(ProblemBody),
    /// Still being done: ask again under the same key
    #[response(status = 409, content_type = "application/problem+json")]
    InProgress(ProblemBody),
    /// The body is too large
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(ProblemBody),
    /// The body is no JSON
    #[response(status = 415, content_type = "application/problem+json")]
    NoJson(ProblemBody),
    /// Refused by rule, or the key was used for another body
    #[response(status = 422, content_type = "application/problem+json")]
    Refused(ProblemBody),
    /// Too many requests
    #[response(status = 429, content_type = "application/problem+json")]
    TooMany(ProblemBody),
    /// The bank cannot be reached: ask again under the same key
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemBody),
}

impl Problem {
    fn new(status: StatusCode, code: &str, title: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            title,
            detail: detail.into(),
            retryable: false,
            errors: Vec::new(),
            rejection: None,
            retry_after_seconds: None,
        }
    }

    /// The request's form is wrong.
    pub fn bad_request(code: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, "The request cannot be understood", detail)
    }

    /// The request's body is wrong at that place.
    pub fn bad_body(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        let error = FieldError { pointer: pointer.into(), detail: detail.into() };
        let detail = format!("the body is not what it must be: {}", error.detail);
        Self { errors: vec![error], ..Self::bad_request("invalid_body", detail) }
    }

    /// Nobody is known by what was shown, or nothing was shown.
    pub fn unauthenticated() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthenticated",
            "Who are you?",
            "send a valid credential as `Authorization: Bearer <token>`; an administrator issues them",
        )
    }

    /// Who is known may not do that.
    pub fn forbidden() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            "You may not do that",
            "this credential's role or station does not allow it; ask an administrator",
        )
    }

    /// A form was sent from another site's page.
    pub fn cross_site() -> Self {
        let detail = "the form was not sent from a page of this site: open the page here and send it again";
        Self::new(StatusCode::FORBIDDEN, "cross_site", "The form came from another site", detail)
    }

    /// There is nothing of that name. Where the rules have the same code, it is said in their words.
    pub fn not_found(code: &str, detail: impl Into<String>) -> Self {
        let rejection = rejection::read(&serde_json::json!({ "code": code })).map(Box::new);
        Self { rejection, ..Self::new(StatusCode::NOT_FOUND, code, "There is nothing of that name", detail) }
    }

    /// There is nothing of the name that the rejection names.
    pub fn unknown(rejection: Rejection) -> Self {
        Self::not_found(&rejection.code(), "").by_rule(rejection)
    }

    /// The method is none of the resource's.
    pub fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "The method is not one of this resource's",
            "see the Allow header, or /v1/docs",
        )
    }

    /// The body is of another media type.
    pub fn unsupported_media_type(expected: &str) -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "The body is of a type that is not taken",
            format!("send {expected}"),
        )
    }

    /// The body is too large.
    pub fn too_large(bytes_max: u64) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body_too_large",
            "The body is too large",
            format!("at most {bytes_max} bytes are taken"),
        )
    }

    /// The body did not come at a pace.
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

    /// Refused, by a rule of the door's own.
    pub fn refused(code: &str, detail: &str) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, "Refused, by rule: nothing was changed", detail)
    }

    /// It may be tried again after a delay.
    pub fn wait(code: &str, seconds: i64) -> Self {
        let detail = format!("too many were wrong: wait {seconds} s, or ask a member of staff");
        Self::new(StatusCode::TOO_MANY_REQUESTS, code, "Too many wrong tries", detail)
            .again_after(seconds.unsigned_abs())
    }

    /// Too many requests.
    pub fn too_many_requests(retry_after_seconds: u64) -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_requests",
            "Too many requests",
            format!("wait {retry_after_seconds} s and try again"),
        )
        .again_after(retry_after_seconds)
    }

    /// The bank is not there yet, or not any more.
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

    /// It may be tried again, after so many seconds.
    #[must_use]
    fn again_after(self, seconds: u64) -> Self {
        Self { retryable: true, retry_after_seconds: Some(u32::try_from(seconds).unwrap_or(u32::MAX)), ..self }
    }

    /// It is the rules that say no.
    fn by_rule(self, rejection: Rejection) -> Self {
        Self { rejection: Some(Box::new(rejection)), ..self }
    }

    /// The stable code.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// After how many seconds it may be tried again, where that is known.
    pub fn retry_after_seconds(&self) -> Option<u64> {
        self.retry_after_seconds.map(u64::from)
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// What the rules say, where it is they who say no.
    pub fn rejection(&self) -> Option<&Rejection> {
        self.rejection.as_deref()
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        Self { retryable: rejection.retryable(), ..Self::refused(&rejection.code(), "") }.by_rule(rejection)
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        // A fault's words may name files, hosts and tables: they are for the operator.
        tracing::error!(code = fault.code(), reason = %fault, "fault");
        match &fault {
            Fault::Database { .. } => Self::unavailable("the database does not answer; nothing was changed"),
            Fault::OutcomeUnknown { .. } => Self {
                code: "outcome_unknown".to_owned(),
                ..Self::unavailable("the outcome is not known: send the same request again under the same key")
            },
            Fault::Closed => Self::unavailable("the service is stopping"),
            _ => Self::broken(fault.code()),
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Rejected(rejection) => rejection.into(),
            Error::Fault(fault) => fault.into(),
        }
    }
}
