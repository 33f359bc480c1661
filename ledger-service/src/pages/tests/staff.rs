//! Imports by a member of staff.

use std::convert::Infallible;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Bytes, HttpBody};
use http_body::Frame;

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

/// The page of an import that is over.
async fn once_over(site: &Site, import: &str, session: &str) -> Answer {
    loop {
        let page = site.get(import, session).await;
        if !page.headers.contains_key(header::REFRESH) {
            return page;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn empty_site() -> Site {
    empty_site_with(&[]).await
}

async fn empty_site_with(flags: &[&str]) -> Site {
    let bank = TestBank::sqlite();
    let ledger = bank.open().await;
    Site::serve(bank, ledger, flags)
}

/// The body of somebody who has stopped sending.
struct Silence;

impl HttpBody for Silence {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }
}

/// The folders of the uploads that the site keeps.
fn kept(site: &Site) -> usize {
    std::fs::read_dir(site.bank.folder().join("data/imports")).unwrap().count()
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
async fn a_right_credential_or_link_comes_in_however_many_were_wrong_from_there() {
    let site = Site::open_with(&["--guesses-per-minute-max", "1"]).await;
    let token = site.credential(Role::Administrator).await.token;
    // At one guess a minute, the second within the same one is too many.
    for status in [StatusCode::UNAUTHORIZED, StatusCode::TOO_MANY_REQUESTS] {
        assert_eq!(staff_log_in(&site, "pb_nobody").await.status, status);
    }
    assert_eq!(site.post("/login/none", &[], "").await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(staff_log_in(&site, &token).await.status, StatusCode::SEE_OTHER);
    site.enter_by_link(&cards()[0]).await;
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
    sent.await.goes_to("/staff/login?why=not-taken");
    assert!(site.app.jobs().all().is_empty());
}

#[tokio::test]
async fn files_that_come_after_the_session_ended_are_said_not_to_be_taken() {
    let site = empty_site().await;
    let token = site.credential(Role::Administrator).await.token;
    let session = staff_log_in(&site, &token).await.cookie();
    let page = site.get("/staff/imports", &session).await;
    site.post("/logout", &[], &session).await.goes_to("/staff/login");
    let sent = site.send(upload(&action(&page), &towns_files(), &session, "same-origin")).await;
    sent.goes_to("/staff/login?why=not-taken");
    assert_eq!(kept(&site), 0);
    for (language, said) in [("zh-Hans", "没有收下"), ("zh-Hant", "沒有收下"), ("en", "were not taken")] {
        let login = site.get(sent.header(header::LOCATION), &format!("lang={language}")).await;
        assert!(login.body.contains("id=\"why\"") && login.body.contains(said), "{}", login.body);
    }
    // The login leads back to where the files are chosen.
    staff_log_in(&site, &token).await.goes_to("/staff/imports");
    assert!(!site.get("/staff/login", "").await.body.contains("id=\"why\""));
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
    let done = once_over(&site, &import, &session).await;
    for part in ["data-state=\"done\"", "id=\"accepted\" data-rows=\"", "unknown_card", "<progress"] {
        assert!(done.body.contains(part), "{part}: {}", done.body);
    }
    let report = site.get(&format!("{import}/refused"), &session).await;
    assert_eq!(report.header(header::CONTENT_TYPE), "text/csv; charset=utf-8");
    assert!(report.body.starts_with("row,code,words,line\n"));
    assert_eq!(site.get("/staff/imports", &session).await.body.matches("data-state=\"done\"").count(), 1);
}

#[tokio::test]
async fn an_import_of_which_no_row_was_accepted_is_not_shown_as_done() {
    let site = empty_site().await;
    let session = staff_log_in(&site, &site.credential(Role::Administrator).await.token).await.cookie();
    let mut files = towns_files();
    let good = files.clone();
    for (name, content) in &mut files {
        if *name == "attendance.csv" {
            *content = String::from_utf8_lossy(content).replace('T', " ").into_bytes();
        }
    }
    for (files, state, signs) in [(&files, "in-vain", ["✕", "一行也没有收下"]), (&good, "done", ["✓", "完成"])]
    {
        let page = site.get("/staff/imports", &session).await;
        let sent = site.send(upload(&action(&page), files, &session, "same-origin")).await;
        let import = once_over(&site, sent.header(header::LOCATION), &session).await;
        let list = site.get("/staff/imports", &session).await;
        for page in [&import, &list] {
            assert!(page.body.contains(&format!("data-state=\"{state}\"")), "{}", page.body);
            assert!(signs.iter().all(|sign| page.body.contains(sign)), "{}", page.body);
        }
        assert_eq!(import.body.contains("class=\"notice bad\" id=\"state\""), state == "in-vain", "{}", import.body);
        assert!(import.body.contains("id=\"report\""), "the rows can be downloaded: {}", import.body);
    }
}

/// Why, and what is worth a look, stands there in the reader's language, and speaks of files that were chosen.
#[tokio::test]
async fn faults_and_warnings_are_told_in_the_reader_s_language() {
    let site = empty_site().await;
    let session = staff_log_in(&site, &site.credential(Role::Administrator).await.token).await.cookie();
    let import = async |files: &[(&str, Vec<u8>)]| {
        let page = site.get("/staff/imports", &session).await;
        let sent = site.send(upload(&action(&page), files, &session, "same-origin")).await;
        once_over(&site, sent.header(header::LOCATION), &session).await.body
    };
    let mut some = towns_files();
    some.retain(|(name, _)| !["teams.csv", "grades.csv"].contains(name));
    let page = import(&some).await;
    let said = "teams.csv：没有这个文件，也没有 grades.csv。请补上，和别的文件一起再导入一次。";
    assert!(page.contains(said) && !page.contains("id=\"error\" lang") && !page.contains("folder"), "{page}");

    let mut files = towns_files();
    let change = |files: &mut Vec<(&str, Vec<u8>)>, file: &str, from: &str, to: &str| {
        let (_, content) = files.iter_mut().find(|(name, _)| *name == file).unwrap();
        let text = String::from_utf8(content.clone()).unwrap();
        assert!(text.contains(from), "{from}");
        *content = text.replacen(from, to, 1).into_bytes();
    };
    change(&mut files, "stock.csv", "S01,G01,11", "S01,G01,many");
    let page = import(&files).await;
    assert!(page.contains("stock.csv 第 2 行“pieces”列：这里写的“many”不是整数，请只写数字"), "{page}");
    change(&mut files, "stock.csv", "S01,G01,many", "S01,G01,11");
    import(&files).await;
    change(&mut files, "stock.csv", "S01,G01,11", "S01,G01,12");
    let page = import(&files).await;
    assert!(page.contains("<li>stock.csv 第 2 行“pieces”列：银行里这项库存开始时是 11，不是 12。"), "{page}");
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
    let with = |name: &'static str| [towns_files(), vec![(name, b"x".to_vec())]].concat();
    for (name, said) in [
        ("attendance (1).csv", "没有“attendance (1).csv”这个名字"),
        ("Attendance.CSV", "没有“Attendance.CSV”这个名字"),
        ("town/.DS_Store", "没有“.DS_Store”这个名字"),
        ("stock.csv", "stock.csv 选了两次"),
    ] {
        let answer = site.send(upload(&action(&page), &with(name), &session, "same-origin")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(answer.body.contains(said), "{}", answer.body);
    }
    let foreign = site.send(upload(&action(&page), &towns_files(), &session, "cross-site")).await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    assert!(site.app.jobs().all().is_empty());
    for none in ["/staff/imports/x", "/staff/imports/0198c0de-0000-7000-8000-000000000001"] {
        assert_eq!(site.get(none, &session).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn an_upload_that_never_arrives_is_given_up_and_leaves_nothing() {
    let site = empty_site_with(&["--unfinished-uploads-per-credential-max", "1"]).await;
    let token = site.credential(Role::Administrator).await.token;
    let session = staff_log_in(&site, &token).await.cookie();
    let page = site.get("/staff/imports", &session).await;
    let silent = |key: &str| {
        Request::post("/v1/imports")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=XX")
            .header("idempotency-key", key)
            .body(Body::new(Silence))
            .unwrap()
    };
    // While it arrives, another one is too many: for the API, and on the page.
    let mut first = Box::pin(site.send(silent("first")));
    while kept(&site) == 0 {
        tokio::select! {
            answer = &mut first => panic!("{}", answer.body),
            () = tokio::time::sleep(Duration::from_millis(1)) => {}
        }
    }
    let second = site.send(silent("second")).await;
    assert_eq!((second.status, second.header(header::RETRY_AFTER)), (StatusCode::TOO_MANY_REQUESTS, "30"));
    assert!(second.body.contains("too_many_uploads"), "{}", second.body);
    let on_page = site.send(upload(&action(&page), &towns_files(), &session, "same-origin")).await;
    assert_eq!(on_page.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(on_page.body.contains("id=\"error\"") && on_page.body.contains("没有收下"), "{}", on_page.body);

    // Time runs to whatever is waited for next: that is the end of the upload's hour.
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    let answer = first.await;
    assert_eq!(answer.status, StatusCode::REQUEST_TIMEOUT, "{}", answer.body);
    assert!(begun.elapsed() <= Duration::from_secs(3600) && begun.elapsed() > Duration::from_secs(3000));
    tokio::time::resume();
    assert_eq!(kept(&site), 0);
    site.send(upload(&action(&page), &towns_files(), &session, "same-origin")).await;
    assert_eq!(kept(&site), 1, "there is room again");
}

#[tokio::test]
async fn what_has_come_of_an_upload_counts_until_its_import_is_over() {
    let site = empty_site_with(&["--unfinished-bytes-per-credential-max", "4096"]).await;
    let session = staff_log_in(&site, &site.credential(Role::Administrator).await.token).await.cookie();
    let page = site.get("/staff/imports", &session).await;
    let large = |bytes| [("units.csv", vec![b'x'; bytes])];
    let refused = site.send(upload(&action(&page), &large(4097), &session, "same-origin")).await;
    assert_eq!((refused.status, kept(&site)), (StatusCode::TOO_MANY_REQUESTS, 0));
    for _ in 0..2 {
        let page = site.get("/staff/imports", &session).await;
        let taken = site.send(upload(&action(&page), &large(4000), &session, "same-origin")).await;
        let import = taken.header(header::LOCATION).to_owned();
        assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.body);
        let files = site.bank.folder().join("data/imports").join(import.rsplit('/').next().unwrap()).join("files");
        // It fails, for it is no town; then neither the files nor their bytes are kept.
        while files.exists() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(site.get(&import, &session).await.body.contains("data-state=\"failed\""));
    }
}
