//! It is being done: at once a word, past a second another one, and what is the matter when it takes long.

use maud::{Markup, html};

use super::frame::{Frame, words};
use super::words::{Word, word_list};
use crate::app::Model;
use crate::app::model::Patience;

word_list! {
    "working.ftl":
    WorkingTitle,
    WorkingShort,
    WorkingLong,
    WorkingAgain,
}

pub fn view(model: &Model, patience: Patience) -> Markup {
    let words = words(model);
    let word = match patience {
        Patience::Short => Word::WorkingShort,
        Patience::Long => Word::WorkingLong,
        Patience::Again => Word::WorkingAgain,
    };
    Frame::new(model, Word::WorkingTitle).waits(true).body(&html! {
        div .working {
            div .petals aria-hidden="true" { span {} span {} span {} span {} }
            p #progress .lead role="status" { (words.say(word)) }
        }
    })
}
