//! Every screen that can be reached, by every way: none is a dead end, and no button does nothing.

use std::collections::{BTreeSet, VecDeque};
use std::sync::LazyLock;

use redeem_kiosk::app::Model;
use redeem_kiosk::app::answer::Print;
use redeem_kiosk::app::control::Control;
use redeem_kiosk::app::model::{Link, Screen};

use super::support::{Kiosk, OTHER_CARD};

/// So many orders under way are enough.
const PENDING_MAX: usize = 1;

/// What makes a state another one for this purpose: times, ids and numbers do not.
fn key(kiosk: &Kiosk) -> String {
    let model = &kiosk.model;
    let screen = match &model.screen {
        Screen::Card { digits, hitch } => format!("card {} {}", digits.length(), hitch.is_some()),
        Screen::Pin { digits, question, hitch } => {
            format!("pin {} {} {}", digits.length(), question.is_some(), hitch.is_some())
        }
        Screen::Attend { question, hitch } => format!("attend {} {}", question.is_some(), hitch.is_some()),
        Screen::Shelf { page } => format!("shelf {page}"),
        Screen::HowMany { sku } => format!("how many {sku}"),
        Screen::Working { patience, .. } => format!("working {patience:?}"),
        Screen::Unconfirmed { id } => format!("unconfirmed {}", model.commands.doubt(*id).is_some()),
        Screen::Done(done) => format!("done {} {}", done.print == Print::Printing, done.can_undo),
        Screen::Undone(done) => format!("undone {}", done.print == Print::Printing),
        Screen::Refused { refusal, reference } => format!("refused {} {}", refusal.code(), reference.is_some()),
        Screen::Unable { obstacle } => format!("unable {obstacle:?}"),
        Screen::Desk(desk) => {
            format!("desk {} {} {}", desk.staff.is_some(), desk.question.is_some(), desk.hitch.is_some())
        }
        Screen::Lookup(lookup) => {
            format!("lookup {} {} {}", lookup.digits.length(), lookup.question.is_some(), lookup.hitch.is_some())
        }
        Screen::Found { print, .. } => format!("found {}", *print == Print::Printing),
        other => other.name().to_owned(),
    };
    let phases: Vec<_> = model.commands.pending.values().map(|pending| format!("{:?}", pending.phase)).collect();
    let phases: Vec<_> = phases.iter().map(|phase| phase.split(['(', ' ']).next().unwrap()).collect();
    format!(
        "{screen} | {} | {:?} | {} {} {} | {phases:?} {}",
        kiosk.screen(),
        model.link,
        model.session.is_some(),
        model.volunteer().is_some(),
        model.catalogue.is_empty(),
        model.commands.is_broken,
    )
}

/// All states that can be reached, each by one of the shortest ways.
pub static REACHABLE: LazyLock<Vec<Kiosk>> = LazyLock::new(|| {
    let first = Kiosk::new();
    let mut seen = BTreeSet::from([key(&first)]);
    let mut waiting = VecDeque::from([first.clone()]);
    let mut found = vec![first];
    while let Some(kiosk) = waiting.pop_front() {
        for step in kiosk.taps().into_iter().chain(kiosk.inputs()) {
            let mut next = kiosk.clone();
            next.make(&step);
            // A second card is another person; more of them show nothing new.
            let is_other = next.model.session.as_ref().is_some_and(|session| session.card.reveal() == OTHER_CARD);
            if next.model.commands.pending.len() > PENDING_MAX || is_other && next.model.commands.pending.is_empty() {
                continue;
            }
            if seen.insert(key(&next)) {
                found.push(next.clone());
                waiting.push_back(next);
            }
        }
    }
    found
});

/// What a press changes, but for when it was made.
fn changed(before: &Model, after: &Model) -> bool {
    let plain = |model: &Model| Model { times: Default::default(), revision: 0, questions: 0, ..model.clone() };
    plain(before) != plain(after)
}

#[test]
fn from_every_screen_a_way_leads_home_and_no_button_does_nothing() {
    let found = &*REACHABLE;
    let names: BTreeSet<_> = found.iter().map(Kiosk::screen).collect();
    for name in [
        "welcome",
        "card",
        "pin",
        "attend",
        "shelf",
        "how-many",
        "check",
        "working",
        "unconfirmed",
        "done",
        "undo-check",
        "undone",
        "refused",
        "unable",
        "desk",
        "lookup",
        "found",
        "reverse-check",
        "revoked",
        "help",
        "idle",
    ] {
        assert!(names.contains(name), "{name} cannot be reached");
    }
    println!("{} states, {} screens", found.len(), names.len());
    for kiosk in found {
        let controls = kiosk.controls();
        for way in [Control::Back, Control::Home, Control::Help] {
            assert!(controls.contains(&way), "{way} is missing: {}", key(kiosk));
        }
        let mut home = kiosk.clone();
        home.tap(Control::Home);
        let is_stopped = kiosk.model.link == Link::Revoked && home.screen() == "revoked";
        assert!(home.is_at_welcome() || is_stopped, "no way home: {}", key(kiosk));
        assert!(home.model.session.is_none());
        for control in controls {
            let mut pressed = kiosk.clone();
            pressed.tap(control.clone());
            let is_quiet = match &control {
                // At home, and where that language or size is on already.
                Control::Back | Control::Home => matches!(kiosk.screen(), "welcome" | "revoked"),
                Control::Help => kiosk.screen() == "help",
                Control::Language(language) => *language == kiosk.model.preference.language,
                Control::Size(size) => *size == kiosk.model.preference.size,
                // Nothing is typed yet, all is typed, or it is being checked.
                Control::Digit(_) | Control::Erase | Control::Submit => true,
                // Being tried already.
                Control::Again => true,
                _ => false,
            };
            let acts = changed(&kiosk.model, &pressed.model) || !pressed.effects.is_empty();
            assert!(acts || is_quiet, "{control} does nothing: {}", key(kiosk));
        }
    }
}

#[test]
fn no_screen_asks_for_more_than_one_of_four_things() {
    for kiosk in &*REACHABLE {
        let html = kiosk.html();
        let main = html.split("<main").nth(1).unwrap().split("</main>").next().unwrap();
        let buttons = main.matches("<button").count();
        let pad = main.matches("class=\"key").count();
        let pages = main.matches("id=\"next-page\"").count() + main.matches("id=\"previous-page\"").count();
        assert!(buttons - pad - pages <= 4, "{}: {buttons} buttons", key(kiosk));
    }
}

#[test]
fn from_every_screen_back_alone_leads_home_in_the_end() {
    for kiosk in &*REACHABLE {
        let mut back = kiosk.clone();
        let steps = (0..12).take_while(|_| {
            back.tap(Control::Back);
            !back.is_at_welcome() && back.screen() != "revoked"
        });
        let steps = steps.count();
        // An order under way is waited for or left by 回首页: back goes to and fro between the two ways to wait.
        let waits = matches!(back.screen(), "working" | "unconfirmed");
        assert!(steps < 12 || waits, "{}", key(kiosk));
    }
}
