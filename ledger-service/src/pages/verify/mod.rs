//! `/v`: what a stranger is told of a receipt. The browser checks the signature by itself (`assets/verify.js`), so that nobody
//! has to believe us; the token stands after `#`, which browsers do not send. Whether the bank has the receipt and whether it
//! still stands only the bank knows: the script asks it by the receipt's id. If the browser cannot check, or runs no scripts, a
//! form asks us for all of it, and says that this check is weaker.
//!
//! Nothing personal is shown: not whose receipt it is, nor what they have left, even where an old receipt says so.

mod outcome;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use baoyulan_ledger::proof::receipt::{ReceiptError, token_digest};
use baoyulan_ledger::proof::typed::Typed;
use baoyulan_ledger::proof::{Receipt, ReceiptNumber};
use baoyulan_ledger::store::chain::Return;
use baoyulan_ledger::text::harmless;
use maud::{Markup, html};
use serde::Deserialize;

use crate::pages::failed::{Failed, Posted};
use crate::pages::layout::Page;
use crate::pages::receipts::said;
use crate::pages::visitor::Visitor;
use crate::pages::words::{Word, words};
use crate::presented::{self, Held};
use crate::state::App;
use outcome::{Beside, CheckedBy, Outcome, verdict};

words! {
    "verify.ftl":
    VerifyTitle,
    VerifyLead,
    VerifyField,
    VerifyFieldHint,
    VerifyButton,
    VerifyServerNote,
    VerifyWorking,
    VerifyTooLong,
    VerifyNotThreeParts,
    VerifyUnknownKey,
    VerifyMalformedSignature,
    VerifyWrongSignature,
    VerifyMalformedPayload,
    VerifyUnableHeading,
    VerifyNoCrypto,
    VerifyNoScript,
    AskGenuine,
    GenuineYes,
    GenuineSigned,
    GenuineNo,
    GenuineUnknown,
    AskInBank,
    InBankYes,
    InBankNumber,
    InBankNo,
    InBankUnknown,
    AskStands,
    StandsYes,
    StandsPartly,
    StandsReversal,
    StandsReversed,
    StandsNo,
    StandsUnknown,
    OutcomeStandsTitle,
    OutcomeStandsText,
    OutcomePartlyTitle,
    OutcomePartlyText,
    OutcomeReversedTitle,
    OutcomeReversedText,
    OutcomeReversedBy,
    OutcomeReversalTitle,
    OutcomeReversalText,
    OutcomeReverses,
    OutcomeMissingTitle,
    OutcomeMissingText,
    OutcomeUnaskedTitle,
    OutcomeUnaskedText,
    OutcomeRefusedTitle,
    OutcomeRefusedText,
    OutcomeNoKeysTitle,
    OutcomeNoKeysText,
    OutcomeNumberTitle,
    OutcomeNumberText,
    OutcomeNumberPartlyTitle,
    OutcomeNumberPartlyText,
    OutcomeNumberUnknownTitle,
    OutcomeNumberUnknownText,
    OutcomeNumberUnaskedTitle,
    OutcomeNumberUnaskedText,
    OutcomeEmptyTitle,
    OutcomeEmptyText,
    OutcomeUnreadTitle,
    OutcomeUnreadText,
    OutcomeSeveralTitle,
    OutcomeSeveralText,
    OutcomeIncompleteTitle,
    OutcomeIncompleteText,
    OutcomeWaitTitle,
    OutcomeWaitText,
    OutcomeWaitSeconds,
    ByDeviceAndBank,
    ByDevice,
    ByServer,
}

pub fn routes() -> Router<App> {
    Router::new().route("/v", get(show).post(ask))
}

#[derive(Deserialize)]
pub struct Fields {
    #[serde(default)]
    receipt: String,
}

/// What stands between the numbers of receipts; the script has the same.
const NUMBERS_APART: &str = " · ";

/// What can be wrong with a receipt, by the code that the script uses.
const FAULTS: [(&str, Word); 6] = [
    ("too_long", Word::VerifyTooLong),
    ("not_three_parts", Word::VerifyNotThreeParts),
    ("unknown_key", Word::VerifyUnknownKey),
    ("malformed_signature", Word::VerifyMalformedSignature),
    ("wrong_signature", Word::VerifyWrongSignature),
    ("malformed_payload", Word::VerifyMalformedPayload),
];

