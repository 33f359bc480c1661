//! How many of it, within limit, stock and points.

use maud::{Markup, html};

use super::aloud::Figure;
use super::frame::{Frame, button, town_words, words};
use super::words::Word;
use crate::app::Model;
use crate::app::control::Control;
use crate::app::wishes::pieces_max;

/// The screen.
pub fn view(model: &Model, sku: &str) -> Markup {
    let words = words(model);
    // An offer that has gone meanwhile cannot be had: the ways out are left.
    let Some(offer) = model.offer(sku) else {
        return Frame::new(model, Word::HowManyTitle).body(&html! { p { (words.say(Word::SoldOut)) } });
    };
    let lead = words.with(Word::HowManyLead, [("name", offer.name.as_str().into()), ("points", offer.points.into())]);
    let each = Figure::points(Word::HowManyEach, offer.points);
    Frame::new(model, Word::HowManyTitle).reads([each]).body(&html! {
        p .lead { (town_words(words, &lead)) }
        div #numbers .numbers {
            @for pieces in 1..=pieces_max(model, offer) {
                (button(&Control::Pieces(pieces), "number", &html! {
                    span .figure { (words.with(Word::PiecesUnit, [("pieces", pieces.into())])) }
                    span .price { (words.with(Word::Points, [("points", (offer.points * pieces).into())])) }
                }))
            }
        }
    })
}
