//! It was done: the receipt's code and number, the points that are left, and how it stands with the paper.

use maud::{Markup, html};
use page_parts::qr;

use super::aloud::Figure;
use super::frame::{Frame, around, notice, points, town_words, word_button, words};
use super::words::{Word, Words, word_list};
use crate::app::Model;
use crate::app::answer::{Print, ReceiptFacts};
use crate::app::control::Control;
use crate::app::model::Finished;

word_list! {
    "done.ftl":
    TimesPieces,
    DoneTitle,
    DoneLead,
    DoneServiceLead,
    ReceiptNumber,
    ReceiptQr,
    ReceiptQrNote,
    ReceiptWithoutQr,
    PointsLeft,
    FinishButton,
    MoreButton,
    UndoButton,
    PrintAgainButton,
    PrintPrinting,
    PrintPrinted,
    PrintNoPaper,
    PrintFailed,
    PrintNone,
}

pub fn view(model: &Model, finished: &Finished) -> Markup {
    let words = words(model);
    let is_service = |(sku, ..): &(String, i64, i64)| model.offer(sku).is_some_and(|offer| offer.is_service);
    let is_service = finished.receipt.lines.iter().all(is_service);
    let lead = if is_service { Word::DoneServiceLead } else { Word::DoneLead };
    Frame::new(model, Word::DoneTitle).reads(main_figure(finished, Word::PointsLeft)).body(&html! {
        div .result {
            (code(words, &finished.receipt))
            div .said {
                p .lead { span #what .strong { (lines(model, words, &finished.receipt)) } " · " (words.say(lead)) }
                (figures(words, finished, Word::PointsLeft))
                (paper(words, finished.print))
                div .choices {
                    (word_button(words, &Control::Finish, "main", Word::FinishButton))
                    (word_button(words, &Control::More, "", Word::MoreButton))
                    @if finished.can_undo { (word_button(words, &Control::Undo, "", Word::UndoButton)) }
                    @if can_print(finished.print) {
                        (word_button(words, &Control::PrintAgain, "", Word::PrintAgainButton))
                    }
                }
            }
        }
    })
}

pub fn lines(model: &Model, words: Words, receipt: &ReceiptFacts) -> Markup {
    listed(model, words, &receipt.lines)
}

/// SKU, pieces, points each.
pub fn listed(model: &Model, words: Words, lines: &[(String, i64, i64)]) -> Markup {
    html! {
        @for (index, (sku, pieces, _)) in lines.iter().enumerate() {
            @if index > 0 { " · " }
            @let name = model.offer(sku).map_or(sku.as_str(), |offer| offer.name.as_str());
            (times(words, name, *pieces))
        }
    }
}

/// So many of what has that name.
pub fn times(words: Words, name: &str, pieces: i64) -> Markup {
    let name = town_words(words, name);
    around(&name, |mark| words.with(Word::TimesPieces, [("name", mark.into()), ("pieces", pieces.into())]))
}

/// The receipt's code, with what to do with it.
pub fn code(words: Words, receipt: &ReceiptFacts) -> Markup {
    html! {
        div .code {
            @if receipt.url.is_empty() {
                p #without-code { (words.say(Word::ReceiptWithoutQr)) }
            } @else {
                (qr(&receipt.url, &words.say(Word::ReceiptQr)))
                p .small { (words.say(Word::ReceiptQrNote)) }
            }
        }
    }
}

/// What its points are, for a reader.
pub fn main_figure(finished: &Finished, word: Word) -> Option<Figure> {
    shown(finished).map(|points| Figure::points(word, points))
}

/// The points that were given back, or those that are left, where that is known.
fn shown(finished: &Finished) -> Option<i64> {
    if finished.receipt.is_reversal { Some(finished.receipt.points) } else { finished.points_left }
}

pub fn figures(words: Words, finished: &Finished, word: Word) -> Markup {
    html! {
        dl .figures {
            @if let Some(shown) = shown(finished) { div { dt { (words.say(word)) } dd { (points(words, "points-left", shown)) } } }
            div { dt { (words.say(Word::ReceiptNumber)) } dd { span #receipt-number .number { (finished.receipt.number) } } }
        }
    }
}

/// How it stands with the paper.
pub fn paper(words: Words, print: Print) -> Markup {
    let (mark, word) = match print {
        Print::None => ("i", Word::PrintNone),
        Print::Printing => ("…", Word::PrintPrinting),
        Print::Printed => ("✓", Word::PrintPrinted),
        Print::NoPaper => ("!", Word::PrintNoPaper),
        Print::Failed => ("!", Word::PrintFailed),
    };
    notice("print", mark, words.say(word))
}

/// Whether it makes sense to print once more.
pub fn can_print(print: Print) -> bool {
    matches!(print, Print::Printed | Print::NoPaper | Print::Failed)
}
