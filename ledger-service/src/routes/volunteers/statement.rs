//! `GET /v1/volunteers/{card}/statement`: what was posted to a volunteer, and why.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use baoyulan_ledger::earn::Reason;
use baoyulan_ledger::language::Language;
use baoyulan_ledger::proof::Receipt;
use baoyulan_ledger::statement::{PostingReason, StatementFrom, StatementStart, VolunteerPosting};
use baoyulan_ledger::time::date_of;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::Caller;
use crate::problem::{CommonProblems, Problem, ProblemBody};
use crate::redeemed::{earning_reversal_words, expired_words, redeemed_words};
use crate::routes::page::{PageQuery, WordsLanguage, cursor};
use crate::routes::{Amount, Segment, instant};
use crate::state::App;

/// One line of a statement: something that was posted to the volunteer.
#[derive(Debug, Serialize, ToSchema)]
pub struct Posting {
    /// Its position in the journal.
    position: i64,
    /// When it was posted, RFC 3339, UTC.
    #[schema(format = DateTime)]
    posted_at: String,
    /// The day to which it belongs, such as the day of the activity.
    #[schema(format = Date)]
    effective_on: String,
    /// `attendance`, `earning_reversal`, `redemption`, `reversal`, `expiry` or `other`.
    kind: &'static str,
    /// Points earned; negative where they were spent.
    points: Amount,
    /// Minutes of service earned; negative where they were taken back.
    service_time: Amount,
    /// Points by which the volunteer owes more, because they were taken back after they had been spent; negative where a debt was
    /// settled. Left out where neither is so.
    #[schema(required = false)]
    owed: Option<Amount>,
    /// The points that the volunteer had after it.
    #[schema(required = false)]
    points_after: Option<Amount>,
    /// The minutes of service that the volunteer had after it.
    #[schema(required = false)]
    service_time_after: Option<Amount>,
    /// The points that the volunteer owed after it, where that changed.
    #[schema(required = false)]
    owed_after: Option<Amount>,
    /// Why it was posted, in words, a line for each part.
    reason: Vec<String>,
    /// Why an attendance earned what it did, in numbers.
    #[schema(required = false)]
    attendance: Option<AttendanceParts>,
    /// The number of its receipt, if it has one.
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
    /// The version of the policy by which points were counted.
    policy_version: i64,
    /// Minutes that were served.
    minutes_credited: i64,
    /// Minutes that count towards points.
    minutes_counted: i64,
    /// Points for the time that counts.
    time_points: i64,
    /// Points for having organised the activity.
    organiser_points: i64,
    /// Points for the volunteer's first service day of the month.
    service_day_points: i64,
    /// Points because the activity belongs to the theme of the month.
    theme_points: i64,
}

/// Which page of a statement.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct StatementQuery {
    /// The `next_cursor` of the page before. Without it, the first page is meant.
    #[param(min_length = 1, pattern = "^[A-Za-z0-9_-]+$")]
    cursor: Option<String>,
    /// How many items the page has at most, 1 to 200; 50 if it is left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
    /// The language of words; `zh-Hans` if it is left out.
    #[param(inline)]
    language: Option<WordsLanguage>,
    /// The first page as it was when the journal had so many records; as it is now if this is left out. A cursor keeps its own.
    #[param(minimum = 1)]
    journal_size: Option<u64>,
}

/// A page of a statement.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatementPage {
    data: Vec<Posting>,
    /// The cursor of the next page; null on the last one.
    next_cursor: Option<String>,
    /// How many records the journal had. Asked for with this `journal_size` again, all pages are the same, but for what was erased.
    journal_size: u64,
}

/// Everything that was posted to a volunteer, newest first, each with its reason.
#[utoipa::path(
    get,
    path = "/v1/volunteers/{card}/statement",
    operation_id = "list_postings",
    tag = "volunteers",
    params(("card" = String, Path, description = "The card number, ten digits"), StatementQuery),
    responses(
        CommonProblems,
        (status = 200, description = "A page of the statement", body = StatementPage),
        (status = 403, description = "This account is not for the caller to see", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "Nobody has this card", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("credential" = []))
)]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    Segment(card): Segment,
    query: Result<Query<StatementQuery>, QueryRejection>,
) -> Result<Json<StatementPage>, Problem> {
    let account = super::account(&app, &caller, &card).await?;
    let Query(query) = query.map_err(|error| Problem::bad_request("invalid_query", error.body_text()))?;
    let StatementQuery { cursor: cursor_sent, limit, language, journal_size } = query;
    let query = PageQuery { cursor: cursor_sent, limit, language };
    let language = query.language();
    let list = format!("statement/{}", account.card);
    let from = match query.cursor(&list)?.as_deref() {
        None => journal_size.map_or(StatementFrom::Newest, StatementFrom::Size),
        Some([size, points, minutes, owed]) => StatementFrom::Start(StatementStart {
            size: size.unsigned_abs(),
            points: *points,
            minutes: *minutes,
            owed: *owed,
        }),
        Some(_) => return Err(Problem::bad_request("invalid_cursor", "the cursor is not one of this list's")),
    };
    let page = app.ledger()?.volunteer_statement_page(account.card, from, query.limit()?).await?;
    let page = page.ok_or_else(|| match from {
        StatementFrom::Size(_) => Problem::bad_request(
            "invalid_query",
            "the journal had no such volunteer at that journal_size, or is not that long",
        ),
        StatementFrom::Newest | StatementFrom::Start(_) => {
            Problem::not_found("unknown_card", "no volunteer has this card")
        }
    })?;
    Ok(Json(StatementPage {
        data: page.postings.iter().map(|posting| Posting::of(posting, language)).collect(),
        next_cursor: page
            .next
            .map(|next| cursor(&list, &[next.size.cast_signed(), next.points, next.minutes, next.owed])),
        journal_size: page.size,
    }))
}

impl Posting {
    fn of(posting: &VolunteerPosting, language: Language) -> Self {
        let (kind, reason, attendance) = match &posting.what {
            PostingReason::Attendance(title, reason, policy) => {
                ("attendance", reason.lines(policy, language), Some(AttendanceParts::of(title, reason)))
            }
            PostingReason::AttendanceReversal(title, activity) => {
                ("earning_reversal", vec![earning_reversal_words(title, activity, language)], None)
            }
            PostingReason::Redemption(lines) => {
                let kind = if lines.iter().any(|line| line.pieces < 0) { "reversal" } else { "redemption" };
                let words = lines.iter().map(|line| redeemed_words(line, language));
                (kind, words.collect(), None)
            }
            PostingReason::Expiry => ("expiry", vec![expired_words(language).to_owned()], None),
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
            owed: Some(posting.owed).filter(|owed| *owed != 0).map(Amount::points),
            points_after: posting.points_after.map(Amount::points),
            service_time_after: posting.minutes_after.map(Amount::minutes),
            owed_after: posting.owed_after.map(Amount::points),
            reason,
            attendance,
            receipt_number: posting.receipt.as_deref().and_then(Receipt::read_unverified).map(|receipt| receipt.number),
        }
    }
}

impl AttendanceParts {
    fn of(title: &str, reason: &Reason) -> Self {
        Self {
            activity: reason.activity.clone(),
            title: title.to_owned(),
            rule: reason.rule.clone(),
            grade: reason.grade.clone(),
            policy_version: reason.policy_version,
            minutes_credited: reason.minutes_credited,
            minutes_counted: reason.minutes_counted,
            time_points: reason.time_points,
            organiser_points: reason.organiser_points,
            service_day_points: reason.service_day_points,
            theme_points: reason.theme_points,
        }
    }
}
