//! The staff's screen: how the device stands; with a work card, receipts and what was not told.

use maud::{Markup, html};

use super::attend::paste;
use super::frame::{Frame, notice, word_button, words};
use super::reason::of_trouble;
use super::welcome::news_line;
use super::words::{Word, Words, word_list};
use crate::app::Model;
use crate::app::commands::Phase;
use crate::app::control::Control;
use crate::app::model::{Desk, Link};
use crate::app::order::reference;

word_list! {
    "desk.ftl":
    DeskTitle,
    DeskScan,
    DeskStaff,
    DeskLink,
    DeskOutbox,
    DeskOutboxGood,
    DeskOutboxBroken,
    DeskOutboxGone,
    DeskRevoked,
    DeskKey,
    DeskUnsettled,
    DeskNone,
    DeskLine,
    DeskForeign,
    DeskDoubt,
    DeskNews,
    DismissButton,
    FindReceiptButton,
}

pub fn view(model: &Model, desk: &Desk) -> Markup {
    let words = words(model);
    Frame::new(model, Word::DeskTitle).hitch(desk.hitch.as_ref()).waits(desk.question.is_some()).body(&html! {
        @if let Some(staff) = &desk.staff {
            (notice("staff", "✓", words.with(Word::DeskStaff, [("actor", staff.actor.as_str().into())])))
        } @else if desk.question.is_some() {
            (notice("progress", "…", words.say(Word::AttendChecking)))
        } @else {
            p .lead { (words.say(Word::DeskScan)) }
        }
        (facts(model, words))
        div .choices {
            (word_button(words, &Control::Again, "", Word::AgainButton))
            @if desk.staff.is_some() {
                (word_button(words, &Control::FindReceipt, "main", Word::FindReceiptButton))
                @if model.commands.need_staff() {
                    (word_button(words, &Control::Dismiss, "", Word::DismissButton))
                }
            }
        }
        @if desk.staff.is_none() && desk.question.is_none() { (paste(model, words)) }
    })
}

fn facts(model: &Model, words: Words) -> Markup {
    let link = match model.link {
        Link::Starting => words.say(Word::StatusStarting),
        Link::Online => words.say(Word::StatusOnline),
        Link::Away(_) => words.with(Word::StatusAway, [("seconds", (model.rules.poll_ms / 1000).into())]),
        Link::Revoked => words.say(Word::DeskRevoked),
    };
    let outbox = match &model.commands {
        commands if commands.is_gone => Word::DeskOutboxGone,
        commands if commands.is_broken => Word::DeskOutboxBroken,
        _ => Word::DeskOutboxGood,
    };
    html! {
        dl #facts .facts .desk {
            div { dt { (words.say(Word::DeskLink)) } dd #desk-link {
                (link)
                @if let Link::Away(trouble) = model.link {
                    " · " (words.with(Word::Code, [("code", of_trouble(words, trouble).code.into())]))
                }
            } }
            div { dt { (words.say(Word::DeskOutbox)) } dd #desk-outbox { (words.say(outbox)) } }
            div { dt { (words.say(Word::DeskKey)) } dd #device-key { (model.rules.device_key) } }
            div { dt { (words.say(Word::DeskUnsettled)) } dd #unsettled {
                @if model.commands.pending.is_empty() { (words.say(Word::DeskNone)) }
                @for (id, pending) in &model.commands.pending {
                    @let reference = reference(*id);
                    p {
                        @if pending.phase == Phase::Foreign {
                            (words.with(Word::DeskForeign, [("reference", reference.into())]))
                        } @else if pending.doubt.is_some() {
                            (words.with(Word::DeskDoubt, [("reference", reference.into())]))
                        } @else {
                            (words.with(Word::DeskLine,
                                [("reference", reference.into()), ("tries", i64::from(pending.tries).into())]))
                        }
                    }
                }
            } }
            @if !model.commands.news.is_empty() {
                div { dt { (words.say(Word::DeskNews)) } dd #desk-news {
                    @for news in &model.commands.news { p { (news_line(words, news)) } }
                } }
            }
        }
    }
}
