//! Logging in and out.

use std::io::Write;
use std::sync::{Arc, Mutex};

use bank_tests::spellings::{NOT_DIGITS, of_digits};
use baoyulan_ledger::people::CardState;

use super::*;

/// The page without the card number that was typed.
fn without_card(answer: &Answer, card: &str) -> String {
    answer.body.replace(&format!("value=\"{card}\""), "value=\"\"")
}

#[tokio::test]
async fn a_wrong_pin_an_unknown_card_and_a_blocked_one_get_the_same_answer() {
    let site = Site::open().await;
    let [first, second, third, ..] = cards();
    let block = Command::SetCardState(baoyulan_ledger::command::SetCardState {
        card: second.clone(),
        state: CardState::Blocked,
    });
    post_all(site.ledger(), [block]).await;
    let wrong = site.try_to_log_in(&first, "482914").await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert!(wrong.body.contains("id=\"error\"") && wrong.body.contains("login_wrong"));
    for (card, pin) in [(third.as_str(), PIN), ("1000000001", PIN), ("8877665544", PIN), (&second, PIN), ("王芳", "1")]
    {
        let answer = site.try_to_log_in(card, pin).await;
        assert_eq!(answer.status, wrong.status, "{card}");
        assert_eq!(without_card(&answer, card), without_card(&wrong, &first), "{card}");
        assert!(!answer.headers.contains_key(header::SET_COOKIE));
    }
    site.log_in(&first).await;
}

#[tokio::test]
async fn every_spelling_of_card_and_pin_logs_in() {
    let site = Site::open().await;
    let card = &cards()[0];
    for (card, pin) in of_digits(card).iter().zip(of_digits(PIN)) {
        site.try_to_log_in(card, &pin).await.goes_to("/me?new");
    }
    for wrong in NOT_DIGITS {
        let answer = site.try_to_log_in(&format!("{card}{wrong}"), PIN).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{wrong}");
    }
}

#[tokio::test]
async fn a_card_number_is_kept_in_the_form_and_a_pin_is_not() {
    let site = Site::open().await;
    let answer = site.try_to_log_in("1000 1869 83", "907214").await;
    assert!(answer.body.contains("value=\"1000 1869 83\"") && !answer.body.contains("907214"));
    let empty = site.try_to_log_in("1000186983", "").await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    let hostile = site.try_to_log_in("\"><script>alert(1)</script>", "1").await;
    assert!(!hostile.body.contains("<script>"));
}

#[tokio::test]
async fn who_guesses_on_is_told_how_long_to_wait() {
    let site = Site::open().await;
    let card = &cards()[0];
    for _ in 0..5 {
        assert_eq!(site.try_to_log_in(card, "000001").await.status, StatusCode::UNAUTHORIZED);
    }
    let answer = site.try_to_log_in(card, PIN).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    let seconds = answer.header(header::RETRY_AFTER);
    assert!((1..=30).contains(&seconds.parse::<i64>().unwrap()), "{seconds}");
    assert!(answer.body.contains(&format!("请等 {seconds} 秒")), "{}", answer.body);
}

