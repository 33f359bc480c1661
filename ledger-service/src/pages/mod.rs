//! Pages for people: one page a file. They are rendered here, need no script, and come in three languages.
//!
//! | to find | look in |
//! |---|---|
//! | what every page passes | [`guard`]; who looks at it: [`visitor`] |
//! | what every page looks like | [`layout`], `assets/pages.css` |
//! | its words | [`words`], [`word_list`], `locales/` |
//! | how a page says no | [`failed`] |
//! | who is logged in | [`member`], [`staff`] |
//!
//! What is known by a script alone: a receipt checked in the browser (`assets/verify.js`), and the last balance without
//! a network (`assets/sw.js`).

mod assets;
mod card;
mod failed;
mod guard;
mod home;
mod imports;
mod language;
mod layout;
mod login;
mod login_link;
mod logout;
mod me;
mod member;
mod offline;
mod reason;
mod receipts;
mod staff;
mod statement;
#[cfg(test)]
mod tests;
mod verify;
mod visitor;
mod word_list;
mod words;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Router, middleware};

use crate::problem::Problem;
use crate::state::App;
use visitor::{Visitor, wants_page};

/// All pages.
pub fn router(app: &App) -> Router<App> {
    let upload_bytes_max = usize::try_from(app.settings().limits.upload_bytes_max).unwrap_or(usize::MAX);
    Router::new()
        .route("/", get(home::show))
        .route("/login", get(login::show).post(login::submit))
        .route("/login/{token}", get(login_link::show).post(login_link::submit))
        .route("/logout", get(logout::elsewhere).post(logout::here))
        .route("/logout-everywhere", get(logout::elsewhere).post(logout::everywhere))
        .route("/me", get(me::show))
        .route("/me/statement", get(statement::show))
        .route("/me/receipts", get(receipts::list))
        .route("/me/receipts/{number}", get(receipts::show))
        .route("/me/card", get(card::show))
        .route("/v", get(verify::show).post(verify::ask))
        .route("/offline", get(offline::show))
        .route("/staff", get(staff::home))
        .route("/staff/login", get(staff::show).post(staff::submit))
        .route("/staff/imports", get(imports::list))
        .route("/staff/imports", post(imports::upload).layer(DefaultBodyLimit::max(upload_bytes_max)))
        .route("/staff/imports/{id}", get(imports::show))
        .route("/staff/imports/{id}/refused", get(imports::refused_rows))
        .route_layer(middleware::from_fn_with_state(app.clone(), guard::guard))
        .merge(assets::router())
}

/// What is answered where there is nothing: a page to a browser, a problem to a program.
pub async fn no_page(State(app): State<App>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let problem = Problem::not_found("not_found", "there is nothing at this address; /v1/docs lists what there is");
    refused(&app, &parts, problem)
}

/// A problem that a request meets before its route: a page to a browser, a problem to a program.
pub fn refused(app: &App, parts: &Parts, problem: Problem) -> Response {
    if parts.uri.path().starts_with("/v1/") || !wants_page(&parts.headers) {
        return problem.into_response();
    }
    failed::page(&Visitor::of(app, parts), &problem)
}
