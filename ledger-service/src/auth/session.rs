//! Who is logged in on a page. The browser has a cookie, the bank has its hash.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::{HeaderMap, request::Parts};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use baoyulan_ledger::access::{Entrant, Session};
use baoyulan_ledger::people::MemberId;
use data_encoding::BASE64URL_NOPAD;

use super::credential::token_hash;
use crate::problem::Problem;
use crate::state::App;

/// Because of its prefix, browsers take the cookie only with `Secure`, for the whole site, and for no other host.
pub const COOKIE: &str = "__Host-session";

/// A volunteer who is logged in.
#[derive(Debug, Clone)]
pub struct LoggedIn {
    pub member: MemberId,
}

/// Opens a volunteer's session and gives the cookie that carries it.
pub async fn open_for(app: &App, entrant: Entrant) -> Result<Cookie<'static>, Problem> {
    open(app, Some(entrant.member), entrant.standing, "").await
}

/// The same for a member of staff who has shown this credential.
pub async fn open_for_staff(app: &App, credential: &str) -> Result<Cookie<'static>, Problem> {
    open(app, None, -1, credential).await
}

async fn open(
    app: &App,
    member: Option<MemberId>,
    standing: i64,
    credential: &str,
) -> Result<Cookie<'static>, Problem> {
    let token = random_token().ok_or_else(|| Problem::broken("no_randomness"))?;
    let ledger = app.ledger()?;
    let now = ledger.running_now();
    let session = Session {
        token_hash: token_hash(&token),
        member,
        credential: credential.to_owned(),
        standing,
        opened_at: now,
        expires_at: end(app, now, now),
    };
    ledger.access().open_session(session).await?;
    Ok(cookie(token))
}

/// The end of a session that was opened then, if no page is opened after `now`. Times are UTC seconds.
fn end(app: &App, opened_at: i64, now: i64) -> i64 {
    let (minutes, hours) = (app.settings().session_minutes_max, app.settings().session_hours_max);
    (now + i64::from(minutes) * 60).min(opened_at + i64::from(hours) * 3600)
}

/// A cookie that makes the browser forget the session's.
pub fn removal() -> Cookie<'static> {
    let mut cookie = cookie(String::new());
    cookie.make_removal();
    cookie
}

fn cookie(token: String) -> Cookie<'static> {
    Cookie::build((COOKIE, token)).path("/").secure(true).http_only(true).same_site(SameSite::Lax).build()
}

/// 256 random bits as text, for sessions and login links. `None` if the operating system gives no random bytes.
pub fn random_token() -> Option<String> {
    let mut random = [0; 32];
    getrandom::fill(&mut random).ok()?;
    Some(BASE64URL_NOPAD.encode(&random))
}

/// The session of a request's cookie, unless it is over.
pub async fn session_of(app: &App, headers: &HeaderMap) -> Result<Option<Session>, Problem> {
    let jar = CookieJar::from_headers(headers);
    let Some(cookie) = jar.get(COOKIE) else { return Ok(None) };
    let ledger = app.ledger()?;
    let session = ledger.access().session(token_hash(cookie.value())).await?;
    Ok(session.filter(|session| session.is_open(ledger.running_now())))
}

/// The session of a request that shows a page, which keeps it open.
pub async fn session_in_use(app: &App, headers: &HeaderMap) -> Result<Option<Session>, Problem> {
    let Some(session) = session_of(app, headers).await? else { return Ok(None) };
    let ledger = app.ledger()?;
    let expires_at = end(app, session.opened_at, ledger.running_now());
    if let Err(fault) = ledger.access().extend_session(&session, expires_at).await {
        // The page can be shown all the same; the session may just end sooner.
        tracing::warn!(code = fault.code(), reason = %fault, "a session was not extended");
    }
    Ok(Some(session))
}

impl OptionalFromRequestParts<App> for LoggedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Option<Self>, Problem> {
        let session = session_in_use(app, &parts.headers).await?;
        Ok(session.and_then(|session| session.member).map(|member| Self { member }))
    }
}

impl FromRequestParts<App> for LoggedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let logged_in = <Self as OptionalFromRequestParts<App>>::from_request_parts(parts, app).await?;
        logged_in.ok_or_else(Problem::unauthenticated)
    }
}
