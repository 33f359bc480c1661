//! It was taken back: a receipt of its own.

use maud::{Markup, html};

use super::done::{can_print, code, figures, main_figure, paper};
use super::frame::{Frame, word_button, words};
use super::words::{Word, word_list};
use crate::app::Model;
use crate::app::control::Control;
use crate::app::model::Finished;

word_list! {
    "undone.ftl":
    UndoneTitle,
    UndoneLead,
    PointsBack,
}

pub fn view(model: &Model, finished: &Finished) -> Markup {
    let words = words(model);
    Frame::new(model, Word::UndoneTitle).reads(main_figure(finished, Word::PointsBack)).body(&html! {
        div .result {
            (code(words, &finished.receipt))
            div .said {
                p .lead { (words.say(Word::UndoneLead)) }
                (figures(words, finished, Word::PointsBack))
                (paper(words, finished.print))
                div .choices {
                    (word_button(words, &Control::Finish, "main", Word::FinishButton))
                    @if can_print(finished.print) {
                        (word_button(words, &Control::PrintAgain, "", Word::PrintAgainButton))
                    }
                }
            }
        }
    })
}
