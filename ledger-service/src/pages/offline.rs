//! `/offline`: what the service worker shows where there is no network. It knows nobody.

use axum::response::Response;
use maud::html;

use super::layout::Page;
use super::visitor::Visitor;
use super::words::Word;

/// The page.
pub async fn show(visitor: Visitor) -> Response {
    let words = visitor.words;
    let body = html! {
        p #problem .notice.bad { (words.say(Word::OfflineText)) }
        p { a .button href="/me" { (words.say(Word::OfflineBalanceButton)) } }
    };
    Page::new(&visitor, &words.say(Word::OfflineTitle)).body(&body)
}
