//! The languages.

use jiff::civil::Date;

/// A language that everything is worded in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// 简体中文, where nothing else is asked for.
    #[default]
    SimplifiedChinese,
    /// 繁體中文
    TraditionalChinese,
    /// English
    English,
}

impl Language {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::SimplifiedChinese, Self::TraditionalChinese, Self::English];

    /// Its tag (BCP 47): a page's `lang`, and its folder in `locales/`.
    pub fn tag(self) -> &'static str {
        match self {
            Self::SimplifiedChinese => "zh-Hans",
            Self::TraditionalChinese => "zh-Hant",
            Self::English => "en",
        }
    }

    /// What its readers call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::SimplifiedChinese => "简体",
            Self::TraditionalChinese => "繁體",
            Self::English => "English",
        }
    }

    /// Reads a tag.
    pub fn parse(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == tag)
    }

    /// A day: 2026年11月24日, 24 November 2026.
    pub fn day(self, date: Date) -> String {
        match self {
            Self::English => date.strftime("%-d %B %Y").to_string(),
            _ => date.strftime("%Y年%-m月%-d日").to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_as_people_write_them() {
        let days = Language::ALL.map(|language| language.day(jiff::civil::date(2026, 3, 5)));
        assert_eq!(days, ["2026年3月5日", "2026年3月5日", "5 March 2026"]);
    }
}
