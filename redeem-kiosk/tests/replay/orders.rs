//! Never twice, never lost: orders, from the press to the outcome.

use page_parts::Language;
use redeem_kiosk::app::answer::{No, Outcome, ReceiptFacts, Trouble};
use redeem_kiosk::app::commands::{Kept, Phase, Settled};
use redeem_kiosk::app::control::Control;
use redeem_kiosk::app::effect::Notice;
use redeem_kiosk::app::model::Link;
use redeem_kiosk::app::order::{Order, reference};
use redeem_kiosk::app::receipt::Seen;
use redeem_kiosk::app::{Effect, Input};

use super::support::{
    CARD, Kiosk, OTHER_CARD, PIN, RECEIPT, id, order, receipt_of, refusal, refused, terms, volunteer,
};

#[test]
fn an_order_is_kept_before_it_is_sent() {
    let mut kiosk = Kiosk::at_check();
    kiosk.tap(Control::Confirm);
    let (id, _) = kiosk.stored();
    assert!(kiosk.sends().is_empty());
    assert!(kiosk.wait(1000).sends().is_empty(), "not before the outbox has it");
    kiosk.take(Input::Stored { id, is_kept: true });
    assert_eq!(kiosk.sends(), [id]);
}

#[test]
fn what_the_outbox_cannot_keep_is_not_sent_and_nobody_is_served_until_it_can() {
    let mut kiosk = Kiosk::at_check();
    kiosk.tap(Control::Confirm);
    let (id, _) = kiosk.stored();
    kiosk.take(Input::Stored { id, is_kept: false });
    assert!(kiosk.effects.contains(&Effect::Forget { id }) && kiosk.sends().is_empty());
    assert_eq!(kiosk.screen(), "unable");
    assert!(kiosk.text().contains("积分没有动") && kiosk.text().contains("K50"));
    kiosk.wait_online(6000);
    assert!(kiosk.model.commands.is_broken && kiosk.model.commands.pending.is_empty());
    kiosk.tap(Control::Back).tap(Control::Offer("G10".to_owned())).tap(Control::Confirm);
    assert_eq!(kiosk.screen(), "unable");
    assert!(kiosk.tap(Control::Again).effects.contains(&Effect::Probe));
    assert_eq!(kiosk.take(Input::Probed(true)).screen(), "shelf", "it goes on by itself");
}

#[test]
fn a_double_press_makes_one_order() {
    let mut kiosk = Kiosk::at_check();
    let revision = kiosk.model.revision;
    kiosk.take(Input::Tapped { revision, control: Control::Confirm, fresh: id(1) });
    kiosk.stored();
    kiosk.take(Input::Tapped { revision, control: Control::Confirm, fresh: id(2) });
    assert!(kiosk.effects.is_empty());
    assert_eq!(kiosk.model.commands.pending.len(), 1);
}

#[test]
fn without_an_answer_the_same_id_is_sent_again_later_each_time_and_in_words() {
    let (mut kiosk, id, order) = Kiosk::sent();
    assert!(kiosk.text().contains("请稍等"));
    kiosk.wait(1000);
    assert!(kiosk.text().contains("不用再按"));
    let mut delays = Vec::new();
    for _ in 0..5 {
        kiosk.take(Input::Answered { id, outcome: Outcome::Unknown(Trouble::NoAnswer, None) });
        assert!(kiosk.text().contains("不会重复扣分"));
        let mut waited = 0;
        while kiosk.sends().is_empty() {
            kiosk.wait(100);
            waited += 100;
        }
        assert_eq!(kiosk.sends(), [id]);
        delays.push(waited);
    }
    assert_eq!(delays, [500, 1000, 2000, 4000, 8000]);
    kiosk.accept(id, &order);
    assert_eq!(kiosk.screen(), "done");
}

#[test]
fn what_nobody_knows_is_said_and_goes_on_in_the_background() {
    let (mut kiosk, id, order) = Kiosk::sent();
    kiosk.wait(30_000);
    assert_eq!(kiosk.screen(), "unconfirmed");
    assert!(kiosk.text().contains(&reference(id)) && kiosk.text().contains("还没有确认"));
    assert_eq!(kiosk.tap(Control::Again).screen(), "working");
    assert_eq!(kiosk.tap(Control::Back).screen(), "unconfirmed");
    kiosk.accept(id, &order);
    assert_eq!(kiosk.screen(), "done", "its person is still there");
}

