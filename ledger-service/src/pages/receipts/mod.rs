//! `/me/receipts`: the list of a volunteer's receipts, and each receipt with its QR code; and the choice whether receipts say
//! what is left.

use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use baoyulan_ledger::Rejection;
use baoyulan_ledger::command::{ChooseBalance, Command};
use baoyulan_ledger::people::BalanceOnReceipts;
use baoyulan_ledger::proof::receipt::ReceiptKind;
use baoyulan_ledger::proof::{Receipt, ReceiptNumber};
use baoyulan_ledger::statement::{StatementFrom, StatementStart, VolunteerPosting, VolunteerStatementPage};
use baoyulan_ledger::store::chain::Return;
use baoyulan_ledger::store::member::VolunteerAccount;
use baoyulan_ledger::text::in_path;
use baoyulan_ledger::time::date_of;
use maud::{Markup, html};
use page_parts::qr;
use serde::Deserialize;

use crate::pages::failed::{Failed, Posted};
use crate::pages::layout::{Page, town_words};
use crate::pages::login::member::Member;
use crate::pages::statement::reason::{day, kind, line_words};
use crate::pages::statement::{Start, link, place};
use crate::pages::visitor::Visitor;
use crate::pages::words::{Word, grouped, signed, words};
use crate::posting::post_by_member;
use crate::presented::{Standing, as_printed};
use crate::problem::Problem;
use crate::state::App;

words! {
    "receipts.ftl":
    ReceiptsTitle,
    ReceiptsEmpty,
    RedemptionReceiptTitle,
    ReversalReceiptTitle,
    ReceiptNumber,
    ReceiptIssued,
    ReceiptStation,
    ReceiptItems,
    ReceiptSpent,
    ReceiptGivenBack,
    LineReturned,
    ReturnsHeading,
    ReceiptLeft,
    StandingGood,
    StandingPartly,
    StandingReversed,
    StandingReversal,
    ReceiptQr,
    ReceiptQrNote,
    ReceiptVerifyButton,
    BackToReceiptsLink,
    BalanceHeading,
    BalanceLeftOut,
    BalancePrinted,
    BalanceNote,
    BalancePrintButton,
    BalanceLeaveOutButton,
}

pub fn routes() -> Router<App> {
    Router::new()
        .route("/me/receipts", get(list))
        .route("/me/receipts/balance", post(choose))
        .route("/me/receipts/{number}", get(show))
}

/// How many receipts a page shows.
const RECEIPTS_MAX: usize = 20;
/// How many postings are looked through at a time.
const POSTINGS_MAX: usize = 200;
/// How many times that is done for one page. After that the page may be short, and the next one goes on.
const LOOKS_MAX: usize = 5;

