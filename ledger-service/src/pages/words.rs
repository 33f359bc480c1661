//! The words of the pages, in the reader's language. Each noun lists its own in `<noun>/words.rs`, and has a file of messages
//! for each language, `locales/<language>/<noun>.ftl`.
//!
//! A word that no page uses is a warning, and so is a noun that is missing here. A test holds the files to the rules of
//! [`page_parts::check`].

use jiff::tz::TimeZone;
use page_parts::{FluentValue, Language, Vocabulary};

pub use page_parts::{grouped, signed};

/// A word, by its name: `Word::LoginTitle` is the message `login-title`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word(pub(super) &'static str);

/// Lists the words of a noun, in the noun's own file. `Word in "home.ftl": HomeTitle,` makes `Word::HomeTitle`, which is the
/// message `home-title` of `locales/<language>/home.ftl`, and `WORDS`, which belongs in the vocabulary below.
///
/// It stands in this package because the compiler says nothing about what a macro of another one makes and nobody uses.
macro_rules! words {
    ($word:ident in $file:literal: $($name:ident,)*) => {
        #[allow(non_upper_case_globals, reason = "a word is written like a variant of an enum")]
        impl $word {
            $(pub const $name: Self = Self(stringify!($name));)*
        }

        pub const WORDS: page_parts::NounWords = page_parts::NounWords {
            names: &[$(stringify!($name),)*],
            files: [
                include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/locales/zh-Hans/", $file)),
                include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/locales/zh-Hant/", $file)),
                include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/locales/en/", $file)),
            ],
        };
    };
}
pub(super) use words;

/// The words of all nouns, a line for each.
static VOCABULARY: Vocabulary = Vocabulary::new(&[
    super::card::words::WORDS,
    super::failed::words::WORDS,
    super::home::words::WORDS,
    super::imports::words::WORDS,
    super::layout::words::WORDS,
    super::login::words::WORDS,
    super::me::words::WORDS,
    super::offline::words::WORDS,
    super::receipts::words::WORDS,
    super::staff::words::WORDS,
    super::statement::words::WORDS,
    super::verify::words::WORDS,
]);

/// Words in one language.
#[derive(Debug, Clone, Copy)]
pub struct Words {
    pub language: Language,
}

impl Words {
    pub fn say(self, word: Word) -> String {
        self.with(word, [])
    }

    /// A word whose message has values in it.
    pub fn with<const N: usize>(self, word: Word, values: [(&'static str, FluentValue<'_>); N]) -> String {
        VOCABULARY.say(self.language, word.0, &values)
    }

    /// An instant by the clock of that zone, to the minute.
    pub fn moment(self, instant: i64, zone: &TimeZone) -> String {
        let Ok(instant) = jiff::Timestamp::from_second(instant) else { return instant.to_string() };
        let time = zone.to_datetime(instant);
        format!("{} {}", self.language.day(time.date()), time.strftime("%H:%M"))
    }

    /// Minutes as hours and minutes; of the two, one that is zero is left out.
    pub fn hours(self, minutes: i64) -> String {
        let (hours, minutes) = (minutes / 60, minutes % 60);
        match (hours, minutes) {
            (_, 0) => self.with(Word::HoursAlone, [("hours", hours.into())]),
            (0, _) => self.with(Word::MinutesAlone, [("minutes", minutes.into())]),
            _ => self.with(Word::HoursAndMinutes, [("hours", hours.into()), ("minutes", minutes.into())]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_languages_have_every_word_and_none_breaks_a_rule() {
        assert_eq!(VOCABULARY.flaws(&[]), [""; 0]);
    }

    #[test]
    fn hours_are_written_as_people_write_them() {
        let english = Words { language: Language::English };
        assert_eq!(english.hours(1890), "31 hours 30 minutes");
        assert_eq!(english.hours(61), "1 hour 1 minute");
        assert_eq!(english.hours(120), "2 hours");
        assert_eq!(english.hours(45), "45 minutes");
    }
}
