//! The device may not ask any more: it says so and serves nobody.

use maud::{Markup, html};

use super::frame::{Frame, notice, words};
use super::words::{Word, word_list};
use crate::app::Model;
use crate::app::order::reference;

word_list! {
    "revoked.ftl":
    RevokedTitle,
    RevokedLead,
}

pub fn view(model: &Model) -> Markup {
    let words = words(model);
    Frame::new(model, Word::RevokedTitle).body(&html! {
        (notice("reason", "▲", words.say(Word::RevokedLead)))
        @for (id, _) in model.commands.unknown() {
            p .number { (words.with(Word::Reference, [("reference", reference(id).into())])) " · "
                (words.say(Word::UnconfirmedTitle)) }
        }
        p #code .small { (words.with(Word::Code, [("code", "K60".into())])) }
    })
}
