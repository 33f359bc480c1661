//! The service away, slow, wrong; the device revoked; the disk full.

use super::proxy::{Mode, Proxy};
use super::support::{Agent, CARD, Town, connected, text};

#[test]
fn an_order_that_is_lost_on_its_way_is_done_once() {
    let (town, service, proxy, _agent, browser) = connected();
    browser.go_to_check();
    proxy.set(Mode::LoseOrders);
    browser.tap("confirm");
    browser.until("正在再试");
    proxy.until_orders(2);
    assert_eq!(town.count(&service, "redemption"), 0);
    proxy.set(Mode::Pass);
    browser.at("done");
    assert_eq!((proxy.orders().1, town.count(&service, "redemption")), (1, 1));
}

#[test]
fn an_order_whose_answer_is_lost_is_done_once_and_told() {
    let (town, service, proxy, _agent, browser) = connected();
    browser.go_to_check();
    proxy.set(Mode::LoseAnswers);
    browser.tap("confirm");
    let page = browser.at("unconfirmed");
    let reference = text(&page, "reference").to_owned();
    assert_eq!(town.count(&service, "redemption"), 1);
    browser.tap("home");
    proxy.set(Mode::Pass);
    let welcome = browser.until("已换好");
    assert!(welcome.contains(&reference) && !welcome.contains(CARD));
    assert_eq!((proxy.orders().1, town.count(&service, "redemption")), (1, 1));
}

