//! `GET /v1/volunteers/{card}`, its balance and its statement

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use baoyulan_ledger::Ledger;
use baoyulan_ledger::book::lot::spendable;
use baoyulan_ledger::earn::Language;
use baoyulan_ledger::people::{CardNumber, CardState};
use baoyulan_ledger::proof::Receipt;
use baoyulan_ledger::statement::{PostingReason, StatementStart, VolunteerPosting};
use baoyulan_ledger::store::read::VolunteerAccount;
use baoyulan_ledger::time::{date_at, date_of};
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::ToSchema;

use super::page::{Page, PageQuery, WordsLanguage, cursor};
use super::{Amount, instant};
use crate::auth::Caller;
use crate::auth::permissions::{Action, Place};
use crate::mask::masked;
use crate::problem::{CommonProblems, Problem, ProblemBody};
use crate::state::App;
use crate::statement::redeemed_words;

/// A volunteer.
#[derive(Debug, Serialize, ToSchema)]
pub struct Volunteer {
    /// The card number.
    card: String,
    /// `active` or `blocked`.
    card_state: &'static str,
    /// The name, masked: 王*华.
    name: String,
    /// The pseudonym, as it stands on receipts.
    pseudonym: String,
    /// The station nearest to home; empty where none is known.
    home_station: String,
    /// Pieces had this month, of every offer of which there are any: what counts against monthly limits.
    pieces_had: Vec<Amount>,
    /// What they have.
    balance: Balance,
}

/// What a volunteer has.
#[derive(Debug, Serialize, ToSchema)]
pub struct Balance {
    /// Service time: never spent, never expires.
    service_time: Amount,
    /// Points, expired ones too.
    points: Amount,
    /// Points that can be spent now.
    points_spendable: Amount,
    /// Points by when they expire, the soonest first.
    lots: Vec<Lot>,
    /// When this was so, RFC 3339, UTC.
    #[schema(format = DateTime)]
    as_of: String,
}

/// Points that expire together.
#[derive(Debug, Serialize, ToSchema)]
pub struct Lot {
    /// What is left.
    points: Amount,
    /// The last day on which they can be spent, in the bank's zone.
    #[schema(format = Date)]
    last_day: String,
    /// The first instant at which they no longer can, RFC 3339, UTC.
    #[schema(format = DateTime)]
    expires_at: String,
    /// Whether that is past.
    expired: bool,
}

impl Volunteer {
    /// Of an account.
    ///
    /// # Errors
    /// 503 where the bank cannot be asked what was had this month.
    pub async fn of(account: &VolunteerAccount, ledger: &Ledger) -> Result<Self, Problem> {
        let pieces_had = ledger.pieces_had(account.member).await?;
        Ok(Self {
            card: account.card.to_string(),
            card_state: match account.card_state {
                CardState::Active => "active",
                CardState::Blocked => "blocked",
            },
            name: masked(&account.name),
            pseudonym: account.pseudonym.as_str().to_owned(),
            home_station: account.home_station.clone(),
            pieces_had: pieces_had.iter().map(|(sku, pieces)| Amount::pieces(*pieces, sku)).collect(),
            balance: Balance::of(account, ledger.now(), ledger.zone()),
        })
    }
}

impl Balance {
    /// Of an account, at that instant.
    pub fn of(account: &VolunteerAccount, now: i64, zone: &TimeZone) -> Self {
        let lots = account.lots.iter().filter(|(_, left)| **left > 0).map(|(expires_at, left)| Lot {
            points: Amount::points(*left),
            last_day: date_at(expires_at - 1, zone).to_string(),
            expires_at: instant(*expires_at),
            expired: *expires_at <= now,
        });
        Self {
            service_time: Amount::minutes(account.minutes),
            points: Amount::points(account.points),
            points_spendable: Amount::points(spendable(&account.lots, now)),
            lots: lots.collect(),
            as_of: instant(now),
        }
    }
}

/// A posting of a statement.
#[derive(Debug, Serialize, ToSchema)]
pub struct Posting {
    /// Its position in the journal.
    position: i64,
    /// When it was posted, RFC 3339, UTC.
    #[schema(format = DateTime)]
    posted_at: String,
    /// The day it counts for.
    #[schema(format = Date)]
    effective_on: String,
    /// `attendance`, `redemption`, `reversal` or `other`.
    kind: &'static str,
    /// Points gained, or given.
    points: Amount,
    /// Minutes of service gained.
    service_time: Amount,
    /// Points after it.
    #[schema(required = false)]
    points_after: Option<Amount>,
    /// Minutes after it.
    #[schema(required = false)]
    service_time_after: Option<Amount>,
    /// Why, in words, a line for each part.
    reason: Vec<String>,
    /// Of an attendance: the reason in parts.
    #[schema(required = false)]
    attendance: Option<AttendanceParts>,
    /// The number of the receipt, where there is one.
    #[schema(required = false)]
    receipt_number: Option<String>,
}

/// What an attendance earned, part by part.
#[derive(Debug, Serialize, ToSchema)]
pub struct AttendanceParts {
    /// The activity's code.
    activity: String,
    /// The activity's title.
    title: String,
    /// The earning rule's code.
    rule: String,
    /// The grade's code.
    grade: String,
    /// Version of the policy that priced it.
    policy_version: i64,
    /// Minutes credited.
    minutes_credited: i64,
    /// Minutes that count towards points.
    minutes_counted: i64,
    /// Points for the time.
    time_points: i64,
    /// Points for organising.
    organiser_points: i64,
    /// Points for the month's first service day.
    service_day_points: i64,
    /// Points for the theme of the month.
    theme_points: i64,
}

