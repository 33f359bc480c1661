//! Visits as they should go.

use super::paper::{code_on, verified};
use super::proxy::{Mode, Proxy};
use super::support::{Agent, CARD, PIN, Town, connected, station, text};

#[test]
fn an_elder_redeems_and_takes_it_back_and_nothing_of_them_is_left() {
    let (town, service, agent, browser) = station();
    browser.go_to_check();
    browser.tap("confirm");
    let done = browser.at("done");
    let number = text(&done, "receipt-number").to_owned();
    assert!(done.contains("5,184 分") && done.contains("<svg"), "{done}");
    assert_eq!(town.count(&service, "redemption"), 1);
    browser.tap("undo");
    browser.tap("confirm");
    let undone = browser.at("undone");
    assert_ne!(text(&undone, "receipt-number"), number);
    assert_eq!(town.count(&service, "reversal"), 1);
    browser.tap("finish");
    browser.at("welcome");

    // Neither in the outbox nor in the log.
    let log = agent.log();
    agent.stop();
    let mut kept = Vec::new();
    for file in std::fs::read_dir(town.path("kiosk")).unwrap() {
        kept.extend(std::fs::read(file.unwrap().path()).unwrap());
    }
    let has = |text: &str| kept.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(has(&number), "id, number, status and time are kept");
    for trace in [CARD, PIN, "林", town.device.as_str()] {
        assert!(!has(trace) && !log.contains(trace), "{trace}");
    }
    assert!(log.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()), "{log}");
}

#[test]
fn two_presses_on_one_page_make_one_redemption() {
    let (town, service, proxy, _agent, browser) = connected();
    browser.go_to_check();
    let revision = super::support::value(&browser.page(), "revision").to_owned();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| browser.press(&revision, "confirm"));
        }
    });
    browser.at("done");
    browser.press(&revision, "confirm");
    assert_eq!(proxy.orders(), (1, 1));
    assert_eq!(town.count(&service, "redemption"), 1);
}

#[test]
fn a_member_of_staff_vouches_and_reverses_a_receipt_later() {
    let (town, service, _agent, browser) = station();
    browser.go_to_check_with(&town.teller);
    browser.tap("confirm");
    let number = text(&browser.at("done"), "receipt-number").to_owned();
    browser.tap("home");
    browser.scan(&town.teller);
    browser.until("id=\"staff\"");
    browser.tap("find-receipt");
    browser.digits(number.rsplit('-').next().unwrap().trim_start_matches('0'));
    browser.tap("submit");
    assert!(browser.at("found").contains("有效"));
    browser.tap("undo");
    assert!(browser.at("reverse-check").contains("退回"));
    assert_eq!(town.count(&service, "reversal"), 0, "it is asked first");
    browser.tap("confirm");
    browser.at("undone");
    assert_eq!((town.count(&service, "redemption"), town.count(&service, "reversal")), (1, 1));
    browser.tap("home");
    browser.scan(&town.teller);
    browser.until("id=\"staff\"");
    browser.scan(&number);
    assert!(browser.at("found").contains("已撤销"));
}

#[test]
fn a_wrong_pin_lets_nobody_in() {
    let (_town, _service, _agent, browser) = station();
    browser.until("已连接");
    browser.scan(CARD);
    for _ in 0..5 {
        browser.digits("111222");
        browser.tap("submit");
        assert!(browser.until("id=\"error\"").contains("K10"));
    }
    browser.digits(PIN);
    browser.tap("submit");
    assert!(browser.until("K11").contains("秒"));
}

#[test]
fn the_redemption_of_what_was_had_this_month_is_refused_in_words() {
    let (town, _service, _agent, browser) = station();
    browser.go_to_check();
    // At the counter, meanwhile.
    town.run(&["redeem", "--card", CARD, "--station", "S01", "--item", "G01=4"], "");
    browser.tap("confirm");
    let page = browser.at("refused");
    assert!(page.contains("每月最多换") && page.contains("K31") && page.contains("积分没有动"));
    browser.tap("again");
    browser.at("shelf");
}

