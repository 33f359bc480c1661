//! How the API says no: RFC 9457 problems with a stable code.
//!
//! A *rejection* by the ledger is 422 and final for its key. A mistake in the request itself is 400 to 415. A *fault*, which is
//! something broken, is 500 or 503, and the same request may be sent again under the same key.
//!
//! [`kinds`] has a function for each kind of problem; [`described`] is how the API's description shows them.

mod described;
mod kinds;

use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use baoyulan_ledger::{Error, Fault, Rejection};
use problem_details::ProblemDetails;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

pub use described::{CommonProblems, PostingProblems, ProblemBody};

/// The header of a response that is the stored answer to an earlier request.
pub const REPLAYED: &str = "idempotency-replayed";

/// A mistake in the body of a request.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FieldError {
    /// Where it is: an RFC 6901 JSON pointer into the body, empty for the body as a whole.
    pub pointer: String,
    /// What is wrong there.
    pub detail: String,
}

/// An answer that says no, or that something broke.
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    code: String,
    title: &'static str,
    detail: String,
    retryable: bool,
    errors: Vec<FieldError>,
    /// The typed fields of a rejection; boxed, so that every `Result` with a problem stays small.
    fields: Option<Box<Map<String, Value>>>,
    retry_after_seconds: Option<u32>,
}

/// What the body has beside RFC 9457's own members.
#[derive(Debug, Clone, Serialize)]
struct Extensions {
    code: String,
    retryable: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    #[serde(flatten)]
    fields: Map<String, Value>,
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
            fields: None,
            retry_after_seconds: None,
        }
    }

    /// The request may be sent again after so many seconds.
    #[must_use]
    fn again_after(self, seconds: u64) -> Self {
        Self { retryable: true, retry_after_seconds: Some(u32::try_from(seconds).unwrap_or(u32::MAX)), ..self }
    }

    pub fn code(&self) -> &str {
        &self.code
    }

    /// After how many seconds the request may be sent again, if that is known.
    pub fn retry_after_seconds(&self) -> Option<u64> {
        self.retry_after_seconds.map(u64::from)
    }

    pub fn status(&self) -> StatusCode {
        self.status
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        let mut fields = match serde_json::to_value(&rejection) {
            Ok(Value::Object(fields)) => fields,
            _ => Map::new(),
        };
        fields.remove("code");
        Self {
            retryable: rejection.retryable(),
            fields: Some(Box::new(fields)),
            ..Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                &rejection.code(),
                "Refused, by rule: nothing was changed",
                rejection.to_string(),
            )
        }
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        // The words of a fault may name files, hosts and tables, so only the operator gets them, in the log.
        tracing::error!(code = fault.code(), reason = %fault, "fault");
        match &fault {
            Fault::Database { .. } => Self::unavailable("the database does not answer; nothing was changed"),
            Fault::OutcomeUnknown { .. } => Self {
                code: "outcome_unknown".to_owned(),
                ..Self::unavailable("the outcome is not known: send the same request again under the same key")
            },
            Fault::Closed => Self::unavailable("the service is stopping"),
            Fault::BadUrl { .. }
            | Fault::NoBank { .. }
            | Fault::SchemaTooNew { .. }
            | Fault::SchemaDiffers { .. }
            | Fault::NotDurable { .. }
            | Fault::KeyMissing { .. }
            | Fault::KeyFile { .. }
            | Fault::ReadOnly
            | Fault::NotADemo
            | Fault::Damaged { .. }
            | Fault::Unasked(_) => Self::broken(fault.code()),
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

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let details = ProblemDetails::from_status_code(self.status)
            .with_type(Uri::try_from(format!("/problems/{}", self.code)).unwrap_or_default())
            .with_title(self.title)
            .with_detail(self.detail)
            .with_extensions(Extensions {
                code: self.code,
                retryable: self.retryable,
                errors: self.errors,
                fields: self.fields.map(|fields| *fields).unwrap_or_default(),
            });
        let mut response = details.into_response();
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
