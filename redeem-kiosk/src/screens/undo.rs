//! Take it back? Asked once, before it is done: of whom it was made for, or of staff who have looked its receipt up.

use maud::{Markup, html};

use super::aloud::Figure;
use super::done::listed;
use super::frame::{Frame, points, town_words, word_button, words};
use super::words::{Word, word_list};
use crate::app::Model;
use crate::app::answer::ReceiptFacts;
use crate::app::control::Control;

word_list! {
    "undo.ftl":
    UndoTitle,
    UndoLead,
    UndoYesButton,
}

pub fn view(model: &Model, receipt: &ReceiptFacts) -> Markup {
    let words = words(model);
    let back = receipt.points_not_returned();
    Frame::new(model, Word::UndoTitle).reads([Figure::points(Word::PointsBack, back)]).body(&html! {
        dl #facts .facts {
            @match model.volunteer() {
                Some(volunteer) => div { dt { (words.say(Word::CheckWho)) } dd {
                    span #who .figure { (town_words(words, &volunteer.name)) }
                } }
                // A receipt names nobody.
                None => div { dt { (words.say(Word::ReceiptNumber)) } dd {
                    span #receipt-number .number { (receipt.number) }
                } }
            }
            div { dt { (words.say(Word::CheckWhat)) } dd { span #what .figure { (listed(model, words, &receipt.left())) } } }
            div { dt { (words.say(Word::PointsBack)) } dd { (points(words, "back-points", back)) } }
        }
        p .lead { (words.say(Word::UndoLead)) }
        (word_button(words, &Control::Confirm, "main large", Word::UndoYesButton))
    })
}
