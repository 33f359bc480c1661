//! The volunteer who is logged in.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum_extra::extract::cookie::CookieJar;
use baoyulan_ledger::store::member::VolunteerAccount;

use crate::auth::session::{COOKIE, LoggedIn};
use crate::pages::failed::Failed;
use crate::state::App;

/// The query of the first page after a login, which shows whether the browser keeps the cookie.
pub const JUST_NOW: &str = "new";

/// The account, as it is now, of the volunteer who is logged in. Everybody else is sent to log in.
pub struct Member(pub VolunteerAccount);

impl FromRequestParts<App> for Member {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failed> {
        let logged_in = <Option<LoggedIn> as FromRequestParts<App>>::from_request_parts(parts, app).await?;
        let Some(logged_in) = logged_in else {
            let kept = CookieJar::from_headers(&parts.headers).get(COOKIE).is_some();
            let is_new = parts.uri.query() == Some(JUST_NOW);
            return Err(if is_new && !kept { Failed::NotKept } else { Failed::LoggedOut });
        };
        let ledger = app.ledger()?;
        let Some(card) = ledger.card_of_member(logged_in.member).await? else { return Err(Failed::LoggedOut) };
        ledger.volunteer_account(card).await?.map(Self).ok_or(Failed::LoggedOut)
    }
}
