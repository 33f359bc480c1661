//! Take it back? Asked once, before it is done.

use maud::{Markup, html};

use super::aloud::Figure;
use super::done::lines;
use super::frame::{Frame, points, word_button, words};
use super::words::Word;
use crate::app::Model;
use crate::app::control::Control;
use crate::app::model::Finished;

/// The screen.
pub fn view(model: &Model, finished: &Finished) -> Markup {
    let words = words(model);
    let back = finished.receipt.points;
    Frame::new(model, Word::UndoTitle).reads([Figure::points(Word::PointsBack, back)]).body(&html! {
        dl #facts .facts {
            div { dt { (words.say(Word::CheckWhat)) } dd { span #what .figure { (lines(model, words, &finished.receipt)) } } }
            div { dt { (words.say(Word::PointsBack)) } dd { (points(words, "back-points", back)) } }
        }
        p .lead { (words.say(Word::UndoLead)) }
        (word_button(words, &Control::Confirm, "main large", Word::UndoYesButton))
    })
}
