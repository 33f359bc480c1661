//! The pages in a real Chromium, with axe: what a volunteer, a stranger with a receipt and a member of staff can do,
//! and what nobody can. Both engines must show the same about the bank, so `reading` runs on both; for the rest the
//! engine does not matter.

use bank_tests::bank::TestBank;
use bank_tests::both_engines;
use bank_tests::browser::Town;
use serde_json::json;

/// Makes tests, each of which plays one scenario.
macro_rules! scenarios {
    ($($name:ident: $scenario:literal,)*) => {
        $(
            #[test]
            fn $name() {
                let bank = TestBank::sqlite();
                Town::of(&bank).play($scenario);
            }
        )*
    };
}

both_engines!(a_volunteer_logs_in_and_reads_everything, async |bank| Town::of(bank).play("login.read"));

scenarios! {
    a_wrong_card_and_a_wrong_pin_get_one_answer: "login.refused",
    a_link_from_the_counter_logs_in_once: "login.link",
    logging_out_everywhere_ends_the_sessions_of_other_browsers: "login.everywhere",
    the_keyboard_alone_is_enough: "login.keyboard",
    card_and_pin_can_be_pasted: "login.paste",
    pages_work_without_scripts: "login.withoutScripts",
    language_and_text_size_are_chosen_and_kept: "login.choices",
    a_form_of_another_site_does_nothing: "login.otherSite",
    a_member_of_staff_imports_by_upload: "login.staffImport",
    a_receipt_is_verified_in_the_browser_and_the_bank_says_whether_it_stands: "verify.genuine",
    a_receipt_that_the_bank_signed_and_does_not_have_is_told_from_the_one_it_has: "verify.twin",
    a_receipt_is_verified_from_the_account: "verify.fromTheAccount",
    an_altered_receipt_is_refused_in_the_browser: "verify.alteredInTheBrowser",
    without_scripts_the_service_verifies_and_refuses: "verify.withoutScripts",
    a_receipt_is_found_by_its_number_alone: "verify.byNumber",
    without_a_network_a_receipt_is_genuine_and_nobody_knows_whether_it_stands: "verify.unasked",
    what_is_told_of_a_receipt_stands_in_the_title_in_every_language: "verify.languages",
    a_browser_that_cannot_verify_says_so: "verify.unable",
    what_is_told_of_a_receipt_stays_when_the_page_is_made_larger: "verify.follows",
    nothing_is_told_of_the_last_receipt_while_the_next_is_looked_up: "verify.meanwhile",
    whoever_verifies_too_much_is_told_to_wait: "verify.wait",
    a_lost_phone_forgets_the_balance_when_it_learns_that_its_session_is_over: "offline.lost",
    the_last_balance_is_read_offline_and_nothing_is_left_after_logging_out: "offline.stopped",
    the_measures_find_what_is_wrong: "crawl.sharp",
    the_page_of_the_description_needs_no_other_host: "docs.offline",
}

/// Measures every page in every state, in one language: sizes, gaps, contrast, masked names, live links.
fn measure(language: &str) {
    let bank = TestBank::sqlite();
    Town::of(&bank).play_with("crawl.measured", json!({ "language": language }));
}

#[test]
fn every_page_keeps_its_measures_in_simplified_chinese() {
    measure("zh-Hans");
}

#[test]
fn every_page_keeps_its_measures_in_traditional_chinese() {
    measure("zh-Hant");
}

#[test]
fn every_page_keeps_its_measures_in_english() {
    measure("en");
}
