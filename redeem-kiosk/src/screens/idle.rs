//! Is anybody there? Seconds are counted down; one press, and the visit goes on where it was.

use maud::{Markup, html};

use super::aloud::Figure;
use super::frame::{Frame, word_button, words};
use super::words::{Word, word_list};
use crate::app::Model;
use crate::app::control::Control;

word_list! {
    "idle.ftl":
    IdleTitle,
    IdleLead,
    IdleSeconds,
    StayButton,
}

pub fn view(model: &Model, seconds: i64) -> Markup {
    let words = words(model);
    Frame::new(model, Word::IdleTitle).waits(true).reads([Figure::seconds(seconds)]).body(&html! {
        p .lead { (words.say(Word::IdleLead)) }
        p .countdown { span #seconds .figure { (seconds) } " " (words.say(Word::IdleSeconds)) }
        (word_button(words, &Control::Stay, "main large", Word::StayButton))
    })
}
