//! The PIN is typed; dots stand for its digits.

use maud::{Markup, html};

use super::frame::{Frame, notice, word_button, words};
use super::pad::pad;
use super::words::{Word, word_list};
use crate::app::Model;
use crate::app::control::Control;
use crate::app::model::{Hitch, Question};
use crate::app::pad::PIN_DIGITS;
use crate::app::secret::Secret;

word_list! {
    "pin.ftl":
    PinTitle,
    PinLead,
    PinChecking,
    PinSlow,
    AttendButton,
}

pub fn view(model: &Model, digits: &Secret, question: Option<Question>, hitch: Option<&Hitch>) -> Markup {
    let words = words(model);
    let typed = digits.length();
    let count = i64::try_from(typed).unwrap_or_default();
    Frame::new(model, Word::PinTitle).hitch(hitch).waits(question.is_some()).layout("typing").body(&html! {
        div .typed-so-far {
            p .lead { (words.say(Word::PinLead)) }
            p #typed .typed .dotted aria-live="polite" {
                span .unseen { (words.with(Word::DigitsTyped, [("count", count.into())])) }
                @for place in 0..PIN_DIGITS {
                    span aria-hidden="true" class=(if place < typed { "full" } else { "empty" }) {
                        (if place < typed { "●" } else { "○" })
                    }
                }
            }
            @if let Some(question) = question {
                (notice("progress", "…", words.say(if question.is_slow { Word::PinSlow } else { Word::PinChecking })))
            } @else {
                (word_button(words, &Control::Attend, "quiet", Word::AttendButton))
            }
        }
        (pad(words))
    })
}
