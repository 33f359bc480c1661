//! What every request for a page passes: forms from other sites are refused, choices of language and size are kept, and problems
//! become pages.

use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::CookieJar;

use super::failed;
use super::visitor::Visitor;
use crate::problem::Problem;
use crate::state::App;

pub async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let visitor = Visitor::of(&app, &parts);
    let mut response = match entrance(&app, &visitor, &parts) {
        Entrance::Choice(response) => response,
        Entrance::Refused(problem) => failed::page(&visitor, &problem),
        Entrance::Open => {
            let choice = visitor.choice(&parts);
            parts.extensions.insert(visitor.clone());
            let mut response = next.run(Request::from_parts(parts, body)).await;
            let problem = response.extensions_mut().remove::<Problem>().or_else(|| wordless(&response));
            let response = problem.map_or(response, |problem| failed::page(&visitor, &problem));
            // A form that is sent again for the sake of a choice is answered at once.
            match choice {
                Some(choice) => (CookieJar::new().add(choice.cookie), response).into_response(),
                None => response,
            }
        }
    };
    // With `no-referrer`, older browsers would say "null" for the origin of our own forms, as for a stranger's.
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

/// What the framework itself refuses, such as an address that is not UTF-8, comes as a line of plain text.
fn wordless(response: &Response) -> Option<Problem> {
    let media_type = response.headers().get(header::CONTENT_TYPE)?.to_str().ok()?;
    (response.status().is_client_error() && media_type.starts_with("text/plain"))
        .then(|| Problem::bad_request("bad_request", "the request cannot be understood"))
}

enum Entrance {
    Open,
    Choice(Response),
    Refused(Problem),
}

fn entrance(app: &App, visitor: &Visitor, parts: &Parts) -> Entrance {
    if matches!(parts.method, Method::GET | Method::HEAD) {
        return match visitor.choice(parts) {
            Some(choice) => {
                let jar = CookieJar::new().add(choice.cookie);
                Entrance::Choice((jar, Redirect::to(&choice.page)).into_response())
            }
            None => Entrance::Open,
        };
    }
    if is_own(&parts.headers, &app.settings().public_url) {
        Entrance::Open
    } else {
        Entrance::Refused(Problem::cross_site())
    }
}

/// Whether a form was sent from a page of our own. A browser that does not say where it was sent from is not believed.
fn is_own(headers: &HeaderMap, public_url: &str) -> bool {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text(header::HeaderName::from_static("sec-fetch-site")) {
        return matches!(site, "same-origin" | "none");
    }
    // Browsers send no Sec-Fetch-Site over plain http, and older ones never send it.
    let Some(origin) = text(header::ORIGIN).or_else(|| text(header::REFERER)) else { return false };
    let Some((_, rest)) = origin.split_once("://") else { return false };
    let authority = rest.split('/').next().unwrap_or_default();
    let own = public_url.split_once("://").map_or(public_url, |(_, rest)| rest);
    authority == own || text(header::HOST) == Some(authority)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_of_another_site_is_told_from_our_own() {
        let own = |pairs: &[(&'static str, &str)]| {
            let pairs = pairs
                .iter()
                .map(|(name, value)| (header::HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()));
            is_own(&HeaderMap::from_iter(pairs), "https://points.example")
        };
        for good in [
            &[("sec-fetch-site", "same-origin")][..],
            &[("sec-fetch-site", "none")],
            &[("origin", "https://points.example")],
            &[("host", "10.0.0.7:8080"), ("origin", "http://10.0.0.7:8080")],
            &[("host", "10.0.0.7:8080"), ("referer", "http://10.0.0.7:8080/login?why=over")],
        ] {
            assert!(own(good), "{good:?}");
        }
        for bad in [
            &[][..],
            &[("sec-fetch-site", "cross-site"), ("origin", "https://points.example")],
            &[("sec-fetch-site", "same-site")],
            &[("host", "points.example")],
            &[("origin", "null"), ("host", "points.example")],
            &[("origin", "https://points.example.evil"), ("host", "points.example")],
            &[("referer", "https://evil.example/https://points.example"), ("host", "points.example")],
        ] {
            assert!(!own(bad), "{bad:?}");
        }
    }
}
