//! Styles, scripts and pictures: embedded, at addresses that name their content, so that browsers keep them for ever.

use std::borrow::Cow;
use std::collections::HashMap;

use data_encoding::HEXLOWER;
use rust_embed::{EmbeddedFile, RustEmbed};

pub struct Assets {
    /// By the name that they have in the folder.
    by_name: HashMap<String, Asset>,
}

/// A file, and what an answer says of it.
pub struct Asset {
    /// `pages.0123456789abcdef.css`
    hashed_name: String,
    /// The value of `Content-Type`.
    pub media_type: &'static str,
    /// The value of `ETag`.
    pub etag: String,
    pub bytes: Cow<'static, [u8]>,
}

impl Assets {
    pub fn embedded<Folder: RustEmbed>() -> Self {
        let files = Folder::iter().filter_map(|name| Folder::get(&name).map(|file| (name, file)));
        Self { by_name: files.map(|(name, file)| (name.to_string(), asset(&name, file))).collect() }
    }

    /// The address of a file of the folder.
    pub fn address(&self, name: &str) -> String {
        let hashed = self.named(name).map_or(name, |asset| &asset.hashed_name);
        format!("/assets/{hashed}")
    }

    /// A file by its name in the folder.
    pub fn named(&self, name: &str) -> Option<&Asset> {
        self.by_name.get(name)
    }

    /// A file by the last part of its address.
    pub fn hashed(&self, hashed_name: &str) -> Option<&Asset> {
        self.by_name.values().find(|asset| asset.hashed_name == hashed_name)
    }
}

fn asset(name: &str, file: EmbeddedFile) -> Asset {
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
