//! Whom the kiosk believes: a receipt that the bank has signed is believed only if it answers the order.

use redeem_kiosk::app::answer::{Outcome, Poll, ReceiptFacts};
use redeem_kiosk::app::commands::{Kept, Phase, Settled};
use redeem_kiosk::app::control::Control;
use redeem_kiosk::app::effect::Notice;
use redeem_kiosk::app::order::{Order, reference};
use redeem_kiosk::app::receipt::{Doubt, LEAD_SECONDS_MAX, Mark, Seen, SeenReceipt, Terms};
use redeem_kiosk::app::secret::Secret;
use redeem_kiosk::app::{Effect, Input};
use uuid::Uuid;

use super::moves::another_person_s;
use super::support::{CARD, Kiosk, OTHER_CARD, PIN, RECEIPT, WORK_CARD, id, order, poll, staff, terms, volunteer};

fn answered(kiosk: &mut Kiosk, id: Uuid, receipt: ReceiptFacts) {
    kiosk.take(Input::Answered { id, outcome: Outcome::Accepted(Box::new(receipt)) });
}

/// That the order is kept, that nothing is shown as done, and that staff are called.
fn is_doubted(kiosk: &Kiosk, order: Uuid, doubt: Doubt) {
    assert!(
        kiosk.effects.contains(&Effect::Note(Notice::OrderDoubted(order, doubt))),
        "{doubt:?}: {:?}",
        kiosk.effects
    );
    let settles = |effect: &Effect| matches!(effect, Effect::Settle { .. } | Effect::Print(_) | Effect::Told { .. });
    assert!(!kiosk.effects.iter().any(settles), "{doubt:?}");
    assert!(matches!(kiosk.model.commands.pending[&order].phase, Phase::Due(_)), "{doubt:?}");
    let text = kiosk.text();
    for words in [reference(order).as_str(), "回执对不上，请叫工作人员", "K24"] {
        assert!(text.contains(words), "{doubt:?} {words}: {text}");
    }
    assert!(!text.contains("换好了") && !text.contains(RECEIPT), "{text}");
}

/// Receipts that do not answer the order of a sack of rice, each with why not.
fn wrong(good: &ReceiptFacts) -> Vec<(Doubt, ReceiptFacts)> {
    let good = || good.clone();
    let line = |sku: &str, pieces, each| vec![(sku.to_owned(), pieces, each)];
    vec![
        (Doubt::Subject, another_person_s(good())),
        (Doubt::Issuer, ReceiptFacts { issuer: "another-bank".to_owned(), ..good() }),
        (Doubt::Station, ReceiptFacts { station: "S02".to_owned(), number: "S02-26-000042".to_owned(), ..good() }),
        (Doubt::Content, ReceiptFacts { lines: line("G12", 1, 300), ..good() }),
        (Doubt::Content, ReceiptFacts { lines: line("G10", 2, 150), ..good() }),
        (Doubt::Content, ReceiptFacts { lines: Vec::new(), ..good() }),
        (Doubt::Content, ReceiptFacts { points: 299, lines: line("G10", 1, 299), ..good() }),
        (Doubt::Content, ReceiptFacts { is_reversal: true, ..good() }),
        (Doubt::Reversed, ReceiptFacts { reverses: "9f3c".repeat(16), ..good() }),
        (Doubt::Older, ReceiptFacts { number: "nonsense".to_owned(), ..good() }),
    ]
}

#[test]
fn a_signed_receipt_that_does_not_answer_the_order_is_no_success() {
    let (kiosk, id, order) = Kiosk::sent();
    for (doubt, receipt) in wrong(&kiosk.receipt(id, &order)) {
        let mut kiosk = kiosk.clone();
        answered(&mut kiosk, id, receipt);
        assert_eq!(kiosk.screen(), "unconfirmed");
        is_doubted(&kiosk, id, doubt);
        // The person leaves; the first screen and the staff's say it.
        kiosk.tap(Control::Home);
        assert!(kiosk.text().contains(&format!("编号 {}：回执对不上，请叫工作人员", reference(id))));
        kiosk.scan(WORK_CARD);
        let question = kiosk.model.screen.question().unwrap().number;
        kiosk.take(Input::Vouched { question, answer: Ok(staff()) });
        assert!(kiosk.text().contains("请人工核对"), "{}", kiosk.text());
        // Their card leads to it, and not to a second order.
        kiosk.tap(Control::Home).scan(CARD).digits(PIN).tap(Control::Submit).identified(volunteer());
        assert_eq!(kiosk.screen(), "unconfirmed");
        assert!(kiosk.text().contains("K24"));
    }
}

