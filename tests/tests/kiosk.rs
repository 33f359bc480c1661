//! The kiosk in a real Chromium, at a station with its own service.

use bank_tests::bank::TestBank;
use bank_tests::kiosk::Station;
use serde_json::json;

/// Makes tests, each of which plays one scenario.
macro_rules! scenarios {
    ($($name:ident: $scenario:literal,)*) => {
        $(
            #[test]
            fn $name() {
                let bank = TestBank::sqlite();
                Station::of(&bank).play($scenario);
            }
        )*
    };
}

scenarios! {
    a_sack_of_rice_takes_at_most_five_taps_and_its_receipt_is_genuine: "kiosk-flow.rice",
    a_member_of_staff_stands_in_for_the_pin: "kiosk-flow.staff",
    a_redemption_is_taken_back_as_a_reversal_for_some_minutes: "kiosk-flow.undo",
    the_whole_visit_works_without_scripts: "kiosk-flow.withoutScripts",
    tab_and_enter_alone_are_enough: "kiosk-flow.keyboard",
    a_finger_that_slides_off_has_pressed_nothing: "kiosk-flow.slideOff",
    language_and_text_size_change_on_any_screen: "kiosk-flow.choices",
    a_screen_is_read_aloud: "kiosk-flow.aloud",
    every_press_is_answered_and_how_soon_is_told: "kiosk-flow.pace",
    pressed_many_times_it_is_redeemed_once: "kiosk-once.doubleTap",
    a_scan_presses_nothing_and_types_nowhere: "kiosk-once.scans",
    a_late_answer_is_shown_to_nobody_else: "kiosk-once.lateAnswer",
    a_service_that_is_killed_with_the_order_redeems_once: "kiosk-once.serviceKilled",
    an_agent_that_is_killed_before_the_answer_redeems_once: "kiosk-once.agentKilled",
    without_the_service_nothing_is_done_and_it_is_said: "kiosk-faults.away",
    a_slow_service_is_told_as_it_is: "kiosk-faults.slow",
    a_revoked_device_says_so_and_stops: "kiosk-faults.revoked",
    a_press_is_seen_at_once_where_the_agent_stands_still: "kiosk-faults.agentHeld",
    each_error_says_what_to_do_keeps_what_was_typed_and_has_the_focus: "kiosk-faults.errors",
    idleness_is_warned_of_counted_down_put_off_and_wipes: "kiosk-privacy.idle",
    after_a_visit_nothing_is_left_in_the_browser_or_on_its_disk: "kiosk-privacy.nothingLeft",
    home_help_and_another_card_leave_nothing_of_the_visit: "kiosk-privacy.ends",
    strangers_and_other_sites_press_nothing: "kiosk-privacy.strangers",
    the_measures_find_what_is_wrong: "kiosk-crawl.sharp",
}

/// Measures every screen in every state, in one language: sizes, gaps, contrast, places, words beside signs.
fn measure(language: &str) {
    let bank = TestBank::sqlite();
    Station::of(&bank).play_with("kiosk-crawl.measured", json!({ "language": language }));
}

#[test]
fn every_screen_keeps_its_measures_in_simplified_chinese() {
    measure("zh-Hans");
}

#[test]
fn every_screen_keeps_its_measures_in_traditional_chinese() {
    measure("zh-Hant");
}

#[test]
fn every_screen_keeps_its_measures_in_english() {
    measure("en");
}
