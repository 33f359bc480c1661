//! The words of the pages, in the reader's language. Each noun lists its own, and has files of messages of its own:
//! `locales/<language>/<noun>.ftl`. A test holds them to the rules of [`page_parts::check`].

use jiff::tz::TimeZone;

pub use page_parts::{grouped, signed};

page_parts::vocabulary! {
    super:
    card,
    failed,
    home,
    imports,
    layout,
    login,
    me,
    offline,
    receipts,
    staff,
    statement,
    verify,
}

/// Lists the words of a noun in its own module: `words! { "home.ftl": HomeTitle, }` makes `Word::HomeTitle`, which is the message
/// `home-title` of `locales/<language>/home.ftl`. A word that nobody uses is a warning, and so is a noun that is missing above.
/// The compiler warns of neither where a macro of another package makes them, so this one stands here.
macro_rules! words {
    ($file:literal: $($word:ident,)*) => {
        #[allow(non_upper_case_globals, reason = "a word is written like a variant of an enum")]
        impl Word {
            $(pub const $word: Self = Self(stringify!($word));)*
        }

        pub static SECTION: page_parts::Section = page_parts::section!($file: $($word,)*);
    };
}
pub(super) use words;

impl Words {
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
    use page_parts::Language;

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
