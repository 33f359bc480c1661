//! A member of staff shows a work card instead of the PIN: scanned, or its text pasted.

use maud::{Markup, html};

use super::frame::{Frame, notice, words};
use super::words::{Word, Words, word_list};
use crate::app::Model;
use crate::app::model::{Hitch, Question};

word_list! {
    "attend.ftl":
    AttendTitle,
    AttendLead,
    AttendChecking,
    WorkCardFold,
    WorkCardLabel,
    WorkCardButton,
}

pub fn view(model: &Model, question: Option<Question>, hitch: Option<&Hitch>) -> Markup {
    let words = words(model);
    Frame::new(model, Word::AttendTitle).hitch(hitch).waits(question.is_some()).body(&html! {
        p .lead { (words.say(Word::AttendLead)) }
        @if let Some(question) = question {
            (notice("progress", "…", words.say(if question.is_slow { Word::PinSlow } else { Word::AttendChecking })))
        } @else {
            (paste(model, words))
        }
    })
}

/// Where the text of a work card is pasted, folded away: most have no keyboard. It is shown as dots, and no browser keeps it.
pub fn paste(model: &Model, words: Words) -> Markup {
    html! {
        details #work-card-typed {
            summary #work-card-fold { (words.say(Word::WorkCardFold)) }
            form #work-card method="post" action="/scan" autocomplete="off" {
                input type="hidden" name="revision" value=(model.revision);
                label for="work-card-text" { (words.say(Word::WorkCardLabel)) }
                input #work-card-text type="password" name="text" autocomplete="off" spellcheck="false" maxlength="200"
                    required;
                button #work-card-check type="submit" { (words.say(Word::WorkCardButton)) }
            }
        }
    }
}
