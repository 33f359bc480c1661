//! The words of the screens, in the person's language: a [`Word`] is a message of `locales/<language>/kiosk.ftl`.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use jiff::tz::TimeZone;

use super::language::Language;
pub use super::word_list::Word;

type Bundle = FluentBundle<FluentResource>;

static BUNDLES: LazyLock<[Bundle; 3]> = LazyLock::new(|| Language::ALL.map(bundle));

/// The messages of a language.
fn source(language: Language) -> &'static str {
    match language {
        Language::SimplifiedChinese => include_str!("../../locales/zh-Hans/kiosk.ftl"),
        Language::TraditionalChinese => include_str!("../../locales/zh-Hant/kiosk.ftl"),
        Language::English => include_str!("../../locales/en/kiosk.ftl"),
    }
}

fn bundle(language: Language) -> Bundle {
    let mut bundle = Bundle::new_concurrent(vec![language.tag().parse().unwrap_or_default()]);
    // What cannot be read is left out; a test says that there is nothing of it.
    let resource = FluentResource::try_new(source(language).to_owned()).unwrap_or_else(|(resource, _)| resource);
    bundle.add_resource_overriding(resource);
    // All three languages are written from left to right.
    bundle.set_use_isolating(false);
    bundle.set_formatter(Some(|value, _| match value {
        // Quantities are whole and within ±(2⁵³ − 1), so nothing is lost.
        FluentValue::Number(number) => Some(grouped(number.value as i64)),
        _ => None,
    }));
    bundle
}

/// Words in one language.
#[derive(Debug, Clone, Copy)]
pub struct Words {
    /// The language.
    pub language: Language,
}

impl Words {
    /// A word without values.
    pub fn say(self, word: Word) -> String {
        self.with(word, [])
    }

    /// A word with its values.
    pub fn with<const N: usize>(self, word: Word, values: [(&'static str, FluentValue<'_>); N]) -> String {
        let [simplified, traditional, english] = &*BUNDLES;
        let bundle = match self.language {
            Language::SimplifiedChinese => simplified,
            Language::TraditionalChinese => traditional,
            Language::English => english,
        };
        let key = word.key();
        let Some(pattern) = bundle.get_message(&key).and_then(|message| message.value()) else { return key };
        let mut arguments = FluentArgs::with_capacity(N);
        for (name, value) in values {
            arguments.set(name, value);
        }
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, Some(&arguments), &mut errors);
        debug_assert!(errors.is_empty(), "{key}: {errors:?}");
        text.into_owned()
    }

    /// An instant, to the minute, on the clocks of the stations.
    pub fn moment(self, instant: i64) -> String {
        let Ok(instant) = jiff::Timestamp::from_second(instant) else { return String::new() };
        let pattern = match self.language {
            Language::English => "%-d %B %Y %H:%M",
            _ => "%Y年%-m月%-d日 %H:%M",
        };
        zone().to_datetime(instant).strftime(pattern).to_string()
    }
}

/// The zone of the stations' clocks: all of them are eight hours before UTC.
pub fn zone() -> TimeZone {
    jiff::tz::offset(8).to_time_zone()
}

/// A number with a comma before each three digits: 1,234.
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "−" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// The messages of a language by key.
    fn messages(language: Language) -> BTreeMap<String, String> {
        let text = source(language);
        FluentResource::try_new(text.to_owned()).unwrap();
        let mut messages: BTreeMap<String, String> = BTreeMap::new();
        let mut last = String::new();
        for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            if line.starts_with([' ', '}']) {
                let message = messages.get_mut(&last).unwrap();
                message.push('\n');
                message.push_str(line);
                continue;
            }
            let (key, message) = line.split_once(" =").unwrap();
            last = key.to_owned();
            assert_eq!(messages.insert(last.clone(), message.trim().to_owned()), None, "{key} stands there twice");
        }
        messages
    }

    /// The values that a message names.
    fn values(message: &str) -> BTreeSet<String> {
        let names = message.split('$').skip(1);
        names
            .map(|rest| rest.chars().take_while(|character| character.is_ascii_alphanumeric() || *character == '_'))
            .map(Iterator::collect)
            .collect()
    }

    #[test]
    fn all_languages_have_every_word_with_the_same_values() {
        let words: BTreeSet<String> = Word::ALL.iter().map(|word| word.key()).collect();
        assert_eq!(words.len(), Word::ALL.len());
        let simplified = messages(Language::SimplifiedChinese);
        for language in Language::ALL {
            let messages = messages(language);
            assert_eq!(messages.keys().cloned().collect::<BTreeSet<_>>(), words, "{language:?}");
            for (key, message) in &messages {
                assert_eq!(values(message), values(&simplified[key]), "{key} in {language:?}");
            }
        }
    }

    #[test]
    fn no_word_is_a_bookkeepers_or_a_programmers() {
        let banned = [
            "账本",
            "帳本",
            "账户",
            "帳戶",
            "幂等",
            "冪等",
            "同步失败",
            "同步失敗",
            "令牌",
            "分录",
            "分錄",
            "借方",
            "贷方",
            "哈希",
            "雜湊",
            "证明",
            "證明",
            "冲正",
            "沖正",
            "数据库",
            "資料庫",
            "ledger",
            "idempoten",
            "token",
            "hash",
            "debit",
            "certificate",
            "user",
            "customer",
            "event",
            "cash",
            "yuan",
            "database",
            "timeout",
            "null",
        ];
        for language in Language::ALL {
            for (key, message) in messages(language) {
                let message = message.to_lowercase();
                let found = banned.iter().find(|word| message.contains(*word));
                assert_eq!(found, None, "{key} in {language:?}");
            }
        }
    }

    #[test]
    fn titles_and_buttons_have_at_most_twenty_characters() {
        for language in Language::ALL {
            for (key, message) in messages(language) {
                if key.ends_with("-title") || key.ends_with("-button") {
                    assert!(message.chars().count() <= 20, "{key} in {language:?}: {message}");
                }
            }
        }
    }

    #[test]
    fn the_two_chinese_scripts_are_not_mixed() {
        let (simplified, traditional) = (messages(Language::SimplifiedChinese), messages(Language::TraditionalChinese));
        let of_one = [
            ("积", "積"),
            ("时", "時"),
            ("驿", "驛"),
            ("证", "證"),
            ("这", "這"),
            ("没", "沒"),
            ("录", "錄"),
            ("换", "換"),
            ("点", "點"),
            ("请", "請"),
            ("还", "還"),
            ("码", "碼"),
            ("们", "們"),
            ("纸", "紙"),
        ];
        for (simple, full) in of_one {
            assert!(simplified.values().all(|message| !message.contains(full)), "{full}");
            assert!(traditional.values().all(|message| !message.contains(simple)), "{simple}");
        }
    }

    #[test]
    fn numbers_and_moments_are_written_as_people_write_them() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "−1,234,567")] {
            assert_eq!(grouped(number), text);
        }
        let moment = |language| Words { language }.moment(1_795_309_200);
        assert_eq!(moment(Language::SimplifiedChinese), "2026年11月22日 09:00");
        assert_eq!(moment(Language::English), "22 November 2026 09:00");
    }
}
