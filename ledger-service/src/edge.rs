//! The service's edge: what every request passes before its route, and every connection before its requests.
//!
//! | to find | look in |
//! |---|---|
//! | how many connections there are, TLS, peers that read nothing | [`connection`] |
//! | bodies that trickle, requests that take too long | [`pace`] |
//! | the line of a request in the log, and what is counted | [`crate::logs`], [`crate::metrics`] |

pub mod connection;
pub mod pace;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER_PERMISSIVE;
use tower::ServiceBuilder;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::auth::credential::bearer;
use crate::problem::Problem;
use crate::state::App;
use crate::{logs, metrics, pages};

/// Scripts, styles and pictures are the service's own files; pages have nothing of them written into themselves.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; \
                                       form-action 'self'; frame-ancestors 'none'";

/// The headers that every answer has unless its route says otherwise, also one that never reached its route.
const HEADERS: [(HeaderName, &str); 7] = [
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

/// Tells browsers to talk to this host over TLS only, for a year.
const STRICT_TRANSPORT_SECURITY: HeaderValue = HeaderValue::from_static("max-age=31536000");

pub fn around(routes: Router, app: &App) -> Router {
    let is_https = app.settings().public_url.starts_with("https://");
    let transport = is_https.then_some(STRICT_TRANSPORT_SECURITY);
    // One stack, the outermost layer first, as in the router. Bodies of requests that are refused must keep pace too, so pace
    // stands outside of what refuses.
    let edge = ServiceBuilder::new()
        .layer(middleware::from_fn_with_state(app.clone(), logs::request))
        .layer(middleware::from_fn(metrics::count))
        .layer(middleware::map_response(with_headers))
        .layer(SetResponseHeaderLayer::if_not_present(header::STRICT_TRANSPORT_SECURITY, move |_: &Response| {
            transport.clone()
        }))
        .layer(middleware::from_fn_with_state(app.clone(), pace::in_time))
        .layer(middleware::from_fn_with_state(app.clone(), refuse_many))
        .layer(middleware::from_fn_with_state(app.clone(), refuse_large))
        .layer(middleware::from_fn_with_state(app.clone(), refuse_unreadable));
    routes.layer(edge)
}

async fn with_headers(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Refuses a body whose announced length is more than any route takes, before a byte of it is read. The router's body limits
/// count all others while they come.
async fn refuse_large(State(app): State<App>, request: Request, next: Next) -> Response {
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let bytes_max = app.settings().limits.upload_bytes_max.max(app.settings().limits.body_bytes_max);
    if announced.is_some_and(|bytes: u64| bytes > bytes_max) {
        let (parts, _) = request.into_parts();
        return pages::refused(&app, &parts, Problem::too_large(bytes_max));
    }
    next.run(request).await
}

/// Refuses an address that no route could read, so that all say it alike.
async fn refuse_unreadable(State(app): State<App>, request: Request, next: Next) -> Response {
    let uri = request.uri();
    if is_readable(uri.path()) && uri.query().is_none_or(is_readable) {
        return next.run(request).await;
    }
    let (parts, _) = request.into_parts();
    pages::refused(&app, &parts, Problem::unreadable_address())
}

/// Whether every percent is followed by two hexadecimal digits, and all is UTF-8.
fn is_readable(text: &str) -> bool {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let Some((digits, rest)) = part.as_bytes().split_at_checked(2) else { return false };
        let Ok(byte) = HEXLOWER_PERMISSIVE.decode(digits) else { return false };
        bytes.extend(byte.iter().chain(rest));
    }
    std::str::from_utf8(&bytes).is_ok()
}

/// Whether the routes at that path look at a credential before they do anything. All others take no notice of one.
fn asks_for_credential(path: &str) -> bool {
    path.starts_with("/v1/")
        && path != "/v1/receipt-checks"
        && path != "/v1/openapi.json"
        && !path.starts_with("/v1/docs")
}

/// Limits by address the requests without a valid credential; a valid one has a limit of its own. `/healthz` has no limit.
///
/// Whether a credential is valid is known only when its route has looked at it, so that request is counted afterwards: its route
/// has done nothing else. All others are counted before.
async fn refuse_many(State(app): State<App>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let (address, known) = (app.client_address(&parts), logs::known(&parts));
    let path = parts.uri.path();
    let (shows_credential, is_free) =
        (bearer(&parts.headers).is_some() && asks_for_credential(path), path == "/healthz");
    let counted = || if is_free { Ok(()) } else { app.limits().address(address) };
    if !shows_credential && let Err(problem) = counted() {
        return pages::refused(&app, &parts, problem);
    }
    let response = next.run(Request::from_parts(parts, body)).await;
    if shows_credential
        && !known.is_somebody()
        && let Err(problem) = counted()
    {
        return problem.into_response();
    }
    response
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_route_that_looks_at_a_credential_is_known_and_no_other() {
        let description: serde_json::Value = serde_json::from_str(include_str!("../../docs/openapi.json")).unwrap();
        for (path, operations) in description["paths"].as_object().unwrap() {
            for operation in operations.as_object().unwrap().values() {
                assert_eq!(super::asks_for_credential(path), operation.get("security").is_some(), "{path}");
            }
        }
        for page in ["/", "/me", "/login/x", "/v", "/v1", "/v1/docs/index.html", "/v1/openapi.json"] {
            assert!(!super::asks_for_credential(page), "{page}");
        }
    }

    #[test]
    fn an_address_is_readable_or_not() {
        for good in ["/", "/v1/volunteers/%31", "a=%E7%8E%8b&b", "%25%20"] {
            assert!(super::is_readable(good), "{good}");
        }
        for bad in ["/%ff", "%", "%2", "%zz", "a=%C3%28", "%E7%8E", "%+1"] {
            assert!(!super::is_readable(bad), "{bad}");
        }
    }
}
