//! `/v`: whether a receipt is genuine. The browser checks it by itself (`assets/verify.js`), so that nobody has to believe us;
//! the token stands after `#`, which browsers do not send. If the browser cannot, or runs no scripts, a form asks us instead,
//! and says that this check is weaker. But only we know whether a receipt is still valid.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use baoyulan_ledger::proof::receipt::{ReceiptError, token_as_typed};
use baoyulan_ledger::proof::{Receipt, ReceiptNumber};
use baoyulan_ledger::text::harmless;
use maud::{Markup, html};
use serde::Deserialize;

use crate::pages::failed::{Failed, Posted};
use crate::pages::layout::Page;
use crate::pages::receipts::{said, standing};
use crate::pages::visitor::Visitor;
use crate::pages::words::{Word, words};
use crate::state::App;

words! {
    "verify.ftl":
    VerifyTitle,
    VerifyLead,
    VerifyField,
    VerifyFieldHint,
    VerifyHereButton,
    VerifyServerButton,
    VerifyServerNote,
    VerifyWorking,
    VerifyGoodHeading,
    VerifyGoodText,
    VerifyLimits,
    VerifyServerGood,
    VerifyBadHeading,
    VerifyTooLong,
    VerifyNotThreeParts,
    VerifyUnknownKey,
    VerifyMalformedSignature,
    VerifyWrongSignature,
    VerifyMalformedPayload,
    VerifyUnableHeading,
    VerifyNoCrypto,
    VerifyNoKeys,
}

pub fn routes() -> Router<App> {
    Router::new().route("/v", get(show).post(ask))
}

#[derive(Deserialize)]
pub struct Fields {
    #[serde(default)]
    token: String,
}

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
    page(&app, &visitor, StatusCode::OK, "", &html! {}).await
}

/// Checks a receipt here, which is the weaker check.
pub async fn ask(State(app): State<App>, visitor: Visitor, Posted(fields): Posted<Fields>) -> Result<Response, Failed> {
    let ledger = app.ledger()?;
    let token = token_as_typed(&fields.token);
    let (status, verdict) = match Receipt::verify(&token, &ledger.receipt_keys().await?) {
        Ok(receipt) => {
            let number = ReceiptNumber::parse(&receipt.number);
            let reversed = match &number {
                Some(number) => ledger.issued_receipt(number).await?.is_some_and(|issued| issued.reversed),
                None => false,
            };
            (StatusCode::OK, genuine(&app, &visitor, &receipt, reversed).await?)
        }
        Err(error) => (StatusCode::UNPROCESSABLE_ENTITY, not_genuine(&visitor, fault_code(error))),
    };
    Ok(page(&app, &visitor, status, &token, &verdict).await)
}

async fn genuine(app: &App, visitor: &Visitor, receipt: &Receipt, reversed: bool) -> Result<Markup, Failed> {
    let words = visitor.words;
    Ok(html! {
        section .panel data-verdict="genuine" data-checked-by="server" {
            h2 .good { span aria-hidden="true" { "✓ " } (words.say(Word::VerifyGoodHeading)) }
            p { (words.say(Word::VerifyServerGood)) }
            (standing(visitor, receipt.kind, reversed))
            (said(app, visitor, receipt).await?)
        }
    })
}

fn not_genuine(visitor: &Visitor, code: &str) -> Markup {
    let words = visitor.words;
    let word = FAULTS.iter().find(|(known, _)| *known == code).map_or(Word::VerifyMalformedPayload, |(_, word)| *word);
    html! {
        section .notice.bad data-verdict="refused" data-code=(code) data-checked-by="server" {
            h2 { span aria-hidden="true" { "✕ " } (words.say(Word::VerifyBadHeading)) }
            p { (words.say(word)) }
            p .small { (words.with(Word::Reference, [("code", code.into())])) }
        }
    }
}

async fn page(app: &App, visitor: &Visitor, status: StatusCode, token: &str, verdict: &Markup) -> Response {
    let words = visitor.words;
    let body = html! {
        p .lead { (words.say(Word::VerifyLead)) }
        // Only a script takes this away, once it knows that the browser can check.
        section #unable .notice data-verdict="unable" {
            h2 { span aria-hidden="true" { "ⓘ " } (words.say(Word::VerifyUnableHeading)) }
            p { (words.say(Word::VerifyNoCrypto)) }
        }
        div #verdict tabindex="-1" aria-live="polite" { (verdict) }
        form #form method="post" action="/v" {
            label for="token" { (words.say(Word::VerifyField)) }
            textarea #token name="token" rows="4" maxlength="2000" autocomplete="off" autocapitalize="off"
                spellcheck="false" aria-describedby="token-hint" { (token) }
            p #token-hint .small { (words.say(Word::VerifyFieldHint)) }
            // Only a script can use this button, so a script shows it.
            button #check .main type="button" hidden { (words.say(Word::VerifyHereButton)) }
            p #ask-note .small { (words.say(Word::VerifyServerNote)) }
            button #ask type="submit" aria-describedby="ask-note" { (words.say(Word::VerifyServerButton)) }
        }
        (for_the_script(app, visitor).await)
    };
    let page = Page::new(visitor, &words.say(Word::VerifyTitle)).status(status);
    page.back("/", Word::HomeLink).script("verify.js").body(&body)
}

/// What the script can show, in the reader's language. None of it is visible before.
async fn for_the_script(app: &App, visitor: &Visitor) -> Markup {
    let words = visitor.words;
    let zone = app.ledger().map_or("UTC", |ledger| ledger.bank().time_zone.as_str());
    html! {
        template #working { p { (words.say(Word::VerifyWorking)) } }
        template #genuine {
            section .panel data-verdict="genuine" data-checked-by="browser" {
                h2 .good { span aria-hidden="true" { "✓ " } (words.say(Word::VerifyGoodHeading)) }
                p { (words.say(Word::VerifyGoodText)) }
                dl .facts data-zone=(zone) data-line=(line_pattern(visitor)) {
                    dt { (words.say(Word::ReceiptKind)) }
                    dd data-slot="redemption" { (words.say(Word::KindRedemption)) }
                    dd data-slot="reversal" { (words.say(Word::KindReversal)) }
                    dt { (words.say(Word::ReceiptNumber)) } dd data-slot="number" {}
                    dt { (words.say(Word::ReceiptIssued)) } dd data-slot="issued" {}
                    dt { (words.say(Word::ReceiptStation)) } dd data-slot="station" lang="zh-Hans" {}
                    dt { (words.say(Word::ReceiptItems)) } dd data-slot="line" {}
                    dt { (words.say(Word::ReceiptPoints)) } dd .number data-slot="points" {}
                    dt data-with="left" { (words.say(Word::ReceiptLeft)) } dd data-slot="left" {}
                }
                p #limits .notice { span aria-hidden="true" { "ⓘ " } (words.say(Word::VerifyLimits)) }
            }
        }
        template #refused {
            section .notice.bad data-verdict="refused" data-checked-by="browser" {
                h2 { span aria-hidden="true" { "✕ " } (words.say(Word::VerifyBadHeading)) }
                @for (code, word) in FAULTS {
                    p data-code=(code) { (words.say(word)) }
                    p .small data-code=(code) { (words.with(Word::Reference, [("code", code.into())])) }
                }
            }
        }
        template #no-keys {
            section .notice data-verdict="unable" {
                h2 { span aria-hidden="true" { "ⓘ " } (words.say(Word::VerifyUnableHeading)) }
                p { (words.say(Word::VerifyNoKeys)) }
            }
        }
        (names(app).await.unwrap_or_default())
    }
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
