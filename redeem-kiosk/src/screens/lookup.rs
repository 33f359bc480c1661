//! The number of a receipt is typed by staff: its last digits are enough.

use maud::{Markup, html};

use super::frame::{Frame, notice, word_button, words};
use super::pad::pad;
use super::words::Word;
use crate::app::Model;
use crate::app::control::Control;
use crate::app::model::Lookup;

/// The screen.
pub fn view(model: &Model, lookup: &Lookup) -> Markup {
    let words = words(model);
    let number = model.receipt_number(lookup);
    Frame::new(model, Word::LookupTitle)
        .hitch(lookup.hitch.as_ref())
        .waits(lookup.question.is_some())
        .layout("typing")
        .body(&html! {
            div .typed-so-far {
                p .lead { (words.say(Word::LookupLead)) }
                p #typed .typed aria-live="polite" { (number) }
                @if lookup.question.is_some() {
                    (notice("progress", "…", &words.say(Word::LookupChecking)))
                } @else {
                    (word_button(words, &Control::OtherYear, "quiet", Word::OtherYearButton))
                }
            }
            (pad(words))
        })
}
