//! The agent's side of the service's API. What is not what the API promises is a fault, and told as one.
//!
//! A receipt is taken for one only after a key of the bank's has verified it that the kiosk has met before: whoever answers in
//! the service's place would list a key of their own. Whether it answers what was asked is judged in [`crate::app::receipt`].

use std::sync::{Mutex, OnceLock, RwLock};
use std::time::Duration;

use anyhow::Context;
use baoyulan_ledger::proof::key::JsonWebKeySet;
use baoyulan_ledger::proof::receipt::keys_of;
use baoyulan_ledger::proof::{Receipt, ReceiptError, VerifyingKey};
use baoyulan_ledger::text::in_path;
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, RETRY_AFTER};
use reqwest::{Method, Response, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::json;
use uuid::Uuid;

use super::answers::{AdmissionBody, AttendantBody, BankBody, CatalogueBody, ProblemBody, ReceiptBody};
use super::outbox::BankKey;
use super::paper::JournalHead;
use super::settings::Settings;
use crate::app::answer::{Admission, No, Outcome, Poll, ReceiptFacts, Refusal, Staff, Trouble};
use crate::app::order::Order;
use crate::app::receipt::LEAD_SECONDS_MAX;
use crate::app::secret::Secret;

/// No answer of the API's is longer.
const BODY_BYTES_MAX: usize = 1024 * 1024;
const CONNECT_SECONDS_MAX: u64 = 3;
/// Where the service does not say how long.
const PIN_WAIT_SECONDS: i64 = 60;

/// A caller of the service, with the device's token.
pub struct Client {
    http: reqwest::Client,
    service: String,
    station: String,
    token: Secret,
    /// The bank's public keys that the kiosk has met. A known one is never forgotten.
    keys: RwLock<Vec<BankKey>>,
    /// Ids of keys that the operator says are the bank's.
    accepted_keys: Vec<String>,
    /// The bank's name and the zone of its days, once they are known: they never become others.
    facts: OnceLock<(String, TimeZone)>,
    /// What was last said of a service that is not as it should be: it is said once.
    said: Mutex<String>,
}

/// What a request bears beside the device's token.
#[derive(Clone, Copy, Default)]
struct Marks<'a> {
    /// The order's id.
    key: Option<Uuid>,
    /// The token of the visit.
    visit: Option<&'a str>,
}

impl<'a> Marks<'a> {
    fn of_visit(visit: &'a Secret) -> Self {
        Self { key: None, visit: Some(visit.reveal()).filter(|visit| !visit.is_empty()) }
    }
}

