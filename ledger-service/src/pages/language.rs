//! The languages of the pages.

use axum::http::{HeaderMap, header};
use unic_langid::LanguageIdentifier;

/// A language that all pages come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// 简体中文, where nothing else is asked for.
    SimplifiedChinese,
    /// 繁體中文.
    TraditionalChinese,
    /// English.
    English,
}

impl Language {
    /// All of them, in the order of the switch.
    pub const ALL: [Self; 3] = [Self::SimplifiedChinese, Self::TraditionalChinese, Self::English];

    /// Its tag (BCP 47), as it stands in a page's `lang`.
    pub fn tag(self) -> &'static str {
        match self {
            Self::SimplifiedChinese => "zh-Hans",
            Self::TraditionalChinese => "zh-Hant",
            Self::English => "en",
        }
    }

    /// Its name in itself.
    pub fn name(self) -> &'static str {
        match self {
            Self::SimplifiedChinese => "简体",
            Self::TraditionalChinese => "繁體",
            Self::English => "English",
        }
    }

    /// The language of that tag.
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == tag)
    }

    /// The first language of `Accept-Language` that there is. Browsers list what they prefer first.
    pub fn preferred(headers: &HeaderMap) -> Self {
        let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let tags = accepted.split(',').filter_map(|item| item.split(';').next());
        tags.filter_map(|tag| tag.trim().parse().ok())
            .find_map(|identifier| Self::of(&identifier))
            .unwrap_or(Self::SimplifiedChinese)
    }

    fn of(identifier: &LanguageIdentifier) -> Option<Self> {
        let script = identifier.script.as_ref().map(|script| script.as_str());
        let region = identifier.region.as_ref().map(|region| region.as_str());
        match (identifier.language.as_str(), script, region) {
            ("en", ..) => Some(Self::English),
            ("zh", Some("Hant"), _) | ("zh", None, Some("TW" | "HK" | "MO")) => Some(Self::TraditionalChinese),
            ("zh", ..) => Some(Self::SimplifiedChinese),
            _ => None,
        }
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
            assert_eq!(Language::preferred(&headers), expected, "{accepted}");
        }
    }
}
