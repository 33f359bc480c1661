//! A person's way, step by step.

use page_parts::{Language, TextSize};
use redeem_kiosk::app::answer::{No, Poll, Print, Refusal, Trouble, Volunteer};
use redeem_kiosk::app::control::Control;
use redeem_kiosk::app::model::Screen;
use redeem_kiosk::app::order::Order;
use redeem_kiosk::app::secret::Secret;
use redeem_kiosk::app::{Effect, Input};

use super::support::{CARD, Kiosk, OTHER_CARD, PIN, WORK_CARD, catalogue, poll, refusal, volunteer};

#[test]
fn from_the_scan_to_done_it_takes_at_most_five_taps_beside_the_pin() {
    let mut kiosk = Kiosk::online();
    kiosk.scan(CARD).digits(PIN);
    let mut taps = 0;
    let mut tap = |kiosk: &mut Kiosk, control| {
        taps += 1;
        kiosk.tap(control);
    };
    tap(&mut kiosk, Control::Submit);
    kiosk.identified(volunteer());
    tap(&mut kiosk, Control::Offer("G04".to_owned()));
    tap(&mut kiosk, Control::Pieces(2));
    tap(&mut kiosk, Control::Confirm);
    let (id, order) = kiosk.stored();
    kiosk.take(Input::Stored { id, is_kept: true }).accept(id, &order);
    assert_eq!(kiosk.screen(), "done");
    assert!(taps <= 5, "{taps}");
}

#[test]
fn steps_are_told_and_nothing_is_asked_where_there_is_no_choice() {
    let mut kiosk = Kiosk::online();
    kiosk.tap(Control::Begin);
    assert!(kiosk.text().contains("第 1 步，共 4 步"));
    kiosk.digits(CARD).tap(Control::Submit);
    assert!(kiosk.text().contains("第 2 步，共 4 步"));
    kiosk.digits(PIN).tap(Control::Submit).identified(volunteer());
    assert!(kiosk.text().contains("第 3 步，共 4 步"));
    // One sack a month: how many is no question.
    kiosk.tap(Control::Offer("G10".to_owned()));
    assert_eq!(kiosk.screen(), "check");
    assert!(kiosk.text().contains("第 4 步，共 4 步"));
}

#[test]
fn a_card_number_is_checked_before_anybody_is_asked() {
    let mut kiosk = Kiosk::online();
    kiosk.tap(Control::Begin).digits("100015").tap(Control::Submit);
    assert!(kiosk.text().contains("还没有输完") && kiosk.text().contains("K02"));
    // What was typed is kept.
    kiosk.digits("7529").tap(Control::Submit);
    assert!(kiosk.text().contains("卡号不对"));
    kiosk.tap(Control::Erase).tap(Control::Erase).digits("92").tap(Control::Submit);
    assert_eq!(kiosk.screen(), "pin");
}

#[test]
fn a_wrong_pin_is_told_and_a_wait_is_told_in_seconds() {
    let mut kiosk = Kiosk::online();
    kiosk.scan(CARD).digits("111222").tap(Control::Submit);
    let ask = |kiosk: &mut Kiosk, refusal| {
        let question = kiosk.model.screen.question().unwrap().number;
        kiosk.take(Input::Identified { question, answer: Err(No::Refused(refusal)) });
    };
    ask(&mut kiosk, refusal("pin_wrong"));
    assert!(kiosk.text().contains("卡号或密码不对"));
    kiosk.digits("111222").tap(Control::Submit);
    ask(&mut kiosk, Refusal::PinWait { seconds: 30 });
    assert!(kiosk.text().contains("请过 30 秒"));
    kiosk.digits("111222").tap(Control::Submit);
    ask(&mut kiosk, refusal("card_blocked"));
    assert_eq!(kiosk.screen(), "refused");
    assert!(kiosk.text().contains("已挂失") && kiosk.text().starts_with("这张卡现在不能用"));
}

#[test]
fn a_pin_that_could_not_be_checked_stays_typed() {
    let mut kiosk = Kiosk::online();
    kiosk.scan(CARD).digits(PIN).tap(Control::Submit);
    let question = kiosk.model.screen.question().unwrap().number;
    kiosk.take(Input::Identified { question, answer: Err(No::Trouble(Trouble::NoAnswer)) });
    assert!(kiosk.text().contains("现在连不上"));
    kiosk.tap(Control::Submit);
    assert!(
        kiosk.effects.iter().any(|effect| matches!(effect, Effect::CheckPin { pin, .. } if *pin == Secret::new(PIN)))
    );
}

