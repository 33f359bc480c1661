//! Tests of the pages, through the router as it is served.

mod doors;
mod looks;
mod reading;
mod rejections;
mod staff;
mod verify;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use axum::{Router, response::Response};
use bank_tests::bank::{TestBank, attendance, cards, keyed, post_all, redeem, reference_town, unkeyed};
use baoyulan_ledger::Ledger;
use baoyulan_ledger::command::Command;
use baoyulan_ledger::people::{NewCredential, Role};
use clap::{Args, FromArgMatches};
use tower::ServiceExt;

use crate::auth::credential::{NewToken, token_hash};
use crate::auth::pin;
use crate::config::Settings;
use crate::edge;
use crate::router::router;
use crate::state::App;

/// The PIN of the first two cards.
const PIN: &str = "482913";

/// A town with a service in front of it.
struct Site {
    bank: TestBank,
    app: App,
    router: Router,
}

/// What came back.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    async fn of(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        Self { status: parts.status, headers: parts.headers, body: String::from_utf8_lossy(&bytes).into_owned() }
    }

    fn header(&self, name: impl header::AsHeaderName) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// `name=value` of the cookie that was set.
    fn cookie(&self) -> String {
        self.header(header::SET_COOKIE).split(';').next().unwrap_or_default().to_owned()
    }

    fn goes_to(&self, address: &str) {
        assert_eq!((self.status, self.header(header::LOCATION)), (StatusCode::SEE_OTHER, address), "{}", self.body);
    }
}

impl Site {
    async fn open() -> Self {
        Self::open_with(&[]).await
    }

    /// The reference town; the first two members have PINs, the first has earned, redeemed twice, and had one reversed.
    async fn open_with(flags: &[&str]) -> Self {
        let bank = TestBank::sqlite();
        let ledger = bank.open().await;
        reference_town(&ledger).await;
        let [first, second, ..] = cards();
        for card in [&first, &second] {
            let verifier = pin::verifier(&ledger, PIN.to_owned()).await.unwrap();
            let set = baoyulan_ledger::command::SetPin { card: card.clone(), verifier };
            post_all(&ledger, [Command::SetPin(set)]).await;
        }
        let sheet = [
            attendance("A0001", &first, "2026-06-01T14:00", "2026-06-01T15:50", "excellent"),
            attendance("A0003", &first, "2026-06-05T08:00", "2026-06-05T16:00", "good"),
            attendance("A0006", &second, "2026-06-05T15:00", "2026-06-05T17:30", "good"),
        ];
        post_all(&ledger, sheet).await;
        for (id, card) in [(1, &first), (2, &first), (3, &second)] {
            ledger.post(keyed(id, redeem(card, "S01", "G01", 1))).await.unwrap();
        }
        post_all(
            &ledger,
            [Command::ReverseRedemption(baoyulan_ledger::command::ReverseRedemption::whole("S01-26-000002"))],
        )
        .await;
        Self::serve(bank, ledger, flags)
    }

    fn serve(bank: TestBank, ledger: Ledger, flags: &[&str]) -> Self {
        let app = App::new(settings(&bank, flags));
        app.jobs().read().unwrap();
        app.opened(ledger);
        Self { bank, router: router(app.clone()), app }
    }

    /// The same, as it is served.
    fn behind_the_edge(self) -> Self {
        Self { router: edge::around(self.router, &self.app), ..self }
    }

    fn ledger(&self) -> &Ledger {
        self.app.ledger().unwrap()
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        Answer::of(self.router.clone().oneshot(request).await.unwrap()).await
    }

