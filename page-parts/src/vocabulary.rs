//! A package's words, listed noun by noun, so that two people who add two nouns touch different files.

use std::sync::OnceLock;

use fluent_bundle::FluentValue;

use crate::{Language, Messages, check, key};

/// The words of one noun.
#[derive(Debug, Clone, Copy)]
pub struct NounWords {
    /// As the program writes them: `HomeTitle` is the message `home-title`.
    pub names: &'static [&'static str],
    /// The messages, one file for each of [`Language::ALL`], in that order.
    pub files: [&'static str; 3],
}

/// The words of all nouns of a package.
pub struct Vocabulary {
    nouns: &'static [NounWords],
    messages: OnceLock<Messages>,
}

impl Vocabulary {
    /// The files are read when a word is said for the first time.
    pub const fn new(nouns: &'static [NounWords]) -> Self {
        Self { nouns, messages: OnceLock::new() }
    }

    /// Says a word in a language, with its values.
    pub fn say(&self, language: Language, name: &str, values: &[(&'static str, FluentValue<'_>)]) -> String {
        self.messages.get_or_init(|| self.read()).say(language, key(name), values)
    }

    fn read(&self) -> Messages {
        let all = [0, 1, 2].map(|language| {
            let files: Vec<&str> = self.nouns.iter().map(|noun| noun.files[language]).collect();
            files.join("\n")
        });
        Messages::read(all.each_ref().map(String::as_str))
    }

    /// What breaks a rule of [`check`], or contains what is banned here alone, each in a line. For tests.
    pub fn flaws(&self, banned_here: &[&str]) -> Vec<String> {
        let flaws = self.nouns.iter().flat_map(|noun| {
            let keys: Vec<String> = noun.names.iter().map(|name| key(name)).collect();
            check::flaws(&keys, noun.files, banned_here)
        });
        flaws.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static VOCABULARY: Vocabulary = Vocabulary::new(&[
        NounWords {
            names: &["HomeTitle"], files: ["home-title = 积分", "home-title = 積分", "home-title = Points"]
        },
        NounWords { names: &["CardTitle"], files: ["card-title = 卡", "card-title = 卡", "other-title = Card"] },
    ]);

    #[test]
    fn words_of_every_noun_are_said_and_checked() {
        assert_eq!(VOCABULARY.say(Language::English, "HomeTitle", &[]), "Points");
        assert_eq!(VOCABULARY.say(Language::SimplifiedChinese, "CardTitle", &[]), "卡");
        assert_eq!(VOCABULARY.flaws(&[]), ["en: other-title is no word", "en: card-title is missing"]);
    }
}