#[test]
fn what_is_not_as_the_api_promises_is_no_outcome() {
    const ANSWERS: [&str; 4] = [
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok",
        "HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}",
        "HTTP/1.1 401 Unauthorized\r\ncontent-type: text/html\r\ncontent-length: 5\r\nconnection: close\r\n\r\nlogin",
        "HTTP/1.1 302 Found\r\nlocation: http://portal.example/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    ];
    let (town, service, proxy, _agent, browser) = connected();
    browser.go_to_check();
    proxy.set(Mode::Answer(ANSWERS[0]));
    browser.tap("confirm");
    for (number, answer) in ANSWERS.into_iter().enumerate() {
        proxy.set(Mode::Answer(answer));
        let sent = proxy.orders().0;
        proxy.until_orders(sent + 1);
        let page = browser.page();
        assert!(page.contains("data-screen=\"working\"") || page.contains("data-screen=\"unconfirmed\""), "{number}");
    }
    proxy.set(Mode::Pass);
    browser.at("done");
    assert_eq!((proxy.orders().1, town.count(&service, "redemption")), (1, 1));
}

#[test]
fn the_agent_starts_with_the_service_away_and_says_when_it_tries_again() {
    let town = Town::new();
    let proxy = Proxy::new("http://127.0.0.1:1");
    proxy.set(Mode::Away);
    let agent = Agent::start(&town, &proxy.url);
    let browser = agent.browser();
    let page = browser.until("暂时不能兑换");
    assert!(page.contains("每 1 秒自动再试一次"));
    browser.scan(CARD);
    browser.at("unable");
    let service = town.serve();
    proxy.target(&service.url);
    proxy.set(Mode::Pass);
    browser.at("pin");
}

#[test]
fn a_revoked_device_says_so_and_stops() {
    let (town, service, proxy, _agent, browser) = connected();
    browser.go_to_check();
    let credential = town.device.strip_prefix("pb_").unwrap().split('_').next().unwrap();
    town.run(&["credential", "revoke", credential], "");
    let page = browser.at("revoked");
    assert!(page.contains("已停用") && page.contains("K60"));
    browser.scan(CARD);
    browser.at("revoked");
    browser.tap("help");
    browser.tap("desk");
    browser.tap("again");
    assert!(browser.at("desk").contains("本机已停用"));
    assert_eq!((proxy.orders().0, town.count(&service, "redemption")), (0, 0));
}

/// Noticed before anybody has shown a card.
#[test]
fn a_token_that_is_not_this_station_s_device_s_is_told_at_once() {
    let mut town = Town::new();
    let service = town.serve();
    let elsewhere = town.run(&["credential", "add", "--role", "device", "--station", "S02"], "");
    for (token, said) in [
        (elsewhere, r#"the role \"device\" at the station \"S02\""#),
        (town.teller.clone(), r#"the role \"teller\" at the station \"S01\""#),
        (town.administrator.clone(), r#"the role \"administrator\","#),
    ] {
        town.device = token;
        let agent = Agent::start(&town, &service.url);
        let browser = agent.browser();
        let page = browser.until("K61");
        assert!(page.contains("机器没有按本驿站设置好") && page.contains("请找工作人员"), "{page}");
        browser.scan(CARD);
        browser.at("unable");
        // Its words stand in JSON, and quote.
        assert!(agent.log().replace(r"\\", "").contains(said), "{said}: {}", agent.log());
        agent.stop();
    }
}

#[test]
fn with_a_full_disk_nothing_is_sent() {
    let town = Town::new();
    let service = town.serve();
    let proxy = Proxy::new(&service.url);
    // The files are there already when the disk fills up.
    let agent = Agent::start(&town, &proxy.url);
    agent.browser().until("已连接");
    agent.stop();
    let agent = Agent::start_cramped(&town, &proxy.url, 8);
    let browser = agent.browser();
    let page = browser.until("暂时不能兑换");
    assert!(page.contains("K50"));
    browser.scan(CARD);
    assert!(browser.at("unable").contains("机器存不了记录"));
    agent.kill();
    let agent = Agent::start(&town, &proxy.url);
    let browser = agent.browser();
    browser.go_to_check();
    assert_eq!(proxy.orders().0, 0);
    browser.tap("confirm");
    browser.at("done");
    assert_eq!(town.count(&service, "redemption"), 1);
}

#[test]
fn a_second_agent_on_the_same_outbox_serves_nobody() {
    let (town, _service, proxy, _agent, browser) = connected();
    browser.until("已连接");
    let second = Agent::start(&town, &proxy.url);
    assert!(second.browser().until("暂时不能兑换").contains("K50"));
}

#[test]
fn what_an_outbox_holds_is_taken_over_once_however_often_it_was_asked_for() {
    let (town, service, proxy, first, browser) = connected();
    browser.go_to_check();
    proxy.set(Mode::LoseAnswers);
    browser.tap("confirm");
    browser.until("正在再试");
    let second = Agent::start(&town, &proxy.url);
    let browser = second.browser();
    browser.until("K50");
    browser.scan(CARD);
    browser.at("unable");
    (0..8).for_each(|_| browser.tap("again"));
    first.kill();
    let sent = proxy.orders().0;
    proxy.set(Mode::Pass);
    browser.until("已连接");
    browser.tap("home");
    browser.until("已换好");
    // All that was asked for has come by then.
    std::thread::sleep(std::time::Duration::from_secs(3));
    assert_eq!((proxy.orders().0 - sent, town.count(&service, "redemption")), (1, 1));
    assert_eq!(browser.page().matches("已换好").count(), 1);
}

#[test]
fn an_outbox_that_is_moved_away_stops_the_kiosk_until_it_is_back() {
    let (town, service, proxy, agent, browser) = connected();
    browser.go_to_check();
    let (file, elsewhere) = (town.path("kiosk/outbox.db"), town.path("elsewhere"));
    std::fs::rename(&file, &elsewhere).unwrap();
    browser.tap("confirm");
    let page = browser.at("unable");
    assert!(page.contains("K51") && page.contains("机器的记录不见了"), "{page}");
    browser.tap("home");
    assert!(browser.at("welcome").contains("K51"));
    assert!(agent.log().contains("outbox's file is gone"));
    assert_eq!((proxy.orders().0, town.count(&service, "redemption")), (0, 0));
    std::fs::rename(&elsewhere, &file).unwrap();
    browser.until("请扫积分卡");
    browser.go_to_check();
    // Nobody has to press anything: the kiosk looks by itself.
    std::fs::rename(&file, &elsewhere).unwrap();
    browser.tap("home");
    browser.until("K51");
    agent.kill();

    // A start misses it as well, and makes no new one.
    let agent = Agent::start(&town, &proxy.url);
    assert!(agent.browser().until("暂时不能兑换").contains("K51"));
    assert!(!file.exists());
    std::fs::rename(&elsewhere, &file).unwrap();
    let browser = agent.browser();
    browser.until("请扫积分卡");
    browser.go_to_check();
    browser.tap("confirm");
    browser.at("done");
    assert_eq!(town.count(&service, "redemption"), 1);
}
