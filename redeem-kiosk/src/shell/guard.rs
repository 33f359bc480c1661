//! What every request passes, and what every answer says.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};

use super::server::Shell;
use crate::screens;

/// Headers of every answer.
const HEADERS: [(HeaderName, &str); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // With `no-referrer`, browsers call the origin of our own forms "null", which is what a stranger's would be.
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=(), usb=(), serial=()"),
];

/// Lets a request pass, or answers with a plain page.
pub async fn guard(State(shell): State<Shell>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_public = path.starts_with("/assets/") || path.starts_with("/start/");
    let place = shell.entry.check_place(request.method(), request.headers());
    let checked = place.and_then(|()| if is_public { Ok(()) } else { shell.entry.check_cookie(request.headers()) });
    let mut response = match checked {
        Ok(()) => next.run(request).await,
        Err(closed) => {
            tracing::warn!(reason = ?closed, "a request was not let in");
            (StatusCode::FORBIDDEN, Html(screens::no_entry().into_string())).into_response()
        }
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
