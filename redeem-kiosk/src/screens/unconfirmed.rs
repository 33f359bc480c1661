//! Nobody knows yet whether it was done: said as it is, with a number to ask by. It goes on meanwhile.

use maud::{Markup, html};
use uuid::Uuid;

use super::frame::{Frame, sign, word_button, words};
use super::reason::code_of_doubt;
use super::words::{Word, word_list};
use crate::app::Model;
use crate::app::control::Control;
use crate::app::order::reference;

word_list! {
    "unconfirmed.ftl":
    UnconfirmedTitle,
    UnconfirmedWarning,
    UnconfirmedLead,
    UnconfirmedNote,
    UnconfirmedDoubt,
    KeepWaitingButton,
}

pub fn view(model: &Model, id: Uuid) -> Markup {
    let words = words(model);
    let doubt = model.commands.doubt(id);
    Frame::new(model, Word::UnconfirmedTitle).waits(true).body(&html! {
        div #progress .notice .bad role="status" {
            p .warning { (sign("!")) (words.say(Word::UnconfirmedWarning)) }
            @if doubt.is_some() {
                p #reason .lead { (words.say(Word::UnconfirmedDoubt)) }
            } @else {
                p .lead { (words.say(Word::UnconfirmedLead)) }
            }
        }
        p #reference .figure { (words.with(Word::Reference, [("reference", reference(id).into())])) }
        // Staff are called, so what the machine does meanwhile is theirs to say; all has to fit on one screen.
        @if let Some(doubt) = doubt {
            p #code .small { (words.with(Word::Code, [("code", code_of_doubt(doubt).into())])) }
        } @else {
            p .lead { (sign("i")) (words.say(Word::UnconfirmedNote)) }
        }
        (word_button(words, &Control::Again, "main", Word::KeepWaitingButton))
    })
}
