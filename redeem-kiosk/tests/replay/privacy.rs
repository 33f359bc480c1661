//! After a visit nothing of it is left.

use page_parts::{Language, TextSize};
use redeem_kiosk::app::Input;
use redeem_kiosk::app::control::Control;

use super::support::{CARD, Kiosk, NAME, PIN, RECEIPT, WORK_CARD};

/// Everything of the last visit that could be seen, or printed for a programmer.
fn traces(kiosk: &Kiosk) -> Vec<&'static str> {
    let seen = kiosk.html() + &format!("{:?}", kiosk.model);
    [CARD, "7592", NAME, PIN, RECEIPT, "points.example"].into_iter().filter(|trace| seen.contains(trace)).collect()
}

#[test]
fn after_done_home_and_idleness_nothing_is_left() {
    let (done, id) = Kiosk::done();
    assert!(!traces(&done).is_empty());
    let mut by_finish = done.clone();
    by_finish.tap(Control::Finish).take(Input::Settled { id, is_written: true });
    let mut by_home = done.clone();
    by_home.tap(Control::Home).take(Input::Settled { id, is_written: true });
    let mut by_idleness = done;
    by_idleness.take(Input::Settled { id, is_written: true }).wait(80_000);
    for kiosk in [by_finish, by_home, by_idleness] {
        assert!(kiosk.is_at_welcome());
        assert_eq!(traces(&kiosk), Vec::<&str>::new());
    }
}

#[test]
fn idleness_is_warned_of_counted_down_and_can_be_put_off_any_number_of_times() {
    let mut kiosk = Kiosk::at_shelf();
    let text = kiosk.text();
    for _ in 0..20 {
        assert_eq!(kiosk.wait_online(59_000).screen(), "shelf");
        assert_eq!(kiosk.wait(1000).screen(), "idle");
        assert!(kiosk.text().contains("20 秒后回首页"), "{}", kiosk.text());
        kiosk.wait(12_500);
        assert!(kiosk.text().contains("8 秒后回首页"), "{}", kiosk.text());
        kiosk.tap(Control::Stay);
        assert_eq!(kiosk.text(), text);
    }
    kiosk.wait_online(60_000).wait(19_999);
    assert_eq!(kiosk.screen(), "idle");
    assert!(kiosk.wait(1).is_at_welcome());
}

#[test]
fn a_press_meant_for_the_screen_below_the_warning_only_says_that_somebody_is_there() {
    let mut kiosk = Kiosk::at_check();
    let revision = kiosk.model.revision;
    kiosk.wait_online(60_000);
    assert_eq!(kiosk.screen(), "idle");
    kiosk.take(Input::Tapped { revision, control: Control::Confirm, fresh: super::support::id(5) });
    assert_eq!((kiosk.screen(), kiosk.effects.len()), ("check", 0));
}

#[test]
fn a_clock_that_is_set_back_wipes_nobodys_visit() {
    let mut kiosk = Kiosk::at_shelf();
    let now = kiosk.model.times.now;
    kiosk.take(Input::Tick(now - 3_600_000));
    assert_eq!((kiosk.screen(), kiosk.model.times.now), ("shelf", now));
}

#[test]
fn language_and_size_of_text_are_the_visits_own() {
    let mut kiosk = Kiosk::online();
    kiosk.tap(Control::Language(Language::English)).tap(Control::Size(TextSize::Largest));
    assert!(kiosk.html().contains("<html lang=\"en\" class=\"text-largest\">"));
    kiosk.wait_online(81_000);
    assert!(kiosk.html().contains("<html lang=\"zh-Hans\" class=\"text-large\">"));
}

#[test]
fn a_balance_is_behind_the_pin() {
    let mut kiosk = Kiosk::online();
    kiosk.scan(CARD);
    assert!(!kiosk.html().contains("310") && !kiosk.html().contains(NAME));
}

#[test]
fn what_is_printed_for_a_programmer_names_no_card_pin_or_token() {
    let mut kiosk = Kiosk::online();
    kiosk.scan(CARD).digits(PIN).tap(Control::Submit);
    let printed = format!("{:?} {:?}", kiosk.model, kiosk.effects);
    assert!(!printed.contains(CARD) && !printed.contains(PIN));
    let input = Input::Scanned(redeem_kiosk::app::secret::Secret::new(WORK_CARD));
    assert!(!format!("{input:?}").contains(WORK_CARD));
}

#[test]
fn what_was_chosen_before_the_card_is_scanned_is_the_cards_and_goes_with_it() {
    let mut kiosk = Kiosk::online();
    kiosk.tap(Control::Language(Language::English)).tap(Control::Size(TextSize::Largest)).scan(CARD);
    assert_eq!((kiosk.screen(), kiosk.model.preference.language), ("pin", Language::English));
    assert_eq!(kiosk.model.preference.size, TextSize::Largest);
    // Another person's card.
    kiosk.scan("1000186983");
    assert_eq!((kiosk.screen(), kiosk.model.preference.language), ("pin", Language::default()));
}
