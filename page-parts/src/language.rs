//! The languages, and which of them a reader asks for.

use jiff::civil::Date;

/// A language that everything is worded in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// What readers get who ask for nothing.
    #[default]
    SimplifiedChinese,
    TraditionalChinese,
    English,
}

/// How the quality of an item in `Accept-Language` is counted: thousandths, so that no float is needed.
const QUALITY_MAX: u32 = 1000;

enum Wish {
    One(Language),
    /// Chinese, with no word of the script.
    EitherChinese,
}

impl From<Language> for baoyulan_ledger::language::Language {
    fn from(language: Language) -> Self {
        match language {
            Language::SimplifiedChinese => Self::SimplifiedChinese,
            Language::TraditionalChinese => Self::TraditionalChinese,
            Language::English => Self::English,
        }
    }
}

impl Language {
    /// In the order in which they are offered.
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

    /// Reads one of our own tags, as [`Language::tag`] writes them.
    pub fn parse(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == tag)
    }

    /// The language of anybody's tag: `zh-TW`, `zh-Hant-HK`, `en-GB`, and a locale of POSIX such as `zh_TW.UTF-8`. Chinese
    /// with no word of the script is simplified. `None` for any language that we do not have.
    pub fn of_tag(tag: &str) -> Option<Self> {
        Some(match wish(tag)? {
            Wish::One(language) => language,
            Wish::EitherChinese => Self::SimplifiedChinese,
        })
    }

    /// The language that the value of an `Accept-Language` header likes best; `None` where it names no language that we have.
    ///
    /// A reader of 繁體 is never answered in 简体: where a header asks for Chinese as such, and for no Chinese but the
    /// traditional beside it, as `zh, zh-TW;q=0.9` does, then that is the Chinese which is meant.
    pub fn accepted(header: &str) -> Option<Self> {
        let mut items: Vec<(&str, u32)> = header.split(',').filter_map(item).collect();
        // Equal ones stay in their order: browsers list first what they prefer.
        items.sort_by_key(|(_, quality)| QUALITY_MAX.saturating_sub(*quality));
        let wishes: Vec<Wish> = items.into_iter().filter_map(|(tag, _)| wish(tag)).collect();
        let asks_for = |language| wishes.iter().any(|wish| matches!(wish, Wish::One(one) if *one == language));
        let either = match asks_for(Self::TraditionalChinese) && !asks_for(Self::SimplifiedChinese) {
            true => Self::TraditionalChinese,
            false => Self::SimplifiedChinese,
        };
        wishes.first().map(|wish| match wish {
            Wish::One(language) => *language,
            Wish::EitherChinese => either,
        })
    }

    /// A day: 2026年11月24日, 24 November 2026.
    pub fn day(self, date: Date) -> String {
        match self {
            Self::English => date.strftime("%-d %B %Y").to_string(),
            Self::SimplifiedChinese | Self::TraditionalChinese => date.strftime("%Y年%-m月%-d日").to_string(),
        }
    }
}

/// A tag of the header with its quality; nothing where it is not wanted at all.
fn item(item: &str) -> Option<(&str, u32)> {
    let (tag, parameters) = item.split_once(';').unwrap_or((item, ""));
    let quality = parameters.split(';').find_map(|parameter| parameter.trim().strip_prefix("q="));
    let quality = quality.map_or(Some(QUALITY_MAX), thousandths)?;
    (quality > 0).then_some((tag.trim(), quality))
}

/// `0.85` is 850.
fn thousandths(text: &str) -> Option<u32> {
    let (whole, decimals) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(decimals) || decimals.len() > 3 {
        return None;
    }
    let decimals: u32 = format!("{decimals:0<3}").parse().ok()?;
    Some((whole.parse::<u32>().ok()?.min(1) * QUALITY_MAX + decimals).min(QUALITY_MAX))
}

fn wish(tag: &str) -> Option<Wish> {
    // What follows in a locale of POSIX is an encoding, or what it calls a modifier.
    let tag = tag.split(['.', '@']).next().unwrap_or_default();
    let mut parts = tag.split(['-', '_']).map(str::to_ascii_lowercase);
    let language = parts.next().unwrap_or_default();
    let parts: Vec<String> = parts.collect();
    let has = |names: &[&str]| parts.iter().any(|part| names.contains(&part.as_str()));
    match language.as_str() {
        "en" => Some(Wish::One(Language::English)),
        "zh" | "cmn" | "yue" if has(&["hant"]) => Some(Wish::One(Language::TraditionalChinese)),
        "zh" | "cmn" | "yue" if has(&["hans"]) => Some(Wish::One(Language::SimplifiedChinese)),
        "zh" | "cmn" | "yue" if has(&["tw", "hk", "mo", "cht"]) => Some(Wish::One(Language::TraditionalChinese)),
        "zh" | "cmn" | "yue" if has(&["cn", "sg", "my", "chs"]) => Some(Wish::One(Language::SimplifiedChinese)),
        "zh" | "cmn" | "yue" => Some(Wish::EitherChinese),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Language::{English, SimplifiedChinese, TraditionalChinese};

    #[test]
    fn days_are_written_as_people_write_them() {
        let days = Language::ALL.map(|language| language.day(jiff::civil::date(2026, 3, 5)));
        assert_eq!(days, ["2026年3月5日", "2026年3月5日", "5 March 2026"]);
    }

    #[test]
    fn the_language_that_a_reader_likes_best_is_taken() {
        for (accepted, expected) in [
            ("", None),
            ("fr", None),
            ("zh;q=0, fr", None),
            ("zh-CN,zh;q=0.9,en;q=0.8", Some(SimplifiedChinese)),
            ("fr-CH, en;q=0.7, zh;q=0.3", Some(English)),
            ("zh;q=0.3, en;q=0.75", Some(English)),
            ("zh, en", Some(SimplifiedChinese)),
            ("en;q=0.5, zh-TW;q=1.000", Some(TraditionalChinese)),
            ("zh-Hant;q=0, zh-CN;q=0.1", Some(SimplifiedChinese)),
            ("*, ;;, en;q=x, en-GB", Some(English)),
        ] {
            assert_eq!(Language::accepted(accepted), expected, "{accepted}");
        }
    }

    #[test]
    fn a_reader_of_the_traditional_script_is_never_answered_in_the_simplified_one() {
        for accepted in [
            "zh-Hant",
            "zh-TW",
            "zh-HK,zh;q=0.9,en;q=0.8",
            "zh-MO",
            "zh-hant-HK",
            "ZH-TW",
            "zh-Hant-CN",
            "zh_TW",
            "cmn-Hant",
            "zh-cmn-Hant",
            "yue-HK",
            "zh-CHT",
            "zh,zh-TW;q=0.9,en;q=0.8",
            "fr, zh, zh-HK;q=0.1",
        ] {
            assert_eq!(Language::accepted(accepted), Some(TraditionalChinese), "{accepted}");
        }
    }

    #[test]
    fn locales_are_read_as_tags_are() {
        for (tag, expected) in [
            ("zh_TW.UTF-8", Some(TraditionalChinese)),
            ("zh_HK", Some(TraditionalChinese)),
            ("zh_CN.UTF-8", Some(SimplifiedChinese)),
            ("zh", Some(SimplifiedChinese)),
            ("zh_Hant_CN@pinyin", Some(TraditionalChinese)),
            ("en_GB.UTF-8", Some(English)),
            ("C.UTF-8", None),
            ("", None),
        ] {
            assert_eq!(Language::of_tag(tag), expected, "{tag}");
        }
    }
}