#[test]
fn the_shelf_says_what_was_had_enough_of_this_month() {
    let town = Town::new();
    let service = town.serve();
    town.run(&["redeem", "--card", CARD, "--station", "S01", "--item", "G01=4"], "");
    let agent = Agent::start(&town, &service.url);
    let browser = agent.browser();
    browser.until("已连接");
    browser.scan(CARD);
    browser.at("pin");
    browser.digits(PIN);
    browser.tap("submit");
    browser.at("shelf");
    while !browser.page().contains("id=\"not-G01\"") {
        browser.tap("next-page");
    }
    assert!(browser.page().contains("本月已换满"));
}

#[test]
fn a_receipt_is_printed_with_its_code_and_a_copy_is_another_picture() {
    let town = Town::new();
    let service = town.serve();
    let paper = town.path("paper");
    let printer = format!("file:{}", paper.display());
    let agent = Agent::start_with(&town, &service.url, &["--printer", &printer]);
    let browser = agent.browser();
    browser.go_to_check();
    browser.tap("confirm");
    browser.until("回执已打印");
    let first = std::fs::read(&paper).unwrap();
    let receipt = verified(&town, &code_on(&first));
    assert_eq!((&receipt["stn"], &receipt["pts"]), (&"S01".into(), &30.into()));
    assert_eq!(receipt["rno"], text(&browser.page(), "receipt-number"));
    browser.tap("print-again");
    browser.until("value=\"print-again\"");
    let copy = std::fs::read(&paper).unwrap();
    assert!(first != copy && code_on(&first) == code_on(&copy), "marked, and of the same receipt");
}

#[test]
fn a_slip_has_the_journals_head_and_is_printed_without_it_where_it_does_not_come() {
    let town = Town::new();
    let service = town.serve();
    let proxy = Proxy::new(&service.url);
    let paper = town.path("paper");
    let printer = format!("file:{}", paper.display());
    let agent = Agent::start_with(&town, &proxy.url, &["--printer", &printer]);
    let browser = agent.browser();
    let print = || {
        browser.go_to_check();
        browser.tap("confirm");
        browser.until("回执已打印");
        browser.tap("finish");
        std::fs::read(&paper).unwrap().len()
    };
    let with_head = print();
    assert!(!agent.log().contains("without the journal's head"));
    proxy.set(Mode::HoldBank);
    let without_head = print();
    // The slip has two rows less.
    assert!(with_head > without_head, "{with_head} {without_head}");
    assert!(agent.log().contains("without the journal's head"));
    proxy.set(Mode::Pass);
    assert_eq!(print(), with_head);
}

#[test]
fn a_station_without_chinese_fonts_redeems_and_says_that_it_does_not_print() {
    let town = Town::new();
    let service = town.serve();
    let printer = format!("file:{}", town.path("paper").display());
    let fonts = town.path("no-fonts");
    std::fs::create_dir(&fonts).unwrap();
    let agent = Agent::start_with(&town, &service.url, &["--printer", &printer, "--fonts", fonts.to_str().unwrap()]);
    assert!(agent.log().contains("no receipt is printed") && agent.log().contains("fonts-noto-cjk"));
    let browser = agent.browser();
    browser.go_to_check();
    browser.tap("confirm");
    assert!(!browser.at("done").contains("value=\"print-again\""));
    assert_eq!((town.count(&service, "redemption"), town.path("paper").exists()), (1, false));
}

#[test]
fn a_printer_that_is_not_there_undoes_nothing() {
    let town = Town::new();
    let service = town.serve();
    let printer = format!("device:{}", town.path("nothing").display());
    let agent = Agent::start_with(&town, &service.url, &["--printer", &printer]);
    let browser = agent.browser();
    browser.go_to_check();
    browser.tap("confirm");
    let page = browser.until("回执没有打出来。兑换已经办好");
    assert!(page.contains("data-screen=\"done\"") && page.contains("<svg"));
    assert_eq!(town.count(&service, "redemption"), 1);
}

#[test]
fn a_member_of_staff_who_is_revoked_meanwhile_vouches_no_more() {
    let (town, service, _agent, browser) = station();
    browser.go_to_check_with(&town.teller);
    town.run(&["credential", "revoke", &town.teller], "");
    browser.tap("confirm");
    let page = browser.at("refused");
    assert!(page.contains("K15") && page.contains("请再扫一次卡") && !page.contains("林"), "{page}");
    assert_eq!(town.count(&service, "redemption"), 0);
    // With the PIN, they do it themselves.
    browser.tap("home");
    browser.go_to_check();
    browser.tap("confirm");
    browser.at("done");
}
