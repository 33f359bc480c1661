//! What all pages have in common.

use sqlx::{Connection as _, Executor as _};

use super::*;

/// A bank may hold what no rule lets in today.
#[tokio::test]
async fn what_a_bank_holds_turns_nothing_around() {
    let site = Site::open().await;
    let mut conn = sqlx::SqliteConnection::connect(site.bank.url()).await.unwrap();
    // An override that is never closed turns around all that follows, and an unopened end closes what is around it.
    for (table, column) in [("stations", "name"), ("offers", "name"), ("titles", "title"), ("people", "name")] {
        let mark = format!("UPDATE ledger_{table} SET {column} = char(0x202E) || {column} || char(0x2069, 0x2028)");
        assert!(conn.execute(sqlx::AssertSqlSafe(mark)).await.unwrap().rows_affected() > 0, "{table}");
    }
    conn.close().await.unwrap();
    let session = site.log_in(&cards()[0]).await;
    let (mut isolated, is_mark) = (0, |character: char| matches!(character, '\u{202E}' | '\u{2069}' | '\u{2028}'));
    for page in VOLUNTEERS_PAGES.into_iter().chain(["/v"]) {
        let answer = site.get(page, &session).await;
        assert_eq!(answer.status, StatusCode::OK, "{page}");
        assert!(!answer.body.contains(is_mark), "{page}: {}", answer.body);
        isolated += answer.body.matches("<bdi").count();
    }
    assert!(isolated >= 10, "{isolated}");
}

#[tokio::test]
async fn a_language_and_a_size_are_chosen_on_the_page_and_kept() {
    let site = Site::open().await;
    let chosen = site.get("/me/statement?points=7&lang=en&minutes=6", "").await;
    chosen.goes_to("/me/statement?points=7&minutes=6");
    assert_eq!(chosen.cookie(), "lang=en");
    site.get("/login?text=largest", "").await.goes_to("/login");
    for (lang, title) in [("zh-Hans", "登录"), ("zh-Hant", "登入"), ("en", "Log in")] {
        let page = site.get("/login", &format!("lang={lang}; text=largest")).await.body;
        assert!(page.contains(&format!("<html lang=\"{lang}\" class=\"text-largest\">")), "{page}");
        assert!(page.contains(title));
    }
    let unknown = site.get("/login?lang=fr", "lang=fr; text=huge").await;
    assert!(unknown.body.contains("<html lang=\"zh-Hans\" class=\"text-large\">"));
}

#[tokio::test]
async fn every_page_works_without_anything_written_into_it() {
    let site = Site::open().await.behind_the_edge();
    let session = site.log_in(&cards()[0]).await;
    for page in VOLUNTEERS_PAGES.into_iter().chain(["/", "/login", "/login/x", "/v", "/offline", "/staff/login", "/no"])
    {
        let answer = site.get(page, &session).await;
        let body = &answer.body;
        assert!(!body.contains("style=") && !body.contains("<style") && !body.contains(" onclick"), "{page}");
        assert!(body.split("<script").skip(1).all(|script| script.contains("src=\"/assets/")), "{page}");
        assert_eq!(body.matches("<h1").count(), 1, "{page}");
        assert!(body.contains("演示数据"), "{page}: a demonstration says so");
        assert_eq!(answer.header(header::CACHE_CONTROL), "no-store", "{page}");
        assert!(answer.header(header::CONTENT_SECURITY_POLICY).starts_with("default-src 'self'"), "{page}");
        for asset in body.split("\"/assets/").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            let file = site.get(&format!("/assets/{asset}"), "").await;
            assert_eq!(file.status, StatusCode::OK, "{page}: {asset}");
            assert!(file.header(header::CACHE_CONTROL).contains("immutable"), "{asset}");
        }
    }
}

#[tokio::test]
async fn a_file_is_sent_once() {
    let site = Site::open().await;
    for address in ["/sw.js", "/favicon.svg"] {
        let first = site.get(address, "").await;
        assert_eq!((first.status, first.header(header::CACHE_CONTROL)), (StatusCode::OK, "no-cache"));
        let etag = first.header(header::ETAG).to_owned();
        let again = Request::get(address).header(header::IF_NONE_MATCH, etag).body(Body::empty()).unwrap();
        let again = site.send(again).await;
        assert_eq!((again.status, again.body.as_str()), (StatusCode::NOT_MODIFIED, ""));
    }
    assert_eq!(site.get("/assets/pages.css", "").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn nothing_there_is_a_page_to_a_browser_and_a_problem_to_a_program() {
    let site = Site::open().await;
    let page = site.get("/nothing", "lang=en").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.body.contains("No such page") && page.body.contains("id=\"reference\""));
    let program = site.send(Request::get("/nothing").body(Body::empty()).unwrap()).await;
    assert_eq!(program.header(header::CONTENT_TYPE), "application/problem+json");
    let session = site.log_in(&cards()[0]).await;
    let no_text = site.get("/me/receipts/%ff", &session).await;
    assert_eq!(no_text.status, StatusCode::BAD_REQUEST);
    assert!(no_text.body.contains("<h1"), "{}", no_text.body);
    for nothing in ["/v1/nothing", "/v1/docs/nothing", "/v1/docs/../bank"] {
        let answer = site.get(nothing, "").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{nothing}");
        assert_eq!(answer.header(header::CONTENT_TYPE), "application/problem+json", "{nothing}");
    }
    assert_eq!(site.get("/v1/docs/", "").await.status, StatusCode::OK);
}

#[tokio::test]
async fn while_the_bank_is_away_pages_say_so() {
    let bank = TestBank::sqlite();
    let app = App::new(settings(&bank, &[]));
    let site = Site { router: router(app.clone()), app, bank };
    for page in ["/", "/login", "/v", "/offline", "/staff/login"] {
        assert_eq!(site.get(page, "").await.status, StatusCode::OK, "{page}");
    }
    let login = site.try_to_log_in(&cards()[0], PIN).await;
    assert_eq!(login.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(login.body.contains("暂时不能用") && login.headers.contains_key(header::RETRY_AFTER));
    let page = site.get("/me", &format!("__Host-session={}", "A".repeat(43))).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
}
