//! What is counted and timed.

use std::sync::OnceLock;
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;

use crate::logs::known_method;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();

/// Upper bounds of the histogram's buckets.
const SECONDS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// Starts counting. Fails if something else counts already.
pub fn install() -> anyhow::Result<()> {
    let handle = PrometheusBuilder::new().set_buckets(&SECONDS)?.install_recorder()?;
    // Only one recorder can be installed, so this is the first handle.
    let _ = HANDLE.set(handle);
    metrics::describe_counter!("points_bank_http_requests_total", "Requests, by route, method and status");
    metrics::describe_histogram!("points_bank_http_request_seconds", "Time to the answer, by route");
    metrics::describe_gauge!("points_bank_connections", "Connections that are open");
    metrics::describe_counter!(
        "points_bank_connections_refused_total",
        "Connections closed at once, by reason: beyond connections_max, or their address's share"
    );
    metrics::describe_counter!("points_bank_pin_misses_total", "Wrong PINs over all cards, by door: web or station");
    metrics::describe_gauge!(
        "points_bank_pin_alarm",
        "1 while wrong PINs over all cards are so many as misses_alarm says"
    );
    metrics::describe_gauge!("points_bank_ready", "1 while the service is ready");
    metrics::describe_counter!(
        "points_bank_posts_sent_again_total",
        "Commands sent again after a fault, under the same id"
    );
    Ok(())
}

/// Everything counted so far; `None` before [`install`].
pub fn render() -> Option<String> {
    HANDLE.get().map(PrometheusHandle::render)
}

/// Forgets old samples; to be called from time to time.
pub fn keep_up() {
    if let Some(handle) = HANDLE.get() {
        handle.run_upkeep();
    }
}

/// Counts and times a request under its route's pattern, so that no card number becomes a label.
pub async fn count(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let method = known_method(request.method());
    let begun = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    metrics::histogram!("points_bank_http_request_seconds", "route" => route.clone()).record(begun.elapsed());
    metrics::counter!("points_bank_http_requests_total", "route" => route, "method" => method, "status" => status)
        .increment(1);
    response
}