#[tokio::test]
async fn a_session_is_a_cookie_that_no_script_and_no_other_site_sees() {
    let site = Site::open().await;
    let answer = site.try_to_log_in(&cards()[0], PIN).await;
    let cookie = answer.header(header::SET_COOKIE);
    for part in ["__Host-session=", "HttpOnly", "SameSite=Lax", "Secure", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
}

#[tokio::test]
async fn a_session_is_over_in_time_and_another_login_ends_the_one_before() {
    let site = Site::open().await;
    let before = site.log_in(&cards()[0]).await;
    let again = site.post("/login", &[("card", cards()[0].as_str()), ("pin", PIN)], &before).await;
    site.get("/me", &before).await.goes_to("/login?why=over");
    assert_eq!(site.get("/me", &again.cookie()).await.status, StatusCode::OK);
    site.bank.set_now(bank_tests::bank::NOON + 30 * 60);
    site.get("/me", &again.cookie()).await.goes_to("/login?why=over");
}

#[tokio::test]
async fn without_a_session_every_page_of_a_volunteer_leads_to_the_login() {
    let site = Site::open().await;
    let of_nobody = format!("__Host-session={}", "A".repeat(43));
    for page in VOLUNTEERS_PAGES {
        for cookie in ["", &of_nobody] {
            let not_kept = page == "/me?new" && cookie.is_empty();
            let expected = if not_kept { "/login?why=not-kept" } else { "/login?why=over" };
            site.get(page, cookie).await.goes_to(expected);
        }
    }
    for page in ["/staff/imports", "/staff/imports/x", "/staff/imports/x/refused"] {
        site.get(page, "").await.goes_to("/staff/login");
        // A volunteer's session opens nothing of the staff's.
        site.get(page, &site.log_in(&cards()[0]).await).await.goes_to("/staff/login");
    }
}

#[tokio::test]
async fn a_link_logs_in_once_and_looking_at_it_does_not_use_it() {
    let site = Site::open().await;
    let (token, now) = ("k".repeat(43), site.ledger().now());
    let member = pin::check(site.ledger(), &cards()[0], PIN).await.unwrap().unwrap();
    site.ledger().access().add_login_link(token_hash(&token), member, now, now + 900).await.unwrap();
    let address = format!("/login/{token}");
    for _ in 0..2 {
        let page = site.get(&address, "").await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(!page.body.contains(&token));
    }
    let entered = site.post(&address, &[], "").await;
    entered.goes_to("/me?new");
    assert_eq!(site.get("/me", &entered.cookie()).await.status, StatusCode::OK);
    for used in [address.as_str(), "/login/none"] {
        let answer = site.post(used, &[], "").await;
        assert_eq!(answer.status, StatusCode::GONE);
        assert!(!answer.body.contains(&token) && !answer.headers.contains_key(header::SET_COOKIE));
    }
}

#[tokio::test]
async fn logging_out_ends_this_session_or_all_and_leaves_nothing() {
    let site = Site::open().await;
    let card = &cards()[0];
    let [one, two, three] = [site.log_in(card).await, site.log_in(card).await, site.log_in(card).await];
    let others = site.log_in(&cards()[1]).await;
    let left = site.post("/logout", &[], &one).await;
    left.goes_to("/login?why=left");
    assert_eq!(left.header("clear-site-data"), "\"cache\", \"storage\"");
    assert!(left.header(header::SET_COOKIE).starts_with("__Host-session=; "));
    site.get("/me", &one).await.goes_to("/login?why=over");
    assert_eq!(site.get("/me", &two).await.status, StatusCode::OK);
    site.post("/logout-everywhere", &[], &two).await.goes_to("/login?why=left-everywhere");
    for gone in [two, three] {
        site.get("/me", &gone).await.goes_to("/login?why=over");
    }
    assert_eq!(site.get("/me", &others).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_form_of_another_site_does_nothing() {
    let site = Site::open().await;
    let card = cards()[0].clone();
    let session = site.log_in(&card).await;
    let forms: [(&str, &[(&str, &str)]); 6] = [
        ("/login", &[("card", &card), ("pin", PIN)]),
        ("/login/token", &[]),
        ("/logout", &[]),
        ("/logout-everywhere", &[]),
        ("/v", &[("token", "a.b.c")]),
        ("/staff/login", &[("credential", "pb_x")]),
    ];
    for (address, fields) in forms {
        for from in ["cross-site", "same-site"] {
            let answer = site.send(form(address, fields, &session, from)).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{address}");
            assert!(answer.body.contains("cross_site/") && !answer.headers.contains_key(header::SET_COOKIE));
        }
        // Nor does one that does not say where it comes from.
        let mut silent = form(address, fields, &session, "");
        silent.headers_mut().remove("sec-fetch-site");
        assert_eq!(site.send(silent).await.status, StatusCode::FORBIDDEN, "{address}");
    }
    assert_eq!(site.get("/me", &session).await.status, StatusCode::OK);
}

/// What was logged.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_pin_token_name_or_card_number_reaches_a_log() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let site = Site::open().await;
    let card = cards()[0].clone();
    site.try_to_log_in(&card, "907214").await;
    let session = site.log_in(&card).await;
    let token = site.credential(Role::Administrator).await.token;
    site.post("/staff/login", &[("credential", &token)], &session).await;
    let session = site.log_in(&card).await;
    for page in VOLUNTEERS_PAGES {
        assert_eq!(site.get(page, &session).await.status, StatusCode::OK);
    }
    site.get(&format!("/me/receipts/{card}"), &session).await;
    site.post("/login/some-login-token", &[], "").await;
    site.send(form("/login", &[("card", &card), ("pin", PIN)], "", "cross-site")).await;
    let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("a page said no"), "{log}");
    let session = session.split_once('=').unwrap().1;
    for secret in ["907214", PIN, session, &token, "some-login-token", "邹兰", &card] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}
