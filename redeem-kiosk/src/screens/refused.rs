//! The service said no, by rule: why, and what can be done now. Nothing was changed.

use baoyulan_ledger::Rejection;
use maud::{Markup, html};

use super::frame::{Frame, notice, word_button, words};
use super::reason::of_refusal;
use super::words::{Word, word_list};
use crate::app::Model;
use crate::app::answer::Refusal;
use crate::app::control::Control;

word_list! {
    "refused.ftl":
    RefusedTitle,
    NothingDone,
    CardBlockedTitle,
    PointsSafe,
    ChooseAgainButton,
}

pub fn view(model: &Model, refusal: &Refusal, reference: Option<&str>) -> Markup {
    let words = words(model);
    let reason = of_refusal(model, refusal);
    let can_choose = model.volunteer().is_some_and(|volunteer| !volunteer.is_blocked);
    // Who has shown a blocked card has asked for nothing yet.
    let is_card = matches!(refusal, Refusal::Rejected(Rejection::CardBlocked)) && reference.is_none();
    let (title, lead) = match is_card {
        true => (Word::CardBlockedTitle, Word::PointsSafe),
        false => (Word::RefusedTitle, Word::NothingDone),
    };
    Frame::new(model, title).body(&html! {
        (notice("reason", "!", &reason.text))
        p .lead { (words.say(lead)) }
        p #code .small {
            (words.with(Word::Code, [("code", reason.code.into())]))
            @if let Some(reference) = reference { " · " (words.with(Word::Reference, [("reference", reference.into())])) }
        }
        @if can_choose { (word_button(words, &Control::Again, "main", Word::ChooseAgainButton)) }
    })
}
