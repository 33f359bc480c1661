//! `/login/{token}`: a link from the counter that logs somebody in, once.
//!
//! Opening the link does not use it up, because messengers open links to show a preview. Pressing the button does.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use baoyulan_ledger::text::code_as_typed;
use maud::html;

use crate::auth::credential::token_hash;
use crate::pages::failed::Failed;
use crate::pages::layout::Page;
use crate::pages::login::enter;
use crate::pages::visitor::Visitor;
use crate::pages::words::Word;
use crate::state::App;

pub async fn show(visitor: Visitor) -> Response {
    let words = visitor.words;
    let body = html! {
        p .lead { (words.say(Word::LinkLead)) }
        // Without an action the form goes to the page's own address, so the token need not stand in the page.
        form method="post" { button #submit .main type="submit" { (words.say(Word::LoginButton)) } }
    };
    Page::new(&visitor, &words.say(Word::LinkTitle)).back("/", Word::HomeLink).body(&body)
}

pub async fn submit(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
    Path(token): Path<String>,
) -> Result<Response, Failed> {
    let ledger = app.ledger()?;
    match ledger.access().take_login_link(token_hash(&token_as_sent(&token)), ledger.running_now()).await? {
        Some(entrant) => enter(&app, &visitor, &headers, entrant).await,
        None => {
            app.limits().guess(visitor.address)?;
            Ok(used(&visitor))
        }
    }
}

/// The token that stands in an address: a messenger may take the end of a sentence for a part of the link.
fn token_as_sent(address: &str) -> String {
    let is_of_tokens = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
    code_as_typed(address).trim_end_matches(|character| !is_of_tokens(character)).to_owned()
}

fn used(visitor: &Visitor) -> Response {
    let words = visitor.words;
    let body = html! {
        p #problem .notice .bad { (words.say(Word::LinkUsedText)) }
        p .small { (words.with(Word::Reference, [("code", "link_used".into())])) }
        p { a .button.main href="/login" { (words.say(Word::LinkPinButton)) } }
    };
    let page = Page::new(visitor, &words.say(Word::LinkUsedTitle)).status(StatusCode::GONE);
    page.back("/", Word::HomeLink).body(&body)
}