/// The account of the card in the path, if the caller may see it.
pub async fn account(app: &App, caller: &Caller, card: &str) -> Result<VolunteerAccount, Problem> {
    let number = CardNumber::parse(card);
    let account = match number {
        Some(card) => app.ledger()?.volunteer_account(card).await?,
        None => None,
    };
    // First whether they may: who sees one account alone does not learn which others there are.
    caller
        .may(Action::ReadVolunteer, Place { station: None, member: account.as_ref().map(|account| account.member) })?;
    account.ok_or_else(|| match number {
        Some(_) => Problem::not_found("unknown_card", "no volunteer has this card"),
        None => Problem::not_found("card_check_digits", "the card number is mistyped: its check digits do not match"),
    })
}

/// A volunteer, and what they have.
#[utoipa::path(
    get,
    path = "/v1/volunteers/{card}",
    operation_id = "show_volunteer",
    tag = "volunteers",
    params(("card" = String, Path, description = "The card number, ten digits")),
    responses(
        CommonProblems,
        (status = 200, description = "The volunteer", body = Volunteer),
        (status = 403, description = "Not this account", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "Nobody has this card", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("credential" = []))
)]
pub async fn show(
    State(app): State<App>,
    caller: Caller,
    Path(card): Path<String>,
) -> Result<Json<Volunteer>, Problem> {
    let account = account(&app, &caller, &card).await?;
    Ok(Json(Volunteer::of(&account, app.ledger()?).await?))
}

/// What a volunteer has.
#[utoipa::path(
    get,
    path = "/v1/volunteers/{card}/balance",
    operation_id = "show_balance",
    tag = "volunteers",
    params(("card" = String, Path, description = "The card number, ten digits")),
    responses(
        CommonProblems,
        (status = 200, description = "The balance", body = Balance),
        (status = 403, description = "Not this account", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "Nobody has this card", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("credential" = []))
)]
pub async fn balance(
    State(app): State<App>,
    caller: Caller,
    Path(card): Path<String>,
) -> Result<Json<Balance>, Problem> {
    let account = account(&app, &caller, &card).await?;
    let ledger = app.ledger()?;
    Ok(Json(Balance::of(&account, ledger.now(), ledger.zone())))
}

/// Everything that was posted to a volunteer, newest first, each with its reason.
#[utoipa::path(
    get,
    path = "/v1/volunteers/{card}/statement",
    operation_id = "list_postings",
    tag = "volunteers",
    params(("card" = String, Path, description = "The card number, ten digits"), PageQuery),
    responses(
        CommonProblems,
        (status = 200, description = "A page of the statement", body = Page<Posting>),
        (status = 403, description = "Not this account", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "Nobody has this card", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("credential" = []))
)]
pub async fn statement(
    State(app): State<App>,
    caller: Caller,
    Path(card): Path<String>,
    query: Result<Query<PageQuery>, QueryRejection>,
) -> Result<Json<Page<Posting>>, Problem> {
    let account = account(&app, &caller, &card).await?;
    let Query(query) = query.map_err(|error| Problem::bad_request("invalid_query", error.body_text()))?;
    let language = match query.language() {
        None | Some(WordsLanguage::SimplifiedChinese | WordsLanguage::TraditionalChinese) => {
            Language::SimplifiedChinese
        }
        Some(WordsLanguage::English) => Language::English,
    };
    let list = format!("statement/{card}");
    let start = match query.cursor(&list)?.as_deref() {
        None => None,
        Some([points, minutes]) => Some(StatementStart { points: *points, minutes: *minutes }),
        Some(_) => return Err(Problem::bad_request("invalid_cursor", "the cursor is not one of this list's")),
    };
    let page = app.ledger()?.volunteer_statement_page(account.card, start, query.limit()?).await?;
    let page = page.ok_or_else(|| Problem::not_found("unknown_card", "no volunteer has this card"))?;
    Ok(Json(Page {
        data: page.postings.iter().map(|posting| Posting::of(posting, language)).collect(),
        next_cursor: page.next.map(|next| cursor(&list, &[next.points, next.minutes])),
    }))
}

impl Posting {
    fn of(posting: &VolunteerPosting, language: Language) -> Self {
        let (kind, reason, attendance) = match &posting.what {
            PostingReason::Attendance(title, reason, policy) => {
                let parts = AttendanceParts {
                    activity: reason.activity.clone(),
                    title: title.clone(),
                    rule: reason.rule.clone(),
                    grade: reason.grade.clone(),
                    policy_version: reason.policy_version,
                    minutes_credited: reason.minutes_credited,
                    minutes_counted: reason.minutes_counted,
                    time_points: reason.time_points,
                    organiser_points: reason.organiser_points,
                    service_day_points: reason.service_day_points,
                    theme_points: reason.theme_points,
                };
                ("attendance", reason.lines(policy, language), Some(parts))
            }
            PostingReason::Redemption(lines) => {
                let kind = if lines.iter().any(|(_, pieces, ..)| *pieces < 0) { "reversal" } else { "redemption" };
                let words = lines.iter().map(|line| redeemed_words(line, language));
                (kind, words.collect(), None)
            }
            PostingReason::Other(note) => {
                ("other", Some(note.clone()).filter(|note| !note.is_empty()).into_iter().collect(), None)
            }
        };
        Self {
            position: posting.position,
            posted_at: instant(posting.posted_at),
            effective_on: date_of(posting.effective_day).to_string(),
            kind,
            points: Amount::points(posting.points),
            service_time: Amount::minutes(posting.minutes),
            points_after: posting.points_after.map(Amount::points),
            service_time_after: posting.minutes_after.map(Amount::minutes),
            reason,
            attendance,
            receipt_number: posting.receipt.as_deref().and_then(Receipt::read_unverified).map(|receipt| receipt.number),
        }
    }
}