pub async fn list(
    State(app): State<App>,
    visitor: Visitor,
    Member(account): Member,
    start: Result<Query<Start>, QueryRejection>,
) -> Result<Response, Failed> {
    let words = visitor.words;
    let from = place(start);
    let (found, next) = find(&app, &account, from).await?;
    let body = html! {
        @if found.is_empty() && next.is_none() { p #empty .notice { (words.say(Word::ReceiptsEmpty)) } }
        ul #receipts .ways {
            @for (number, posting) in &found {
                @let (code, sign, word) = kind(posting);
                li { a data-kind=(code) data-number=(number) href=(format!("/me/receipts/{}", in_path(number))) {
                    span .row {
                        (day(words, date_of(posting.effective_day)))
                        span .kind { span aria-hidden="true" { (sign) " " } (words.say(word)) }
                    }
                    strong { (words.with(Word::ChangePoints, [("points", signed(posting.points).into())])) }
                    " " span .small { (number) }
                } }
            }
        }
        @if let Some(next) = next {
            p { a #older .button href=(link("/me/receipts", next)) { (words.say(Word::OlderButton)) } }
        }
        @if from != StatementFrom::Newest { p { a #newest .button href="/me/receipts" { (words.say(Word::NewestButton)) } } }
        (balance_choice(&visitor, account.balance_on_receipts))
    };
    Ok(Page::new(&visitor, &words.say(Word::ReceiptsTitle)).back("/me", Word::BackToBalanceLink).body(&body))
}

/// How it is now, and the other choice.
fn balance_choice(visitor: &Visitor, now: BalanceOnReceipts) -> Markup {
    let words = visitor.words;
    let (code, state, other, button) = match now {
        BalanceOnReceipts::LeftOut => ("left_out", Word::BalanceLeftOut, "printed", Word::BalancePrintButton),
        BalanceOnReceipts::Printed => ("printed", Word::BalancePrinted, "left_out", Word::BalanceLeaveOutButton),
    };
    html! {
        section #balance .panel data-balance=(code) {
            h2 { (words.say(Word::BalanceHeading)) }
            p { (words.say(state)) }
            form method="post" action="/me/receipts/balance" {
                button #choose type="submit" name="balance" value=(other) aria-describedby="balance-note" {
                    (words.say(button))
                }
            }
            p #balance-note .small { (words.say(Word::BalanceNote)) }
        }
    }
}

#[derive(Deserialize)]
pub struct Choice {
    balance: BalanceOnReceipts,
}

/// Writes the choice down. Whoever sends it twice has chosen once; whoever changes their mind all day has to wait.
pub async fn choose(
    State(app): State<App>,
    Member(account): Member,
    Posted(choice): Posted<Choice>,
) -> Result<Response, Failed> {
    if choice.balance != account.balance_on_receipts {
        app.limits().choose(account.member)?;
        let command = Command::ChooseBalance(ChooseBalance { card: account.card.to_string(), balance: choice.balance });
        match post_by_member(&app, &account.pseudonym, command).await {
            Ok(_) => {}
            Err(problem) if matches!(problem.rejection(), Some(Rejection::AlreadyRegistered { .. })) => {}
            Err(problem) => return Err(problem.into()),
        }
    }
    Ok(Redirect::to("/me/receipts").into_response())
}

/// Looks for receipts, which are few among many postings, up to a limit.
async fn find(
    app: &App,
    account: &VolunteerAccount,
    mut from: StatementFrom,
) -> Result<(Vec<(String, VolunteerPosting)>, Option<StatementStart>), Failed> {
    let (mut found, mut next) = (Vec::new(), None);
    for _ in 0..LOOKS_MAX {
        let page = app.ledger()?.volunteer_statement_page(account.card, from, POSTINGS_MAX).await?;
        let page = page.ok_or(Failed::LoggedOut)?;
        for (index, posting) in page.postings.iter().enumerate() {
            let Some(number) = number_of(posting) else { continue };
            if found.len() == RECEIPTS_MAX {
                return Ok((found, Some(rest(&page.postings[index..], &page))));
            }
            found.push((number, posting.clone()));
        }
        next = page.next;
        match next {
            Some(next) => from = StatementFrom::Start(next),
            None => break,
        }
    }
    Ok((found, next))
}

/// Where the next page starts if these postings are left over, in each account. No receipt moves minutes.
fn rest(left: &[VolunteerPosting], page: &VolunteerStatementPage) -> StatementStart {
    let end = StatementStart { size: page.size, points: -1, minutes: -1, owed: -1 };
    let next = page.next.unwrap_or(end);
    let first = |moved: fn(&VolunteerPosting) -> bool| left.iter().find(|one| moved(one)).map(|one| one.position);
    StatementStart {
        size: page.size,
        points: first(|one| one.points_after.is_some()).unwrap_or(next.points),
        minutes: -1,
        owed: first(|one| one.owed_after.is_some()).unwrap_or(next.owed),
    }
}

/// The number of a posting's receipt. Its token comes from the bank itself, so it is read without being verified.
pub fn number_of(posting: &VolunteerPosting) -> Option<String> {
    posting.receipt.as_deref().and_then(Receipt::read_unverified).map(|receipt| receipt.number)
}

/// A receipt, if it is the volunteer's own.
pub async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Member(account): Member,
    Path(number): Path<String>,
) -> Result<Response, Failed> {
    let words = visitor.words;
    let unknown = || Problem::not_found("unknown_receipt", "there is no receipt of this number");
    let number = as_printed(app.ledger()?, &number).await.map_err(Problem::from)?;
    let number = ReceiptNumber::parse(&number).ok_or_else(unknown)?;
    let issued = app.ledger()?.issued_receipt(&number).await?.ok_or_else(unknown)?;
    let token = &issued.token;
    let receipt = Receipt::read_unverified(token).ok_or_else(|| Problem::broken("receipt_unreadable"))?;
    // Somebody else's receipt gets the same answer as one that does not exist.
    if receipt.subject != account.pseudonym.as_str() {
        return Err(unknown().into());
    }
    let body = html! {
        (standing(&visitor, Standing::of(receipt.kind, issued.returned)))
        (said(&app, &visitor, &receipt, &issued.returns).await?)
        section .panel {
            (qr(&format!("{}/v#{token}", app.settings().public_url), &words.say(Word::ReceiptQr)))
            p { (words.say(Word::ReceiptQrNote)) }
            p { a #verify .button href=(format!("/v#{token}")) { (words.say(Word::ReceiptVerifyButton)) } }
        }
    };
    let title = words.say(title_word(receipt.kind));
    Ok(Page::new(&visitor, &title).back("/me/receipts", Word::BackToReceiptsLink).body(&body))
}

pub fn title_word(kind: ReceiptKind) -> Word {
    match kind {
        ReceiptKind::Redemption => Word::RedemptionReceiptTitle,
        ReceiptKind::Reversal => Word::ReversalReceiptTitle,
    }
}

/// Whether a receipt is still valid, which the receipt itself does not say.
pub fn standing(visitor: &Visitor, standing: Standing) -> Markup {
    let (class, code, sign, word) = match standing {
        Standing::Reversal => ("notice", "reversal", "↩", Word::StandingReversal),
        Standing::Reversed => ("notice bad", "reversed", "↩", Word::StandingReversed),
        Standing::PartlyReturned => ("notice", "partly-returned", "↩", Word::StandingPartly),
        Standing::Stands => ("notice good", "stands", "✓", Word::StandingGood),
    };
    html! { p #standing class=(class) data-standing=(code) { span aria-hidden="true" { (sign) " " } (visitor.words.say(word)) } }
}

/// How many pieces of an offer came back with these reversals.
fn pieces_returned(returns: &[Return], sku: &str) -> i64 {
    let lines = returns.iter().flat_map(|one| &one.lines);
    lines.filter(|line| line.sku == sku).map(|line| line.pieces).sum()
}

/// What a receipt says, in words, and what of it has come back since, which it does not say.
pub async fn said(app: &App, visitor: &Visitor, receipt: &Receipt, returns: &[Return]) -> Result<Markup, Failed> {
    let (ledger, words) = (app.ledger()?, visitor.words);
    let (offers, stations) = (ledger.offers().await?, ledger.station_names().await?);
    let name = |sku: &String| offers.get(sku).map_or_else(|| sku.clone(), |offer| offer.terms.name.clone());
    let station = stations.get(&receipt.station).map_or(receipt.station.as_str(), String::as_str);
    let back = |sku: &str| pieces_returned(returns, sku);
    let points_back: i64 = receipt.lines.iter().map(|line| back(&line.sku) * line.points_each).sum();
    Ok(html! {
        dl #receipt-facts .facts {
            dt { (words.say(Word::ReceiptNumber)) } dd #number { (receipt.number) }
            dt { (words.say(Word::ReceiptIssued)) } dd #issued { (words.moment(receipt.issued_at, ledger.zone())) }
            dt { (words.say(Word::ReceiptStation)) } dd #station { (town_words(visitor, station)) }
            dt { (words.say(Word::ReceiptItems)) }
            @for line in &receipt.lines {
                @let back = back(&line.sku);
                dd {
                    (town_words(visitor, &name(&line.sku))) " " (line_words(words, line.pieces, line.points_each))
                    @if back > 0 {
                        span data-returned=(back) { (words.with(Word::LineReturned, [("pieces", grouped(back).into())])) }
                    }
                }
            }
            dt { (words.say(match receipt.kind {
                ReceiptKind::Redemption => Word::ReceiptSpent,
                ReceiptKind::Reversal => Word::ReceiptGivenBack,
            })) }
            dd #receipt-points .number data-points=(receipt.points) { (grouped(receipt.points)) }
            @if !returns.is_empty() { (came_back(visitor, returns, points_back, name)) }
            @if let Some(left) = receipt.balance {
                dt { (words.say(Word::ReceiptLeft)) } dd { (grouped(left)) }
            }
        }
    })
}

/// The points that came back, and which receipt took back what.
fn came_back(visitor: &Visitor, returns: &[Return], points: i64, name: impl Fn(&String) -> String) -> Markup {
    let words = visitor.words;
    html! {
        dt { (words.say(Word::ReceiptGivenBack)) }
        dd #points-returned .number data-points=(points) { (grouped(points)) }
        dt { (words.say(Word::ReturnsHeading)) }
        @for one in returns {
            dd data-return=(one.receipt) {
                (one.receipt)
                @for line in &one.lines {
                    " · " (town_words(visitor, &name(&line.sku))) " × " (grouped(line.pieces))
                }
            }
        }
    }
}
