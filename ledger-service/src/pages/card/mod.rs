//! `/me/card`: the card, which volunteers show at a station.

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use baoyulan_ledger::people::CardState;
use maud::html;
use page_parts::qr;

use crate::mask::masked;
use crate::pages::layout::{Page, town_words};
use crate::pages::login::member::Member;
use crate::pages::visitor::Visitor;
use crate::pages::words::{Word, words};
use crate::state::App;

words! {
    "card.ftl":
    CardTitle,
    CardNote,
    CardActive,
    CardBlocked,
    CardQr,
    CardHolder,
}

pub fn routes() -> Router<App> {
    Router::new().route("/me/card", get(show))
}

pub async fn show(visitor: Visitor, Member(account): Member) -> Response {
    let words = visitor.words;
    let number = account.card.to_string();
    let (sign, state, class) = match account.card_state {
        CardState::Active => ("✓", Word::CardActive, "notice good"),
        CardState::Blocked => ("✕", Word::CardBlocked, "notice bad"),
    };
    let body = html! {
        p .lead { (words.say(Word::CardNote)) }
        p #state class=(class) { span aria-hidden="true" { (sign) " " } (words.say(state)) }
        section .panel {
            p .small { (words.say(Word::CardNumber)) }
            p #card-number .number data-card=(number) { (in_groups(&number)) }
            (qr(&number, &words.say(Word::CardQr)))
            p { (words.say(Word::CardHolder)) " " strong #holder { (town_words(&visitor, &masked(&account.name))) } }
        }
    };
    Page::new(&visitor, &words.say(Word::CardTitle)).back("/me", Word::BackToBalanceLink).body(&body)
}

/// Ten digits in groups, as people read them out: 1000 1869 83.
fn in_groups(number: &str) -> String {
    let digits: Vec<char> = number.chars().collect();
    digits.chunks(4).map(String::from_iter).collect::<Vec<String>>().join(" ")
}