#[test]
fn the_right_receipt_is_believed_when_it_comes_after_all() {
    let (mut kiosk, id, order) = Kiosk::sent();
    let receipt = another_person_s(kiosk.receipt(id, &order));
    answered(&mut kiosk, id, receipt);
    // It is asked for again under the same id, without haste.
    assert!(kiosk.wait(29_000).sends().is_empty());
    assert_eq!(kiosk.wait(1000).sends(), [id]);
    kiosk.accept(id, &order);
    assert_eq!(kiosk.screen(), "done");
    assert_eq!(kiosk.model.commands.doubt(id), None);
}

#[test]
fn staff_who_have_looked_it_up_close_it() {
    let (mut kiosk, id, order) = Kiosk::sent();
    let receipt = another_person_s(kiosk.receipt(id, &order));
    answered(&mut kiosk, id, receipt);
    kiosk.tap(Control::Home).scan(WORK_CARD);
    let question = kiosk.model.screen.question().unwrap().number;
    kiosk.take(Input::Vouched { question, answer: Ok(staff()) }).tap(Control::Dismiss);
    let settled = Settled { receipt_number: String::new(), code: "by_hand".to_owned() };
    assert!(kiosk.settles(id, &settled));
    kiosk.take(Input::Settled { id, is_written: true });
    assert!(kiosk.model.commands.pending.is_empty());
}

#[test]
fn a_reversal_is_of_the_receipt_that_was_reversed() {
    let (mut kiosk, _) = Kiosk::done();
    kiosk.tap(Control::Undo).tap(Control::Confirm);
    let (id, order) = kiosk.stored();
    kiosk.take(Input::Stored { id, is_kept: true });
    let good = kiosk.receipt(id, &order);
    assert_eq!(good.reverses.len(), 64);
    let wrong = [
        (Doubt::Reversed, ReceiptFacts { reverses: "00".repeat(32), ..good.clone() }),
        (Doubt::Subject, another_person_s(good.clone())),
        (Doubt::Content, ReceiptFacts { is_reversal: false, ..good.clone() }),
        (Doubt::Content, ReceiptFacts { lines: vec![("G01".to_owned(), 1, 30)], points: 30, ..good.clone() }),
        // The redemption's own place.
        (Doubt::Seen, ReceiptFacts { number: RECEIPT.to_owned(), position: 4321, ..good.clone() }),
    ];
    for (doubt, receipt) in wrong {
        let mut kiosk = kiosk.clone();
        answered(&mut kiosk, id, receipt);
        assert!(
            kiosk.effects.contains(&Effect::Note(Notice::OrderDoubted(id, doubt))),
            "{doubt:?} {:?}",
            kiosk.effects
        );
        assert_eq!(kiosk.screen(), "unconfirmed", "{doubt:?}");
    }
    answered(&mut kiosk, id, good);
    assert_eq!(kiosk.screen(), "undone");
}

