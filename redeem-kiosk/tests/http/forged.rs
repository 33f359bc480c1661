//! Somebody answers in the service's place, with receipts that the bank's own key has signed.

use baoyulan_ledger::proof::{Receipt, SigningKey};
use serde_json::Value;

use super::proxy::Proxy;
use super::support::{Agent, Browser, Service, Town, text};

/// A station whose agent's clock can be put forward.
fn station() -> (Town, Service, Proxy, Agent, Browser) {
    let town = Town::new();
    let service = town.serve();
    let proxy = Proxy::new(&service.url);
    let agent = start(&town, &proxy);
    let browser = agent.browser();
    (town, service, proxy, agent, browser)
}

fn start(town: &Town, proxy: &Proxy) -> Agent {
    let clock = town.path("clock");
    Agent::start_with(town, &proxy.url, &["--clock-file", clock.to_str().unwrap()])
}

/// The same answer with another receipt in it, signed anew.
fn rewritten(body: &str, key: &SigningKey, change: impl Fn(&mut Receipt)) -> String {
    let mut answer: Value = serde_json::from_str(body).unwrap();
    let mut receipt = Receipt::read_unverified(answer["receipt"].as_str().unwrap()).unwrap();
    change(&mut receipt);
    let token = receipt.sign(key);
    answer["receipt_number"] = receipt.number.into();
    answer["receipt_url"] = format!("http://points.example/v#{token}").into();
    answer["receipt"] = token.into();
    answer.to_string()
}

#[test]
fn another_person_s_receipt_is_not_shown_as_success_and_the_right_one_is_when_it_comes() {
    let (town, service, proxy, agent, browser) = station();
    let key = town.signing_key();
    // That the key is the bank's own shows in what passes when nothing is changed.
    proxy.forge(move |body| rewritten(body, &key, |_| ()));
    browser.go_to_check();
    browser.tap("confirm");
    browser.at("done");
    browser.tap("finish");

    let key = town.signing_key();
    proxy.forge(move |body| rewritten(body, &key, |receipt| "0d15ea5e".clone_into(&mut receipt.subject)));
    browser.go_to_check();
    browser.tap("confirm");
    let page = browser.until("K24");
    assert!(page.contains("data-screen=\"unconfirmed\"") && page.contains("请叫工作人员") && !page.contains("S01-26-"));
    let reference = text(&page, "reference").to_owned();
    assert!(agent.log().contains("it is not believed") && !agent.log().contains("0d15ea5e"));
    browser.tap("home");
    assert!(browser.at("welcome").contains(&reference));

    // Nobody stands in between any more: it was done, once, and is told.
    proxy.set(super::proxy::Mode::Pass);
    std::fs::write(town.path("clock"), "31").unwrap();
    assert!(browser.until("已换好").contains(&reference));
    assert_eq!((proxy.orders().1, town.count(&service, "redemption")), (2, 2));
}

#[test]
fn a_doubted_order_is_kept_over_a_kill_and_judged_again() {
    let (town, service, proxy, agent, browser) = station();
    let key = town.signing_key();
    let forger = move |body: &str| {
        rewritten(body, &key, |receipt| {
            "G02".clone_into(&mut receipt.lines[0].sku);
        })
    };
    proxy.forge(forger);
    browser.go_to_check();
    browser.tap("confirm");
    browser.until("K24");
    agent.kill();
    let agent = start(&town, &proxy);
    let browser = agent.browser();
    assert!(browser.until("K24").contains("请叫工作人员"), "also after a start");
    agent.kill();
    proxy.set(super::proxy::Mode::Pass);
    let agent = start(&town, &proxy);
    assert!(agent.browser().until("已换好").contains("S01-26-000001"));
    assert_eq!((proxy.orders().1, town.count(&service, "redemption")), (1, 1));
}

#[test]
fn the_answer_to_an_earlier_order_is_not_believed_again_also_after_a_start() {
    let (town, service, proxy, agent, browser) = station();
    browser.go_to_check();
    browser.tap("confirm");
    browser.at("done");
    browser.tap("finish");
    // Of the same person, of the same soap, and truly signed: only its number has been seen.
    let earlier = proxy.answers()[0].clone();
    agent.stop();
    let agent = start(&town, &proxy);
    let browser = agent.browser();
    proxy.forge(move |_| earlier.clone());
    browser.go_to_check();
    browser.tap("confirm");
    let page = browser.until("K24");
    assert!(!page.contains("S01-26-000001"));
    assert!(agent.log().contains("\"doubt\":\"Older\""), "{}", agent.log());
    proxy.set(super::proxy::Mode::Pass);
    std::fs::write(town.path("clock"), "31").unwrap();
    assert!(browser.at("done").contains("S01-26-000002"));
    assert_eq!(town.count(&service, "redemption"), 2);
}

/// Whoever stands in between may also have kept from the kiosk that the journal has grown.
#[test]
fn a_receipt_that_was_signed_long_before_its_order_is_not_believed() {
    let (town, service, proxy, agent, browser) = station();
    let key = town.signing_key();
    proxy.forge(move |body| rewritten(body, &key, |receipt| receipt.issued_at -= 3600));
    browser.go_to_check();
    browser.tap("confirm");
    browser.until("K24");
    assert!(agent.log().contains("\"doubt\":\"Older\""), "{}", agent.log());
    proxy.set(super::proxy::Mode::Pass);
    std::fs::write(town.path("clock"), "31").unwrap();
    browser.at("done");
    assert_eq!(town.count(&service, "redemption"), 1);
}

