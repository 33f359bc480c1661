//! Nobody is there: scan a card, or type its number. What was not told yet is told here, without anybody's name.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::frame::{Frame, around, button, sign, words};
use super::reason::code_of_doubt;
use super::words::{Word, Words, word_list};
use crate::app::Model;
use crate::app::commands::News;
use crate::app::control::Control;
use crate::app::order::reference;

word_list! {
    "welcome.ftl":
    WelcomeTitle,
    WelcomeLead,
    BeginButton,
    BeginNote,
    NewsDone,
    NewsRefused,
    NewsReversed,
    NewsHelp,
    WelcomeDoubt,
}

/// News on the screen at a time.
const NEWS_SHOWN: usize = 3;

pub fn view(model: &Model) -> Markup {
    let words = words(model);
    let obstacle = model.obstacle();
    let title = if obstacle.is_some() { Word::UnableTitle } else { Word::WelcomeTitle };
    let doubts = model.commands.doubted().filter_map(|id| model.commands.doubt(id));
    let codes: BTreeSet<&str> = doubts.map(code_of_doubt).collect();
    Frame::new(model, title).body(&html! {
        @if let Some(obstacle) = obstacle {
            (super::unable::on_welcome(model, obstacle))
        } @else {
            div .welcome {
                div .scan aria-hidden="true" { (scan_picture()) }
                p .lead { (words.say(Word::WelcomeLead)) }
                (button(&Control::Begin, "main large", &html! { (words.say(Word::BeginButton)) }))
                p .small { (words.say(Word::BeginNote)) }
            }
        }
        @if model.commands.doubted().next().is_some() {
            div #doubts .notice .bad role="status" {
                @for id in model.commands.doubted() {
                    p { (sign("!")) (words.with(Word::WelcomeDoubt, [("reference", reference(id).into())])) }
                }
                @for code in codes { p .small { (words.with(Word::Code, [("code", code.into())])) } }
            }
        }
        @if !model.commands.news.is_empty() {
            div #news .notice role="status" {
                @for news in model.commands.news.iter().rev().take(NEWS_SHOWN) {
                    p { (sign("i")) (news_line(words, news)) }
                }
                p .small { (words.say(Word::NewsHelp)) }
            }
        }
    })
}

/// An outcome, in words. A receipt's number stays in one line.
pub fn news_line(words: Words, news: &News) -> Markup {
    let reference = reference(news.id);
    let number = news.settled.receipt_number.as_str();
    let word = match (news.kind.as_str(), number) {
        (_, "") => return html! { (words.with(Word::NewsRefused, [("reference", reference.into())])) },
        ("reversal", _) => Word::NewsReversed,
        _ => Word::NewsDone,
    };
    let number = html! { span .whole { (number) } };
    around(&number, |mark| words.with(word, [("reference", reference.into()), ("number", mark.into())]))
}

fn scan_picture() -> Markup {
    html! {
        svg viewBox="0 0 160 120" width="320" height="240" {
            rect .line x="18" y="30" width="124" height="78" rx="10" {}
            rect .fill x="34" y="48" width="16" height="16" {}
            rect .fill x="58" y="48" width="8" height="8" {}
            rect .fill x="34" y="72" width="8" height="8" {}
            rect .fill x="50" y="72" width="16" height="16" {}
            path .thin d="M84 52h42M84 66h34M84 80h42" {}
            path .beam d="M4 14h152" {}
        }
    }
}
