//! `/`: what the points bank is, and where to go from here.

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use maud::html;

use crate::auth::session::session_in_use;
use crate::pages::failed::Failed;
use crate::pages::layout::Page;
use crate::pages::visitor::Visitor;
use crate::pages::words::{Word, words};
use crate::state::App;

words! {
    "home.ftl":
    HomeTitle,
    HomeLead,
    HomePointsButton,
    HomePointsNote,
    HomeVerifyButton,
    HomeVerifyNote,
    HomeHelp,
    StaffLink,
    ApiLink,
}

pub fn routes() -> Router<App> {
    Router::new().route("/", get(show))
}

pub async fn show(State(app): State<App>, visitor: Visitor, headers: HeaderMap) -> Result<Response, Failed> {
    let words = visitor.words;
    // This page is also shown while the bank cannot be reached.
    let session = session_in_use(&app, &headers).await.ok().flatten();
    let logged_in = session.is_some_and(|session| session.member.is_some());
    let body = html! {
        p .lead { (words.say(Word::HomeLead)) }
        p { a #login .button.main href=(if logged_in { "/me" } else { "/login" }) { (words.say(Word::HomePointsButton)) } }
        p .small { (words.say(Word::HomePointsNote)) }
        p { a #verify .button href="/v" { (words.say(Word::HomeVerifyButton)) } }
        p .small { (words.say(Word::HomeVerifyNote)) }
        p .notice { (words.say(Word::HomeHelp)) }
        ul .ways {
            li { a #staff href="/staff/imports" { (words.say(Word::StaffLink)) } }
            li { a #api href="/v1/docs/" { (words.say(Word::ApiLink)) } }
        }
    };
    Ok(Page::new(&visitor, &words.say(Word::HomeTitle)).body(&body))
}
