//! Bodies of the API's JSON routes, through the router.

use std::collections::BTreeSet;
use std::sync::{LazyLock, PoisonError};

use axum::http::StatusCode;
use page_parts::rejection;
use serde_json::Value;

use super::site::{Answer, SITE};
use crate::ids::id_of;

/// The routes that take JSON, and whether a device asks them. Who posts, posts once under a key.
const ROUTES: [(&str, bool); 5] = [
    ("/v1/redemptions", false),
    ("/v1/reversals", false),
    ("/v1/receipt-checks", false),
    ("/v1/pin-checks", true),
    ("/v1/staff-checks", true),
];

/// What may be said to a body beside rejections: see the table in `docs/API.md`. Nothing here is a fault of the service.
const CODES: [&str; 7] =
    ["invalid_body", "body_too_large", "forbidden", "pin_wrong", "not_staff", "pin_wait", "too_many_requests"];

static KNOWN: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let rejections = rejection::examples().into_iter().map(|rejection| rejection.code());
    rejections.chain(CODES.map(str::to_owned)).collect()
});

/// Every route answers with what was asked for, or with a problem that has a known code and, in a body that cannot be read, a
/// place. Under the same key the answer is the same, and it does not repeat a PIN.
pub fn bodies(bytes: &[u8]) {
    let site = SITE.lock().unwrap_or_else(PoisonError::into_inner);
    for (address, by_device) in ROUTES {
        let token = if by_device { &site.device } else { &site.teller };
        let key = id_of(&[address.as_bytes(), bytes]).to_string();
        let answer = site.post(address, token, &key, bytes);
        if answer.status.is_success() {
            assert_eq!(answer.media_type, "application/json");
            serde_json::from_str::<Value>(&answer.body).unwrap();
        } else {
            is_a_known_problem(&answer, bytes);
        }
        if !by_device {
            let again = site.post(address, token, &key, bytes);
            assert_eq!((again.status, &again.body), (answer.status, &answer.body), "{address}, asked again");
        } else {
            keeps_the_pin(&answer, bytes);
        }
    }
}

fn is_a_known_problem(answer: &Answer, bytes: &[u8]) {
    assert!(answer.status.is_client_error(), "{answer:?}");
    assert_eq!(answer.media_type, "application/problem+json");
    let problem: Value = serde_json::from_str(&answer.body).unwrap();
    let code = problem["code"].as_str().unwrap();
    assert!(KNOWN.contains(code), "{code} is told by no document");
    assert_eq!(problem["type"], format!("/problems/{code}"));
    assert_eq!(problem["status"], answer.status.as_u16());
    assert!(!problem["detail"].as_str().unwrap().is_empty());
    if answer.status == StatusCode::BAD_REQUEST {
        let pointer = problem["errors"][0]["pointer"].as_str().unwrap();
        leads_into(pointer, bytes);
    }
}

/// A place in the body, or that of a field that is not there.
fn leads_into(pointer: &str, bytes: &[u8]) {
    let Ok(body) = serde_json::from_slice::<Value>(bytes) else { return };
    let above = pointer.rsplit_once('/').map_or("", |(above, _)| above);
    assert!(body.pointer(pointer).or_else(|| body.pointer(above)).is_some(), "{pointer:?} leads nowhere");
}

fn keeps_the_pin(answer: &Answer, bytes: &[u8]) {
    let Ok(body) = serde_json::from_slice::<Value>(bytes) else { return };
    if let Some(pin) =
        body["pin"].as_str().filter(|pin| pin.len() >= 6 && pin.bytes().all(|byte| byte.is_ascii_digit()))
    {
        assert!(answer.status.is_success() || !answer.body.contains(pin), "{answer:?}");
    }
}
