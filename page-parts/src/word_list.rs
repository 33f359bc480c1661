//! A package's list of words.

/// Lists a package's words, in the module in which it stands.
///
/// ```text
/// page_parts::word_list! {
///     "pages.ftl":
///     HomeTitle,
///     HomeLead,
/// }
/// ```
///
/// makes the enum `Word`, of which `HomeTitle` is the message `home-title` in the package's
/// `locales/<language>/pages.ftl`, and `Words { language }`, which says them: `words.say(Word::HomeTitle)`. A word that is
/// not listed does not compile; one that a program lists and does not use is a warning. For tests, `Words::flaws` holds the
/// files to the rules of [`check`](crate::check).
#[macro_export]
macro_rules! word_list {
    // `tt`, not `ident`: only so is a word that nobody uses told as such where it is listed.
    ($file:literal: $($word:tt,)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Word {
            $(#[allow(missing_docs, reason = "the message says what it is")] $word,)*
        }

        impl Word {
            #[cfg(test)]
            pub const ALL: &[Self] = &[$(Self::$word,)*];

            pub fn key(self) -> String {
                $crate::key([$(stringify!($word),)*][self as usize])
            }
        }

        /// In the order of the languages.
        const FILES: [&str; 3] = [
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/locales/zh-Hans/", $file)),
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/locales/zh-Hant/", $file)),
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/locales/en/", $file)),
        ];

        static MESSAGES: std::sync::LazyLock<$crate::Messages> =
            std::sync::LazyLock::new(|| $crate::Messages::read(FILES));

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
                MESSAGES.say(self.language, word.key(), &values)
            }

            /// What breaks a rule, or contains what is banned here alone.
            #[cfg(test)]
            pub fn flaws(banned_here: &[&str]) -> Vec<String> {
                let keys: Vec<String> = Word::ALL.iter().map(|word| word.key()).collect();
                $crate::check::flaws(&keys, FILES, banned_here)
            }
        }
    };
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
