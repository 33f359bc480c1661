//! Styles, scripts and pictures: embedded, at addresses that name their content, so that browsers keep them for ever.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use data_encoding::HEXLOWER;
use rust_embed::RustEmbed;

use crate::problem::Problem;
use crate::state::App;

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Files;

struct Asset {
    /// `pages.0123456789abcdef.css`
    hashed_name: String,
    media_type: &'static str,
    etag: String,
    bytes: Cow<'static, [u8]>,
}

/// All files by the name that they have in the folder.
static ASSETS: LazyLock<HashMap<String, Asset>> = LazyLock::new(|| {
    let names = Files::iter();
    names.filter_map(|name| Files::get(&name).map(|file| (name.to_string(), asset(&name, file)))).collect()
});

fn asset(name: &str, file: rust_embed::EmbeddedFile) -> Asset {
    let hash = HEXLOWER.encode(&file.metadata.sha256_hash()[..8]);
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let media_type = match ending {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => "application/octet-stream",
    };
    Asset { hashed_name: format!("{stem}.{hash}.{ending}"), media_type, etag: format!("\"{hash}\""), bytes: file.data }
}

/// The address of a file of the folder.
pub fn address(name: &str) -> String {
    let hashed = ASSETS.get(name).map_or(name, |asset| &asset.hashed_name);
    format!("/assets/{hashed}")
}

/// The files, at `/assets/<name>.<hash>.<ending>`; two of them also where browsers look for them.
pub fn router() -> Router<App> {
    Router::new()
        .route("/assets/{name}", get(hashed))
        .route("/sw.js", get(async |headers: HeaderMap| plain(&headers, "sw.js")))
        .route("/favicon.svg", get(async |headers: HeaderMap| plain(&headers, "magnolia.svg")))
}

async fn hashed(Path(name): Path<String>, headers: HeaderMap) -> Response {
    match ASSETS.values().find(|asset| asset.hashed_name == name) {
        Some(asset) => answer(asset, &headers, "public, max-age=31536000, immutable"),
        None => Problem::not_found("not_found", "there is no such file; reload the page").into_response(),
    }
}

/// At an address that stays the same, so browsers ask each time whether it is still the same file.
fn plain(headers: &HeaderMap, name: &str) -> Response {
    match ASSETS.get(name) {
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
