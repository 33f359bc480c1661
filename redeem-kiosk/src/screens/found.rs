//! A receipt as staff found it: whether it stands, and the way to reverse it.

use maud::{Markup, html};

use super::aloud::Figure;
use super::done::{lines, listed, paper};
use super::frame::{Frame, bad_notice, notice, points, word_button, words};
use super::words::{Word, word_list};
use crate::app::Model;
use crate::app::answer::{Print, ReceiptFacts};
use crate::app::control::Control;

word_list! {
    "found.ftl":
    FoundTitle,
    FoundStanding,
    FoundReversed,
    FoundPartly,
    FoundLeft,
    FoundIsReversal,
    FoundIssued,
    ReverseButton,
}

pub fn view(model: &Model, receipt: &ReceiptFacts, print: Print) -> Markup {
    let words = words(model);
    let (mark, standing) = match (receipt.is_reversal, receipt.is_reversed) {
        (true, _) => ("i", Word::FoundIsReversal),
        (false, true) => ("×", Word::FoundReversed),
        (false, false) if receipt.is_partly_returned() => ("i", Word::FoundPartly),
        (false, false) => ("✓", Word::FoundStanding),
    };
    let can_reverse = !receipt.is_reversal && !receipt.is_reversed;
    Frame::new(model, Word::FoundTitle).reads([Figure::points(Word::CheckPoints, receipt.points)]).body(&html! {
        p #receipt-number .figure { (receipt.number) }
        @if receipt.is_reversed {
            (bad_notice("standing", mark, words.say(standing)))
        } @else {
            (notice("standing", mark, words.say(standing)))
        }
        dl #facts .facts {
            div { dt { (words.say(Word::CheckWhat)) } dd { span #what .strong { (lines(model, words, receipt)) } } }
            div { dt { (words.say(Word::CheckPoints)) } dd { (points(words, "cost", receipt.points)) } }
            @if receipt.is_partly_returned() {
                div { dt { (words.say(Word::FoundLeft)) } dd { span #not-returned .strong {
                    (listed(model, words, &receipt.left()))
                } } }
            }
            div { dt { (words.say(Word::FoundIssued)) } dd { (words.moment(receipt.issued_at, &model.zone)) } }
        }
        @if print != Print::None { (paper(words, print)) }
        div .choices {
            @if can_reverse { (word_button(words, &Control::Undo, "main", Word::ReverseButton)) }
            @if model.rules.prints && print != Print::Printing {
                (word_button(words, &Control::PrintAgain, "", Word::PrintAgainButton))
            }
        }
    })
}
