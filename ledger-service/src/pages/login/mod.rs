//! `/login`: card number and PIN.
//!
//! A wrong PIN, a card that nobody has and a blocked card get the same answer. The form keeps what was typed, except the PIN.

mod link;
mod logout;
pub mod member;

use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum_extra::extract::cookie::CookieJar;
use baoyulan_ledger::access::Entrant;
use baoyulan_ledger::text::digits_as_typed;
use maud::{Markup, html};
use serde::Deserialize;

use crate::auth::pin::{self, Asker, Refused};
use crate::auth::session;
use crate::pages::failed::{Failed, Posted, too_many};
use crate::pages::layout::{Page, error_summary, notice};
use crate::pages::login::member::JUST_NOW;
use crate::pages::visitor::Visitor;
use crate::pages::words::{Word, words};
use crate::state::App;

words! {
    "login.ftl":
    LoginTitle,
    CardNumber,
    LoginCardHint,
    Pin,
    LoginPinHint,
    LoginButton,
    LoginHelp,
    LoginEmpty,
    LoginWrong,
    LoginOver,
    LoginLeft,
    LoginLeftEverywhere,
    LoginNotKept,
    LinkTitle,
    LinkLead,
    LinkUsedTitle,
    LinkUsedText,
    LinkPinButton,
    LogoutButton,
    LogoutEverywhereButton,
    LogoutEverywhereNote,
}

pub fn routes() -> Router<App> {
    Router::new()
        .route("/login", get(show).post(submit))
        .route("/login/{token}", get(link::show).post(link::submit))
        .route("/logout", get(logout::elsewhere).post(logout::here))
        .route("/logout-everywhere", get(logout::elsewhere).post(logout::everywhere))
}

#[derive(Debug, Default, Deserialize)]
pub struct From {
    /// See [`reason_word`].
    #[serde(default)]
    why: String,
}

/// Why somebody who was logged in is asked to log in again.
fn reason_word(why: &str) -> Option<Word> {
    match why {
        "over" => Some(Word::LoginOver),
        "left" => Some(Word::LoginLeft),
        "left-everywhere" => Some(Word::LoginLeftEverywhere),
        "not-kept" => Some(Word::LoginNotKept),
        _ => None,
    }
}

#[derive(Deserialize)]
pub struct Fields {
    #[serde(default)]
    card: String,
    #[serde(default)]
    pin: String,
}

pub async fn show(visitor: Visitor, from: Result<Query<From>, QueryRejection>) -> Response {
    let from = from.map(|Query(from)| from).unwrap_or_default();
    let why = reason_word(&from.why).map(|word| notice("why", &visitor.words.say(word)));
    page(&visitor, StatusCode::OK, "", why.unwrap_or_default())
}

pub async fn submit(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
    Posted(fields): Posted<Fields>,
) -> Result<Response, Failed> {
    let words = visitor.words;
    let (card, typed_pin) = (digits_as_typed(&fields.card), digits_as_typed(&fields.pin));
    let again = |status, text: &str, code| page(&visitor, status, &fields.card, error_summary(&visitor, text, code));
    if card.is_empty() || typed_pin.is_empty() {
        return Ok(again(StatusCode::UNPROCESSABLE_ENTITY, &words.say(Word::LoginEmpty), "login_empty"));
    }
    match pin::check(&app, &card, &typed_pin, Asker::Web(visitor.address)).await? {
        Ok(entrant) => enter(&app, &visitor, &headers, entrant).await,
        Err(Refused::Wrong | Refused::Blocked) => {
            Ok(again(StatusCode::UNAUTHORIZED, &words.say(Word::LoginWrong), "login_wrong"))
        }
        Err(Refused::Wait(seconds)) => {
            let seconds = u64::try_from(seconds).unwrap_or(0);
            let text = too_many(&visitor, seconds);
            let mut response = again(StatusCode::TOO_MANY_REQUESTS, &text, "login_wait");
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            Ok(response)
        }
    }
}

/// Opens a session, instead of the one that this browser may have, and shows the balance.
pub async fn enter(app: &App, visitor: &Visitor, headers: &HeaderMap, entrant: Entrant) -> Result<Response, Failed> {
    if let Some(before) = session::session_of(app, headers).await? {
        app.ledger()?.access().close_session(before.token_hash).await?;
    }
    let member = entrant.member;
    let jar = CookieJar::new().add(session::open_for(app, entrant).await?);
    app.limits().logged_in(visitor.address, member);
    Ok((jar, Redirect::to(&format!("/me?{JUST_NOW}"))).into_response())
}

fn page(visitor: &Visitor, status: StatusCode, card: &str, above: Markup) -> Response {
    let words = visitor.words;
    let wrong = status.is_client_error().then_some("true");
    let body = html! {
        (above)
        form method="post" action="/login" {
            label for="card" { (words.say(Word::CardNumber)) }
            p #card-hint .small { (words.say(Word::LoginCardHint)) }
            input #card name="card" type="text" inputmode="numeric" autocomplete="username" maxlength="40"
                value=(card) aria-describedby="card-hint" aria-invalid=[wrong];
            label for="pin" { (words.say(Word::Pin)) }
            p #pin-hint .small { (words.say(Word::LoginPinHint)) }
            input #pin name="pin" type="password" inputmode="numeric" autocomplete="current-password" maxlength="40"
                aria-describedby="pin-hint" aria-invalid=[wrong];
            button #submit .main type="submit" { (words.say(Word::LoginButton)) }
        }
        p .notice { (words.say(Word::LoginHelp)) }
    };
    Page::new(visitor, &words.say(Word::LoginTitle)).status(status).back("/", Word::HomeLink).body(&body)
}
