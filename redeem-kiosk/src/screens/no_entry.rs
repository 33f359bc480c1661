//! For who has not come through the kiosk's own start: a plain page with nothing on it.

use maud::{DOCTYPE, Markup, html};
use page_parts::Language;

use super::words::{Word, Words, word_list};
use crate::shell::assets;

word_list! {
    "no-entry.ftl":
    NoEntryTitle,
    NoEntryLead,
}

/// The page, in all languages, for nobody is known here.
pub fn view() -> Markup {
    html! {
        (DOCTYPE)
        html lang=(Language::default().tag()) class="text-large" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (Words { language: Language::default() }.say(Word::NoEntryTitle)) }
                link rel="icon" href=(assets::address("magnolia.svg")) type="image/svg+xml";
                link rel="stylesheet" href=(assets::address("kiosk.css"));
            }
            body data-screen="no-entry" {
                main #main {
                    @for language in Language::ALL {
                        @let words = Words { language };
                        section lang=(language.tag()) {
                            h1 { (words.say(Word::NoEntryTitle)) }
                            p { (words.say(Word::NoEntryLead)) }
                        }
                    }
                }
            }
        }
    }
}
