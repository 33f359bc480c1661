//! `/me/statement`: everything that was posted to a volunteer, the newest first, each with its reason.

pub mod reason;

use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use baoyulan_ledger::statement::{StatementFrom, StatementStart, VolunteerPosting};
use baoyulan_ledger::text::in_path;
use baoyulan_ledger::time::date_of;
use maud::{Markup, html};
use serde::Deserialize;

use crate::pages::failed::Failed;
use crate::pages::layout::Page;
use crate::pages::login::member::Member;
use crate::pages::receipts::number_of;
use crate::pages::statement::reason::{day, kind, lines};
use crate::pages::visitor::Visitor;
use crate::pages::words::{Word, grouped, signed, words};
use crate::state::App;

words! {
    "statement.ftl":
    StatementTitle,
    StatementEmpty,
    StatementSize,
    KindAttendance,
    KindRedemption,
    KindReversal,
    KindExpiry,
    KindEarningReversal,
    KindOther,
    ChangePoints,
    ChangeHours,
    ChangeHoursBack,
    MoreOwed,
    OwedSettled,
    OwedAfter,
    PointsAfter,
    ReceiptOf,
    ReasonCut,
    ReasonTime,
    ReasonPoints,
    ReasonRounded,
    AwardOrganiser,
    AwardServiceDay,
    AwardTheme,
    RedeemedLine,
}

pub fn routes() -> Router<App> {
    Router::new().route("/me/statement", get(show))
}

/// How many postings a page shows.
const POSTINGS_MAX: usize = 10;

/// Where a page starts in the accounts. If points or minutes are missing, it starts at the newest posting that there was at
/// that size of the journal, or that there is.
#[derive(Debug, Default, Deserialize)]
pub struct Start {
    size: Option<u64>,
    points: Option<i64>,
    minutes: Option<i64>,
    owed: Option<i64>,
}

pub fn place(start: Result<Query<Start>, QueryRejection>) -> StatementFrom {
    let Start { size, points, minutes, owed } = start.map(|Query(start)| start).unwrap_or_default();
    let owed = owed.unwrap_or(-1);
    match (size, points, minutes) {
        (Some(size), Some(points), Some(minutes)) => {
            StatementFrom::Start(StatementStart { size, points, minutes, owed })
        }
        (Some(size), ..) => StatementFrom::Size(size),
        (None, ..) => StatementFrom::Newest,
    }
}

/// The address of the page of a list that starts there.
pub fn link(list: &str, place: StatementStart) -> String {
    let StatementStart { size, points, minutes, owed } = place;
    // Hardly anybody owes anything.
    let owed = if owed < 0 { String::new() } else { format!("&owed={owed}") };
    format!("{list}?size={size}&points={points}&minutes={minutes}{owed}")
}

pub async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Member(account): Member,
    start: Result<Query<Start>, QueryRejection>,
) -> Result<Response, Failed> {
    let words = visitor.words;
    let from = place(start);
    let page = app.ledger()?.volunteer_statement_page(account.card, from, POSTINGS_MAX).await?;
    let page = page.ok_or(Failed::LoggedOut)?;
    let body = html! {
        @if page.postings.is_empty() { p #empty .notice { (words.say(Word::StatementEmpty)) } }
        ol #postings .cards { @for posting in &page.postings { (item(&visitor, posting)) } }
        @if let Some(next) = page.next {
            p { a #older .button href=(link("/me/statement", next)) { (words.say(Word::OlderButton)) } }
        }
        @if from != StatementFrom::Newest {
            p { a #newest .button href="/me/statement" { (words.say(Word::NewestButton)) } }
        }
        // Drawn again from here, the page is the same.
        p #size .small data-size=(page.size) {
            a href=(format!("/me/statement?size={}", page.size)) {
                (words.with(Word::StatementSize, [("size", grouped(page.size.cast_signed()).into())]))
            }
        }
    };
    Ok(Page::new(&visitor, &words.say(Word::StatementTitle)).back("/me", Word::BackToBalanceLink).body(&body))
}

fn item(visitor: &Visitor, posting: &VolunteerPosting) -> Markup {
    let words = visitor.words;
    let (code, sign, word) = kind(posting);
    html! {
        li .card data-kind=(code) data-position=(posting.position) {
            p .row {
                (day(words, date_of(posting.effective_day)))
                span .kind { span aria-hidden="true" { (sign) " " } (words.say(word)) }
            }
            @if posting.points != 0 {
                p .change data-points=(posting.points) {
                    (words.with(Word::ChangePoints, [("points", signed(posting.points).into())]))
                }
            }
            @if posting.minutes != 0 {
                p .change data-minutes=(posting.minutes) {
                    @let word = if posting.minutes < 0 { Word::ChangeHoursBack } else { Word::ChangeHours };
                    (words.with(word, [("hours", words.hours(posting.minutes.abs()).into())]))
                }
            }
            @if posting.owed != 0 {
                p .change data-owed=(posting.owed) {
                    @let word = if posting.owed < 0 { Word::OwedSettled } else { Word::MoreOwed };
                    (words.with(word, [("points", grouped(posting.owed.abs()).into())]))
                }
            }
            ul .lines { @for line in lines(visitor, posting) { li { (line) } } }
            @if let Some(after) = posting.points_after {
                p .small { (words.with(Word::PointsAfter, [("points", after.into())])) }
            }
            @if let Some(after) = posting.owed_after.filter(|after| *after > 0) {
                p .small { (words.with(Word::OwedAfter, [("points", grouped(after).into())])) }
            }
            @if let Some(number) = number_of(posting) {
                p { a href=(format!("/me/receipts/{}", in_path(&number))) {
                    (words.with(Word::ReceiptOf, [("number", number.as_str().into())]))
                } }
            }
        }
    }
}
