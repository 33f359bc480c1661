//! How somebody wants to see pages: their language and size of text, both kept in cookies.

use std::convert::Infallible;
use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use page_parts::{Language, TextSize};

use super::language::preferred;
use super::words::Words;
use crate::state::App;

/// The name of the cookie, and of the query that chooses a language.
const LANGUAGE: &str = "lang";
/// The name of the cookie, and of the query that chooses a size of text.
const TEXT: &str = "text";

#[derive(Debug, Clone)]
pub struct Visitor {
    pub words: Words,
    pub size: TextSize,
    /// The address from which they ask.
    pub address: IpAddr,
    /// Whether the bank is a demonstration, which every page says.
    pub demo: bool,
    path: String,
    /// The page's query, without a choice of language or size.
    query: String,
}

/// A language or size that was chosen at the head of a page.
pub struct Choice {
    pub cookie: Cookie<'static>,
    /// The address of the page on which it was chosen.
    pub page: String,
}

impl Visitor {
    pub fn of(app: &App, parts: &Parts) -> Self {
        let jar = CookieJar::from_headers(&parts.headers);
        let query = parts.uri.query().unwrap_or_default();
        let pairs = || query.split('&').filter_map(|pair| pair.split_once('='));
        let asked = |name| pairs().find(|pair| pair.0 == name).map(|pair| pair.1);
        let cookie = |name| jar.get(name).map(Cookie::value);
        let language = asked(LANGUAGE).and_then(Language::parse).or_else(|| cookie(LANGUAGE).and_then(Language::parse));
        let size = asked(TEXT).and_then(TextSize::parse).or_else(|| cookie(TEXT).and_then(TextSize::parse));
        Self {
            words: Words { language: language.unwrap_or_else(|| preferred(&parts.headers)) },
            size: size.unwrap_or_default(),
            address: app.client_address(parts),
            demo: app.ledger().is_ok_and(|ledger| ledger.bank().demo),
            path: parts.uri.path().to_owned(),
            query: without_choices(query),
        }
    }

    /// What was chosen, if the request comes from a link or a button at the head of a page.
    pub fn choice(&self, parts: &Parts) -> Option<Choice> {
        let mut pairs = parts.uri.query()?.split('&').filter_map(|pair| pair.split_once('='));
        let (name, value) = pairs.find_map(|(name, value)| match name {
            LANGUAGE => Language::parse(value).map(|language| (LANGUAGE, language.tag())),
            TEXT => TextSize::parse(value).map(|size| (TEXT, size.code())),
            _ => None,
        })?;
        let cookie = Cookie::build((name, value)).path("/").http_only(true).same_site(SameSite::Lax).permanent();
        let query = if self.query.is_empty() { String::new() } else { format!("?{}", self.query) };
        Some(Choice { cookie: cookie.build(), page: format!("{}{query}", self.path) })
    }

    pub fn language_link(&self, language: Language) -> String {
        self.link(LANGUAGE, language.tag())
    }

    pub fn size_link(&self, size: TextSize) -> String {
        self.link(TEXT, size.code())
    }

    /// A link to the same page that also makes the choice.
    fn link(&self, name: &str, value: &str) -> String {
        let and = if self.query.is_empty() { "" } else { "&" };
        format!("?{}{and}{name}={value}", self.query)
    }
}

fn without_choices(query: &str) -> String {
    let is_choice = |pair: &&str| [LANGUAGE, TEXT].iter().any(|name| pair.split('=').next() == Some(*name));
    let kept: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty() && !is_choice(pair)).collect();
    kept.join("&")
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_else(|| Self::of(app, parts)))
    }
}

/// Whether a browser asks for a page, rather than a program for data.
pub fn wants_page(headers: &HeaderMap) -> bool {
    let accepted = headers.get(axum::http::header::ACCEPT).and_then(|value| value.to_str().ok());
    accepted.is_some_and(|accepted| accepted.contains("text/html"))
}
