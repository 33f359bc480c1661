//! Styles, scripts and pictures: embedded, at addresses that name their content, so that browsers keep them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Files;

struct Asset {
    /// `kiosk.0123456789abcdef.css`
    hashed_name: String,
    media_type: &'static str,
    bytes: Cow<'static, [u8]>,
}

/// All files by the name that they have in the folder.
static ASSETS: LazyLock<HashMap<String, Asset>> = LazyLock::new(|| {
    Files::iter().filter_map(|name| Files::get(&name).map(|file| (name.to_string(), asset(&name, file)))).collect()
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
    Asset { hashed_name: format!("{stem}.{hash}.{ending}"), media_type, bytes: file.data }
}

/// The address of a file of the folder.
pub fn address(name: &str) -> String {
    let hashed = ASSETS.get(name).map_or(name, |asset| &asset.hashed_name);
    format!("/assets/{hashed}")
}

/// A file of the folder, for what is not at its hashed address.
pub fn bytes(name: &str) -> Option<Cow<'static, [u8]>> {
    ASSETS.get(name).map(|asset| asset.bytes.clone())
}

/// The file of that hashed name.
pub fn answer(hashed_name: &str) -> Response {
    match ASSETS.values().find(|asset| asset.hashed_name == hashed_name) {
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
