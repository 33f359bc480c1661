//! How many of it, within limit, stock and points.

use maud::{Markup, html};

use super::aloud::Figure;
use super::frame::{Frame, around, button, town_words, words};
use super::words::{Word, word_list};
use crate::app::Model;
use crate::app::control::Control;
use crate::app::wishes::pieces_max;

word_list! {
    "how-many.ftl":
    HowManyTitle,
    HowManyLead,
    HowManyEach,
    PiecesUnit,
    HowManyTimesTitle,
    HowManyTimesLead,
    HowManyEachTime,
    TimesUnit,
}

pub fn view(model: &Model, sku: &str) -> Markup {
    let words = words(model);
    // An offer that has gone meanwhile cannot be had: the ways out are left.
    let Some(offer) = model.offer(sku) else {
        return Frame::new(model, Word::HowManyTitle).body(&html! { p { (words.say(Word::SoldOut)) } });
    };
    let (title, each, lead, unit) = match offer.is_service {
        false => (Word::HowManyTitle, Word::HowManyEach, Word::HowManyLead, Word::PiecesUnit),
        true => (Word::HowManyTimesTitle, Word::HowManyEachTime, Word::HowManyTimesLead, Word::TimesUnit),
    };
    let name = town_words(words, &offer.name);
    let lead = around(&name, |mark| words.with(lead, [("name", mark.into()), ("points", offer.points.into())]));
    Frame::new(model, title).reads([Figure::points(each, offer.points)]).body(&html! {
        p .lead { (lead) }
        div #numbers .numbers {
            @for pieces in 1..=pieces_max(model, offer) {
                (button(&Control::Pieces(pieces), "pieces", &html! {
                    span .figure { (words.with(unit, [("pieces", pieces.into())])) }
                    span .price { (words.with(Word::Points, [("points", (offer.points * pieces).into())])) }
                }))
            }
        }
    })
}