/// A second order of another person, while the first one's answer is known and that of a third is not.
#[test]
fn a_number_or_a_position_seen_for_another_order_is_not_seen_again() {
    let (mut kiosk, first, order) = Kiosk::sent();
    kiosk.take(Input::Answered {
        id: first,
        outcome: Outcome::Unknown(redeem_kiosk::app::answer::Trouble::NoAnswer, None),
    });
    kiosk.scan(OTHER_CARD).digits(PIN).tap(Control::Submit).identified(volunteer());
    kiosk.tap(Control::Offer("G10".to_owned())).tap(Control::Confirm);
    let (second, second_order) = kiosk.stored();
    kiosk.take(Input::Stored { id: second, is_kept: true });
    let receipt = kiosk.receipt(second, &second_order);
    kiosk.accept(second, &second_order).take(Input::Settled { id: second, is_written: true });
    kiosk.wait(1000);
    // The same content, for the same pseudonym: only its place tells that it answers the other order.
    for again in [
        receipt.clone(),
        ReceiptFacts { number: "S01-26-000099".to_owned(), ..receipt.clone() },
        ReceiptFacts { position: 9999, ..receipt },
    ] {
        let mut kiosk = kiosk.clone();
        answered(&mut kiosk, first, again);
        assert!(kiosk.effects.contains(&Effect::Note(Notice::OrderDoubted(first, Doubt::Seen))), "{:?}", kiosk.effects);
    }
    // The bank may have decided it before the second one, or after: its own number is the one or the other.
    let earlier = kiosk.receipt(first, &order);
    let earlier = ReceiptFacts { number: "S01-26-000041".to_owned(), position: 4300, ..earlier };
    answered(&mut kiosk, first, earlier);
    let settled = Settled { receipt_number: "S01-26-000041".to_owned(), code: String::new() };
    assert!(kiosk.settles(first, &settled), "{:?}", kiosk.effects);
    assert_eq!(kiosk.model.commands.seen.last.number, 42);
}

#[test]
fn a_receipt_comes_after_all_that_were_seen_before_its_order_was_made() {
    let (kiosk, _) = Kiosk::done();
    let mut kiosk = kiosk.clone();
    kiosk.model.session.as_mut().unwrap().volunteer = Some(volunteer());
    kiosk.tap(Control::More).tap(Control::Offer("V01".to_owned())).tap(Control::Confirm);
    let (id, order) = kiosk.stored();
    kiosk.take(Input::Stored { id, is_kept: true });
    let good = kiosk.receipt(id, &order);
    for (number, position) in [("S01-26-000041", 4322), ("S01-26-000043", 4320), ("S01-25-000043", 4322)] {
        let mut kiosk = kiosk.clone();
        answered(&mut kiosk, id, ReceiptFacts { number: number.to_owned(), position, ..good.clone() });
        is_doubted(&kiosk, id, Doubt::Older);
    }
    // A new year begins at 1.
    let new_year = ReceiptFacts { number: "S01-27-000001".to_owned(), position: 4400, ..good };
    answered(&mut kiosk, id, new_year);
    assert_eq!(kiosk.screen(), "done");
}

#[test]
fn a_receipt_comes_after_all_that_the_journal_had_when_its_visit_began() {
    let mut kiosk = Kiosk::at_shelf();
    // Since the last time that it was asked, the counter has made a receipt for the same person and thing.
    assert!(kiosk.wait(0).effects.contains(&Effect::Poll), "asked as the visit begins");
    kiosk.take(Input::Polled(Ok(Poll { journal_size: Some(4322), ..poll() })));
    kiosk.take(Input::Polled(Ok(Poll { journal_size: None, ..poll() })));
    kiosk.tap(Control::Offer("G10".to_owned())).tap(Control::Confirm);
    let (id, order) = kiosk.stored();
    kiosk.take(Input::Stored { id, is_kept: true });
    let of_the_counter = kiosk.receipt(id, &order);
    assert_eq!(of_the_counter.position, 4321);
    let mut fooled = kiosk.clone();
    answered(&mut fooled, id, of_the_counter.clone());
    is_doubted(&fooled, id, Doubt::Older);
    answered(&mut kiosk, id, ReceiptFacts { position: 4322, ..of_the_counter });
    assert_eq!(kiosk.screen(), "done");
}