/// What came back: status, head, body.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Client {
    /// With these settings and this token.
    ///
    /// # Errors
    /// Where TLS cannot be made ready.
    pub fn new(settings: &Settings, token: String) -> anyhow::Result<Self> {
        // Two of them in one program are no fault: the first one stays.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(CONNECT_SECONDS_MAX))
            .timeout(Duration::from_secs(settings.answer_seconds_max.into()))
            // Whoever answers with another address is not the service.
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .user_agent(concat!("redeem-kiosk/", env!("CARGO_PKG_VERSION")))
            .build()
            .context("the HTTP client")?;
        let service = settings.service.as_str().trim_end_matches('/').to_owned();
        Ok(Self {
            http,
            service,
            station: settings.station.clone(),
            token: Secret::new(token),
            keys: RwLock::default(),
            accepted_keys: settings.accepted_keys(),
            facts: OnceLock::new(),
            said: Mutex::default(),
        })
    }

    /// What the station has to offer, and by which clocks. `now` is the kiosk's own, in milliseconds.
    ///
    /// # Errors
    /// Why that is not known.
    pub async fn poll(&self, now: i64) -> Result<Poll, No> {
        let answer = self.ask(Method::GET, "/v1/bank", Marks::default(), None).await;
        if answer.as_ref().is_ok_and(|answer| is_ahead(now / 1000, &answer.headers)) {
            return Err(No::Trouble(Trouble::ClockAhead));
        }
        let bank: Result<BankBody, No> = good(answer, StatusCode::OK);
        if let Ok(bank) = &bank
            && let Some(credential) = bank.other_credential(&self.station)
        {
            self.say_once(&format!(
                "the token is of {credential}, and not of a device of the station {:?}: see KIOSK.md under K61",
                self.station
            ));
            return Err(No::Trouble(Trouble::OtherCredential));
        }
        if let Err(No::Refused(_)) = &bank {
            self.say_once("there is no /v1/bank at that address: the setting `service` is the root, without /v1");
        }
        let journal_size = bank.as_ref().ok().and_then(BankBody::journal_size);
        let (issuer, zone) = match self.facts.get() {
            Some(facts) => facts.clone(),
            None => bank?.facts().ok_or(No::Trouble(Trouble::Garbled))?,
        };
        let path = format!("/v1/stations/{}/catalogue", in_path(&self.station));
        let body: CatalogueBody = good(self.ask(Method::GET, &path, Marks::default(), None).await, StatusCode::OK)?;
        let catalogue = body.offers().ok_or(No::Trouble(Trouble::Garbled))?;
        Ok(Poll { issuer, zone, catalogue, journal_size })
    }

    /// The keys of that bank that the kiosk has not met, and may believe: all, where it has met none; else those that the
    /// operator has named.
    ///
    /// # Errors
    /// Where they are not known, or there is one that nobody has named: it may be anybody's.
    pub async fn new_keys(&self, issuer: &str) -> Result<Vec<BankKey>, Trouble> {
        let listed = self.fetch_keys().await?;
        let met = self.keys.read().map(|keys| keys.clone()).unwrap_or_default();
        let listed = listed.into_iter().map(|key| BankKey { issuer: issuer.to_owned(), key });
        let new: Vec<BankKey> = listed.filter(|key| !met.contains(key)).collect();
        let is_first = met.is_empty() && self.accepted_keys.is_empty();
        let is_believed = |key: &BankKey| is_first || self.accepted_keys.iter().any(|id| id == key.key.id());
        let strange: Vec<&str> = new.iter().filter(|key| !is_believed(key)).map(|key| key.key.id()).collect();
        if strange.is_empty() {
            return Ok(new);
        }
        self.say_once(&format!(
            "the service of the bank {issuer:?} has a key that this kiosk does not know: {}; where the bank's key was replaced, \
             see KIOSK.md under K26",
            strange.join(", ")
        ));
        Err(Trouble::UnknownKey)
    }

    /// Believes a bank's facts and its keys from now on.
    pub fn believe(&self, Poll { issuer, zone, .. }: &Poll, new: Vec<BankKey>) {
        self.facts.get_or_init(|| (issuer.clone(), zone.clone()));
        self.know(new);
        if let Ok(mut said) = self.said.lock() {
            said.clear();
        }
    }

    /// Believes keys that were met before.
    pub fn know(&self, keys: Vec<BankKey>) {
        if let Ok(mut known) = self.keys.write() {
            known.extend(keys);
        }
    }

    /// Says to the operator what is wrong with the service, until it is something else.
    fn say_once(&self, reason: &str) {
        if let Ok(mut said) = self.said.lock()
            && *said != reason
        {
            reason.clone_into(&mut said);
            tracing::error!(reason, "the service is not believed");
        }
    }

    /// Where the journal stands now, if that can be had and the record at that position is in it.
    pub async fn journal_head_after(&self, position: i64) -> Option<JournalHead> {
        let answer = self.ask(Method::GET, "/v1/bank", Marks::default(), None).await;
        good::<BankBody>(answer, StatusCode::OK).ok()?.head_after(position)
    }

    /// The volunteer, where card and PIN belong together.
    ///
    /// # Errors
    /// Why that is not known, or not so.
    pub async fn check_pin(&self, card: &Secret, pin: &Secret) -> Result<Admission, No> {
        let body = json!({"card": card.reveal(), "pin": pin.reveal()}).to_string();
        let answer = self.ask(Method::POST, "/v1/pin-checks", Marks::default(), Some(body)).await;
        admitted(answer, card)
    }

    /// The member of staff whose work card it is.
    ///
    /// # Errors
    /// Why that is not known, or not so.
    pub async fn check_staff(&self, token: &Secret) -> Result<Staff, No> {
        let body = json!({"token": token.reveal(), "station": self.station}).to_string();
        let answer = self.ask(Method::POST, "/v1/staff-checks", Marks::default(), Some(body)).await;
        Ok(good::<AttendantBody>(answer, StatusCode::OK)?.staff())
    }

    /// The volunteer of a card, if the member of staff whose work card it is vouches for them.
    ///
    /// # Errors
    /// Why that is not known, or not so.
    pub async fn vouch(&self, token: &Secret, card: &Secret) -> Result<Admission, No> {
        let body = json!({"token": token.reveal(), "station": self.station, "card": card.reveal()}).to_string();
        admitted(self.ask(Method::POST, "/v1/staff-checks", Marks::default(), Some(body)).await, card)
    }

    /// Tells the service that somebody still is there. Should it not hear that, it ends their visit, and says so when they
    /// ask for something.
    pub async fn keep_visit(&self, visit: &Secret) {
        let _ = self.ask(Method::GET, "/v1/visit", Marks::of_visit(visit), None).await;
    }

    /// Tells the service that nobody is there any more. Should it not hear that, the visit ends by itself.
    pub async fn end_visit(&self, visit: &Secret) {
        let _ = self.ask(Method::DELETE, "/v1/visit", Marks::of_visit(visit), None).await;
    }

    /// A receipt of this station.
    ///
    /// # Errors
    /// Why that is not known.
    pub async fn receipt(&self, number: &str, visit: &Secret) -> Result<ReceiptFacts, No> {
        let path = format!("/v1/receipts/{}", in_path(number));
        let answer = self.ask(Method::GET, &path, Marks::of_visit(visit), None).await;
        let body = match good::<ReceiptBody>(answer, StatusCode::OK) {
            // The device may see its own station's: the number is another one's.
            Err(No::Denied) => return Err(No::Refused(Refusal::OtherStation)),
            body => body?,
        };
        let facts = self.checked(body).map_err(No::Trouble)?;
        let is_banks = self.facts.get().is_none_or(|(issuer, _)| facts.issuer == *issuer);
        let is_asked_for = facts.number == number && facts.station == self.station && is_banks;
        is_asked_for.then_some(facts).ok_or(No::Trouble(Trouble::Garbled))
    }

    /// Sends an order under its id. However often: it is done once at most.
    pub async fn send(&self, id: Uuid, order: &Order, visit: &Secret) -> Outcome {
        let Ok(body) = serde_json::to_string(order) else { return Outcome::Unknown(Trouble::Garbled, None) };
        let answer = match self
            .ask(Method::POST, order.path(), Marks { key: Some(id), ..Marks::of_visit(visit) }, Some(body))
            .await
        {
            Ok(answer) => answer,
            Err(trouble) => return Outcome::Unknown(trouble, None),
        };
        match answer.status {
            StatusCode::CREATED => match self.receipt_of(&answer) {
                Ok(facts) => Outcome::Accepted(Box::new(facts)),
                Err(trouble) => Outcome::Unknown(trouble, None),
            },
            _ => no_outcome(&answer),
        }
    }

    /// The receipt of an order that was accepted, verified. Whether it answers the order is for the kiosk to judge.
    fn receipt_of(&self, answer: &Answer) -> Result<ReceiptFacts, Trouble> {
        self.checked(serde_json::from_slice(&answer.body).map_err(|_| Trouble::Garbled)?)
    }

    /// A receipt whose token a key of the bank's verifies, and with which everything beside it agrees.
    fn checked(&self, body: ReceiptBody) -> Result<ReceiptFacts, Trouble> {
        let known = self.keys.read().map(|keys| keys.iter().map(|known| known.key.clone()).collect());
        let known: Vec<VerifyingKey> = known.unwrap_or_default();
        let receipt = Receipt::verify(&body.receipt, &known).map_err(|error| match error {
            ReceiptError::UnknownKey => Trouble::UnknownKey,
            ReceiptError::TooLong
            | ReceiptError::NotThreeParts
            | ReceiptError::MalformedSignature
            | ReceiptError::WrongSignature
            | ReceiptError::MalformedPayload => Trouble::Garbled,
        })?;
        body.facts(receipt).ok_or(Trouble::Garbled)
    }

    async fn fetch_keys(&self) -> Result<Vec<VerifyingKey>, Trouble> {
        let answer = self.ask(Method::GET, "/.well-known/jwks.json", Marks::default(), None).await;
        let set: JsonWebKeySet = good(answer, StatusCode::OK).map_err(|no| match no {
            No::Trouble(trouble) => trouble,
            No::Refused(_) | No::Denied => Trouble::Garbled,
        })?;
        let keys = keys_of(&set);
        if keys.is_empty() { Err(Trouble::Garbled) } else { Ok(keys) }
    }

    async fn ask(&self, method: Method, path: &str, marks: Marks<'_>, body: Option<String>) -> Result<Answer, Trouble> {
        let mut request = self.http.request(method, format!("{}{path}", self.service)).bearer_auth(self.token.reveal());
        if let Some(key) = marks.key {
            request = request.header("idempotency-key", key.to_string());
        }
        if let Some(visit) = marks.visit {
            request = request.header("visit-token", visit);
        }
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body);
        }
        // Why not stays unsaid: the words would repeat the address, and an address may name a card.
        let response = request.send().await.map_err(|_| Trouble::NoAnswer)?;
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(Answer { status, headers, body: read(response).await? })
    }
}

