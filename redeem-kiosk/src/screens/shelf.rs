//! What this person can have here, soon, or not now: four at a time, in large words.

use maud::{Markup, html};

use super::aloud::Figure;
use super::frame::{Frame, button, notice, points, sign, town_words, word_button, words};
use super::words::{Word, Words, word_list};
use crate::app::Model;
use crate::app::answer::Offer;
use crate::app::control::Control;
use crate::app::wishes::{PER_PAGE, Reach, pages, points_spendable, shelf};

word_list! {
    "shelf.ftl":
    ShelfTitle,
    ShelfHave,
    ShelfEmpty,
    ShelfPage,
    NextPageButton,
    PreviousPageButton,
    PiecesLeft,
    PlacesLeft,
    PlacesPlenty,
    MonthlyLimit,
    MonthlyTimes,
    Soon,
    HadEnough,
    SoldOut,
}

/// More places than that are not counted aloud.
const PLACES_COUNTED_MAX: i64 = 999;

pub fn view(model: &Model, page: usize) -> Markup {
    let words = words(model);
    let offers = shelf(model);
    let (page, pages) = (page.min(pages(model) - 1), pages(model));
    let have = points_spendable(model);
    let number = |number: usize| i64::try_from(number).unwrap_or_default();
    Frame::new(model, Word::ShelfTitle).reads([Figure::points(Word::ShelfHave, have)]).body(&html! {
        p #have .have { (words.say(Word::ShelfHave)) " " (points(words, "points", have)) }
        @if offers.is_empty() { (notice("empty", "i", words.say(Word::ShelfEmpty))) }
        ul #offers .offers {
            @for (offer, reach) in offers.iter().skip(page * PER_PAGE).take(PER_PAGE) {
                li { (line(words, offer, *reach)) }
            }
        }
        @if pages > 1 {
            div .pages {
                @if page > 0 { (word_button(words, &Control::PreviousPage, "", Word::PreviousPageButton)) }
                p #page { (words.with(Word::ShelfPage, [("page", number(page + 1).into()), ("pages", number(pages).into())])) }
                @if page + 1 < pages { (word_button(words, &Control::NextPage, "", Word::NextPageButton)) }
            }
        }
    })
}

/// An offer: a button where it can be had, and words where it cannot.
fn line(words: Words, offer: &Offer, reach: Reach) -> Markup {
    let content = html! {
        span .name { (town_words(words, &offer.name)) }
        span .price { (words.with(Word::Points, [("points", offer.points.into())])) }
        span .about { (about(words, offer, reach)) }
    };
    match reach {
        Reach::Now => button(&Control::Offer(offer.sku.clone()), "offer", &content),
        Reach::Soon(_) | Reach::HadEnough | Reach::SoldOut => {
            html! { div id=(format!("not-{}", offer.sku)) .offer .not { (content) } }
        }
    }
}

fn left(words: Words, offer: &Offer) -> String {
    match offer.is_service {
        true if offer.pieces_left > PLACES_COUNTED_MAX => words.say(Word::PlacesPlenty),
        true => words.with(Word::PlacesLeft, [("places", offer.pieces_left.into())]),
        false => words.with(Word::PiecesLeft, [("pieces", offer.pieces_left.into())]),
    }
}

fn about(words: Words, offer: &Offer, reach: Reach) -> Markup {
    match reach {
        Reach::Now => {
            let limit = if offer.is_service { Word::MonthlyTimes } else { Word::MonthlyLimit };
            html! {
                (left(words, offer))
                @if offer.monthly_limit > 0 { " · " (words.with(limit, [("pieces", offer.monthly_limit.into())])) }
            }
        }
        Reach::Soon(missing) => html! { (sign("＋")) (words.with(Word::Soon, [("points", missing.into())])) },
        Reach::HadEnough => html! { (sign("×")) (words.say(Word::HadEnough)) },
        Reach::SoldOut => html! { (sign("×")) (words.say(Word::SoldOut)) },
    }
}