#[test]
fn an_answer_after_the_person_has_left_is_told_on_the_first_screen_without_a_name() {
    let (mut kiosk, id, order) = Kiosk::sent();
    kiosk.tap(Control::Home);
    kiosk.accept(id, &order);
    assert!(kiosk.is_at_welcome());
    let html = kiosk.html();
    assert!(kiosk.text().contains(&format!("编号 {}：已换好，回执 {RECEIPT}", reference(id))));
    assert!(!html.contains("林*雨") && !html.contains(CARD));
}

#[test]
fn an_answer_is_never_shown_to_another_person() {
    let (mut kiosk, id, order) = Kiosk::sent();
    kiosk.scan(OTHER_CARD).digits(PIN).tap(Control::Submit);
    let text = kiosk.text();
    kiosk.accept(id, &order);
    assert_eq!(kiosk.text(), text);
    kiosk.identified(volunteer());
    assert_eq!(kiosk.screen(), "shelf");
    assert!(!kiosk.html().contains(RECEIPT));
}

#[test]
fn whoever_comes_back_finds_their_own_order_and_cannot_ask_twice() {
    let (mut kiosk, id, order) = Kiosk::sent();
    kiosk.take(Input::Answered { id, outcome: Outcome::Unknown(Trouble::NoAnswer, None) });
    kiosk.tap(Control::Home).scan(CARD).digits(PIN).tap(Control::Submit).identified(volunteer());
    assert_eq!(kiosk.screen(), "unconfirmed");
    kiosk.wait(1000).accept(id, &order);
    assert_eq!(kiosk.screen(), "done");
}

#[test]
fn a_refusal_is_told_with_its_reason_and_leads_back_to_the_shelf() {
    for (code, words, reason) in [
        ("out_of_stock", "刚刚换完了", "K30"),
        ("over_limit", "每月最多换 2 份", "K31"),
        ("insufficient_points", "积分不够", "K32"),
        ("price_changed", "刚刚改了", "K34"),
        ("something_new", "请找工作人员", "K39"),
    ] {
        let (mut kiosk, id, _) = Kiosk::sent();
        kiosk.take(Input::Answered { id, outcome: refused(code) });
        assert_eq!(kiosk.screen(), "refused");
        let text = kiosk.text();
        assert!(text.contains(words) && text.contains(reason) && text.contains(&reference(id)), "{text}");
        let settled = Settled { receipt_number: String::new(), code: code.to_owned() };
        assert!(kiosk.settles(id, &settled));
        assert_eq!(kiosk.tap(Control::Again).screen(), "shelf");
    }
}

#[test]
fn a_body_that_cannot_be_read_is_final_only_where_nothing_went_before() {
    let (mut kiosk, id, _) = Kiosk::sent();
    let unreadable = Input::Answered { id, outcome: Outcome::Unreadable("not_found".to_owned()) };
    let mut doubtful = kiosk.clone();
    kiosk.take(unreadable.clone());
    assert_eq!(kiosk.screen(), "refused");
    doubtful
        .take(Input::Answered { id, outcome: Outcome::Unknown(Trouble::NoAnswer, None) })
        .wait(500)
        .take(unreadable);
    assert_eq!(doubtful.screen(), "working");
    assert!(doubtful.model.commands.pending.contains_key(&id));
}

#[test]
fn after_a_start_what_was_kept_is_settled_first_and_told() {
    let kept = vec![Kept { id: id(7), order: order(CARD), terms: terms(), credential: "k1".to_owned() }];
    let mut kiosk = Kiosk::with_kept(kept);
    assert_eq!(kiosk.sends(), [id(7)]);
    kiosk.accept(id(7), &order(CARD));
    assert!(kiosk.text().contains(RECEIPT));
    let settled = Settled { receipt_number: RECEIPT.to_owned(), code: String::new() };
    assert!(kiosk.settles(id(7), &settled));
    kiosk.take(Input::Settled { id: id(7), is_written: true });
    assert!(kiosk.model.commands.pending.is_empty());
}

