//! The words of the screens, in the person's language. Each screen lists its own, and has files of messages of its own:
//! `locales/<language>/<screen>.ftl`. A test holds them to the rules of [`page_parts::check`].

use jiff::tz::TimeZone;
use page_parts::Language;

page_parts::vocabulary! {
    super:
    attend,
    card,
    check,
    desk,
    done,
    found,
    frame,
    help,
    how_many,
    idle,
    lookup,
    no_entry,
    pad,
    pin,
    reason,
    refused,
    revoked,
    shelf,
    unable,
    unconfirmed,
    undo,
    undone,
    welcome,
    working,
}

/// Lists the words of a screen in its own module: `Word::CardTitle` is the message `card-title` of `locales/<language>/card.ftl`.
/// A word that is not listed does not compile, nor does one that two screens list; one that nobody uses is a warning.
macro_rules! word_list {
    ($file:literal: $($word:ident,)*) => {
        #[allow(non_upper_case_globals, reason = "named as a variant is, for it is one of many of its kind")]
        impl Word {
            $(pub(crate) const $word: Self = Self(stringify!($word));)*
        }

        pub(super) static SECTION: page_parts::Section = page_parts::section!($file: $($word,)*);
    };
}
pub(crate) use word_list;

impl Words {
    /// An instant, to the minute, on the clocks of that zone. Nobody's clocks show UTC, so it is named.
    pub fn moment(self, instant: i64, zone: &TimeZone) -> String {
        let Ok(instant) = jiff::Timestamp::from_second(instant) else { return String::new() };
        let pattern = match self.language {
            Language::English => "%-d %B %Y %H:%M",
            Language::SimplifiedChinese | Language::TraditionalChinese => "%Y年%-m月%-d日 %H:%M",
        };
        let name = if *zone == TimeZone::UTC { " UTC" } else { "" };
        format!("{}{name}", zone.to_datetime(instant).strftime(pattern))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_languages_have_every_word_and_none_breaks_a_rule() {
        // Whoever stands there takes something back; 冲正 is what the receipt calls it.
        assert_eq!(VOCABULARY.flaws(&["冲正", "沖正"]), [""; 0]);
    }

    #[test]
    fn moments_are_written_as_people_write_them() {
        let moment = |language, zone: &str| Words { language }.moment(1_795_309_200, &TimeZone::get(zone).unwrap());
        assert_eq!(moment(Language::SimplifiedChinese, "Asia/Shanghai"), "2026年11月22日 09:00");
        assert_eq!(moment(Language::English, "Asia/Shanghai"), "22 November 2026 09:00");
        assert_eq!(moment(Language::English, "America/Halifax"), "21 November 2026 21:00");
        assert_eq!(moment(Language::English, "UTC"), "22 November 2026 01:00 UTC");
    }
}
