//! Look once more: who, what, points, points before and after. Nothing is done before 确认兑换 is pressed.

use maud::{Markup, html};

use super::aloud::Figure;
use super::done::times;
use super::frame::{Frame, points, town_words, word_button, words};
use super::words::{Word, word_list};
use crate::app::Model;
use crate::app::control::Control;
use crate::app::model::Wish;

word_list! {
    "check.ftl":
    CheckTitle,
    CheckWho,
    CardTail,
    CheckWhat,
    CheckPoints,
    PointsBefore,
    PointsAfter,
    ConfirmButton,
}

pub fn view(model: &Model, wish: &Wish) -> Markup {
    let words = words(model);
    let name = model.volunteer().map_or("", |volunteer| volunteer.name.as_str());
    let tail = model.session.as_ref().map(|session| session.card.tail()).unwrap_or_default();
    let what = times(words, &wish.name, wish.pieces);
    let after = wish.points_before - wish.points;
    let read = [Figure::points(Word::CheckPoints, wish.points), Figure::points(Word::PointsAfter, after)];
    Frame::new(model, Word::CheckTitle).reads(read).body(&html! {
        dl #facts .facts {
            div { dt { (words.say(Word::CheckWho)) } dd {
                span #who .figure { (town_words(words, name)) } " "
                span .small { (words.with(Word::CardTail, [("tail", tail.into())])) }
            } }
            div { dt { (words.say(Word::CheckWhat)) } dd { span #what .figure { (what) } } }
            div { dt { (words.say(Word::CheckPoints)) } dd { (points(words, "cost", wish.points)) } }
        }
        dl .facts .two {
            div { dt { (words.say(Word::PointsBefore)) } dd { (points(words, "before", wish.points_before)) } }
            div { dt { (words.say(Word::PointsAfter)) } dd {
                (points(words, "after", after))
            } }
        }
        (word_button(words, &Control::Confirm, "main large", Word::ConfirmButton))
    })
}
