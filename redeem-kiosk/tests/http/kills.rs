//! SIGKILL: the service before and after its commit, the agent between sending and the answer. One redemption or none,
//! and somebody is told which.

use super::proxy::{Mode, Proxy};
use super::support::{Agent, CARD, PIN, Town, connected, text};

#[test]
fn a_service_that_is_killed_before_its_commit_does_it_once_after_its_start() {
    let (town, service, proxy, _agent, browser) = connected();
    browser.go_to_check();
    proxy.set(Mode::LoseOrders);
    browser.tap("confirm");
    proxy.until_orders(1);
    drop(service);
    browser.until("正在再试");
    let service = town.serve();
    proxy.target(&service.url);
    proxy.set(Mode::Pass);
    browser.at("done");
    assert_eq!((proxy.orders().1, town.count(&service, "redemption")), (1, 1));
}

#[test]
fn a_service_that_is_killed_after_its_commit_gives_the_same_receipt_after_its_start() {
    let (town, service, proxy, _agent, browser) = connected();
    browser.go_to_check();
    proxy.set(Mode::LoseAnswers);
    browser.tap("confirm");
    town.until_count(&service, "redemption", 1);
    drop(service);
    let service = town.serve();
    proxy.target(&service.url);
    proxy.set(Mode::Pass);
    browser.at("done");
    assert_eq!((proxy.orders().1, town.count(&service, "redemption")), (1, 1));
}

#[test]
fn an_agent_that_is_killed_before_the_answer_settles_it_at_its_start_and_tells() {
    let town = Town::new();
    let service = town.serve();
    for (mode, count) in [(Mode::LoseOrders, 0), (Mode::HoldAnswers, 1)] {
        let proxy = Proxy::new(&service.url);
        let agent = Agent::start(&town, &proxy.url);
        let browser = agent.browser();
        let before = town.count(&service, "redemption");
        browser.go_to_check();
        proxy.set(mode);
        browser.tap("confirm");
        proxy.until_orders(1);
        town.until_count(&service, "redemption", before + count);
        agent.kill();
        proxy.set(Mode::Pass);
        let agent = Agent::start(&town, &proxy.url);
        let browser = agent.browser();
        let page = browser.until("已换好");
        assert!(page.contains("回执 <span class=\"whole\">S01-26-") && !page.contains(CARD));
        assert_eq!((proxy.orders().1, town.count(&service, "redemption")), (1, before + 1));
        // Told once, and then no more.
        browser.scan(&town.teller);
        browser.until("id=\"staff\"");
        browser.tap("dismiss");
        browser.tap("home");
        assert!(!browser.at("welcome").contains("已换好"));
        agent.stop();
    }
}

#[test]
fn an_agent_that_is_killed_as_soon_as_it_shows_an_outcome_tells_it_again() {
    let (town, service, proxy, agent, browser) = connected();
    browser.go_to_check();
    browser.tap("confirm");
    browser.at("done");
    agent.kill();
    let agent = Agent::start(&town, &proxy.url);
    assert!(agent.browser().until("已换好").contains(">S01-26-000001<"));
    assert_eq!((proxy.orders().1, town.count(&service, "redemption")), (1, 1));
}

#[test]
fn whoever_is_back_before_it_is_settled_sees_their_own_outcome() {
    let (town, service, proxy, agent, browser) = connected();
    browser.go_to_check();
    proxy.set(Mode::LoseOrders);
    browser.tap("confirm");
    proxy.until_orders(1);
    agent.kill();
    let agent = Agent::start(&town, &proxy.url);
    let browser = agent.browser();
    browser.until("已连接");
    assert!(browser.page().contains("1 笔待确认"));
    browser.scan(CARD);
    browser.at("pin");
    browser.digits(PIN);
    browser.tap("submit");
    browser.at("unconfirmed");
    proxy.set(Mode::Pass);
    let page = browser.at("done");
    assert_eq!(text(&page, "receipt-number"), "S01-26-000001");
    assert_eq!((proxy.orders().1, town.count(&service, "redemption")), (1, 1));
}

#[test]
fn a_device_with_a_new_credential_does_not_send_what_the_former_one_may_have_sent() {
    let (mut town, service, proxy, agent, browser) = connected();
    browser.go_to_check();
    proxy.set(Mode::LoseAnswers);
    browser.tap("confirm");
    proxy.until_orders(1);
    agent.kill();
    // What the agent sent last may still be on its way.
    proxy.until_quiet();
    town.until_count(&service, "redemption", 1);
    proxy.set(Mode::Pass);
    let sent = proxy.orders().0;
    town.device = town.run(&["credential", "add", "--role", "device", "--station", "S01"], "");
    let agent = Agent::start(&town, &proxy.url);
    let browser = agent.browser();
    browser.until("已连接");
    browser.tap("help");
    browser.tap("desk");
    browser.at("desk");
    browser.until("请人工核对");
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert_eq!((proxy.orders().0, town.count(&service, "redemption")), (sent, 1));
}

/// Whatever the visit's end: what the bank has done is told, and what it has not done is never done.
#[test]
fn an_order_that_is_sent_again_after_its_visit_has_the_outcome_that_it_had() {
    let town = Town::new();
    let service = town.serve();
    for (mode, count) in [(Mode::LoseAnswers, 1), (Mode::LoseOrders, 0)] {
        let proxy = Proxy::new(&service.url);
        let agent = Agent::start(&town, &proxy.url);
        let browser = agent.browser();
        let before = town.count(&service, "redemption");
        browser.go_to_check();
        proxy.set(mode);
        browser.tap("confirm");
        proxy.until_orders(1);
        town.until_count(&service, "redemption", before + count);
        agent.kill();
        proxy.until_quiet();
        town.end_visits();
        proxy.set(Mode::Pass);
        let agent = Agent::start(&town, &proxy.url);
        let told = if count == 1 { "已换好" } else { "没有换成，积分没有动" };
        agent.browser().until(told);
        assert_eq!((proxy.orders().1, town.count(&service, "redemption")), (1, before + count));
        agent.stop();
    }
}
