//! How the API says no: RFC 9457 problems with a stable code.
//!
//! A *rejection* by the ledger is 422 and final for its key. A mistake in the request itself is 400 to 415. A *fault*, which is
//! something broken, is 500 or 503, and the same request may be sent again under the same key.
//!
//! The `detail` of a rejection is in the language that the caller asks for with `Accept-Language`, and in English where it asks
//! for no language that we have: [`answer`].
//!
//! [`kinds`] has a function for each kind of problem; [`described`] is how the API's description shows them.

mod answer;
mod described;
mod kinds;
#[cfg(test)]
mod tests;

use axum::http::StatusCode;
use baoyulan_ledger::{Error, Fault, Rejection};
use serde::Serialize;
use utoipa::ToSchema;

pub use answer::in_words;
pub use described::{CommonProblems, PostingProblems, ProblemBody, promise_the_edge};

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
    /// Boxed, so that every `Result` with a problem stays small.
    rejection: Option<Box<Rejection>>,
    retry_after_seconds: Option<u32>,
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

    /// The request may be sent again after so many seconds.
    #[must_use]
    fn again_after(self, seconds: u64) -> Self {
        Self { retryable: true, retry_after_seconds: Some(u32::try_from(seconds).unwrap_or(u32::MAX)), ..self }
    }

    /// 503 with the fault's own code: it lasts until somebody has mended it.
    fn unready(fault: &Fault, detail: &str) -> Self {
        Self { code: fault.code().to_owned(), ..Self::unavailable(detail) }
    }

    /// It is the rules that say no.
    fn by_rule(self, rejection: Rejection) -> Self {
        Self { rejection: Some(Box::new(rejection)), ..self }
    }

    /// What the rules say, where it is they who say no.
    pub fn rejection(&self) -> Option<&Rejection> {
        self.rejection.as_deref()
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
        Self { retryable: rejection.retryable(), ..Self::refused(&rejection.code(), "") }.by_rule(rejection)
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
            Fault::ReadOnly { .. } => {
                Self::unready(&fault, "the bank can only be read at present; nothing was changed")
            }
            Fault::ClockAhead { .. } => {
                Self::unready(&fault, "the machine's clock is further ahead than can be right; nothing was changed")
            }
            Fault::HeadHeld { .. } => {
                Self::unready(&fault, "another program's transaction holds the bank; nothing was changed")
            }
            Fault::Moved { .. } | Fault::OtherBank { .. } | Fault::RolledBack { .. } => Self::unready(
                &fault,
                "the bank is not the one that was opened, or an older copy of it; nothing was changed",
            ),
            Fault::BadUrl { .. }
            | Fault::BadBank { .. }
            | Fault::NoBank { .. }
            | Fault::BankMissing { .. }
            | Fault::Copied { .. }
            | Fault::BadActor { .. }
            | Fault::NotADatabase { .. }
            | Fault::Exists { .. }
            | Fault::SchemaOld { .. }
            | Fault::SchemaTooNew { .. }
            | Fault::SchemaDiffers { .. }
            | Fault::NotDurable { .. }
            | Fault::KeyMissing { .. }
            | Fault::NoKeyFolder
            | Fault::KeyFile { .. }
            | Fault::WrongSchema { .. }
            | Fault::WrongEncoding { .. }
            | Fault::WrongIsolation { .. }
            | Fault::SharedSession
            | Fault::HeadFile { .. }
            | Fault::NotADemo
            | Fault::Unfit(_)
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