fn fault_code(error: ReceiptError) -> &'static str {
    match error {
        ReceiptError::TooLong => "too_long",
        ReceiptError::NotThreeParts => "not_three_parts",
        ReceiptError::UnknownKey => "unknown_key",
        ReceiptError::MalformedSignature => "malformed_signature",
        ReceiptError::WrongSignature => "wrong_signature",
        ReceiptError::MalformedPayload => "malformed_payload",
    }
}

pub async fn show(State(app): State<App>, visitor: Visitor) -> Response {
    page(&app, &visitor, "", None, &html! {}).await
}

/// Checks a receipt here, which is the weaker check, or looks for a number.
pub async fn ask(State(app): State<App>, visitor: Visitor, Posted(fields): Posted<Fields>) -> Result<Response, Failed> {
    let told = match Typed::read(&fields.receipt) {
        Typed::Nothing => Told::of(Outcome::Empty),
        Typed::Unread => Told::of(Outcome::Unread),
        Typed::Several => Told::of(Outcome::Several),
        Typed::Incomplete => Told::of(Outcome::Incomplete),
        Typed::Number(number) => {
            app.limits().look_up(visitor.address)?;
            match presented::by_number(&app, &number).await? {
                Some(held) => Told::held(Outcome::Number(held.standing()), held),
                None => Told::of(Outcome::NumberUnknown),
            }
        }
        Typed::Token(token) => of_token(&app, &token).await?,
    };
    let outcome = told.outcome;
    let verdict = told.markup(&app, &visitor).await?;
    Ok(page(&app, &visitor, &fields.receipt, Some(outcome), &verdict).await)
}

/// What came of a question, and what there is to show with it.
struct Told {
    outcome: Outcome,
    receipt: Option<Receipt>,
    /// What came back of it.
    returns: Vec<Return>,
    other: Option<String>,
    fault: Option<&'static str>,
}

impl Told {
    fn of(outcome: Outcome) -> Self {
        Self { outcome, receipt: None, returns: Vec::new(), other: None, fault: None }
    }

    fn held(outcome: Outcome, held: Held) -> Self {
        let other = Some(held.others().join(NUMBERS_APART)).filter(|others| !others.is_empty());
        Self { other, receipt: Some(held.receipt), returns: held.issued.returns, ..Self::of(outcome) }
    }

    async fn markup(self, app: &App, visitor: &Visitor) -> Result<Markup, Failed> {
        let facts = match self.receipt {
            // What somebody has left is nobody else's business.
            Some(receipt) => said(app, visitor, &Receipt { balance: None, ..receipt }, &self.returns).await?,
            None => html! {},
        };
        let reason = self.fault.map_or_else(|| html! {}, |code| reason(visitor, code));
        let beside = Beside { other: self.other.as_deref(), reason: &reason, facts: &facts };
        Ok(verdict(visitor, self.outcome, CheckedBy::Server, &beside))
    }
}

async fn of_token(app: &App, token: &str) -> Result<Told, Failed> {
    let receipt = match Receipt::verify(token, &app.ledger()?.receipt_keys().await?) {
        Ok(receipt) => receipt,
        Err(error) => return Ok(Told { fault: Some(fault_code(error)), ..Told::of(Outcome::Refused) }),
    };
    let held = match ReceiptNumber::parse(&receipt.number) {
        Some(number) => presented::by_id(app, &number, &token_digest(token)).await?,
        None => None,
    };
    Ok(match held {
        Some(held) => Told::held(Outcome::Whole(held.standing()), held),
        None => Told { receipt: Some(receipt), ..Told::of(Outcome::Missing) },
    })
}

/// Why a receipt was refused.
fn reason(visitor: &Visitor, code: &str) -> Markup {
    let words = visitor.words;
    let word = FAULTS.iter().find(|(known, _)| *known == code).map_or(Word::VerifyMalformedPayload, |(_, word)| *word);
    html! {
        p data-code=(code) { (words.say(word)) }
        p .small data-code=(code) { (words.with(Word::Reference, [("code", code.into())])) }
    }
}

fn status(outcome: Outcome) -> StatusCode {
    match outcome {
        Outcome::Refused | Outcome::Empty | Outcome::Unread | Outcome::Several | Outcome::Incomplete => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Outcome::NumberUnknown => StatusCode::NOT_FOUND,
        Outcome::Wait => StatusCode::TOO_MANY_REQUESTS,
        Outcome::Whole(_)
        | Outcome::Missing
        | Outcome::Unasked
        | Outcome::NoKeys
        | Outcome::Number(_)
        | Outcome::NumberUnasked => StatusCode::OK,
    }
}

