//! Words by noun: each page or screen lists its own words beside what it shows, and has its own files of messages, so that
//! two people who add two of them do not meet.

use fluent_bundle::FluentValue;

use crate::{Language, Messages, check};

/// The words of one page or screen.
#[derive(Debug)]
pub struct Section {
    /// As they are listed: `CardTitle`.
    pub names: &'static [&'static str],
    /// Its file of messages in each language, in the order of [`Language::ALL`].
    pub files: [&'static str; 3],
}

/// All sections of a package, and their messages.
pub struct Vocabulary {
    pub sections: &'static [&'static Section],
    messages: Messages,
}

impl Vocabulary {
    pub fn new(sections: &'static [&'static Section]) -> Self {
        Self { sections, messages: Messages::read_all(sections.iter().map(|section| section.files)) }
    }

    /// The word of that name with its values.
    pub fn say(&self, language: Language, name: &str, values: &[(&'static str, FluentValue<'_>)]) -> String {
        self.messages.say(language, key(name), values)
    }

    /// What breaks a rule, or contains what is banned here alone.
    pub fn flaws(&self, banned_here: &[&str]) -> Vec<String> {
        let of = |section: &&Section| {
            let keys: Vec<String> = section.names.iter().map(|name| key(name)).collect();
            check::flaws(&keys, section.files, banned_here)
        };
        self.sections.iter().flat_map(of).collect()
    }
}

/// The key of a word's message: the name in small letters, with hyphens between its words.
pub fn key(name: &str) -> String {
    let mut key = String::new();
    for (index, character) in name.chars().enumerate() {
        if character.is_ascii_uppercase() && index > 0 {
            key.push('-');
        }
        key.push(character.to_ascii_lowercase());
    }
    key
}

/// Makes a package's `Word` and `Words { language }`, which says them, in the module in which it stands; its argument lists
/// the modules that have words of their own, and a `static SECTION` that [`section!`](crate::section) makes.
///
/// ```text
/// page_parts::vocabulary! { super: card, frame, pin, }
/// ```
#[macro_export]
macro_rules! vocabulary {
    ($parent:ident: $($module:ident,)*) => {
        /// A word: the message of its name, `CardTitle` being `card-title`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct Word(pub(super) &'static str);

        impl Word {
            /// All of them, in the order of the list of modules.
            pub fn all() -> impl Iterator<Item = Self> {
                VOCABULARY.sections.iter().flat_map(|section| section.names).map(|name| Self(name))
            }

            pub fn key(self) -> String {
                $crate::key(self.0)
            }
        }

        static SECTIONS: &[&$crate::Section] = &[$(&$parent::$module::SECTION,)*];

        static VOCABULARY: std::sync::LazyLock<$crate::Vocabulary> =
            std::sync::LazyLock::new(|| $crate::Vocabulary::new(SECTIONS));

        #[derive(Debug, Clone, Copy)]
        pub struct Words {
            pub language: $crate::Language,
        }

        impl Words {
            /// A word that takes no values.
            pub fn say(self, word: Word) -> String {
                self.with(word, [])
            }

            /// A word with the values that it takes.
            pub fn with<const N: usize>(
                self,
                word: Word,
                values: [(&'static str, $crate::FluentValue<'_>); N],
            ) -> String {
                VOCABULARY.say(self.language, word.0, &values)
            }
        }
    };
}

/// A section of those words: what a package's own macro for its screens' lists is made with. That macro is the package's own
/// because the compiler tells of a word that nobody uses only where no other package's macro has made it.
#[macro_export]
macro_rules! section {
    ($file:literal: $($word:ident,)*) => {
        $crate::Section {
            names: &[$(stringify!($word),)*],
            files: [
                include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/locales/zh-Hans/", $file)),
                include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/locales/zh-Hant/", $file)),
                include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/locales/en/", $file)),
            ],
        }
    };
}
