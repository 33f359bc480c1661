//! The files of messages, read, and a message said.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

use crate::{Language, grouped};

type Bundle = FluentBundle<FluentResource>;

pub struct Messages([Bundle; 3]);

impl Messages {
    /// Reads a file for each of [`Language::ALL`], in that order. What cannot be read is left out; [`check`](crate::check)
    /// says what that is.
    pub fn read(files: [&str; 3]) -> Self {
        Self::read_all([files])
    }

    /// The same, of many such files.
    pub fn read_all<'a>(files: impl IntoIterator<Item = [&'a str; 3]>) -> Self {
        let mut bundles = Language::ALL.map(bundle);
        for file in files {
            for (bundle, file) in bundles.iter_mut().zip(file) {
                let resource = FluentResource::try_new(file.to_owned()).unwrap_or_else(|(resource, _)| resource);
                bundle.add_resource_overriding(resource);
            }
        }
        Self(bundles)
    }

    /// The message of that key with its values; the key itself, where nobody has written it.
    pub fn say(&self, language: Language, key: String, values: &[(&'static str, FluentValue<'_>)]) -> String {
        self.with(language, key, &values.iter().cloned().collect())
    }

    /// The same, for values whose names are not known before.
    pub(crate) fn say_owned(&self, language: Language, key: String, values: Vec<(String, FluentValue<'_>)>) -> String {
        self.with(language, key, &values.into_iter().collect())
    }

    fn with(&self, language: Language, key: String, arguments: &FluentArgs<'_>) -> String {
        let bundle = &self.0[language as usize];
        let Some(pattern) = bundle.get_message(&key).and_then(|message| message.value()) else { return key };
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, Some(arguments), &mut errors);
        debug_assert!(errors.is_empty(), "{key}: {errors:?}");
        text.into_owned()
    }
}

fn bundle(language: Language) -> Bundle {
    let mut bundle = Bundle::new_concurrent(vec![language.tag().parse().unwrap_or_default()]);
    // All three languages are written from left to right.
    bundle.set_use_isolating(false);
    bundle.set_formatter(Some(|value, _| match value {
        // Quantities are whole and within ±(2⁵³ − 1), so nothing is lost.
        FluentValue::Number(number) => Some(grouped(number.value as i64)),
        FluentValue::String(_) | FluentValue::Custom(_) | FluentValue::None | FluentValue::Error => None,
    }));
    bundle
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_said_in_its_language_and_with_its_values() {
        let english = "have = You have { $count ->\n    [one] one point\n   *[other] { $count } points\n}.\n";
        let messages = Messages::read(["have = 您有 { $count } 分", "have = 您有 { $count } 分（繁）", english]);
        let say = |language, count: i64| messages.say(language, "have".to_owned(), &[("count", count.into())]);
        assert_eq!(say(Language::SimplifiedChinese, 1), "您有 1 分");
        assert_eq!(say(Language::TraditionalChinese, 5214), "您有 5,214 分（繁）");
        assert_eq!(say(Language::English, 1), "You have one point.");
        assert_eq!(say(Language::English, 5214), "You have 5,214 points.");
    }

    #[test]
    fn without_a_message_its_key_is_said() {
        let messages = Messages::read([""; 3]);
        assert_eq!(messages.say(Language::English, "have".to_owned(), &[]), "have");
    }
}
