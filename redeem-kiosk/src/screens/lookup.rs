//! The number of a receipt is typed by staff: its last digits are enough.

use maud::{Markup, html};

use super::frame::{Frame, notice, word_button, words};
use super::pad::pad;
use super::words::{Word, word_list};
use crate::app::Model;
use crate::app::control::Control;
use crate::app::model::Lookup;
use crate::app::pad::RECEIPT_DIGITS;

word_list! {
    "lookup.ftl":
    LookupTitle,
    LookupLead,
    OtherYearButton,
    LookupChecking,
}

pub fn view(model: &Model, lookup: &Lookup) -> Markup {
    let words = words(model);
    let count = i64::try_from(lookup.digits.length()).unwrap_or_default();
    Frame::new(model, Word::LookupTitle)
        .hitch(lookup.hitch.as_ref())
        .waits(lookup.question.is_some())
        .layout("typing")
        .body(&html! {
            div .typed-so-far {
                p .lead { (words.say(Word::LookupLead)) }
                p #typed .typed aria-live="polite" {
                    span .unseen { (words.with(Word::DigitsTyped, [("count", count.into())])) }
                    span aria-hidden="true" { (model.receipt_start(lookup)) (typed(lookup)) }
                }
                @if lookup.question.is_some() {
                    (notice("progress", "…", words.say(Word::LookupChecking)))
                } @else {
                    (word_button(words, &Control::OtherYear, "quiet", Word::OtherYearButton))
                }
            }
            (pad(words))
        })
}

/// The digits at the end of the number, with a mark for each that is not typed yet.
fn typed(lookup: &Lookup) -> String {
    format!("{:_>RECEIPT_DIGITS$}", lookup.digits.reveal())
}
