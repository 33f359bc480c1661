//! Sequences that nobody would think of: whatever happens, in whatever order, the promises hold.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use redeem_kiosk::app::control::Control;
use redeem_kiosk::app::model::Screen;
use redeem_kiosk::app::order::Order;
use redeem_kiosk::app::{Effect, Input};
use uuid::Uuid;

use super::moves::Move;
use super::support::{CARD, Kiosk, NAME, OTHER_CARD};

/// What was seen on the way.
#[derive(Default)]
struct Witness {
    stored: BTreeMap<Uuid, Order>,
    kept: BTreeSet<Uuid>,
    confirmed: usize,
}

impl Witness {
    /// Looks at what one step did.
    fn watch(&mut self, step: &Move, before: &Kiosk, after: &Kiosk) {
        if let Move::Input(Input::Stored { id, is_kept: true }) = step {
            self.kept.insert(*id);
        }
        let commits = matches!(
            (&before.model.screen, step),
            (Screen::Check { .. } | Screen::UndoCheck(_) | Screen::ReverseCheck { .. }, Move::Tap(Control::Confirm))
        );
        self.confirmed += usize::from(commits);
        for effect in &after.effects {
            match effect {
                Effect::Store { id, order, .. } => {
                    assert!(commits, "an order without a confirmed check screen");
                    assert!(self.stored.insert(*id, order.clone()).is_none(), "an id twice");
                }
                Effect::Send { id, order, .. } => {
                    assert!(self.kept.contains(id), "sent without being kept");
                    assert_eq!(Some(order), self.stored.get(id), "another order under the same id");
                }
                _ => {}
            }
        }
        assert!(self.stored.len() <= self.confirmed);
    }
}

/// What a screen shows of an outcome belongs to whom it shows.
fn shows_its_own(kiosk: &Kiosk, witness: &Witness) {
    let (Screen::Done(finished) | Screen::UndoCheck(finished)) = &kiosk.model.screen else { return };
    let Some(session) = &kiosk.model.session else { panic!("an outcome, and nobody there") };
    assert!(witness.stored[&finished.id].is_of(&session.card), "an outcome of another person's");
}

/// A press again on the page that it was made on.
fn pressed_twice(before: &Kiosk, after: &Kiosk, control: &Control) {
    if control.types() {
        return;
    }
    let mut again = after.clone();
    again.take(Input::Tapped {
        revision: before.model.revision,
        control: control.clone(),
        fresh: super::support::id(77_777),
    });
    assert!(again.effects.is_empty(), "{control} did something twice");
    assert_eq!(again.model.screen, after.model.screen, "{control} did something twice");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_an_order_is_confirmed_once_sent_when_kept_and_told_to_its_own(
        choices in prop::collection::vec((any::<u16>(), 0..10_u8), 1..120),
    ) {
        let mut kiosk = Kiosk::online();
        let mut witness = Witness::default();
        for (choice, weight) in choices {
            // Taps are likelier than all else, and going on is likelier than going home.
            let onward = |step: &Move| {
                !matches!(step, Move::Tap(Control::Home | Control::Back | Control::Help | Control::Language(_) | Control::Size(_)))
            };
            let moves: Vec<Move> = match weight {
                0..=5 => kiosk.taps().into_iter().filter(onward).collect(),
                6 => kiosk.taps(),
                _ => kiosk.inputs(),
            };
            let moves = if moves.is_empty() { kiosk.inputs() } else { moves };
            let step = &moves[usize::from(choice) % moves.len()];
            let before = kiosk.clone();
            kiosk.make(step);
            witness.watch(step, &before, &kiosk);
            shows_its_own(&kiosk, &witness);
            if let Move::Tap(control) = step {
                pressed_twice(&before, &kiosk, control);
            }
        }
        // Nobody presses anything any more.
        kiosk.wait(60_000).wait(20_000);
        prop_assert!(kiosk.model.session.is_none());
        prop_assert!(kiosk.is_at_welcome() || kiosk.screen() == "revoked");
        let html = kiosk.html();
        prop_assert!(![CARD, OTHER_CARD, NAME].iter().any(|trace| html.contains(trace)));
    }
}
