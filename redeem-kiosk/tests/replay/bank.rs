//! What the kiosk tells is what the bank says: its zone, a receipt's points, what was had this month.

use baoyulan_ledger::proof::receipt::ReceiptLine;
use baoyulan_ledger::proof::{Receipt, ReceiptKind, SigningKey};
use jiff::tz::TimeZone;
use redeem_kiosk::app::answer::{Outcome, Poll, ReceiptFacts, Trouble, Volunteer};
use redeem_kiosk::app::control::Control;
use redeem_kiosk::app::{Effect, Input};

use super::support::{CARD, Kiosk, PIN, WORK_CARD, order, poll, receipt_of, staff, volunteer};

#[test]
fn what_was_had_this_month_is_not_offered_again_and_less_of_what_was_had_in_part() {
    let had = |sku: &str, pieces| {
        let mut kiosk = Kiosk::online();
        let pieces_had = [(sku.to_owned(), pieces)].into();
        kiosk.scan(CARD).digits(PIN).tap(Control::Submit).identified(Volunteer { pieces_had, ..volunteer() });
        kiosk
    };
    let mut kiosk = had("G10", 1);
    let rice = Control::Offer("G10".to_owned());
    assert!(!kiosk.controls().contains(&rice));
    assert_eq!(kiosk.tap(rice).screen(), "shelf");
    let shelf = kiosk.text() + &kiosk.tap(Control::NextPage).text();
    let place = |words: &str| shelf.find(words).unwrap_or_else(|| panic!("{words}: {shelf}"));
    assert!(place("再攒 40 分") < place("本月已换满") && place("本月已换满") < place("换完了"), "{shelf}");

    let mut kiosk = had("G01", 3);
    kiosk.tap(Control::Offer("G01".to_owned()));
    assert_eq!(kiosk.screen(), "check", "one is left, so how many is no question");
    // More than the limit, as after a limit that was lowered, is no more than had enough.
    assert!(had("G04", 5).tap(Control::NextPage).text().contains("毛巾 60 分 × 本月已换满"));
}

#[test]
fn what_is_had_in_a_visit_counts_within_it() {
    let (mut kiosk, _) = Kiosk::done();
    kiosk.model.session.as_mut().unwrap().volunteer.as_mut().unwrap().points_spendable = 310;
    kiosk.tap(Control::More);
    assert!(!kiosk.controls().contains(&Control::Offer("G10".to_owned())));
    kiosk.tap(Control::NextPage);
    assert!(kiosk.text().contains("本月已换满"));
}

#[test]
fn what_was_under_way_when_its_person_came_is_not_counted_twice() {
    let (mut kiosk, id, order) = Kiosk::sent();
    kiosk.take(Input::Answered { id, outcome: Outcome::Unknown(Trouble::NoAnswer, None) });
    let pieces_had = [("G10".to_owned(), 1)].into();
    kiosk.tap(Control::Home).scan(CARD).digits(PIN).tap(Control::Submit);
    kiosk.identified(Volunteer { pieces_had, ..volunteer() }).wait(1000).accept(id, &order);
    assert_eq!(kiosk.screen(), "done");
    assert_eq!(kiosk.model.volunteer().unwrap().pieces_had["G10"], 1);
}

#[test]
fn points_left_are_the_receipts_own_on_screen_and_on_paper() {
    // Somebody with expired points: a receipt leaves them out, and so does what the service calls spendable.
    let (mut kiosk, id, order) = Kiosk::sent();
    let receipt = ReceiptFacts { points_left: Some(7), ..receipt_of(&order) };
    kiosk.take(Input::Answered { id, outcome: Outcome::Accepted(Box::new(receipt)) });
    assert!(kiosk.text().contains("剩下 7 分"), "{}", kiosk.text());
    let printed = kiosk.effects.iter().find_map(|effect| match effect {
        Effect::Print(job) => job.receipt.points_left,
        _ => None,
    });
    assert_eq!(printed, Some(7));
    kiosk.tap(Control::More);
    assert!(kiosk.text().contains("7 分"), "{}", kiosk.text());
    assert_eq!(kiosk.model.volunteer().unwrap().points_spendable, 7);
}

#[test]
fn a_receipt_that_leaves_out_what_is_left_is_printed_without_it_and_the_screen_still_tells_its_person() {
    let (mut kiosk, id, order) = Kiosk::sent();
    kiosk.take(Input::Answered { id, outcome: Outcome::Accepted(Box::new(receipt_of(&order))) });
    assert!(kiosk.text().contains("剩下 10 分"), "310 less 300: {}", kiosk.text());
    let printed = kiosk.effects.iter().find_map(|effect| match effect {
        Effect::Print(job) => Some(job.receipt.points_left),
        _ => None,
    });
    assert_eq!(printed, Some(None));
    kiosk.tap(Control::More);
    assert_eq!(kiosk.model.volunteer().unwrap().points_spendable, 10);

    // Whoever has left has nothing to read.
    let (mut kiosk, id, order) = Kiosk::sent();
    kiosk.take(Input::Answered { id, outcome: Outcome::Unknown(Trouble::NoAnswer, None) });
    kiosk.tap(Control::Home).accept(id, &order);
    assert!(!kiosk.text().contains("剩下"), "{}", kiosk.text());

    // What was under way when they came may have been taken from what they were said to have, or may not.
    let (mut kiosk, id, order) = Kiosk::sent();
    kiosk.take(Input::Answered { id, outcome: Outcome::Unknown(Trouble::NoAnswer, None) });
    kiosk.tap(Control::Home).scan(CARD).digits(PIN).tap(Control::Submit);
    kiosk.identified(volunteer()).wait(1000).accept(id, &order);
    assert_eq!(kiosk.screen(), "done");
    assert!(!kiosk.text().contains("剩下"), "{}", kiosk.text());
}