/// Whoever answers in the service's place may say for ever that the journal has not grown.
#[test]
fn a_receipt_is_no_older_than_its_order_whatever_is_said_of_the_journal() {
    let (mut kiosk, id, order) = Kiosk::sent();
    let good = kiosk.receipt(id, &order);
    let kept = |kiosk: &Kiosk| kiosk.model.commands.pending[&id].terms.made_at;
    assert_eq!(kept(&kiosk), good.issued_at);
    // Signed for the same person and thing at the counter, after the journal was last heard of.
    let mut fooled = kiosk.clone();
    answered(&mut fooled, id, ReceiptFacts { issued_at: good.issued_at - LEAD_SECONDS_MAX - 1, ..good.clone() });
    is_doubted(&fooled, id, Doubt::Older);
    // The two clocks may differ a little.
    answered(&mut kiosk, id, ReceiptFacts { issued_at: good.issued_at - LEAD_SECONDS_MAX, ..good });
    assert_eq!(kiosk.screen(), "done");
}

#[test]
fn a_receipt_that_was_looked_up_answers_no_later_order() {
    let mut kiosk = Kiosk::online();
    let looked_up = ReceiptFacts { is_reversed: true, ..kiosk.receipt(id(7), &order(CARD)) };
    kiosk.scan(WORK_CARD);
    let question = kiosk.model.screen.question().unwrap().number;
    kiosk.take(Input::Vouched { question, answer: Ok(staff()) }).scan(RECEIPT);
    let question = kiosk.model.screen.question().unwrap().number;
    kiosk.take(Input::Found { question, answer: Ok(Box::new(looked_up.clone())) }).tap(Control::Home);
    kiosk.scan(CARD).digits(PIN).tap(Control::Submit).identified(volunteer());
    kiosk.tap(Control::Offer("G10".to_owned())).tap(Control::Confirm);
    let (id, _) = kiosk.stored();
    kiosk.take(Input::Stored { id, is_kept: true });
    answered(&mut kiosk, id, ReceiptFacts { is_reversed: false, ..looked_up });
    is_doubted(&kiosk, id, Doubt::Older);
}

#[test]
fn what_was_seen_is_written_with_the_outcome_and_counts_after_a_start() {
    let (mut kiosk, id, order) = Kiosk::sent();
    kiosk.accept(id, &order);
    let seen = SeenReceipt { id, number: RECEIPT.to_owned(), position: 4321, issuer: "baoyulan".to_owned() };
    let is_written = |effect: &Effect| matches!(effect, Effect::Settle { seen: Some(written), .. } if *written == seen);
    assert!(kiosk.effects.iter().any(is_written));

    let mut known = Seen::default();
    known.add(seen.clone());
    known.add(SeenReceipt { id: super::support::id(90), number: "S01-26-000044".to_owned(), position: 4333, ..seen });
    let before = Mark { position: 4320, year: 2026, number: 41 };
    let kept = Kept {
        id: super::support::id(91),
        order: super::support::order(CARD),
        terms: Terms { after: before, ..terms() },
        credential: "k1".to_owned(),
    };
    let mut kiosk = Kiosk::switched_on();
    kiosk.take(Input::Started { kept: vec![kept], news: Vec::new(), seen: known, is_good: true });
    let good = kiosk.receipt(super::support::id(91), &super::support::order(CARD));
    for (doubt, receipt) in [
        (Doubt::Seen, good.clone()),
        (Doubt::Issuer, ReceiptFacts { issuer: "another-bank".to_owned(), ..good.clone() }),
        (Doubt::Older, ReceiptFacts { number: "S01-26-000041".to_owned(), position: 4319, ..good.clone() }),
    ] {
        let mut kiosk = kiosk.clone();
        answered(&mut kiosk, super::support::id(91), receipt);
        is_doubted(&kiosk, super::support::id(91), doubt);
    }
    answered(
        &mut kiosk,
        super::support::id(91),
        ReceiptFacts { number: "S01-26-000043".to_owned(), position: 4325, ..good },
    );
    assert!(kiosk.text().contains("已换好"));
}

