//! The language of what the command line says: the one that `--language` asks for, else the terminal's, else English.

use std::sync::OnceLock;

use page_parts::Language;

static ASKED: OnceLock<Language> = OnceLock::new();

/// Where a terminal's language is told, the strongest first.
const VARIABLES: [&str; 3] = ["LC_ALL", "LC_MESSAGES", "LANG"];

/// Remembers what was asked for; the first asking stays.
pub fn ask(language: Option<Language>) {
    if let Some(language) = language {
        let _ = ASKED.set(language);
    }
}

/// The language to speak.
pub fn language() -> Language {
    ASKED.get().copied().unwrap_or_else(|| of_terminal(|variable| std::env::var(variable).ok()))
}

fn of_terminal(value: impl Fn(&str) -> Option<String>) -> Language {
    let told = VARIABLES.into_iter().filter_map(value).find(|value| !value.is_empty());
    told.and_then(|tag| Language::of_tag(&tag)).unwrap_or(Language::English)
}

/// Reads the value of `--language`.
///
/// # Errors
/// If the words are in no such language.
pub fn parse(tag: &str) -> Result<Language, String> {
    Language::of_tag(tag).ok_or_else(|| {
        let tags = Language::ALL.map(Language::tag).join(", ");
        format!("it is one of {tags}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_terminal_tells_its_language() {
        for (all, lang, expected) in [
            ("", "zh_CN.UTF-8", Language::SimplifiedChinese),
            ("zh_TW.UTF-8", "en_GB.UTF-8", Language::TraditionalChinese),
            ("", "zh_HK", Language::TraditionalChinese),
            ("C.UTF-8", "zh_CN.UTF-8", Language::English),
            ("", "", Language::English),
        ] {
            let value = |variable: &str| match variable {
                "LC_ALL" => Some(all.to_owned()),
                "LANG" => Some(lang.to_owned()),
                _ => None,
            };
            assert_eq!(of_terminal(value), expected, "LC_ALL={all} LANG={lang}");
        }
    }
}