/// A receipt of the station that this key has signed, as staff scan it.
fn scannable(points: i64) -> String {
    let receipt = Receipt {
        issuer: "points.example".to_owned(),
        kind: ReceiptKind::Redemption,
        number: "S01-26-000042".to_owned(),
        issued_at: 1_798_734_600,
        station: "S01".to_owned(),
        position: 4321,
        subject: "0123456789abcdef".to_owned(),
        lines: vec![ReceiptLine { sku: "G10".to_owned(), pieces: 1, points_each: points }],
        points,
        balance: None,
        previous: [7; 32],
        reference: None,
    };
    receipt.sign(&SigningKey::from_seed(&[9; 32]))
}

#[test]
fn a_receipt_that_staff_scan_is_found_only_if_the_bank_has_that_very_one() {
    let (own, twin) = (scannable(300), scannable(301));
    let at_desk = || {
        let mut kiosk = Kiosk::online();
        kiosk.scan(WORK_CARD);
        let question = kiosk.model.screen.question().unwrap().number;
        kiosk.take(Input::Vouched { question, answer: Ok(staff()) });
        kiosk
    };
    let answered = |kiosk: &mut Kiosk| {
        let Some(Effect::AskReceipt { question, number, .. }) = kiosk.effects.first().cloned() else { panic!() };
        assert_eq!(number, "S01-26-000042");
        let receipt = ReceiptFacts { token: own.clone(), ..receipt_of(&order(CARD)) };
        kiosk.take(Input::Found { question, answer: Ok(Box::new(receipt)) });
        kiosk.screen().to_owned()
    };
    let mut kiosk = at_desk();
    kiosk.scan(&format!("https://points.example/v#{own}"));
    assert_eq!(answered(&mut kiosk), "found");
    let mut kiosk = at_desk();
    kiosk.scan(&format!("https://points.example/v#{twin}"));
    assert_eq!(answered(&mut kiosk), "lookup");
    assert!(kiosk.text().contains("K43") && kiosk.text().contains("另一张回执"), "{}", kiosk.text());
    // Typed digits are of no receipt in particular.
    kiosk.digits("42").tap(Control::Submit);
    assert_eq!(answered(&mut kiosk), "found");
    // A number is read however it is written; one of another station, and a part of a receipt, are told as such.
    for number in ["S01-26-000042", "s01-26-42", "No. S01-26-000042", "回执号：Ｓ０１－２６－０００４２。"]
    {
        let mut kiosk = at_desk();
        kiosk.scan(number);
        assert_eq!(answered(&mut kiosk), "found", "{number}");
    }
    let part = &own[..own.len() - 3];
    for (scanned, code) in [("S02-26-000042", "K42"), (part, "K44"), (&part[..60], "K44")] {
        let mut kiosk = at_desk();
        kiosk.scan(scanned);
        assert_eq!(kiosk.screen(), "lookup");
        assert!(kiosk.text().contains(code), "{scanned}: {}", kiosk.text());
    }
}

#[test]
fn days_and_years_are_those_of_the_banks_zone() {
    let in_zone = |zone: &str| {
        let mut kiosk = Kiosk::online();
        let zone = TimeZone::get(zone).unwrap();
        kiosk.take(Input::Polled(Ok(Poll { zone, ..poll() })));
        // 2027-01-01, half past midnight in Shanghai.
        kiosk.take(Input::Tick(1_798_734_600_000)).scan(WORK_CARD);
        let question = kiosk.model.screen.question().unwrap().number;
        kiosk.take(Input::Vouched { question, answer: Ok(staff()) });
        kiosk.tap(Control::FindReceipt).digits("42").tap(Control::Submit);
        let Some(Effect::AskReceipt { question, number, .. }) = kiosk.effects.first().cloned() else { panic!() };
        let receipt = ReceiptFacts { issued_at: 1_798_734_600, ..receipt_of(&order(CARD)) };
        kiosk.take(Input::Found { question, answer: Ok(Box::new(receipt)) });
        (number, kiosk.text())
    };
    let (number, text) = in_zone("Asia/Shanghai");
    assert!(number == "S01-27-000042" && text.contains("2027年1月1日 00:30"), "{number} {text}");
    let (number, text) = in_zone("Europe/London");
    assert!(number == "S01-26-000042" && text.contains("2026年12月31日 16:30"), "{number} {text}");
}
