//! Styles, scripts and pictures, as browsers fetch them.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use page_parts::{Asset, Assets};
use rust_embed::RustEmbed;

use crate::problem::Problem;
use crate::state::App;

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Files;

static ASSETS: LazyLock<Assets> = LazyLock::new(Assets::embedded::<Files>);

/// The address of a file of `assets/`, which changes with its content.
pub fn address(name: &str) -> String {
    ASSETS.address(name)
}

/// The files, at `/assets/<name>.<hash>.<ending>`; two of them also where browsers look for them unasked.
pub fn router() -> Router<App> {
    Router::new()
        .route("/assets/{name}", get(hashed))
        .route("/sw.js", get(async |headers: HeaderMap| plain(&headers, "sw.js")))
        .route("/favicon.svg", get(async |headers: HeaderMap| plain(&headers, "magnolia.svg")))
}

async fn hashed(Path(name): Path<String>, headers: HeaderMap) -> Response {
    match ASSETS.hashed(&name) {
        Some(asset) => answer(asset, &headers, "public, max-age=31536000, immutable"),
        None => Problem::not_found("not_found", "there is no such file; reload the page").into_response(),
    }
}

/// A file whose address stays the same, so that browsers ask each time whether it has changed.
fn plain(headers: &HeaderMap, name: &str) -> Response {
    match ASSETS.named(name) {
        Some(asset) => answer(asset, headers, "no-cache"),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn answer(asset: &Asset, headers: &HeaderMap, cache: &'static str) -> Response {
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|etag| etag.as_bytes() == asset.etag.as_bytes());
    let about = [(header::ETAG, asset.etag.as_str()), (header::CACHE_CONTROL, cache)];
    if known {
        return (StatusCode::NOT_MODIFIED, about).into_response();
    }
    (about, [(header::CONTENT_TYPE, asset.media_type)], asset.bytes.clone()).into_response()
}
