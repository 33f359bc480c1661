//! Who looks at a page, as far as its looks go: language and size of text, both kept in cookies.

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

/// The cookie and the query that choose a language.
const LANGUAGE: &str = "lang";
/// The cookie and the query that choose a size of text.
const TEXT: &str = "text";

/// Who looks at a page.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// Words in their language.
    pub words: Words,
    /// The size of their text.
    pub size: TextSize,
    /// Where they come from.
    pub address: IpAddr,
    /// Whether the bank is for demonstration.
    pub demo: bool,
    /// The page's path.
    path: String,
    /// The page's query, without a choice.
    query: String,
}

/// What was chosen by a link of the page's head, to be kept.
pub struct Choice {
    /// The cookie that keeps it.
    pub cookie: Cookie<'static>,
    /// The page on which it was chosen.
    pub page: String,
}

impl Visitor {
    /// The visitor of a request.
    pub fn of(app: &App, parts: &Parts) -> Self {
        let jar = CookieJar::from_headers(&parts.headers);
        let cookie = |name| jar.get(name).map(Cookie::value);
        let chosen = cookie(LANGUAGE).and_then(Language::parse);
        Self {
            words: Words { language: chosen.unwrap_or_else(|| preferred(&parts.headers)) },
            size: cookie(TEXT).and_then(TextSize::parse).unwrap_or_default(),
            address: app.client_address(parts),
            demo: app.ledger().is_ok_and(|ledger| ledger.bank().demo),
            path: parts.uri.path().to_owned(),
            query: without_choices(parts.uri.query().unwrap_or_default()),
        }
    }

    /// What a link of the page's head has chosen, if this is such a link.
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

    /// The link that chooses a language.
    pub fn language_link(&self, language: Language) -> String {
        self.link(LANGUAGE, language.tag())
    }

    /// The link that chooses a size of text.
    pub fn size_link(&self, size: TextSize) -> String {
        self.link(TEXT, size.code())
    }

    /// A link to the same page, which makes the choice on the way.
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

/// Whether a browser asks for a page, and not a program for data.
pub fn wants_page(headers: &HeaderMap) -> bool {
    let accepted = headers.get(axum::http::header::ACCEPT).and_then(|value| value.to_str().ok());
    accepted.is_some_and(|accepted| accepted.contains("text/html"))
}