#[test]
fn a_member_of_staff_vouches_and_the_order_is_of_that_visit() {
    let mut kiosk = Kiosk::online();
    kiosk.scan(CARD).scan(WORK_CARD);
    assert_eq!(kiosk.screen(), "attend");
    let question = kiosk.model.screen.question().unwrap().number;
    let (token, card) = (Secret::new(WORK_CARD), Secret::new(CARD));
    assert_eq!(kiosk.effects, [Effect::Vouch { question, token, card }]);
    kiosk.identified(volunteer()).tap(Control::Offer("G10".to_owned())).tap(Control::Confirm);
    // The service knows from the visit who vouches: the order does not say.
    let (_, Order::Redemption { attended_by, .. }) = kiosk.stored() else { panic!() };
    assert_eq!(attended_by, None);
    assert!(kiosk.effects.iter().any(
        |effect| matches!(effect, Effect::Store { terms, .. } if terms.visit == Secret::new(super::support::VISIT))
    ));
}

#[test]
fn a_work_card_of_another_station_lets_nobody_in() {
    let mut kiosk = Kiosk::online();
    kiosk.scan(CARD).tap(Control::Attend).scan(WORK_CARD);
    let question = kiosk.model.screen.question().unwrap().number;
    kiosk.take(Input::Identified { question, answer: Err(No::Refused(refusal("not_staff"))) });
    assert_eq!(kiosk.screen(), "attend");
    assert!(kiosk.text().contains("不是本驿站的工作证"));
    assert!(kiosk.model.volunteer().is_none());
}

#[test]
fn what_can_be_had_comes_first_then_what_is_near_then_what_is_sold_out() {
    let kiosk = Kiosk::at_shelf();
    let text = kiosk.text();
    let place = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words}: {text}"));
    assert!(place("大米5kg") < place("毛巾") && place("毛巾") < place("香皂"));
    let mut second = kiosk.clone();
    second.tap(Control::NextPage);
    assert!(second.text().contains("再攒 40 分") && second.text().contains("换完了"), "{}", second.text());
    assert!(second.controls().iter().all(|control| !matches!(control, Control::Offer(_))));
}

#[test]
fn how_many_is_within_points_limit_and_stock() {
    let most = |sku: &str, points, left| {
        let mut kiosk = Kiosk::at_shelf();
        let mut offers = catalogue();
        offers.iter_mut().find(|offer| offer.sku == sku).unwrap().pieces_left = left;
        kiosk.take(Input::Polled(Ok(Poll { catalogue: offers, ..poll() })));
        kiosk.model.session.as_mut().unwrap().volunteer = Some(Volunteer { points_spendable: points, ..volunteer() });
        kiosk.tap(Control::Offer(sku.to_owned()));
        let pieces = |control: &Control| matches!(control, Control::Pieces(_));
        if kiosk.screen() == "check" { 1 } else { kiosk.controls().iter().filter(|control| pieces(control)).count() }
    };
    assert_eq!(most("G01", 310, 11), 4);
    assert_eq!(most("G01", 65, 11), 2);
    assert_eq!(most("G01", 310, 3), 3);
    assert_eq!(most("G10", 310, 5), 1);
}

#[test]
fn the_check_screen_says_who_what_and_points_before_and_after() {
    let text = Kiosk::at_check().text();
    for words in ["林*雨", "卡号尾号 7592", "大米5kg × 1", "300 分", "现在有 310 分", "换后剩 10 分", "确认兑换"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains(CARD));
}

