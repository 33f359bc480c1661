//! Problems as the description of the API shows them.

use serde::Serialize;
use utoipa::ToSchema;

use super::FieldError;

/// The body of every answer from 400 on (`application/problem+json`, RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
#[allow(dead_code, reason = "describes what `ProblemDetails` writes")]
pub struct ProblemBody {
    /// A stable reference for this kind of problem, `/problems/<code>`.
    #[schema(format = "uri-reference")]
    r#type: String,
    /// The kind of problem, in a few words.
    title: String,
    /// The HTTP status of the answer.
    status: u16,
    /// What happened, and what to do about it.
    detail: String,
    /// The stable code; never renamed.
    code: String,
    /// Whether the same request may succeed later: after a fault under the same key, after a rejection under a new one.
    retryable: bool,
    /// The mistakes in the body of the request.
    #[schema(required = false)]
    errors: Vec<FieldError>,
}

/// The problems that every request to the bank may meet.
#[derive(utoipa::IntoResponses)]
#[allow(dead_code, reason = "describes answers")]
pub enum CommonProblems {
    /// The request cannot be understood
    #[response(status = 400, content_type = "application/problem+json")]
    BadRequest(ProblemBody),
    /// There is no valid credential
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthenticated(ProblemBody),
    /// Too many requests
    #[response(status = 429, content_type = "application/problem+json")]
    TooMany(ProblemBody),
    /// The bank cannot be reached
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemBody),
}

/// The problems that a request may meet which moves points.
#[derive(utoipa::IntoResponses)]
#[allow(dead_code, reason = "describes answers")]
pub enum PostingProblems {
    /// The request cannot be understood
    #[response(status = 400, content_type = "application/problem+json")]
    BadRequest(ProblemBody),
    /// There is no valid credential
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthenticated(ProblemBody),
    /// The caller's role or station does not allow it
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(ProblemBody),
    /// An earlier request under this key is still being done: send it again
    #[response(status = 409, content_type = "application/problem+json")]
    InProgress(ProblemBody),
    /// The body is too large
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(ProblemBody),
    /// The body is not JSON
    #[response(status = 415, content_type = "application/problem+json")]
    NoJson(ProblemBody),
    /// A rule refuses it, or the key was used before, for another body
    #[response(status = 422, content_type = "application/problem+json")]
    Refused(ProblemBody),
    /// Too many requests
    #[response(status = 429, content_type = "application/problem+json")]
    TooMany(ProblemBody),
    /// The bank cannot be reached: send it again under the same key
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemBody),
}
