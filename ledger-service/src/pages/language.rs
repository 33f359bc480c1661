//! The language that a browser asks for.

use axum::http::{HeaderMap, header};
use page_parts::Language;
use unic_langid::LanguageIdentifier;

/// The first language of `Accept-Language` that we have. Browsers list the one that they prefer first.
pub fn preferred(headers: &HeaderMap) -> Language {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let tags = accepted.split(',').filter_map(|item| item.split(';').next());
    tags.filter_map(|tag| tag.trim().parse().ok()).find_map(|identifier| of(&identifier)).unwrap_or_default()
}

fn of(identifier: &LanguageIdentifier) -> Option<Language> {
    let script = identifier.script.as_ref().map(|script| script.as_str());
    let region = identifier.region.as_ref().map(|region| region.as_str());
    match (identifier.language.as_str(), script, region) {
        ("en", ..) => Some(Language::English),
        ("zh", Some("Hant"), _) | ("zh", None, Some("TW" | "HK" | "MO")) => Some(Language::TraditionalChinese),
        ("zh", ..) => Some(Language::SimplifiedChinese),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_that_there_is_is_taken() {
        for (accepted, expected) in [
            ("", Language::SimplifiedChinese),
            ("fr", Language::SimplifiedChinese),
            ("zh-CN,zh;q=0.9,en;q=0.8", Language::SimplifiedChinese),
            ("zh-TW,zh;q=0.9,en;q=0.8", Language::TraditionalChinese),
            ("zh-hant-HK", Language::TraditionalChinese),
            ("fr-CH, en;q=0.7, zh;q=0.3", Language::English),
            ("*, ;;, en-GB", Language::English),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, accepted.parse().unwrap())]);
            assert_eq!(preferred(&headers), expected, "{accepted}");
        }
    }
}
