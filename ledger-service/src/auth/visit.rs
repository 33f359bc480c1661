//! Visits at a kiosk: a device sees a person, and acts for them, only while the person's visit lasts.
//!
//! A visit begins with a PIN or with a work card, and is bound to the device's credential, its station and the person. The
//! device holds its token, the bank the token's hash. It ends when the device ends it, two minutes after it was last used,
//! or after ten minutes, and with the next new PIN or state of the person's card; one that a member of staff began ends with
//! their credential, too.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use baoyulan_ledger::Rejection;
use baoyulan_ledger::access::{self, Entrant};
use baoyulan_ledger::people::{MemberId, Role};
use baoyulan_ledger::proof::Digest;
use baoyulan_ledger::time::SKEW_SECONDS_MAX;
use utoipa::IntoParams;

use super::Caller;
use super::credential::token_hash;
use super::permissions::redemptions::REDEEM;
use super::permissions::{Place, may};
use super::session::random_token;
use crate::problem::Problem;
use crate::state::App;

const HEADER: &str = "visit-token";
/// A visit that was not used for so long is over. A kiosk before which somebody stands uses its visit twice a minute.
const IDLE_SECONDS_MAX: i64 = 120;
/// A visit is over after so long, however much it is used.
const SECONDS_MAX: i64 = 600;
/// That a visit is used is written down once within so many seconds.
const USED_SECONDS: i64 = 15;

/// The token of the visit in which a device asks; other callers send none.
#[derive(Debug, Clone, Copy, IntoParams)]
#[into_params(names("Visit-Token"), parameter_in = Header)]
pub struct VisitToken(
    /// A device's token of the visit, as `pin-checks` or `staff-checks` gave it
    #[param(value_type = Option<String>, required = false)]
    Option<Digest>,
);

impl FromRequestParts<App> for VisitToken {
    type Rejection = Problem;

    /// A header that makes no sense is the token of no visit.
    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let mut values = parts.headers.get_all(HEADER).iter();
        let (first, second) = (values.next(), values.next());
        let text = first.filter(|_| second.is_none()).and_then(|value| value.to_str().ok());
        Ok(Self(text.filter(|text| !text.is_empty()).map(token_hash)))
    }
}

/// A visit that goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// Whose it is; `None` if a member of staff is there without a volunteer.
    pub member: Option<MemberId>,
    /// The actor of the member of staff who vouches; `None` if a PIN was typed.
    pub attended_by: Option<String>,
}

/// Begins a visit of whoever has shown who they are, for whom `attendant` vouches if there is one. The answer is its token; `None` for a caller
/// that is not a device and so needs no visit.
pub async fn begin(
    app: &App,
    caller: &Caller,
    entrant: Option<Entrant>,
    attendant: Option<&Caller>,
) -> Result<Option<String>, Problem> {
    if caller.role != Role::Device {
        return Ok(None);
    }
    let token = random_token().ok_or_else(|| Problem::broken("no_randomness"))?;
    let ledger = app.ledger()?;
    let now = ledger.running_now();
    let visit = access::Visit {
        token_hash: token_hash(&token),
        device: caller.credential.clone(),
        station: caller.station.clone(),
        member: entrant.map(|entrant| entrant.member),
        standing: entrant.map_or(-1, |entrant| entrant.standing),
        attendant: attendant.map(|attendant| attendant.credential.clone()).unwrap_or_default(),
        opened_at: now,
        used_at: now,
    };
    ledger.access().open_visit(visit, now - SECONDS_MAX).await?;
    Ok(Some(token))
}

/// The caller's visit of that token, if it goes on. It counts as used.
pub async fn current(app: &App, caller: &Caller, token: VisitToken) -> Result<Option<Visit>, Problem> {
    let Some(visit) = own(app, caller, token).await? else { return Ok(None) };
    let now = app.ledger()?.running_now();
    // One that was opened in the future was opened by a clock that was wrong.
    let whole = visit.opened_at - SKEW_SECONDS_MAX..visit.opened_at + SECONDS_MAX;
    let goes_on = whole.contains(&now) && now < visit.used_at + IDLE_SECONDS_MAX;
    if !goes_on {
        return Ok(None);
    }
    let attended_by = match visit.attendant.as_str() {
        "" => None,
        code => match attendant(app, code, &visit.station).await? {
            None => return Ok(None),
            actor => actor,
        },
    };
    if now >= visit.used_at + USED_SECONDS {
        app.ledger()?.access().use_visit(visit.token_hash, now).await?;
    }
    Ok(Some(Visit { member: visit.member, attended_by }))
}

/// The same; `no_visit` if there is none.
pub async fn required(app: &App, caller: &Caller, token: VisitToken) -> Result<Visit, Problem> {
    current(app, caller, token).await?.ok_or_else(|| Rejection::NoVisit.into())
}

/// Ends the caller's visit of that token, if there is one.
pub async fn end(app: &App, caller: &Caller, token: VisitToken) -> Result<(), Problem> {
    match own(app, caller, token).await? {
        Some(visit) => Ok(app.ledger()?.access().close_visit(visit.token_hash).await?),
        None => Ok(()),
    }
}

/// Only the device that was given a token can use it, and only at the station where that was.
async fn own(app: &App, caller: &Caller, token: VisitToken) -> Result<Option<access::Visit>, Problem> {
    let Some(token_hash) = token.0 else { return Ok(None) };
    let visit = app.ledger()?.access().visit(token_hash).await?;
    Ok(visit.filter(|visit| visit.device == caller.credential && visit.station == caller.station))
}

/// The actor of that credential, if it still is that of a member of staff who may serve at the station.
async fn attendant(app: &App, code: &str, station: &str) -> Result<Option<String>, Problem> {
    let ledger = app.ledger()?;
    let credential = ledger.access().credential(code).await?;
    let valid = credential.filter(|credential| credential.is_valid(ledger.running_now())).map(Caller::from);
    Ok(valid.filter(|staff| serves_at(staff, station)).map(|staff| staff.actor))
}

/// Whether it is a member of staff who may serve at that station.
pub fn serves_at(caller: &Caller, station: &str) -> bool {
    let is_staff = matches!(caller.role, Role::Teller | Role::Coordinator | Role::Administrator);
    is_staff && may(caller, REDEEM, Place { station: Some(station), member: None })
}