async fn page(app: &App, visitor: &Visitor, presented: &str, outcome: Option<Outcome>, verdict: &Markup) -> Response {
    let words = visitor.words;
    let body = html! {
        div #verdict { (verdict) }
        // Only a script takes this away, once it knows that the browser can check.
        section #unable .notice data-verdict="unable" {
            h2 { span aria-hidden="true" { "ⓘ " } (words.say(Word::VerifyUnableHeading)) }
            p { (words.say(Word::VerifyNoCrypto)) }
            noscript { p { (words.say(Word::VerifyNoScript)) } }
        }
        @if outcome.is_none() { p #lead .lead { (words.say(Word::VerifyLead)) } }
        form #form method="post" action="/v" {
            label for="receipt" { (words.say(Word::VerifyField)) }
            p #receipt-hint .small { (words.say(Word::VerifyFieldHint)) }
            textarea #receipt name="receipt" rows="3" maxlength="4000" autocomplete="off" autocapitalize="off"
                spellcheck="false" aria-describedby="receipt-hint" { (presented) }
            button #check .main type="submit" { (words.say(Word::VerifyButton)) }
            p #ask-note .small { (words.say(Word::VerifyServerNote)) }
        }
        (for_the_script(app, visitor).await)
    };
    let title = words.say(outcome.map_or(Word::VerifyTitle, Outcome::title));
    let tone = outcome.map(Outcome::tone).unwrap_or_default();
    let page = Page::new(visitor, &title).tone(tone).status(outcome.map_or(StatusCode::OK, status));
    // A page that answers a form is nowhere else: whoever makes it larger asks once more.
    let page = if outcome.is_some() { page.choices_of("form") } else { page };
    page.back("/", Word::HomeLink).script("verify.js").body(&body)
}

/// What the script can show, in the reader's language. None of it is visible before.
async fn for_the_script(app: &App, visitor: &Visitor) -> Markup {
    let words = visitor.words;
    let zone = app.ledger().map_or("UTC", |ledger| ledger.bank().time_zone.as_str());
    html! {
        template #working { p role="status" { (words.say(Word::VerifyWorking)) } }
        @for outcome in Outcome::ALL {
            template id=(format!("outcome-{}", outcome.code())) { (blank(visitor, outcome)) }
        }
        template #facts {
            dl .facts data-zone=(zone) data-line=(line_pattern(visitor))
                data-returned=(words.with(Word::LineReturned, [("pieces", "{pieces}".into())])) {
                dt { (words.say(Word::ReceiptNumber)) } dd data-slot="number" {}
                dt { (words.say(Word::ReceiptIssued)) } dd data-slot="issued" {}
                dt { (words.say(Word::ReceiptStation)) } dd data-slot="station" lang="zh-Hans" {}
                dt { (words.say(Word::ReceiptItems)) } dd data-slot="line" {}
                dt data-of="redemption" { (words.say(Word::ReceiptSpent)) }
                dt data-of="reversal" { (words.say(Word::ReceiptGivenBack)) }
                dd .number data-slot="points" {}
                dt data-part="returns" { (words.say(Word::ReceiptGivenBack)) }
                dd .number data-part="returns" data-slot="points-returned" {}
                dt data-part="returns" { (words.say(Word::ReturnsHeading)) }
                dd data-part="returns" data-slot="return" {}
            }
        }
        (names(app).await.unwrap_or_default())
    }
}

/// An outcome with marks where the script puts what it finds.
fn blank(visitor: &Visitor, outcome: Outcome) -> Markup {
    let reasons = html! { @if outcome == Outcome::Refused { @for (code, _) in FAULTS { (reason(visitor, code)) } } };
    let facts = html! { div data-slot="facts" {} };
    let beside = Beside { other: Some("{number}"), reason: &reasons, facts: &facts };
    verdict(visitor, outcome, CheckedBy::Browser, &beside)
}

/// The words for a line of a receipt, with marks where its numbers go.
fn line_pattern(visitor: &Visitor) -> String {
    visitor.words.with(Word::RedeemedLine, [("pieces", "{pieces}".into()), ("points", "{points}".into())])
}

/// The names of stations and offers, of which a receipt has only the codes. Without a bank the codes are shown.
async fn names(app: &App) -> Result<Markup, Failed> {
    let ledger = app.ledger()?;
    let (offers, stations) = (ledger.offers().await?, ledger.station_names().await?);
    Ok(html! {
        template #names {
            @for (code, name) in &stations { i data-station=(code) { (harmless(name)) } }
            @for (sku, offer) in &offers { i data-offer=(sku) { (harmless(&offer.terms.name)) } }
        }
    })
}
