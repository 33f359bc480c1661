//! `/staff/login`: members of staff log in with their credential.
//!
//! The session names the credential, which every request looks up, so a revoked one opens nothing from that moment on.

use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, Query, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum_extra::extract::cookie::CookieJar;
use baoyulan_ledger::text::code_as_typed;
use maud::{Markup, html};
use serde::Deserialize;

use crate::auth::Caller;
use crate::auth::credential::credential_of;
use crate::auth::permissions::Place;
use crate::auth::permissions::imports::IMPORT;
use crate::auth::session;
use crate::pages::failed::{Failed, Posted};
use crate::pages::layout::{Page, error_summary, notice};
use crate::pages::visitor::Visitor;
use crate::pages::words::{Word, words};
use crate::state::App;

words! {
    "staff.ftl":
    StaffTitle,
    StaffCredential,
    StaffCredentialHint,
    StaffWrong,
    StaffMayNot,
    StaffNotTaken,
}

pub fn routes() -> Router<App> {
    Router::new().route("/staff", get(home)).route("/staff/login", get(show).post(submit))
}

/// A member of staff who is logged in with a credential that is valid now.
pub struct Staff(pub Caller);

impl FromRequestParts<App> for Staff {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failed> {
        // Whoever only looks sees the login in place of the page; whoever sends files must be told what became of them.
        let logged_out = || if parts.method == Method::POST { Failed::StaffNotTaken } else { Failed::StaffLoggedOut };
        let session = session::session_in_use(app, &parts.headers).await?;
        let session = session.filter(|session| !session.credential.is_empty()).ok_or_else(logged_out)?;
        let ledger = app.ledger()?;
        let credential = ledger.access().credential(&session.credential).await?;
        let credential = credential.filter(|credential| credential.is_valid(ledger.running_now()));
        let caller = Caller::from(credential.ok_or_else(logged_out)?);
        app.limits().credential(&caller.credential)?;
        Ok(Self(caller))
    }
}

#[derive(Deserialize)]
pub struct Fields {
    #[serde(default)]
    credential: String,
}

pub async fn home() -> Redirect {
    Redirect::to("/staff/imports")
}

#[derive(Debug, Default, Deserialize)]
pub struct From {
    /// `not-taken`, where files were sent after the session had ended.
    #[serde(default)]
    why: String,
}

pub async fn show(visitor: Visitor, from: Result<Query<From>, QueryRejection>) -> Response {
    let is_not_taken = from.is_ok_and(|Query(from)| from.why == "not-taken");
    let why = is_not_taken.then(|| notice("why", &visitor.words.say(Word::StaffNotTaken)));
    page(&visitor, StatusCode::OK, &why.unwrap_or_default())
}

pub async fn submit(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
    Posted(fields): Posted<Fields>,
) -> Result<Response, Failed> {
    let refused = |status, word, code| {
        let summary = error_summary(&visitor, &visitor.words.say(word), code);
        page(&visitor, status, &summary)
    };
    let caller = match credential_of(&app, &code_as_typed(&fields.credential)).await {
        Ok(credential) => Caller::from(credential),
        Err(problem) if problem.status() == StatusCode::UNAUTHORIZED => {
            app.limits().guess(visitor.address)?;
            return Ok(refused(StatusCode::UNAUTHORIZED, Word::StaffWrong, "staff_login_wrong"));
        }
        Err(problem) => return Err(problem.into()),
    };
    if caller.may(IMPORT, Place::default()).is_err() {
        return Ok(refused(StatusCode::FORBIDDEN, Word::StaffMayNot, "staff_may_not"));
    }
    if let Some(before) = session::session_of(&app, &headers).await? {
        app.ledger()?.access().close_session(before.token_hash).await?;
    }
    let jar = CookieJar::new().add(session::open_for_staff(&app, &caller.credential).await?);
    Ok((jar, Redirect::to("/staff/imports")).into_response())
}

fn page(visitor: &Visitor, status: StatusCode, above: &Markup) -> Response {
    let words = visitor.words;
    let body = html! {
        (above)
        form method="post" action="/staff/login" {
            label for="credential" { (words.say(Word::StaffCredential)) }
            p #credential-hint .small { (words.say(Word::StaffCredentialHint)) }
            input #credential name="credential" type="password" autocomplete="current-password" maxlength="200"
                aria-describedby="credential-hint" aria-invalid=[status.is_client_error().then_some("true")];
            button #submit .main type="submit" { (words.say(Word::LoginButton)) }
        }
    };
    Page::new(visitor, &words.say(Word::StaffTitle)).status(status).back("/", Word::HomeLink).body(&body)
}