#[test]
fn an_order_of_another_credential_is_never_sent() {
    let kept = vec![Kept { id: id(7), order: order(CARD), terms: terms(), credential: "k0".to_owned() }];
    let mut kiosk = Kiosk::with_kept(kept);
    assert!(kiosk.effects.contains(&Effect::Note(Notice::ForeignOrder(id(7)))));
    for _ in 0..100 {
        assert!(kiosk.wait_online(1000).sends().is_empty());
    }
    // Its person waits until staff have looked it up.
    kiosk.scan(CARD).digits(PIN).tap(Control::Submit).identified(volunteer());
    assert_eq!(kiosk.screen(), "unconfirmed");
    kiosk.tap(Control::Desk);
    assert!(kiosk.text().contains("请人工核对"));
    kiosk.scan(super::support::WORK_CARD);
    let question = kiosk.model.screen.question().unwrap().number;
    kiosk.take(Input::Vouched { question, answer: Ok(super::support::staff()) }).tap(Control::Dismiss);
    let settled = Settled { receipt_number: String::new(), code: "by_hand".to_owned() };
    assert!(kiosk.settles(id(7), &settled));
    kiosk.take(Input::Settled { id: id(7), is_written: true });
    assert!(kiosk.model.commands.pending.is_empty());
}

#[test]
fn an_order_of_the_time_when_another_station_was_set_is_never_sent() {
    let mut redemption = order(CARD);
    let Order::Redemption { station, .. } = &mut redemption else { panic!() };
    "S02".clone_into(station);
    for order in [redemption, Order::Reversal { receipt: "S02-26-000001".to_owned() }] {
        let kept = vec![Kept { id: id(7), order, terms: terms(), credential: "k1".to_owned() }];
        let mut kiosk = Kiosk::with_kept(kept);
        assert!(kiosk.effects.contains(&Effect::Note(Notice::ForeignOrder(id(7)))));
        assert!(kiosk.wait_online(60_000).sends().is_empty());
        assert_eq!(kiosk.tap(Control::Begin).screen(), "card", "it serves all the same");
    }
}

#[test]
fn an_outcome_counts_as_told_only_after_there_was_time_to_read_it() {
    let (mut kiosk, id) = Kiosk::done();
    let tells = |kiosk: &Kiosk| kiosk.effects.contains(&Effect::Told { id });
    assert!(!tells(&kiosk) && !tells(kiosk.wait(2999)));
    // A second press on 确认兑换 comes late; whoever presses 完成 has seen it.
    let revision = kiosk.model.revision - 1;
    assert!(!tells(kiosk.take(Input::Tapped { revision, control: Control::Confirm, fresh: super::support::id(5) })));
    let control = Control::Language(Language::English);
    assert!(
        !tells(kiosk.take(Input::Tapped { revision, control, fresh: super::support::id(6) })),
        "of the page before"
    );
    assert!(tells(kiosk.clone().tap(Control::Finish)));
    assert!(tells(kiosk.wait(1)) && !tells(kiosk.wait(5000)), "once");
}

#[test]
fn who_was_told_and_wants_more_is_not_asked_to_wait_for_what_is_known() {
    // The outbox is slow, or cannot be written just now.
    for is_written in [None, Some(false)] {
        let (mut kiosk, id) = Kiosk::done();
        if let Some(is_written) = is_written {
            kiosk.take(Input::Settled { id, is_written }).take(Input::Probed(true));
        }
        assert!(kiosk.model.commands.pending.contains_key(&id));
        // With points for more.
        kiosk.model.session.as_mut().unwrap().volunteer = Some(volunteer());
        kiosk.tap(Control::More).tap(Control::Offer("V01".to_owned())).tap(Control::Confirm);
        assert_eq!(kiosk.screen(), "working");
        kiosk.tap(Control::Home).scan(CARD).digits(PIN).tap(Control::Submit).identified(volunteer());
        let (second, _) = kiosk.model.commands.pending.iter().next_back().unwrap();
        assert!(kiosk.text().contains(&reference(*second)), "the one that nobody knows of");
    }
}