#[test]
fn an_order_that_an_earlier_version_kept_is_believed_as_far_as_that_can_be_judged() {
    let kept = Kept { id: id(7), order: order(CARD), terms: Terms::default(), credential: "k1".to_owned() };
    let mut kiosk = Kiosk::with_kept(vec![kept]);
    assert!(kiosk.effects.iter().any(|effect| matches!(effect, Effect::Send { visit, .. } if visit.is_empty())));
    let mut wrong = kiosk.clone();
    let receipt = ReceiptFacts { points: 1, ..kiosk.receipt(id(7), &order(CARD)) };
    answered(&mut wrong, id(7), receipt);
    is_doubted(&wrong, id(7), Doubt::Content);
    kiosk.accept(id(7), &order(CARD));
    assert!(kiosk.text().contains("已换好"));
}

#[test]
fn the_bank_s_name_is_that_of_the_bank_with_which_the_order_was_made() {
    let mut kiosk = Kiosk::at_check();
    kiosk.take(Input::Polled(Ok(Poll { issuer: "another-bank".to_owned(), ..poll() }))).tap(Control::Confirm);
    let (id, order) = kiosk.stored();
    kiosk.take(Input::Stored { id, is_kept: true }).accept(id, &order);
    is_doubted(&kiosk, id, Doubt::Issuer);
}

// Visits at the service ---------------------------------------------------------------------------------------------------

fn ends(kiosk: &Kiosk, visit: &str) -> bool {
    kiosk.effects.contains(&Effect::EndVisit { visit: Secret::new(visit) })
}

#[test]
fn a_visit_is_kept_while_somebody_is_there_and_ended_when_they_leave() {
    let mut kiosk = Kiosk::at_shelf();
    let keeps =
        |kiosk: &Kiosk| kiosk.effects.contains(&Effect::KeepVisit { visit: Secret::new(super::support::VISIT) });
    assert!(!keeps(kiosk.wait_online(29_500)));
    assert!(keeps(kiosk.wait(500)));
    assert!(!keeps(kiosk.wait(1000)), "not with every tick");
    assert!(ends(kiosk.tap(Control::Home), super::support::VISIT));
    assert!(!keeps(kiosk.wait_online(60_000)));

    let mut idle = Kiosk::at_shelf();
    assert!(ends(idle.wait_online(79_500).wait(500), super::support::VISIT));
    let mut other = Kiosk::at_shelf();
    assert!(ends(other.scan(OTHER_CARD), super::support::VISIT));
    // Staff at the desk, too.
    let mut desk = Kiosk::online();
    desk.scan(WORK_CARD);
    let question = desk.model.screen.question().unwrap().number;
    desk.take(Input::Vouched { question, answer: Ok(staff()) });
    assert!(ends(desk.clone().tap(Control::Home), "a-visit-of-staff"));
    // An answer that comes too late begins a visit of nobody.
    let mut late = Kiosk::online();
    late.scan(WORK_CARD).tap(Control::Home).take(Input::Vouched { question, answer: Ok(staff()) });
    assert!(ends(&late, "a-visit-of-staff"));
}

#[test]
fn a_visit_with_an_order_under_way_is_ended_only_after_it() {
    let (mut kiosk, id, order) = Kiosk::sent();
    assert!(!ends(kiosk.tap(Control::Home), super::support::VISIT), "the end would overtake the order");
    assert!(ends(kiosk.accept(id, &order), super::support::VISIT));
    let (mut kiosk, id, order) = Kiosk::sent();
    assert!(!ends(kiosk.accept(id, &order), super::support::VISIT), "somebody is still there");
    assert!(ends(kiosk.tap(Control::Finish), super::support::VISIT));
}

#[test]
fn whose_visit_is_over_is_told_so_and_begins_anew() {
    let (mut kiosk, id, _) = Kiosk::sent();
    let over = || Outcome::Refused(super::support::refusal("no_visit"));
    kiosk.take(Input::Answered { id, outcome: over() });
    assert_eq!(kiosk.screen(), "refused");
    assert!(kiosk.text().contains("请再扫一次卡") && kiosk.text().contains("K15"), "{}", kiosk.text());
    assert!(kiosk.model.session.is_none());
    assert!(!kiosk.html().contains("林*雨"));
    assert!(kiosk.tap(Control::Back).is_at_welcome());
    // After they have left, it is news: nothing was done.
    let (mut kiosk, id, _) = Kiosk::sent();
    kiosk.tap(Control::Home).take(Input::Answered { id, outcome: over() });
    assert!(kiosk.text().contains("没有换成，积分没有动"));
}

