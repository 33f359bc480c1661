//! Where the browser gets styles, scripts, pictures and clips.

use std::borrow::Cow;
use std::sync::LazyLock;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use page_parts::Assets;
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Files;

static ASSETS: LazyLock<Assets> = LazyLock::new(Assets::embedded::<Files>);

/// The address of a file of the folder.
pub fn address(name: &str) -> String {
    ASSETS.address(name)
}

/// A file of the folder, for what is not at its hashed address.
pub fn bytes(name: &str) -> Option<Cow<'static, [u8]>> {
    ASSETS.named(name).map(|asset| asset.bytes.clone())
}

/// The file of that hashed name.
pub fn answer(hashed_name: &str) -> Response {
    match ASSETS.hashed(hashed_name) {
        Some(asset) => {
            let headers = [
                (header::CONTENT_TYPE, asset.media_type),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
            ];
            (headers, asset.bytes.clone()).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