#[test]
fn an_outcome_that_cannot_be_written_is_told_and_written_later() {
    let (mut kiosk, id, order) = Kiosk::sent();
    kiosk.accept(id, &order).take(Input::Settled { id, is_written: false });
    assert_eq!(kiosk.screen(), "done");
    assert!(matches!(kiosk.model.commands.pending[&id].phase, Phase::Unwritten(..)));
    kiosk.wait(31_000);
    assert!(kiosk.effects.iter().any(|effect| matches!(effect, Effect::Settle { id: again, .. } if *again == id)));
    kiosk.take(Input::Settled { id, is_written: true });
    assert!(kiosk.model.commands.pending.is_empty());
}

#[test]
fn a_device_that_is_revoked_says_so_and_stops_until_staff_try_again() {
    let (mut kiosk, id, order) = Kiosk::sent();
    kiosk.take(Input::Answered { id, outcome: Outcome::Denied });
    assert_eq!(kiosk.screen(), "revoked");
    assert!(kiosk.text().contains(&reference(id)) && !kiosk.html().contains("林*雨"));
    for _ in 0..60 {
        kiosk.wait(1000);
        assert!(kiosk.effects.is_empty(), "{:?}", kiosk.effects);
    }
    kiosk.scan(OTHER_CARD).tap(Control::Home).tap(Control::Back);
    assert_eq!(kiosk.screen(), "revoked");
    kiosk.tap(Control::Help).tap(Control::Desk);
    assert!(kiosk.text().contains("本机已停用"));
    kiosk.tap(Control::Again);
    assert!(kiosk.effects.contains(&Effect::Poll));
    kiosk.take(Input::Polled(Ok(super::support::poll())));
    assert_eq!(kiosk.sends(), [id]);
    kiosk.accept(id, &order).tap(Control::Home);
    assert!(kiosk.is_at_welcome() && kiosk.text().contains(RECEIPT));
}

#[test]
fn online_means_a_good_answer_within_the_last_fifteen_seconds() {
    let mut kiosk = Kiosk::online();
    assert!(kiosk.html().contains("已连接"));
    kiosk.wait(6000).take(Input::Polled(Err(No::Trouble(Trouble::NoAnswer))));
    assert!(kiosk.html().contains("已连接"), "a moment without an answer is not an outage");
    kiosk.wait(10_000).take(Input::Polled(Err(No::Trouble(Trouble::NoAnswer))));
    assert!(kiosk.html().contains("连不上，每 5 秒再试") && kiosk.text().contains("暂时不能兑换"));
    assert_eq!(kiosk.tap(Control::Begin).screen(), "unable");
    kiosk.take(Input::Polled(Err(No::Trouble(Trouble::Garbled))));
    kiosk.wait(6000).take(Input::Polled(Ok(super::support::poll())));
    assert_eq!(kiosk.screen(), "card", "it goes on by itself");
}

#[test]
fn confirming_while_the_service_is_away_does_nothing_by_half() {
    let mut kiosk = Kiosk::at_check();
    kiosk.wait(16_000).take(Input::Polled(Err(No::Trouble(Trouble::NoAnswer))));
    kiosk.tap(Control::Confirm);
    assert_eq!(kiosk.screen(), "unable");
    assert!(kiosk.effects.is_empty() && kiosk.model.commands.pending.is_empty());
    assert!(kiosk.text().contains("什么也没有办"));
}

#[test]
fn staff_find_a_receipt_and_reverse_it() {
    let mut kiosk = Kiosk::online();
    kiosk.scan(super::support::WORK_CARD);
    let question = kiosk.model.screen.question().unwrap().number;
    kiosk.take(Input::Vouched { question, answer: Ok(super::support::staff()) });
    kiosk.tap(Control::FindReceipt).digits("42").tap(Control::Submit);
    let Some(Effect::AskReceipt { question, number, .. }) = kiosk.effects.first().cloned() else { panic!() };
    assert_eq!(number, RECEIPT);
    kiosk.take(Input::Found { question, answer: Ok(Box::new(receipt_of(&order(CARD)))) });
    assert!(kiosk.text().contains("有效"));
    kiosk.tap(Control::Undo);
    assert!(kiosk.effects.is_empty() && kiosk.screen() == "reverse-check");
    for words in [RECEIPT, "大米5kg × 1", "退回 300 分"] {
        assert!(kiosk.text().contains(words), "{words}: {}", kiosk.text());
    }
    assert_eq!(kiosk.tap(Control::Back).screen(), "found");
    kiosk.tap(Control::Undo).tap(Control::Confirm);
    let (id, reversal) = kiosk.stored();
    assert_eq!(reversal, Order::Reversal { receipt: RECEIPT.to_owned() });
    kiosk.take(Input::Stored { id, is_kept: true });
    let next = ReceiptFacts { number: "S01-26-000043".to_owned(), position: 4322, ..kiosk.receipt(id, &reversal) };
    kiosk.take(Input::Answered { id, outcome: Outcome::Accepted(Box::new(next)) });
    assert_eq!(kiosk.screen(), "undone");
}

