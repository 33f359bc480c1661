//! `/me`: the hours and the points that a volunteer has, and when the points expire.
//!
//! The service worker keeps this page. Without a network it shows the page again, with the hidden line that says how old it is.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use baoyulan_ledger::people::CardState;
use baoyulan_ledger::store::member::VolunteerAccount;
use baoyulan_ledger::time::date_at;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use crate::mask::{card_tail, masked};
use crate::pages::failed::Failed;
use crate::pages::layout::{Page, town_words};
use crate::pages::login::member::Member;
use crate::pages::visitor::Visitor;
use crate::pages::words::{Word, grouped, words};
use crate::state::App;

words! {
    "me.ftl":
    MeTitle,
    MeGreeting,
    MeAsOf,
    MeOffline,
    MeBlocked,
    PointsHeading,
    PointsUnit,
    PointsNone,
    PointsExpired,
    PointsOwed,
    ExpiryHeading,
    ExpiryLine,
    ExpirySoon,
    HoursHeading,
    HoursUnit,
    MinutesUnit,
    HoursNote,
    CardLink,
    StatementLink,
    ReceiptsLink,
    BackToBalanceLink,
}

pub fn routes() -> Router<App> {
    Router::new().route("/me", get(show))
}

/// How long before points expire the page warns of it.
const SOON_SECONDS: i64 = 90 * 24 * 3600;

pub async fn show(State(app): State<App>, visitor: Visitor, Member(account): Member) -> Result<Response, Failed> {
    let ledger = app.ledger()?;
    let (now, zone, words) = (ledger.now(), ledger.zone(), visitor.words);
    let time = words.moment(now, zone);
    let body = html! {
        // The service worker finds this line by its id, and shows it.
        p #offline .notice.bad hidden { (words.with(Word::MeOffline, [("time", time.as_str().into())])) }
        p #greeting { (town_words(&visitor, &masked(&account.name))) (words.say(Word::MeGreeting)) }
        p #card-tail .small { (words.say(Word::CardNumber)) " " (card_tail(&account.card.to_string())) }
        @if account.card_state == CardState::Blocked {
            p #blocked .notice.bad { (words.say(Word::MeBlocked)) }
        }
        (points(&visitor, &account, now, zone))
        (hours(&visitor, account.minutes))
        p #as-of .small { (words.with(Word::MeAsOf, [("time", time.into())])) }
        nav aria-label=(words.say(Word::MeTitle)) {
            ul .ways {
                li { a #to-card href="/me/card" { (words.say(Word::CardLink)) } }
                li { a #to-statement href="/me/statement" { (words.say(Word::StatementLink)) } }
                li { a #to-receipts href="/me/receipts" { (words.say(Word::ReceiptsLink)) } }
            }
        }
        (ways_out(&visitor))
    };
    Ok(Page::new(&visitor, &words.say(Word::MeTitle)).script("me.js").body(&body))
}

fn points(visitor: &Visitor, account: &VolunteerAccount, now: i64, zone: &TimeZone) -> Markup {
    let words = visitor.words;
    let usable = account.points_spendable(now);
    let expired = account.points_expired(now);
    html! {
        section .panel.main aria-labelledby="points-heading" {
            h2 #points-heading { (words.say(Word::PointsHeading)) }
            p .figure { span #points data-points=(usable) { (grouped(usable)) } " " span .of { (words.say(Word::PointsUnit)) } }
            @if account.points_owed > 0 {
                p #owed data-points=(account.points_owed) {
                    strong { (words.with(Word::PointsOwed, [("points", account.points_owed.into())])) }
                }
            }
            @if usable == 0 { p { (words.say(Word::PointsNone)) } }
            @if usable > 0 {
                h3 { (words.say(Word::ExpiryHeading)) }
                ul #expiry .lines {
                    @for (expires_at, left) in account.free_lots(now) {
                        // Points can be spent until just before that instant; people are told the last day.
                        @let day = words.language.day(date_at(expires_at - 1, zone));
                        li {
                            (words.with(Word::ExpiryLine, [("points", left.into()), ("day", day.into())]))
                            @if expires_at - now < SOON_SECONDS {
                                " " strong .soon { span aria-hidden="true" { "⏳ " } (words.say(Word::ExpirySoon)) }
                            }
                        }
                    }
                }
            }
            @if expired > 0 {
                p #expired data-points=(expired) { (words.with(Word::PointsExpired, [("points", expired.into())])) }
            }
        }
    }
}

fn hours(visitor: &Visitor, minutes: i64) -> Markup {
    let words = visitor.words;
    html! {
        section .panel aria-labelledby="hours-heading" {
            h2 #hours-heading { (words.say(Word::HoursHeading)) }
            p #hours .figure data-minutes=(minutes) {
                // If the line is too short for both, the break comes between a unit and the next number.
                span .pair { (grouped(minutes / 60)) " " span .of { (words.say(Word::HoursUnit)) } }
                @if minutes % 60 != 0 {
                    " " span .pair { (minutes % 60) " " span .of { (words.say(Word::MinutesUnit)) } }
                }
            }
            p { (words.say(Word::HoursNote)) }
        }
    }
}

fn ways_out(visitor: &Visitor) -> Markup {
    let words = visitor.words;
    html! {
        form method="post" action="/logout" { button #logout type="submit" { (words.say(Word::LogoutButton)) } }
        form method="post" action="/logout-everywhere" {
            p #everywhere-note .small { (words.say(Word::LogoutEverywhereNote)) }
            button #logout-everywhere type="submit" aria-describedby="everywhere-note" {
                (words.say(Word::LogoutEverywhereButton))
            }
        }
    }
}
