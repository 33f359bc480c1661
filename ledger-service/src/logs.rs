//! The log, on standard error: a line for each request, and what went wrong.
//!
//! A line names the route's pattern, never the path, which can hold a card number or a login token. It names the credential's
//! code, never its token, and no person's address. Of libraries only warnings and errors are logged, because the rest may
//! repeat what was sent.

use std::panic;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, request::Parts};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;
use uuid::Uuid;

use crate::config::{LogFormat, Settings};
use crate::state::App;

/// The header that names a request, in the answer and from a trusted proxy.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Characters of a request's id.
const REQUEST_ID_LENGTH_MAX: usize = 64;

/// Starts the log. When the guard is dropped, the last lines are written. No request waits for whoever reads the log; if nobody
/// reads it, lines are lost.
pub fn install(settings: &Settings) -> anyhow::Result<WorkerGuard> {
    let level = settings.log_level;
    let filter = format!("warn,ledger_service={level},baoyulan_ledger={level}");
    let (writer, guard) = tracing_appender::non_blocking(std::io::stderr());
    let log = fmt().with_writer(writer).with_env_filter(EnvFilter::try_new(filter)?).with_target(false);
    let installed = match settings.log_format {
        LogFormat::Json => log.json().flatten_event(true).with_span_list(false).try_init(),
        LogFormat::Text => log.with_ansi(false).try_init(),
    };
    installed.map_err(|error| anyhow::anyhow!("the log cannot begin: {error}"))?;
    // The message of a panic may repeat personal data; its place is enough to find it.
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(code = "panic", place, "a part of the program gave up");
    }));
    Ok(guard)
}

/// The code of the credential that a request has shown, once that is known.
#[derive(Clone, Default)]
pub struct Known(Arc<OnceLock<String>>);

impl Known {
    /// Whether a valid credential was shown.
    pub fn is_somebody(&self) -> bool {
        self.0.get().is_some()
    }
}

pub fn known(parts: &Parts) -> Known {
    parts.extensions.get().cloned().unwrap_or_default()
}

pub fn note_credential(parts: &Parts, code: &str) {
    if let Some(Known(known)) = parts.extensions.get() {
        // A request shows one credential; noting it again changes nothing.
        let _ = known.set(code.to_owned());
    }
}

/// Logs each request, and puts its id into the answer.
pub async fn request(State(app): State<App>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let id = request_id(&app, &parts);
    let route = parts.extensions.get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let method = parts.method.clone();
    let known = Known::default();
    parts.extensions.insert(known.clone());
    let span = tracing::info_span!("request", id);
    let begun = Instant::now();
    let mut response = next.run(Request::from_parts(parts, body)).instrument(span).await;
    let milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let (status, credential) = (response.status().as_u16(), known.0.get().map(String::as_str));
    tracing::info!(method = known_method(&method), route, status, milliseconds, request = id, credential, "answered");
    if let Ok(id) = HeaderValue::try_from(id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// The id that a trusted proxy gave, or a new one.
fn request_id(app: &App, parts: &Parts) -> String {
    let given = parts.headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).filter(|id| is_id(id));
    match given {
        Some(id) if app.is_proxied(parts) => id.to_owned(),
        _ => Uuid::now_v7().simple().to_string(),
    }
}

fn is_id(text: &str) -> bool {
    (1..=REQUEST_ID_LENGTH_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// A method's name. Unknown ones are not repeated, because anybody can make one up.
pub fn known_method(method: &axum::http::Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Method;

    #[test]
    fn what_strangers_make_up_is_not_repeated() {
        assert_eq!(known_method(&Method::GET), "GET");
        assert_eq!(known_method(&Method::from_bytes(b"X1000186983").unwrap()), "other");
        assert!(is_id("0190f2b17c3a7d1e9a553f1b2c4d5e6f") && is_id("a-b_c.d"));
        for wrong in ["", "a b", "a\"b", &"x".repeat(65)] {
            assert!(!is_id(wrong), "{wrong}");
        }
    }
}
