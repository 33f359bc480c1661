//! Imports by a member of staff.

use std::path::Path;
use std::time::Duration;

use super::*;
use crate::import::town::FILES;

async fn staff_log_in(site: &Site, token: &str) -> Answer {
    site.post("/staff/login", &[("credential", token)], "").await
}

/// An upload as a browser sends the form that the page shows.
fn upload(action: &str, files: &[(&str, Vec<u8>)], cookie: &str, site: &str) -> Request<Body> {
    let mut body = Vec::new();
    for (name, content) in files {
        let head = format!("--XX\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--XX--\r\n");
    Request::post(action)
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=XX")
        .header(header::COOKIE, cookie)
        .header("sec-fetch-site", site)
        .body(Body::from(body))
        .unwrap()
}

fn towns_files() -> Vec<(&'static str, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/baohua");
    FILES.iter().map(|file| (*file, std::fs::read(folder.join(file)).unwrap())).collect()
}

fn action(page: &Answer) -> String {
    let (_, rest) = page.body.split_once("action=\"/staff/imports").unwrap();
    format!("/staff/imports{}", rest.split('"').next().unwrap())
}

async fn empty_site() -> Site {
    let bank = TestBank::sqlite();
    let ledger = bank.open().await;
    Site::serve(bank, ledger, &[])
}

#[tokio::test]
async fn only_who_may_import_gets_in() {
    let site = Site::open().await;
    for (role, status) in [
        (Role::Administrator, StatusCode::SEE_OTHER),
        (Role::Coordinator, StatusCode::SEE_OTHER),
        (Role::Teller, StatusCode::FORBIDDEN),
        (Role::Device, StatusCode::FORBIDDEN),
    ] {
        let token = site.credential(role).await.token;
        let answer = staff_log_in(&site, &token).await;
        assert_eq!(answer.status, status, "{role:?}");
        assert!(!answer.body.contains(&token));
    }
    let answer = staff_log_in(&site, "pb_nobody").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(!answer.body.contains("pb_nobody") && answer.body.contains("staff_login_wrong"));
}

#[tokio::test]
async fn a_revoked_credential_opens_nothing_any_more() {
    let site = Site::open().await;
    let new = site.credential(Role::Administrator).await;
    let session = staff_log_in(&site, &new.token).await.cookie();
    assert_eq!(site.get("/staff/imports", &session).await.status, StatusCode::OK);
    // A member of staff's session is no volunteer's.
    site.get("/me", &session).await.goes_to("/login?why=over");
    post_all(
        site.ledger(),
        [Command::RevokeCredential(baoyulan_ledger::command::RevokeCredential { credential: new.code })],
    )
    .await;
    site.get("/staff/imports", &session).await.goes_to("/staff/login");
    let sent = site.send(upload(
        "/staff/imports?key=0198c0de-0000-7000-8000-000000000001",
        &towns_files(),
        &session,
        "same-origin",
    ));
    sent.await.goes_to("/staff/login");
    assert!(site.app.jobs().all().is_empty());
}

#[tokio::test]
async fn a_town_is_uploaded_and_its_progress_read() {
    let site = empty_site().await;
    let session = staff_log_in(&site, &site.credential(Role::Administrator).await.token).await.cookie();
    let page = site.get("/staff/imports", &session).await;
    assert!(page.body.contains("id=\"empty\""));
    let sent = site.send(upload(&action(&page), &towns_files(), &session, "same-origin")).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    let import = sent.header(header::LOCATION).to_owned();
    // Sent twice, it is one import.
    let again = site.send(upload(&action(&page), &towns_files(), &session, "same-origin")).await;
    again.goes_to(&import);
    let done = loop {
        let page = site.get(&import, &session).await;
        if !page.headers.contains_key(header::REFRESH) {
            break page;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    for part in ["data-state=\"done\"", "id=\"accepted\" data-rows=\"", "unknown_card", "<progress"] {
        assert!(done.body.contains(part), "{part}: {}", done.body);
    }
    let report = site.get(&format!("{import}/refused"), &session).await;
    assert_eq!(report.header(header::CONTENT_TYPE), "text/csv; charset=utf-8");
    assert!(report.body.starts_with("row,code,words\n"));
    assert_eq!(site.get("/staff/imports", &session).await.body.matches("data-state=\"done\"").count(), 1);
}

#[tokio::test]
async fn what_cannot_be_imported_is_said_and_nothing_is_kept() {
    let site = empty_site().await;
    let session = staff_log_in(&site, &site.credential(Role::Administrator).await.token).await.cookie();
    let page = site.get("/staff/imports", &session).await;
    for files in [vec![], vec![("", Vec::new())], vec![("secrets.csv", b"x".to_vec())]] {
        let answer = site.send(upload(&action(&page), &files, &session, "same-origin")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(answer.body.contains("id=\"error\"") && answer.body.contains("volunteers.csv"), "{}", answer.body);
    }
    let foreign = site.send(upload(&action(&page), &towns_files(), &session, "cross-site")).await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    assert!(site.app.jobs().all().is_empty());
    for none in ["/staff/imports/x", "/staff/imports/0198c0de-0000-7000-8000-000000000001"] {
        assert_eq!(site.get(none, &session).await.status, StatusCode::NOT_FOUND);
    }
}
