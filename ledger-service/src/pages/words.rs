//! The words of the pages, in the reader's language: a [`Word`] is a message of `locales/<language>/pages.ftl`.
//!
//! A word that no page uses does not compile without a warning; a test holds the three files to the rules of
//! [`page_parts::check`].

use jiff::tz::TimeZone;

pub use super::word_list::{Word, Words};
pub use page_parts::{grouped, signed};

impl Words {
    /// An instant on the clock of that zone, to the minute.
    pub fn moment(self, instant: i64, zone: &TimeZone) -> String {
        let Ok(instant) = jiff::Timestamp::from_second(instant) else { return instant.to_string() };
        let time = zone.to_datetime(instant);
        format!("{} {}", self.language.day(time.date()), time.strftime("%H:%M"))
    }

    /// Minutes as hours and minutes, without what there is none of.
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
        assert_eq!(Words::flaws(&[]), [""; 0]);
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