    async fn get(&self, address: &str, cookie: &str) -> Answer {
        let request = Request::get(address).header(header::ACCEPT, "text/html").header(header::COOKIE, cookie);
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// Sends a form as a page of our own does.
    async fn post(&self, address: &str, fields: &[(&str, &str)], cookie: &str) -> Answer {
        self.send(form(address, fields, cookie, "same-origin")).await
    }

    async fn try_to_log_in(&self, card: &str, pin: &str) -> Answer {
        self.post("/login", &[("card", card), ("pin", pin)], "").await
    }

    /// The same through a proxy, which says where it comes from.
    async fn try_from(&self, address: &str, card: &str, pin: &str) -> Answer {
        let mut request = form("/login", &[("card", card), ("pin", pin)], "", "same-origin");
        request.headers_mut().insert("x-forwarded-for", address.parse().unwrap());
        self.send(request).await
    }

    /// Has a station check a PIN.
    async fn check_at_station(&self, card: &str, pin: &str) -> StatusCode {
        let token = self.credential(Role::Device).await.token;
        self.check_with(&token, card, pin).await
    }

    /// The same, with the token of a device.
    async fn check_with(&self, token: &str, card: &str, pin: &str) -> StatusCode {
        let body = serde_json::json!({ "card": card, "pin": pin }).to_string();
        let request = Request::post("/v1/pin-checks")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(body)).unwrap()).await.status
    }

    /// Sets a card's PIN, or the same one anew.
    async fn set_pin(&self, card: &str, pin: &str) {
        let verifier = pin::verifier(self.ledger(), pin.to_owned()).await.unwrap();
        let set = baoyulan_ledger::command::SetPin { card: card.to_owned(), verifier };
        post_all(self.ledger(), [Command::SetPin(set)]).await;
    }

    /// Logs a card in by a link from the counter; gives the cookie.
    async fn enter_by_link(&self, card: &str) -> String {
        let (token, now) = (NewToken::random().unwrap().token, self.ledger().now());
        let card = baoyulan_ledger::people::CardNumber::parse(card).unwrap();
        let member = self.ledger().volunteer_account(card).await.unwrap().unwrap().member;
        self.ledger().access().add_login_link(token_hash(&token), member, now, now + 900).await.unwrap();
        let answer = self.post(&format!("/login/{token}"), &[], "").await;
        answer.goes_to("/me?new");
        answer.cookie()
    }

    /// Logs a card in; gives the cookie.
    async fn log_in(&self, card: &str) -> String {
        let answer = self.try_to_log_in(card, PIN).await;
        answer.goes_to("/me?new");
        answer.cookie()
    }

    /// A credential's code and token.
    async fn credential(&self, role: Role) -> NewToken {
        let new = NewToken::random().unwrap();
        let issued = NewCredential {
            code: new.code.clone(),
            actor: new.code.clone(),
            role,
            station: if role.needs_station() { "S01".to_owned() } else { String::new() },
            card: String::new(),
            token_hash: token_hash(&new.token),
            valid_until: None,
        };
        self.ledger().post(unkeyed(Command::IssueCredential(issued))).await.unwrap();
        new
    }
}

/// The settings of a service that keeps its files beside the bank.
fn settings(bank: &TestBank, more: &[&str]) -> Settings {
    let folder = bank.folder().join("data").display().to_string();
    let command = Settings::augment_args(clap::Command::new("service"));
    let flags = ["service", "--data-folder", &folder, "--public-url", "https://points.example"];
    Settings::from_arg_matches(&command.get_matches_from([&flags[..], more].concat())).unwrap()
}

fn form(address: &str, fields: &[(&str, &str)], cookie: &str, site: &str) -> Request<Body> {
    let encode = |text: &str| -> String { text.bytes().map(|byte| format!("%{byte:02x}")).collect() };
    let body: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    Request::builder()
        .method(Method::POST)
        .uri(address)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::COOKIE, cookie)
        .header("sec-fetch-site", site)
        .body(Body::from(body.join("&")))
        .unwrap()
}

/// Every page of a volunteer, with what the test town has.
const VOLUNTEERS_PAGES: [&str; 6] =
    ["/me", "/me?new", "/me/statement", "/me/receipts", "/me/receipts/S01-26-000001", "/me/card"];