#[test]
fn a_result_has_number_code_points_and_paper() {
    let (mut kiosk, _) = Kiosk::done();
    let job = kiosk.effects.iter().find_map(|effect| match effect {
        Effect::Print(job) => Some(job.clone()),
        _ => None,
    });
    let job = job.unwrap();
    assert!(!job.is_copy && job.names == ["大米5kg"]);
    let text = kiosk.text();
    for words in ["换好了", "S01-26-000042", "10 分", "正在打印回执"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(kiosk.html().contains("<svg"));
    kiosk.take(Input::Printed { number: "S01-26-000042".to_owned(), print: Print::NoPaper });
    assert!(kiosk.text().contains("没有纸了。兑换已经办好"));
    kiosk.tap(Control::PrintAgain);
    assert!(matches!(kiosk.effects.as_slice(), [Effect::Told { .. }, Effect::Print(job)] if job.is_copy));
    kiosk.take(Input::Printed { number: "S01-26-000042".to_owned(), print: Print::Failed });
    assert!(matches!(&kiosk.model.screen, Screen::Done(finished) if finished.print == Print::Failed));
}

#[test]
fn a_redemption_is_taken_back_with_a_receipt_of_its_own_for_five_minutes() {
    let (kiosk, _) = Kiosk::done();
    let mut undone = kiosk.clone();
    undone.tap(Control::Undo);
    assert_eq!(undone.screen(), "undo-check");
    undone.tap(Control::Confirm);
    let (id, order) = undone.stored();
    assert_eq!(order, Order::Reversal { receipt: "S01-26-000042".to_owned() });
    undone.take(Input::Stored { id, is_kept: true }).accept(id, &order);
    assert_eq!(undone.screen(), "undone");
    assert!(undone.text().contains("S01-26-000043") && undone.text().contains("退回 300 分"));

    let mut late = kiosk;
    for _ in 0..10 {
        late.wait_online(29_000).tap(Control::Language(Language::default()));
        late.wait(1000);
    }
    assert_eq!(late.screen(), "done");
    assert!(!late.controls().contains(&Control::Undo));
    assert_eq!(late.tap(Control::Undo).screen(), "done");
}

#[test]
fn the_card_of_another_person_ends_the_visit() {
    let mut kiosk = Kiosk::at_check();
    kiosk.scan(CARD);
    assert_eq!(kiosk.screen(), "check", "the same card again changes nothing");
    kiosk.scan(OTHER_CARD);
    assert_eq!(kiosk.screen(), "pin");
    assert!(kiosk.model.volunteer().is_none());
    assert!(!kiosk.html().contains("林*雨"));
}

#[test]
fn a_scan_presses_nothing() {
    for text in [CARD, "6901234567892", WORK_CARD, ""] {
        let mut kiosk = Kiosk::at_check();
        kiosk.scan(text);
        assert!(!kiosk.effects.iter().any(|effect| matches!(effect, Effect::Store { .. })), "{text}");
        assert_eq!(kiosk.screen(), "check", "{text}");
    }
}

#[test]
fn a_press_on_an_older_page_does_nothing() {
    let mut kiosk = Kiosk::at_check();
    let stale = kiosk.model.revision - 1;
    let fresh = super::support::id(99);
    kiosk.take(Input::Tapped { revision: stale, control: Control::Confirm, fresh });
    assert_eq!((kiosk.screen(), kiosk.effects.len()), ("check", 0));
}

#[test]
fn a_language_and_a_size_are_chosen_on_whichever_page() {
    let mut kiosk = Kiosk::at_check();
    for control in [Control::Language(Language::English), Control::Size(TextSize::Largest)] {
        kiosk.take(Input::Tapped { revision: 0, control, fresh: super::support::id(99) });
    }
    let chosen = kiosk.model.preference;
    assert_eq!((chosen.language, chosen.size), (Language::English, TextSize::Largest));
    assert_eq!(kiosk.screen(), "check");
}

#[test]
fn somebody_is_called_and_the_visit_goes_on() {
    let mut kiosk = Kiosk::at_check();
    let text = kiosk.text();
    kiosk.tap(Control::Help);
    assert_eq!(kiosk.screen(), "help");
    assert!(matches!(kiosk.effects.as_slice(), [Effect::Note(_)]));
    assert_eq!(kiosk.tap(Control::Back).text(), text);
}

#[test]
fn whoever_wants_help_is_asked_to_call_staff_and_goes_on_where_they_were() {
    let mut kiosk = Kiosk::at_check();
    assert!(kiosk.tap(Control::Help).text().contains("请叫工作人员"));
    assert!(kiosk.text().contains("这次办理就结束"), "what the staff's button does is said");
    assert_eq!(kiosk.tap(Control::Stay).screen(), "check");
    kiosk.tap(Control::Home).tap(Control::Help);
    assert!(!kiosk.text().contains("这次办理就结束"), "nobody is there whose visit could end");
}

#[test]
fn a_service_is_counted_in_times_and_promises_no_booking() {
    let mut kiosk = Kiosk::at_shelf();
    assert!(kiosk.text().contains("理发一次 60 分 名额充足 · 每月最多 1 次"), "{}", kiosk.text());
    kiosk.model.screen = Screen::HowMany { sku: "V01".to_owned() };
    assert!(kiosk.text().contains("换几次？") && kiosk.text().contains("每次 60 分") && kiosk.text().contains("1 次"));
}

#[test]
fn the_name_alone_is_in_the_towns_language() {
    let mut kiosk = Kiosk::at_shelf();
    kiosk.tap(Control::Language(Language::English)).tap(Control::Offer("G04".to_owned()));
    for marked in [r#"<bdi lang="zh-Hans">毛巾</bdi>, 60 points each"#, r#"<bdi lang="zh-Hans">东紫园</bdi> station"#]
    {
        assert!(kiosk.html().contains(marked), "{marked}: {}", kiosk.html());
    }
}

#[test]
fn without_the_service_the_first_screen_offers_nothing_that_leads_nowhere() {
    let mut kiosk = Kiosk::online();
    kiosk.wait(20_000);
    assert!(kiosk.is_at_welcome() && kiosk.text().starts_with("暂时不能兑换") && kiosk.text().contains("K20"));
    assert!(!kiosk.controls().contains(&Control::Begin));
}
