//! Problems as the description of the API shows them.

use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, ResponseBuilder};

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

/// Adds to every operation what it may be answered before, or instead of, its route's own answer. What an operation says of such a
/// status itself stays.
pub fn promise_the_edge(description: &mut OpenApi) {
    for (path, item) in &mut description.paths.paths {
        for operation in operations(item) {
            let (has_body, lives) = (operation.request_body.is_some(), path == "/healthz");
            let may_be = [
                ("400", "The address cannot be read", true),
                ("408", "The body came too slowly", has_body),
                ("413", "The body is too large", has_body),
                ("429", "Too many requests", !lives),
                ("500", "Something broke", !lives),
                ("503", "It takes too long: send it again", !lives),
            ];
            for (status, words, _) in may_be.into_iter().filter(|(.., may)| *may) {
                let problem = || RefOr::T(problem(words));
                operation.responses.responses.entry(status.to_owned()).or_insert_with(problem);
            }
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch].into_iter().flatten()
}

fn problem(words: &str) -> utoipa::openapi::Response {
    let content = Content::new(Some(Ref::from_schema_name("Problem")));
    ResponseBuilder::new().description(words).content("application/problem+json", content).build()
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
