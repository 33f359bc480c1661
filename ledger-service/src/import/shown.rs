//! What a message shows of a file, which anybody may have written, and which may name people.

use std::fmt;

use page_parts::Language;

/// A value of a file as it may be shown: cut and escaped, with what stands behind what was cut; or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown(Option<(Box<str>, &'static str)>);

impl Shown {
    /// A value that is no secret.
    pub fn open(text: &str) -> Self {
        let short = cut(text);
        let ellipsis = if short.len() < text.len() { "…" } else { "" };
        let quoted = format!("{short:?}");
        let escaped = quoted.strip_prefix('"').and_then(|quoted| quoted.strip_suffix('"')).unwrap_or_default();
        Self(Some((escaped.into(), ellipsis)))
    }

    /// A value from among a volunteer's data: shown only if it looks like a code, since a name may have slipped
    /// into the wrong column.
    pub fn personal(text: &str) -> Self {
        let like_a_code =
            text.bytes().all(|byte| byte.is_ascii_graphic()) && text.bytes().any(|byte| byte.is_ascii_digit());
        if like_a_code { Self::open(text) } else { Self(None) }
    }

    /// The value in quotation marks, in English with a space before it: a sentence reads well without it, too.
    pub fn say(&self, language: Language) -> String {
        let Some((text, ellipsis)) = &self.0 else { return String::new() };
        match language {
            Language::SimplifiedChinese => format!("“{text}{ellipsis}”"),
            Language::TraditionalChinese => format!("「{text}{ellipsis}」"),
            Language::English => format!(" \"{text}\"{ellipsis}"),
        }
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.say(Language::English))
    }
}

/// The longest piece of a file that a message shows, in characters.
const LONGEST_SHOWN: usize = 40;

/// The beginning of a text that may be long.
pub fn cut(text: &str) -> &str {
    match text.char_indices().nth(LONGEST_SHOWN) {
        Some((end, _)) => text.get(..end).unwrap_or_default(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shown_value_is_cut_and_escaped() {
        let cases = [
            ("S01", " \"S01\""),
            ("", " \"\""),
            ("a\nb\u{0}\u{85}\u{1b}\u{202e}", " \"a\\nb\\0\\u{85}\\u{1b}\\u{202e}\""),
            ("say \"hi\"", " \"say \\\"hi\\\"\""),
        ];
        for (text, expected) in cases {
            assert_eq!(Shown::open(text).to_string(), expected);
        }
        assert_eq!(Shown::open(&"驿".repeat(41)).to_string(), format!(" \"{}\"…", "驿".repeat(40)));
        assert_eq!(Shown::open(&"驿".repeat(40)).to_string(), format!(" \"{}\"", "驿".repeat(40)));
        let in_chinese = [Language::SimplifiedChinese, Language::TraditionalChinese]
            .map(|language| Shown::open("S01").say(language));
        assert_eq!(in_chinese, ["“S01”", "「S01」"]);
    }

    #[test]
    fn a_name_among_personal_data_is_not_shown() {
        for name in ["王小芳", "Wang Fang", "WangFang", ""] {
            assert_eq!(Shown::personal(name).to_string(), "", "{name}");
        }
        for code in ["T9", "1000347227", "grid-1"] {
            assert_eq!(Shown::personal(code), Shown::open(code));
        }
    }
}
