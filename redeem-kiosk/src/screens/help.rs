//! Somebody was called. The visit waits.

use maud::{Markup, html};

use super::frame::{Frame, word_button, words};
use super::words::Word;
use crate::app::Model;
use crate::app::control::Control;

/// The screen.
pub fn view(model: &Model) -> Markup {
    let words = words(model);
    Frame::new(model, Word::HelpTitle).body(&html! {
        p .lead { (words.say(Word::HelpLead)) }
        p .lead { (words.say(Word::HelpBack)) }
        (word_button(words, &Control::Desk, "quiet", Word::StaffButton))
    })
}
