//! `/offline`: what the service worker shows without a network. Nothing personal is on it.

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use maud::html;

use crate::pages::layout::Page;
use crate::pages::visitor::Visitor;
use crate::pages::words::{Word, words};
use crate::state::App;

words! {
    "offline.ftl":
    OfflineTitle,
    OfflineText,
    OfflineNotOut,
    OfflineBalanceButton,
}

pub fn routes() -> Router<App> {
    Router::new().route("/offline", get(show))
}

pub async fn show(visitor: Visitor) -> Response {
    let words = visitor.words;
    let body = html! {
        p #problem .notice.bad { (words.say(Word::OfflineText)) }
        // The service worker shows these where they are true.
        p #not-out .notice.bad hidden { (words.say(Word::OfflineNotOut)) }
        p #to-balance hidden { a .button href="/me" { (words.say(Word::OfflineBalanceButton)) } }
    };
    Page::new(&visitor, &words.say(Word::OfflineTitle)).body(&body)
}
