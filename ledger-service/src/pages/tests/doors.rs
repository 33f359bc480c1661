//! Logging in and out.

use std::io::Write;
use std::sync::{Arc, Mutex};

use bank_tests::spellings::{NOT_DIGITS, of_digits};
use baoyulan_ledger::command::{SetCardState, SetPin};
use baoyulan_ledger::people::{CardNumber, CardState};

use super::*;
use crate::auth::Caller;
use crate::auth::credential::credential_of;
use crate::auth::pin::Asker;
use crate::auth::visit;
use crate::routes::checks::vouched_for;

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
async fn a_pepper_of_an_earlier_version_is_completed_once_a_pin_was_right_with_it() {
    let site = Site::open().await;
    let file = site.bank.key_folder().join(format!("{}.pin-pepper", site.ledger().bank().bank_id));
    let whole = std::fs::read_to_string(&file).unwrap();
    let earlier = format!("{}\n", whole.split(' ').next().unwrap());
    std::fs::write(&file, &earlier).unwrap();
    site.try_to_log_in(&cards()[0], "482914").await;
    assert_eq!(std::fs::read_to_string(&file).unwrap(), earlier, "a wrong PIN proves nothing");
    site.log_in(&cards()[0]).await;
    assert_eq!(std::fs::read_to_string(&file).unwrap(), whole);
    site.log_in(&cards()[0]).await;
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
async fn who_guesses_on_the_web_keeps_nobody_from_a_station() {
    let site = Site::open().await;
    let card = &cards()[0];
    for _ in 0..5 {
        site.try_to_log_in(card, "000001").await;
    }
    assert_eq!(site.try_to_log_in(card, PIN).await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(site.check_at_station(card, PIN).await, StatusCode::OK);
    // Nor does a right PIN there give the guesser five more.
    assert_eq!(site.try_to_log_in(card, PIN).await.status, StatusCode::TOO_MANY_REQUESTS);
    let other = &cards()[1];
    for _ in 0..5 {
        assert_eq!(site.check_at_station(other, "000001").await, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(site.check_at_station(other, PIN).await, StatusCode::TOO_MANY_REQUESTS);
    site.log_in(other).await;
}

#[tokio::test]
async fn a_clock_that_was_ahead_locks_no_card_for_longer_than_any_wait() {
    let site = Site::open().await;
    // A record by that clock would keep the bank at its time.
    let token = site.credential(Role::Device).await.token;
    let (card, noon) = (&cards()[0], bank_tests::bank::NOON);
    site.bank.set_now(noon + 365 * 24 * 3600);
    for _ in 0..5 {
        assert_eq!(site.check_with(&token, card, "000001").await, StatusCode::UNPROCESSABLE_ENTITY);
    }
    site.bank.set_now(noon);
    assert_eq!(site.check_with(&token, card, PIN).await, StatusCode::TOO_MANY_REQUESTS);
    site.bank.set_now(noon + 29);
    assert_eq!(site.check_with(&token, card, PIN).await, StatusCode::TOO_MANY_REQUESTS);
    site.bank.set_now(noon + 30);
    assert_eq!(site.check_with(&token, card, PIN).await, StatusCode::OK);
}

#[tokio::test]
async fn a_hall_of_people_logs_in_from_one_address_and_a_guesser_there_is_slowed() {
    let site = Site::open_with(&["--guesses-per-minute-max", "3"]).await;
    let [first, second, third, fourth, fifth, ..] = cards();
    for person in 0..12 {
        let card = if person % 2 == 0 { &first } else { &second };
        if person % 6 == 0 {
            assert_eq!(site.try_to_log_in(card, "482914").await.status, StatusCode::UNAUTHORIZED);
        }
        site.log_in(card).await;
    }
    let mut answers = Vec::new();
    for card in [&third, &fourth, &fifth, &first, &second].iter().cycle().take(40) {
        answers.push(site.try_to_log_in(card, "739264").await);
        if answers.last().unwrap().status != StatusCode::UNAUTHORIZED {
            break;
        }
    }
    let slowed = answers.last().unwrap();
    assert_eq!(slowed.status, StatusCode::TOO_MANY_REQUESTS, "{}", slowed.body);
    assert!((1..=21).contains(&slowed.header(header::RETRY_AFTER).parse::<u32>().unwrap()));
    assert!(slowed.body.contains("too_many_requests"), "it is not the card that waits");
    // Even a right guess gets no answer now, unless it is somebody's who has logged in from there before.
    assert_eq!(site.try_to_log_in(&third, PIN).await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(site.check_at_station(&first, PIN).await, StatusCode::OK);
    assert_eq!(site.try_to_log_in(&first, "739264").await.status, StatusCode::TOO_MANY_REQUESTS);
    site.log_in(&first).await;
}

#[tokio::test]
async fn who_guesses_over_many_cards_from_everywhere_slows_the_web_but_no_station_and_no_known_household() {
    let flags = ["--web-misses-per-minute-max", "3", "--trusted-proxies", "0.0.0.0"];
    let site = Site::open_with(&flags).await;
    let [first, second, third, ..] = cards();
    let home = "2001:db8:0:7::1";
    site.try_from(home, &first, PIN).await.goes_to("/me?new");
    for (address, card) in [("192.0.2.1", &first), ("192.0.2.2", &second), ("192.0.2.3", &third)] {
        assert_eq!(site.try_from(address, card, "739264").await.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(site.try_from("192.0.2.4", &second, PIN).await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(site.check_at_station(&second, PIN).await, StatusCode::OK);
    site.try_from("2001:db8:0:7::2", &second, PIN).await.goes_to("/me?new");
}

/// Card numbers that nobody has, whose check digits are right.
fn nobodys_cards() -> impl Iterator<Item = String> {
    (99_999_900..).map(|number| CardNumber::of_member_number(number).unwrap().to_string())
}

#[tokio::test]
async fn one_address_that_guesses_without_a_pause_keeps_nobody_else_from_the_web() {
    let site = Site::open_with(&["--web-misses-per-minute-max", "8", "--trusted-proxies", "0.0.0.0"]).await;
    let guesser = "192.0.2.200";
    for _ in 0..10 {
        assert_eq!(site.try_from(guesser, "1", "1").await.status, StatusCode::UNAUTHORIZED);
    }
    let mut tried = 0;
    for card in nobodys_cards().take(40) {
        if site.try_from(guesser, &card, "739264").await.status != StatusCode::UNAUTHORIZED {
            break;
        }
        tried += 1;
    }
    assert!((6..40).contains(&tried), "{tried}");
    for honest in 1..=12 {
        site.try_from(&format!("192.0.2.{honest}"), &cards()[0], PIN).await.goes_to("/me?new");
    }
}

#[tokio::test]
async fn what_guesses_nobodys_pin_keeps_no_neighbour_from_logging_in() {
    let site = Site::open_with(&["--guesses-per-minute-max", "5"]).await;
    let [first, second, ..] = cards();
    let until_too_many = async |card: &str| {
        for _ in 0..20 {
            if site.try_to_log_in(card, "739264").await.body.contains("too_many_requests") {
                return;
            }
        }
        panic!("{card}: nobody is slowed");
    };
    until_too_many("12345").await;
    site.log_in(&first).await;
    // A card that has to wait is asked for again and again.
    for _ in 0..5 {
        site.try_to_log_in(&second, "739264").await;
    }
    until_too_many(&second).await;
    site.log_in(&first).await;
    let token = [("credential", "pb_t1_0123456789abcdef")];
    while site.post("/staff/login", &token, "").await.status != StatusCode::TOO_MANY_REQUESTS {}
    site.log_in(&first).await;
}

#[tokio::test]
async fn a_number_with_wrong_check_digits_keeps_nobody_waiting_and_waits_for_nobody() {
    let site = Site::open().await;
    let device = site.credential(Role::Device).await;
    let mut ahead = tokio::task::JoinSet::new();
    for _ in 0..24 {
        let app = site.app.clone();
        ahead.spawn(async move { pin::verifier(app.ledger().unwrap(), PIN.to_owned()).await.unwrap() });
    }
    tokio::task::yield_now().await;
    for card in ["1000157593", "1", ""] {
        assert_eq!(site.check_with(&device.token, card, PIN).await, StatusCode::UNPROCESSABLE_ENTITY);
    }
    while ahead.try_join_next().is_some() {}
    assert!(!ahead.is_empty(), "the hashes that were asked for before are not done yet");
    ahead.join_all().await;
}

#[tokio::test]
async fn a_right_pin_does_not_count_as_wrong_if_its_caller_hangs_up() {
    let site = Site::open_with(&["--guesses-per-minute-max", "3", "--web-misses-per-minute-max", "3"]).await;
    let card = &cards()[0];
    for milliseconds in (0..60).step_by(4) {
        let patience = std::time::Duration::from_millis(milliseconds);
        let _ = tokio::time::timeout(patience, site.try_to_log_in(card, PIN)).await;
    }
    site.log_in(card).await;
}

#[tokio::test]
async fn a_card_of_ones_own_opens_the_web_for_few_addresses_and_few_misses() {
    let site = Site::open_with(&["--web-misses-per-minute-max", "1", "--trusted-proxies", "0.0.0.0"]).await;
    let [first, second, ..] = cards();
    for address in 1..=5 {
        site.try_from(&format!("192.0.2.{address}"), &first, PIN).await.goes_to("/me?new");
    }
    assert_eq!(site.try_from("192.0.2.200", &second, "739264").await.status, StatusCode::UNAUTHORIZED);
    let statuses = async |address: &str| site.try_from(address, &second, PIN).await.status;
    assert_eq!(
        statuses("192.0.2.1").await,
        StatusCode::TOO_MANY_REQUESTS,
        "the fifth address takes the first one's place"
    );
    let mut guesses = nobodys_cards();
    for address in [2, 3, 4, 5, 2, 3, 4, 5, 2, 3] {
        let answer = site.try_from(&format!("192.0.2.{address}"), &guesses.next().unwrap(), "739264").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{address}");
    }
    assert_eq!(statuses("192.0.2.4").await, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_blocked_card_does_not_tell_its_pin() {
    let site = Site::open().await;
    let card = &cards()[1];
    let block = baoyulan_ledger::command::SetCardState { card: card.clone(), state: CardState::Blocked };
    post_all(site.ledger(), [Command::SetCardState(block)]).await;
    for _ in 0..5 {
        assert_eq!(site.try_to_log_in(card, PIN).await.status, StatusCode::UNAUTHORIZED);
    }
    // As after five wrong ones.
    let waits = site.try_to_log_in(card, PIN).await;
    assert_eq!(waits.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(waits.body.contains("login_wait"), "{}", waits.body);
}

#[tokio::test]
async fn a_station_that_guesses_on_waits_and_the_others_do_not() {
    let site = Site::open().await;
    let [flooding, quiet] = [site.credential(Role::Device).await, site.credential(Role::Device).await];
    let card = &cards()[0];
    // Sixty that are wrong and sixty that are right: the right ones do not count.
    for _ in 0..60 {
        let right = site.app.limits().try_pin_at_station(&quiet.code).unwrap();
        site.app.limits().pin_was_right(right);
        let _wrong = site.app.limits().try_pin_at_station(&flooding.code).unwrap();
    }
    for (card, pin) in [(card.as_str(), PIN), (card, "739264"), ("1", "1")] {
        assert_eq!(site.check_with(&flooding.token, card, pin).await, StatusCode::TOO_MANY_REQUESTS, "{card}");
    }
    assert_eq!(site.check_with(&quiet.token, card, PIN).await, StatusCode::OK);
}

#[tokio::test]
async fn who_looks_up_receipts_by_number_keeps_no_neighbour_from_logging_in() {
    let site = Site::open_with(&["--guesses-per-minute-max", "2"]).await;
    let look_up = async || site.post("/v", &[("receipt", "S01-26-000001")], "").await.status;
    while look_up().await == StatusCode::OK {}
    assert_eq!(look_up().await, StatusCode::TOO_MANY_REQUESTS);
    site.log_in(&cards()[0]).await;
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
async fn visits_keep_a_session_open_but_not_for_ever() {
    let site = Site::open_with(&["--session-hours-max", "2"]).await;
    let (session, token) = (site.log_in(&cards()[0]).await, site.credential(Role::Administrator).await.token);
    let staff = site.post("/staff/login", &[("credential", &token)], "").await.cookie();
    for minutes in [29, 58, 87, 116, 119] {
        site.bank.set_now(bank_tests::bank::NOON + minutes * 60);
        assert_eq!(site.get("/me", &session).await.status, StatusCode::OK, "{minutes}");
        assert_eq!(site.get("/staff/imports", &staff).await.status, StatusCode::OK, "{minutes}");
    }
    site.bank.set_now(bank_tests::bank::NOON + 120 * 60);
    site.get("/me", &session).await.goes_to("/login?why=over");
    site.get("/staff/imports", &staff).await.goes_to("/staff/login");
}

#[tokio::test]
async fn a_session_of_the_future_is_none() {
    let site = Site::open().await;
    let [slightly, far] = [60, 61];
    site.bank.set_now(bank_tests::bank::NOON + slightly);
    let of_another_machine = site.log_in(&cards()[0]).await;
    site.bank.set_now(bank_tests::bank::NOON + far);
    let session = site.log_in(&cards()[1]).await;
    site.bank.set_now(bank_tests::bank::NOON);
    assert_eq!(site.get("/me", &of_another_machine).await.status, StatusCode::OK);
    site.get("/me", &session).await.goes_to("/login?why=over");
}

#[tokio::test]
async fn a_new_pin_or_a_blocked_card_logs_out_everywhere() {
    let site = Site::open().await;
    let [first, second, ..] = cards();
    let neighbour = site.log_in(&second).await;
    let others = [site.log_in(&first).await, site.enter_by_link(&first).await];
    site.set_pin(&first, PIN).await;
    for session in &others {
        site.get("/me", session).await.goes_to("/login?why=over");
    }
    let session = site.log_in(&first).await;
    let state = CardState::Blocked;
    let block = baoyulan_ledger::command::SetCardState { card: first.clone(), state };
    post_all(site.ledger(), [Command::SetCardState(block)]).await;
    site.get("/me", &session).await.goes_to("/login?why=over");
    assert_eq!(site.get("/me", &neighbour).await.status, StatusCode::OK);
}

/// Whoever waits for their turn may be overtaken by the counter.
#[tokio::test]
async fn a_visit_is_over_from_the_start_if_the_pin_or_the_card_has_changed_since_the_check() {
    let site = Site::open().await;
    let card = &cards()[0];
    let device = site.credential(Role::Device).await;
    let caller = Caller::from(credential_of(&site.app, &device.token).await.unwrap());
    let state = |state| Command::SetCardState(SetCardState { card: card.clone(), state });
    let verifier = pin::verifier(site.ledger(), PIN.to_owned()).await.unwrap();
    let same_pin = Command::SetPin(SetPin { card: card.clone(), verifier });
    let attendant = Caller::from(credential_of(&site.app, &site.credential(Role::Teller).await.token).await.unwrap());
    for changes in [vec![], vec![same_pin], vec![state(CardState::Blocked), state(CardState::Active)]] {
        let by_pin = pin::check(&site.app, card, PIN, Asker::Station(&device.code)).await.unwrap().unwrap();
        let (vouched, _) = vouched_for(site.ledger(), card).await.unwrap();
        assert_eq!(by_pin, vouched);
        let expected = if changes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        post_all(site.ledger(), changes).await;
        for (entrant, attendant) in [(by_pin, None), (vouched, Some(&attendant))] {
            let token = visit::begin(&site.app, &caller, Some(entrant), attendant).await.unwrap().unwrap();
            let request = Request::get("/v1/visit")
                .header(header::AUTHORIZATION, format!("Bearer {}", device.token))
                .header("visit-token", token);
            assert_eq!(site.send(request.body(Body::empty()).unwrap()).await.status, expected);
        }
    }
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
    let card = baoyulan_ledger::people::CardNumber::parse(&cards()[0]).unwrap();
    let member = site.ledger().volunteer_account(card).await.unwrap().unwrap().member;
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
async fn a_link_is_read_with_what_a_messenger_has_put_behind_it() {
    let site = Site::open().await;
    let card = baoyulan_ledger::people::CardNumber::parse(&cards()[0]).unwrap();
    let member = site.ledger().volunteer_account(card).await.unwrap().unwrap().member;
    let (token, now) = (format!("{}-_", "k".repeat(41)), site.ledger().now());
    for behind in [".", "%E3%80%82", "%EF%BC%8E", "%EF%BC%89%E3%80%82", ",", "%3E", "%20.%0A"] {
        site.ledger().access().add_login_link(token_hash(&token), member, now, now + 900).await.unwrap();
        site.post(&format!("/login/{token}{behind}"), &[], "").await.goes_to("/me?new");
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