#[test]
fn an_order_is_sent_with_its_own_visit_whoever_is_there() {
    let (mut kiosk, id, _) = Kiosk::sent();
    let is_sent = |kiosk: &Kiosk| {
        kiosk.effects.iter().any(|effect| {
            matches!(effect, Effect::Send { id: sent, visit, .. }
            if *sent == id && *visit == Secret::new(super::support::VISIT))
        })
    };
    kiosk.take(Input::Answered { id, outcome: Outcome::Unknown(redeem_kiosk::app::answer::Trouble::NoAnswer, None) });
    kiosk.tap(Control::Home).scan(WORK_CARD);
    assert!(is_sent(kiosk.wait(1000)));
}

#[test]
fn staff_reverse_in_their_own_visit() {
    let mut kiosk = Kiosk::online();
    kiosk.scan(WORK_CARD);
    let question = kiosk.model.screen.question().unwrap().number;
    kiosk.take(Input::Vouched { question, answer: Ok(staff()) });
    kiosk.tap(Control::FindReceipt).digits("42").tap(Control::Submit);
    let asks = |effect: &Effect| matches!(effect, Effect::AskReceipt { visit, .. } if *visit == staff().visit);
    assert!(kiosk.effects.iter().any(asks));
    let question = kiosk.model.screen.question().unwrap().number;
    let receipt = super::support::receipt_of(&order(CARD));
    kiosk.take(Input::Found { question, answer: Ok(Box::new(receipt)) }).tap(Control::Undo).tap(Control::Confirm);
    let of_staff = |effect: &Effect| matches!(effect, Effect::Store { terms, order: Order::Reversal { .. }, .. } if terms.visit == staff().visit);
    assert!(kiosk.effects.iter().any(of_staff), "{:?}", kiosk.effects);
}

// The outbox's file -------------------------------------------------------------------------------------------------------

#[test]
fn without_its_file_the_kiosk_takes_no_orders_and_says_so() {
    let mut kiosk = Kiosk::online();
    kiosk.take(Input::OutboxGone);
    assert_eq!(kiosk.effects, [Effect::Note(Notice::OutboxGone)]);
    assert!(kiosk.take(Input::OutboxGone).effects.is_empty(), "said once");
    let text = kiosk.text();
    assert!(text.starts_with("暂时不能兑换") && text.contains("机器的记录不见了") && text.contains("K51"), "{text}");
    kiosk.scan(CARD);
    assert_eq!(kiosk.screen(), "unable");
    kiosk.tap(Control::Home).tap(Control::Help).tap(Control::Desk);
    assert!(kiosk.text().contains("文件不见了或者被换过"), "{}", kiosk.text());
    // In the middle of a visit: the press on 确认兑换 makes no order.
    let mut kiosk = Kiosk::at_check();
    kiosk.take(Input::OutboxGone).tap(Control::Confirm);
    assert_eq!(kiosk.screen(), "unable");
    assert!(kiosk.model.commands.pending.is_empty() && kiosk.text().contains("K51"));
    // It is looked for again, and when it is back all goes on.
    assert!(kiosk.wait_online(5000).model.commands.is_gone);
    kiosk.take(Input::Probed(true));
    assert_eq!(kiosk.screen(), "shelf");
    assert!(!kiosk.model.commands.is_gone && !kiosk.model.commands.is_broken);
}

#[test]
fn an_order_that_was_under_way_goes_on_without_the_file() {
    let (mut kiosk, id, order) = Kiosk::sent();
    kiosk.take(Input::OutboxGone).accept(id, &order);
    assert_eq!(kiosk.screen(), "done");
    kiosk.take(Input::Settled { id, is_written: false });
    assert!(matches!(kiosk.model.commands.pending[&id].phase, Phase::Unwritten(..)));
    assert!(kiosk.tap(Control::Finish).text().contains("K51"));
}
