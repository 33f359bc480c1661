//! `POST /logout` and `POST /logout-everywhere`: the bank ends the sessions, and the browser forgets what it kept.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::CookieJar;
use baoyulan_ledger::access::Session;

use crate::auth::session::{removal, session_of};
use crate::pages::failed::Failed;
use crate::state::App;

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// Logs out of this browser.
pub async fn here(State(app): State<App>, headers: HeaderMap) -> Result<Response, Failed> {
    let Some(session) = session_of(&app, &headers).await? else { return Ok(gone("/login?why=left")) };
    app.ledger()?.access().close_session(session.token_hash).await?;
    Ok(gone(if is_staff(&session) { "/staff/login" } else { "/login?why=left" }))
}

/// Logs out of every browser.
pub async fn everywhere(State(app): State<App>, headers: HeaderMap) -> Result<Response, Failed> {
    let Some(session) = session_of(&app, &headers).await? else { return Ok(gone("/login?why=left")) };
    let access = app.ledger()?.access();
    let Some(member) = session.member else {
        access.close_sessions_of_credential(session.credential).await?;
        return Ok(gone("/staff/login"));
    };
    access.close_sessions_of_member(member).await?;
    Ok(gone("/login?why=left-everywhere"))
}

/// Whoever opens the address itself, or goes back to it, is shown their balance or the login.
pub async fn elsewhere() -> Redirect {
    Redirect::to("/me")
}

fn is_staff(session: &Session) -> bool {
    session.member.is_none()
}

fn gone(to: &str) -> Response {
    let jar = CookieJar::new().add(removal());
    // "storage" has what the service worker keeps.
    (jar, [(CLEAR_SITE_DATA, "\"cache\", \"storage\"")], Redirect::to(to)).into_response()
}