/// Whoever answers in the service's place has no key of the bank's, and lists their own.
#[test]
fn a_receipt_that_another_key_has_signed_is_not_believed_and_the_bank_s_own_is_when_it_comes() {
    let (town, service, proxy, agent, browser) = station();
    browser.go_to_check();
    let own = SigningKey::from_seed(&[0x43; 32]);
    let key = own.public().clone();
    proxy.forge(move |body| {
        rewritten(body, &own, |receipt| {
            receipt.position = 99_999;
            "S01-26-000999".clone_into(&mut receipt.number);
        })
    });
    browser.tap("confirm");
    let page = browser.until("K26");
    assert!(page.contains("data-screen=\"unconfirmed\"") && page.contains("请叫工作人员"), "{page}");
    assert!(!page.contains("S01-26-000999") && agent.log().contains("a key that this kiosk does not know"));
    // Listed as the bank's it is believed no more. Nobody begins then, and nobody's points are taken.
    proxy.key(Some(&key));
    browser.tap("home");
    let page = browser.until("机器认不出银行");
    std::fs::write(town.path("clock"), "31").unwrap();
    proxy.until_orders(2);
    assert!(page.contains("K26") && page.contains("请找工作人员"), "{page}");
    agent.kill();

    // Nor does a start believe it. The bank's own key is still known, and nothing that was forged is remembered.
    let agent = start(&town, &proxy);
    let browser = agent.browser();
    browser.until("机器认不出银行");
    proxy.key(None);
    proxy.set(super::proxy::Mode::Pass);
    std::fs::write(town.path("clock"), "62").unwrap();
    assert!(browser.until("已换好").contains("S01-26-000001"));
    browser.go_to_check();
    browser.tap("confirm");
    assert!(browser.at("done").contains("S01-26-000002"));
    assert_eq!(town.count(&service, "redemption"), 2);
}

#[test]
fn a_bank_s_new_key_is_believed_once_the_operator_has_named_it_and_its_old_one_stays_known() {
    let (town, service, proxy, agent, browser) = station();
    browser.until("已连接");
    agent.stop();
    let key = SigningKey::from_seed(&[0x43; 32]);
    let id = key.public().id().to_owned();
    proxy.key(Some(key.public()));
    proxy.forge(move |body| rewritten(body, &key, |_| ()));
    let agent = start(&town, &proxy);
    agent.browser().until("机器认不出银行");
    assert!(agent.log().contains(&id), "{}", agent.log());
    agent.stop();

    let agent = Agent::start_with(&town, &proxy.url, &["--accept-keys", &format!("AAAAAAAAAAA, {id}")]);
    let browser = agent.browser();
    browser.go_to_check();
    browser.tap("confirm");
    browser.at("done");
    browser.tap("finish");
    agent.stop();

    // Kept: the setting is needed once.
    let agent = start(&town, &proxy);
    let browser = agent.browser();
    browser.go_to_check();
    browser.tap("confirm");
    browser.at("done");
    browser.tap("finish");
    // Old receipts stay good, though the list has them no more.
    proxy.set(super::proxy::Mode::Pass);
    browser.go_to_check();
    browser.tap("confirm");
    browser.at("done");
    assert_eq!(town.count(&service, "redemption"), 3);
}

/// What the bank has done is settled, whatever the address is that it names beside the receipt.
#[test]
fn a_receipt_without_a_good_address_is_shown_without_its_code() {
    let (town, service, proxy, _agent, browser) = station();
    let key = town.signing_key();
    proxy.forge(move |body| rewritten(body, &key, |_| ()).replace("http://points.example", "points.example"));
    browser.go_to_check();
    browser.tap("confirm");
    let page = browser.at("done");
    assert!(page.contains("S01-26-000001") && page.contains("这张回执没有二维码"), "{page}");
    assert_eq!((proxy.orders().1, town.count(&service, "redemption")), (1, 1));
}

#[test]
fn a_clock_that_is_far_ahead_of_the_service_s_makes_no_orders() {
    let town = Town::new();
    let service = town.serve();
    std::fs::write(town.path("clock"), "3600").unwrap();
    let clock = town.path("clock");
    let agent = Agent::start_with(&town, &service.url, &["--clock-file", clock.to_str().unwrap()]);
    let page = agent.browser().until("K25");
    assert!(page.contains("暂时不能兑换") && page.contains("机器的时间不对"), "{page}");
    assert!(page.contains("请找工作人员"), "{page}");
    assert_eq!(town.count(&service, "redemption"), 0);
}

#[test]
fn a_reversal_s_receipt_names_what_it_reverses() {
    let (town, service, proxy, _agent, browser) = station();
    browser.go_to_check();
    browser.tap("confirm");
    browser.at("done");
    let key = town.signing_key();
    proxy.forge(move |body| rewritten(body, &key, |receipt| receipt.reference = Some([7; 32])));
    browser.tap("undo");
    browser.tap("confirm");
    assert!(browser.until("K24").contains("data-screen=\"unconfirmed\""));
    proxy.set(super::proxy::Mode::Pass);
    std::fs::write(town.path("clock"), "31").unwrap();
    browser.at("undone");
    assert_eq!((town.count(&service, "redemption"), town.count(&service, "reversal")), (1, 1));
}
