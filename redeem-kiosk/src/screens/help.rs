//! Staff are to be called, by the person: the machine rings no bell. The visit waits.

use maud::{Markup, html};

use super::frame::{Frame, word_button, words};
use super::words::{Word, word_list};
use crate::app::Model;
use crate::app::control::Control;

word_list! {
    "help.ftl":
    HelpTitle,
    HelpLead,
    HelpGoOnButton,
    StaffButton,
    StaffNote,
}

pub fn view(model: &Model) -> Markup {
    let words = words(model);
    Frame::new(model, Word::HelpTitle).body(&html! {
        p .lead { (words.say(Word::HelpLead)) }
        (word_button(words, &Control::Stay, "main large", Word::HelpGoOnButton))
        div .staff {
            (word_button(words, &Control::Desk, "quiet", Word::StaffButton))
            @if model.session.is_some() { p .small { (words.say(Word::StaffNote)) } }
        }
    })
}
