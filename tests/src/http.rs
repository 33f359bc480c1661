//! A small client for the API. It sends one request and reads one answer; it follows nothing and retries nothing.

#![expect(clippy::unwrap_used, reason = "a helper of tests: what fails here fails the test")]

use std::time::Duration;

use serde_json::Value;
use ureq::http::{HeaderMap, Request};
use ureq::{Agent, Body, SendBody};

/// An answer of the service.
#[derive(Debug)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    /// The body, just as it came.
    pub text: String,
}

impl Answer {
    /// Reads the body as JSON; panics if it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// Reads the JSON of an answer that must have this status.
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.json()
    }

    /// The code of a problem, which must have this status and the form of RFC 9457.
    pub fn problem(&self, status: u16) -> String {
        let problem = self.expect(status);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(problem["status"], status);
        assert_eq!(problem["type"], format!("/problems/{}", self.code()));
        assert!(problem["title"].is_string() && problem["detail"].is_string() && problem["retryable"].is_boolean());
        self.code()
    }

    /// The code of a problem; empty if the answer is not one.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// A header's value; empty if there is no such header.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// A caller who sends requests. It keeps connections open, and its clones share them.
#[derive(Debug, Clone)]
pub struct Client {
    agent: Agent,
    address: String,
    token: String,
    /// The token of the visit that it asks in; empty if none.
    visit: String,
}

impl Client {
    /// A caller who shows this token to the service at that address. With an empty token it shows none.
    pub fn new(address: &str, token: &str) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(60)));
        Self {
            agent: config.build().into(),
            address: address.to_owned(),
            token: token.to_owned(),
            visit: String::new(),
        }
    }

    /// The same caller, in the visit of that token.
    pub fn in_visit(&self, token: &str) -> Self {
        Self { visit: token.to_owned(), ..self.clone() }
    }

    /// The same caller, at a service with another address.
    pub fn at(&self, address: &str) -> Self {
        Self { address: address.to_owned(), ..self.clone() }
    }

    /// Posts a town's files under this `Idempotency-Key`.
    pub fn upload(&self, key: &str, files: &[(&str, Vec<u8>)]) -> Answer {
        const BOUNDARY: &str = "a-boundary-of-the-test";
        let mut body = Vec::new();
        for (name, content) in files {
            let head = format!("content-disposition: form-data; name=\"files\"; filename=\"{name}\"");
            body.extend_from_slice(format!("--{BOUNDARY}\r\n{head}\r\n\r\n").as_bytes());
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        let media_type = format!("multipart/form-data; boundary={BOUNDARY}");
        self.send("POST", "/v1/imports", &[("content-type", &media_type), ("idempotency-key", key)], body).unwrap()
    }

    /// Sends a GET.
    pub fn get(&self, path: &str) -> Answer {
        self.try_get(path).unwrap()
    }

    /// Sends a GET. The error says how the connection failed.
    ///
    /// # Errors
    /// No answer came back.
    pub fn try_get(&self, path: &str) -> Result<Answer, ureq::Error> {
        self.send("GET", path, &[], "")
    }

    /// Posts JSON under this `Idempotency-Key`.
    pub fn post(&self, path: &str, key: &str, body: &Value) -> Answer {
        self.try_post(path, key, body).unwrap()
    }

    /// Posts JSON. The error says how the connection failed.
    ///
    /// # Errors
    /// No answer came back, so nobody knows whether the service has done it.
    pub fn try_post(&self, path: &str, key: &str, body: &Value) -> Result<Answer, ureq::Error> {
        let headers = [("content-type", "application/json"), ("idempotency-key", key)];
        self.send("POST", path, &headers, body.to_string())
    }

    /// Sends any request.
    ///
    /// # Errors
    /// No answer came back.
    pub fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl AsRef<[u8]>,
    ) -> Result<Answer, ureq::Error> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.address));
        if !self.token.is_empty() {
            request = request.header("authorization", format!("Bearer {}", self.token));
        }
        if !self.visit.is_empty() {
            request = request.header("visit-token", &self.visit);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = body.as_ref();
        let answer = if body.is_empty() {
            self.agent.run(request.body(SendBody::none()).unwrap())
        } else {
            self.agent.run(request.body(body).unwrap())
        };
        read(answer?)
    }
}

fn read(answer: ureq::http::Response<Body>) -> Result<Answer, ureq::Error> {
    let (parts, mut body) = answer.into_parts();
    let text = body.with_config().limit(256 << 20).read_to_string()?;
    Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, text })
}
