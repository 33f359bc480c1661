//! A problem as it goes over the wire, and in which language.

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use page_parts::{Language, rejection};
use problem_details::ProblemDetails;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{FieldError, Problem};

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
    /// The answer in that language. What is no rejection is said in English alone.
    fn answer(self, language: Language) -> Response {
        let (detail, language) = match &self.rejection {
            Some(rejection) => (rejection::say(language, rejection), language),
            None => (self.detail, Language::English),
        };
        let title = match (&self.rejection, self.status) {
            (None, _) => self.title,
            (Some(_), StatusCode::NOT_FOUND) => rejection::title_of_unknown(language),
            (Some(_), _) => rejection::title(language),
        };
        let fields = self.rejection.map(|rejection| rejection::fields(&rejection)).unwrap_or_default();
        let details = ProblemDetails::from_status_code(self.status)
            .with_type(Uri::try_from(format!("/problems/{}", self.code)).unwrap_or_default())
            .with_title(title)
            .with_detail(detail)
            .with_extensions(Extensions { code: self.code, retryable: self.retryable, errors: self.errors, fields });
        let mut response = details.into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// A rejection on its way out, for [`in_words`], which knows who asks.
#[derive(Clone)]
struct Unspoken(Problem);

/// Says a rejection again in the language that the caller asks for.
pub async fn in_words(request: Request, next: Next) -> Response {
    let asked = request.headers().get(header::ACCEPT_LANGUAGE).cloned();
    let mut response = next.run(request).await;
    let Some(Unspoken(problem)) = response.extensions_mut().remove::<Unspoken>() else { return response };
    let language = asked.and_then(|asked| Language::accepted(asked.to_str().ok()?)).unwrap_or(Language::English);
    let (said, body) = problem.answer(language).into_parts();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.extend(said.headers);
    headers.append(header::VARY, HeaderValue::from_static("accept-language"));
    *response.body_mut() = body;
    response
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let unspoken = self.rejection.is_some().then(|| Unspoken(self.clone()));
        let mut response = self.answer(Language::English);
        if let Some(unspoken) = unspoken {
            response.extensions_mut().insert(unspoken);
        }
        response
    }
}