#[test]
fn staff_reverse_what_the_counter_has_left_of_a_redemption() {
    let mut kiosk = Kiosk::online();
    kiosk.scan(super::support::WORK_CARD);
    let question = kiosk.model.screen.question().unwrap().number;
    kiosk.take(Input::Vouched { question, answer: Ok(super::support::staff()) });
    kiosk.tap(Control::FindReceipt).digits("42").tap(Control::Submit);
    let Some(Effect::AskReceipt { question, .. }) = kiosk.effects.first().cloned() else { panic!() };
    let three = vec![("G10".to_owned(), 3, 300)];
    let returned = vec![("G10".to_owned(), 1), ("G10".to_owned(), 1)];
    let receipt = ReceiptFacts { lines: three, points: 900, returned, ..receipt_of(&order(CARD)) };
    kiosk.take(Input::Found { question, answer: Ok(Box::new(receipt)) });
    for words in ["部分已退", "大米5kg × 3", "还没退的", "大米5kg × 1"] {
        assert!(kiosk.text().contains(words), "{words}: {}", kiosk.text());
    }
    assert!(!kiosk.text().contains("有效"), "{}", kiosk.text());
    kiosk.tap(Control::Undo);
    for words in ["大米5kg × 1", "退回 300 分"] {
        assert!(kiosk.text().contains(words), "{words}: {}", kiosk.text());
    }
    kiosk.tap(Control::Confirm);
    let (id, reversal) = kiosk.stored();
    kiosk.take(Input::Stored { id, is_kept: true });
    let next = ReceiptFacts { number: "S01-26-000043".to_owned(), position: 4322, ..kiosk.receipt(id, &reversal) };
    let more = ReceiptFacts { lines: vec![("G10".to_owned(), 2, 300)], points: 600, ..next.clone() };
    let mut doubting = kiosk.clone();
    doubting.take(Input::Answered { id, outcome: Outcome::Accepted(Box::new(more)) });
    assert_eq!(doubting.screen(), "unconfirmed", "more came back than was left");
    kiosk.take(Input::Answered { id, outcome: Outcome::Accepted(Box::new(next)) });
    assert_eq!(kiosk.screen(), "undone");
}

#[test]
fn a_receipt_that_is_not_there_or_another_stations_is_told() {
    let mut kiosk = Kiosk::online();
    kiosk.scan(super::support::WORK_CARD);
    let question = kiosk.model.screen.question().unwrap().number;
    kiosk.take(Input::Vouched { question, answer: Ok(super::support::staff()) });
    kiosk.scan("S02-26-000001");
    assert!(kiosk.text().contains("别的驿站") && kiosk.effects.is_empty());
    kiosk.scan("S01-26-000001");
    let question = kiosk.model.screen.question().unwrap().number;
    let answer = Err(No::Refused(refusal("unknown_receipt")));
    kiosk.take(Input::Found { question, answer });
    assert!(kiosk.text().contains("没有这个回执号"));
}

#[test]
fn the_kiosk_is_not_ready_before_it_knows_what_its_outbox_kept() {
    let mut kiosk = Kiosk::switched_on();
    assert_eq!(kiosk.wait(60_000).effects, []);
    assert_eq!(kiosk.model.link, Link::Starting);
    kiosk.take(Input::Started { kept: Vec::new(), news: Vec::new(), seen: Seen::default(), is_good: true });
    assert_eq!(kiosk.wait(0).effects, [Effect::Poll]);
}
