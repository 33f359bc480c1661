//! Pages for people. They are rendered here, work without a script, and come in three languages. A noun has a folder with its
//! pages and its words.
//!
//! | to find | look in |
//! |---|---|
//! | what every page passes | [`guard`]; who looks at it: [`visitor`] |
//! | what every page looks like | [`layout`], `assets/pages.css` |
//! | the words of all nouns | [`words`] |
//! | how a page says no | [`failed`] |
//! | who is logged in | [`login::member`], [`staff`] |
//!
//! Two things only a script can do: check a receipt in the browser (`assets/verify.js`), and show the last balance without a
//! network (`assets/sw.js`).

mod assets;
mod guard;
mod language;
mod visitor;
mod words;

mod card;
mod failed;
mod home;
mod imports;
mod layout;
mod login;
mod me;
mod offline;
mod receipts;
mod staff;
mod statement;
mod verify;

#[cfg(test)]
mod tests;

use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::{Router, middleware};

use crate::problem::Problem;
use crate::state::App;
use visitor::Visitor;

/// All pages, a line for each noun, and the files that they need.
pub fn router(app: &App) -> Router<App> {
    let upload_bytes_max = usize::try_from(app.settings().limits.upload_bytes_max).unwrap_or(usize::MAX);
    Router::new()
        .merge(card::routes())
        .merge(home::routes())
        .merge(imports::routes(upload_bytes_max))
        .merge(login::routes())
        .merge(me::routes())
        .merge(offline::routes())
        .merge(receipts::routes())
        .merge(staff::routes())
        .merge(statement::routes())
        .merge(verify::routes())
        .route_layer(middleware::from_fn_with_state(app.clone(), guard::guard))
        .merge(assets::router())
}

/// The answer where there is no page: a page to a browser, a problem to a program.
pub async fn no_page(State(app): State<App>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let problem = Problem::not_found("not_found", "there is nothing at this address; /v1/docs lists what there is");
    refused(&app, &parts, problem)
}

/// The answer to a request that is refused before it reaches its route: a page to a browser, a problem to a program.
pub fn refused(app: &App, parts: &Parts, problem: Problem) -> Response {
    if wants_page(parts) { failed::page(&Visitor::of(app, parts), &problem) } else { problem.into_response() }
}

/// Whether somebody is to read the answer.
pub fn wants_page(parts: &Parts) -> bool {
    !parts.uri.path().starts_with("/v1/") && visitor::wants_page(&parts.headers)
}