/// The person who has shown who they are: the one of that card.
fn admitted(answer: Result<Answer, Trouble>, card: &Secret) -> Result<Admission, No> {
    good::<AdmissionBody>(answer, StatusCode::OK)?.admission(card).ok_or(No::Trouble(Trouble::Garbled))
}

async fn read(mut response: Response) -> Result<Vec<u8>, Trouble> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| Trouble::NoAnswer)? {
        body.extend_from_slice(&chunk);
        if body.len() > BODY_BYTES_MAX {
            return Err(Trouble::Garbled);
        }
    }
    Ok(body)
}

fn good<T: DeserializeOwned>(answer: Result<Answer, Trouble>, status: StatusCode) -> Result<T, No> {
    let answer = answer.map_err(No::Trouble)?;
    if answer.status != status {
        return Err(no(&answer));
    }
    serde_json::from_slice(&answer.body).map_err(|_| No::Trouble(Trouble::Garbled))
}

/// A problem as the API promises it; `None` for anything else, such as another server's page.
fn problem(answer: &Answer) -> Option<ProblemBody> {
    let media_type = answer.headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let problem: ProblemBody = serde_json::from_slice(&answer.body).ok()?;
    (media_type == "application/problem+json" && problem.status == answer.status.as_u16()).then_some(problem)
}

