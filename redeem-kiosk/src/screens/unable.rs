//! Nothing can be exchanged at the moment: why, that nothing was done, and when it is tried again.

use maud::{Markup, html};

use super::frame::{Frame, notice, sign, word_button, words};
use super::reason::of_obstacle;
use super::words::{Word, word_list};
use crate::app::Model;
use crate::app::control::Control;
use crate::app::model::Obstacle;

word_list! {
    "unable.ftl":
    UnableTitle,
    UnableAway,
    UnableOutbox,
    UnableOutboxGone,
    UnableLater,
    TryAgainEvery,
}

pub fn view(model: &Model, obstacle: Obstacle) -> Markup {
    let words = words(model);
    let reason = of_obstacle(words, obstacle);
    let seconds = model.rules.poll_ms / 1000;
    Frame::new(model, Word::UnableTitle).waits(true).body(&html! {
        (notice("reason", "!", &reason.text))
        p .lead { (words.with(Word::TryAgainEvery, [("seconds", seconds.into())])) }
        p #code .small { (words.with(Word::Code, [("code", reason.code.into())])) }
        (word_button(words, &Control::Again, "main", Word::AgainButton))
    })
}

/// The same, on the first screen, before anybody has begun: the title says it, and nothing is offered that leads nowhere.
pub fn on_welcome(model: &Model, obstacle: Obstacle) -> Markup {
    let words = words(model);
    let reason = of_obstacle(words, obstacle);
    html! {
        div #unable .notice .bad role="status" {
            p .lead { (sign("▲")) (words.with(Word::TryAgainEvery, [("seconds", (model.rules.poll_ms / 1000).into())])) }
            @if obstacle.needs_staff() {
                p .lead { (reason.text) }
            } @else {
                p .lead { (words.say(Word::UnableLater)) }
            }
            p .small { (words.with(Word::Code, [("code", reason.code.into())])) }
        }
    }
}
