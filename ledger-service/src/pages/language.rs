//! The language that a browser asks for.

use axum::http::{HeaderMap, header};
use page_parts::Language;

/// The language of `Accept-Language` that the reader likes best; simplified Chinese if it names none that we have.
pub fn preferred(headers: &HeaderMap) -> Language {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Language::accepted(accepted).unwrap_or_default()
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