/// Why a question has no good answer.
fn no(answer: &Answer) -> No {
    let Some(problem) = problem(answer) else { return No::Trouble(Trouble::Garbled) };
    match (answer.status.as_u16(), problem.code.as_str()) {
        (401 | 403, _) => No::Denied,
        (404 | 422, _) => No::Refused(problem.refusal()),
        (429, "pin_wait") => {
            No::Refused(Refusal::PinWait { seconds: retry_after(&answer.headers).unwrap_or(PIN_WAIT_SECONDS) })
        }
        (409 | 429, _) => No::Trouble(Trouble::Busy),
        (500 | 503, _) => No::Trouble(Trouble::Broken),
        _ => No::Trouble(Trouble::Garbled),
    }
}

/// What became of an order that was not accepted.
fn no_outcome(answer: &Answer) -> Outcome {
    let wait = retry_after(&answer.headers).map(|seconds| seconds * 1000);
    let Some(problem) = problem(answer) else { return Outcome::Unknown(Trouble::Garbled, wait) };
    match answer.status.as_u16() {
        401 | 403 => Outcome::Denied,
        422 => Outcome::Refused(problem.refusal()),
        400 | 404 | 405 | 413 | 415 => Outcome::Unreadable(problem.code),
        409 => Outcome::Unknown(Trouble::Broken, wait),
        429 => Outcome::Unknown(Trouble::Busy, wait),
        500 | 503 => Outcome::Unknown(Trouble::Broken, wait),
        _ => Outcome::Unknown(Trouble::Garbled, wait),
    }
}

/// Whether that time is further ahead of the answer's own than a kiosk's clock may be: new receipts would look too old.
fn is_ahead(now: i64, headers: &HeaderMap) -> bool {
    let date = headers.get(DATE).and_then(|date| rfc2822::parse(date.to_str().ok()?).ok());
    date.is_some_and(|date| now - date.timestamp().as_second() > LEAD_SECONDS_MAX)
}

fn retry_after(headers: &HeaderMap) -> Option<i64> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok().filter(|seconds| (0..=86_400).contains(seconds))
}

#[cfg(test)]
mod tests {
    use baoyulan_ledger::text::code_from_path;
    use reqwest::Url;

    use super::*;

    #[test]
    fn a_clock_may_be_a_little_ahead_of_the_service_s() {
        let at = |date: &'static str, now| is_ahead(now, &HeaderMap::from_iter([(DATE, date.parse().unwrap())]));
        let date = "Tue, 24 Nov 2026 01:30:00 GMT";
        for (now, ahead) in [(1_795_483_800, false), (1_795_484_700, false), (1_795_484_701, true), (0, false)] {
            assert_eq!(at(date, now), ahead, "{now}");
        }
        // Who says no time is not contradicted: the receipts are judged all the same.
        assert!(!at("soon", i64::MAX) && !is_ahead(i64::MAX, &HeaderMap::new()));
    }

    /// To whoever reads an address, some of a code's characters mean something else.
    #[test]
    fn a_code_of_any_characters_is_one_segment_of_the_address() {
        for code in ["S01", "north/S1:2", "/", "//", ".", "..", "./..", "-", "a.b_c", ":", "..-26-000001"] {
            let url = Url::parse(&format!("https://points.example/v1/stations/{}/catalogue", in_path(code))).unwrap();
            let segments: Vec<&str> = url.path().split('/').collect();
            let ["", "v1", "stations", segment, "catalogue"] = segments[..] else { panic!("{url}") };
            assert_eq!(code_from_path(&segment.replace("%2F", "/").replace("%3A", ":")), code, "{url}");
        }
    }
}
