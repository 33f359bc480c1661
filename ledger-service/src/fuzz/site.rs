//! A town in a file, and the routes in front of it, as they are served.

use std::sync::{LazyLock, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use bank_tests::bank::{TestBank, attendance, cards, credential, post_all, redeem, reference_town, unkeyed};
use baoyulan_ledger::Ledger;
use baoyulan_ledger::command::{Command, SetPin};
use baoyulan_ledger::people::{NewCredential, Role};
use clap::{Args, FromArgMatches};
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;

use crate::auth::credential::{NewToken, token_hash};
use crate::auth::pin;
use crate::config::Settings;
use crate::router::router;
use crate::state::App;

/// The PIN of the first card.
const PIN: &str = "482913";

/// Nobody waits here, however often they ask.
const SETTINGS: [&str; 7] = [
    "service",
    "--guesses-per-minute-max",
    "1000000000",
    "--credential-requests-per-second-max",
    "1000000000",
    "--address-requests-per-second-max",
    "1000000000",
];

/// One for all inputs: what they have changed stays, as it does in a service.
pub static SITE: LazyLock<Mutex<Site>> = LazyLock::new(|| Mutex::new(Site::open()));

pub struct Site {
    runtime: Runtime,
    app: App,
    router: Router,
    /// The token of a member of staff at station S01, and that of its kiosk.
    pub teller: String,
    pub device: String,
    _bank: TestBank,
}

/// What came back.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: StatusCode,
    pub media_type: String,
    pub body: String,
}

impl Site {
    /// The reference town. Its first member has a PIN and points, and has exchanged some of them.
    fn open() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let bank = TestBank::sqlite();
        let (app, teller, device) = runtime.block_on(async {
            let ledger = bank.open().await;
            fill(&ledger).await;
            let (teller, device) = (issue(&ledger, Role::Teller).await, issue(&ledger, Role::Device).await);
            let app = App::new(settings(&bank));
            app.opened(ledger);
            (app, teller, device)
        });
        Self { runtime, router: router(app.clone()), app, teller, device, _bank: bank }
    }

    pub fn ledger(&self) -> &Ledger {
        self.app.ledger().unwrap()
    }

    pub fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Sends a JSON body under the key.
    pub fn post(&self, address: &str, token: &str, key: &str, body: &[u8]) -> Answer {
        let request = Request::post(address)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header("idempotency-key", key)
            .body(Body::from(body.to_vec()))
            .unwrap();
        self.wait(async {
            let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
            let body = to_bytes(body, usize::MAX).await.unwrap();
            let media_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
            Answer {
                status: parts.status,
                media_type: media_type.unwrap_or_default().to_owned(),
                body: String::from_utf8(body.to_vec()).unwrap(),
            }
        })
    }
}

async fn fill(ledger: &Ledger) {
    reference_town(ledger).await;
    let [first, ..] = cards();
    let verifier = pin::verifier(ledger, PIN.to_owned()).await.unwrap();
    let commands = [
        Command::SetPin(SetPin { card: first.clone(), verifier }),
        attendance("A0001", &first, "2026-06-01T14:00", "2026-06-01T15:50", "excellent"),
        attendance("A0003", &first, "2026-06-05T08:00", "2026-06-05T16:00", "good"),
        redeem(&first, "S01", "G01", 1),
    ];
    post_all(ledger, commands).await;
}

/// Gives a token of that role at S01.
async fn issue(ledger: &Ledger, role: Role) -> String {
    let NewToken { code, token } = NewToken::random().unwrap();
    let issued = NewCredential { token_hash: token_hash(&token), ..credential(&code, role, "S01") };
    ledger.post(unkeyed(Command::IssueCredential(issued))).await.unwrap();
    token
}

fn settings(bank: &TestBank) -> Settings {
    let folder = bank.folder().join("data").display().to_string();
    let command = Settings::augment_args(clap::Command::new("service"));
    let flags = SETTINGS.into_iter().chain(["--data-folder", &folder]);
    Settings::from_arg_matches(&command.get_matches_from(flags)).unwrap()
}
