//! The page about a problem: it says what to do next, and gives a reference that staff find in the log.

use axum::Extension;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use baoyulan_ledger::Fault;
use maud::html;
use page_parts::rejection;
use serde::de::DeserializeOwned;

use crate::auth::session::random_token;
use crate::pages::layout::Page;
use crate::pages::visitor::Visitor;
use crate::pages::words::{Word, words};
use crate::problem::Problem;
use crate::state::App;

words! {
    "failed.ftl":
    NotFoundTitle,
    NotFoundText,
    ForbiddenTitle,
    ForbiddenText,
    CrossSiteTitle,
    CrossSiteText,
    TooLargeTitle,
    TooLargeText,
    TooManyTitle,
    BusyTitle,
    BusyText,
    BadRequestTitle,
    BadRequestText,
    BrokenTitle,
    BrokenText,
    WaitSeconds,
    WaitMinutes,
}

#[derive(Debug)]
pub enum Failed {
    /// The visitor is not logged in, or no longer.
    LoggedOut,
    /// The visitor has just logged in, but the browser has not kept the cookie.
    NotKept,
    /// No member of staff is logged in, or their credential is no longer valid.
    StaffLoggedOut,
    /// The same, and what they sent was not taken.
    StaffNotTaken,
    Problem(Problem),
}

impl From<Problem> for Failed {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<Fault> for Failed {
    fn from(fault: Fault) -> Self {
        Self::Problem(fault.into())
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        match self {
            Self::LoggedOut => Redirect::to("/login?why=over").into_response(),
            Self::NotKept => Redirect::to("/login?why=not-kept").into_response(),
            Self::StaffLoggedOut => Redirect::to("/staff/login").into_response(),
            Self::StaffNotTaken => Redirect::to("/staff/login?why=not-taken").into_response(),
            // The guard makes a page of it, because it knows the visitor's language.
            Self::Problem(problem) => (problem.status(), Extension(problem)).into_response(),
        }
    }
}

pub fn page(visitor: &Visitor, problem: &Problem) -> Response {
    let words = visitor.words;
    let reference = reference(problem);
    let seconds = problem.retry_after_seconds().unwrap_or(1);
    let (title, text) = match problem.status() {
        status if let Some(rejection) = problem.rejection() => {
            let title = if status == StatusCode::NOT_FOUND { Word::NotFoundTitle } else { Word::ErrorHeading };
            (title, rejection::say(words.language, rejection))
        }
        StatusCode::NOT_FOUND => (Word::NotFoundTitle, words.say(Word::NotFoundText)),
        StatusCode::FORBIDDEN if problem.code() == "cross_site" => {
            (Word::CrossSiteTitle, words.say(Word::CrossSiteText))
        }
        StatusCode::FORBIDDEN => (Word::ForbiddenTitle, words.say(Word::ForbiddenText)),
        StatusCode::PAYLOAD_TOO_LARGE => (Word::TooLargeTitle, words.say(Word::TooLargeText)),
        StatusCode::TOO_MANY_REQUESTS => (Word::TooManyTitle, too_many(visitor, seconds)),
        StatusCode::SERVICE_UNAVAILABLE => (Word::BusyTitle, words.say(Word::BusyText)),
        status if status.is_client_error() => (Word::BadRequestTitle, words.say(Word::BadRequestText)),
        _ => (Word::BrokenTitle, words.say(Word::BrokenText)),
    };
    let body = html! {
        p #problem .notice .bad { (text) }
        p .small #reference { (words.with(Word::Reference, [("code", reference.into())])) }
        p { a .button href="/" { (words.say(Word::HomeLink)) } }
    };
    let mut response = Page::new(visitor, &words.say(title)).status(problem.status()).body(&body);
    if let Some(seconds) = problem.retry_after_seconds() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// How long to wait, in words: in seconds up to a minute, in minutes beyond.
pub fn too_many(visitor: &Visitor, seconds: u64) -> String {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    match seconds {
        ..=60 => visitor.words.with(Word::WaitSeconds, [("seconds", seconds.into())]),
        _ => visitor.words.with(Word::WaitMinutes, [("minutes", ((seconds + 59) / 60).into())]),
    }
}

/// What visitors tell the staff: the problem's code, and a few characters that stand beside it in the log.
fn reference(problem: &Problem) -> String {
    let once: String = random_token().unwrap_or_default().chars().take(6).collect();
    tracing::info!(code = problem.code(), reference = %once, "a page said no");
    format!("{}/{once}", problem.code())
}

/// The fields of a form that was sent.
pub struct Posted<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Posted<T> {
    type Rejection = Failed;

    async fn from_request(request: Request, app: &App) -> Result<Self, Failed> {
        let form = axum::Form::<T>::from_request(request, app).await;
        form.map(|axum::Form(fields)| Self(fields)).map_err(|rejection| match rejection.into_response().status() {
            StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(app.settings().limits.body_bytes_max).into(),
            // The words of axum's rejection may repeat what was typed.
            _ => Problem::bad_request("invalid_form", "the form cannot be read").into(),
        })
    }
}
