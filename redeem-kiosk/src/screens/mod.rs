//! What is shown: one screen a file, each a pure view of the model.

pub mod aloud;
mod attend;
mod card;
mod check;
mod desk;
mod done;
mod found;
mod frame;
mod help;
mod how_many;
mod idle;
mod lookup;
mod no_entry;
mod pad;
mod pin;
mod reason;
mod refused;
mod revoked;
mod shelf;
mod unable;
mod unconfirmed;
mod undo;
mod undone;
mod welcome;
pub(crate) mod words;
mod working;

use maud::Markup;

use crate::app::Model;
use crate::app::model::{Overlay, Screen};
pub use no_entry::view as no_entry;

/// The page that shows the model.
pub fn view(model: &Model) -> Markup {
    match model.overlay {
        Some(Overlay::Help) => return help::view(model),
        Some(Overlay::Idle { seconds }) => return idle::view(model, seconds),
        None => {}
    }
    match &model.screen {
        Screen::Welcome => welcome::view(model),
        Screen::Card { digits, hitch } => card::view(model, digits, hitch.as_ref()),
        Screen::Pin { digits, question, hitch } => pin::view(model, digits, *question, hitch.as_ref()),
        Screen::Attend { question, hitch } => attend::view(model, *question, hitch.as_ref()),
        Screen::Shelf { page } => shelf::view(model, *page),
        Screen::HowMany { sku } => how_many::view(model, sku),
        Screen::Check { wish } => check::view(model, wish),
        Screen::Working { patience, .. } => working::view(model, *patience),
        Screen::Unconfirmed { id } => unconfirmed::view(model, *id),
        Screen::Done(finished) => done::view(model, finished),
        Screen::UndoCheck(finished) => undo::view(model, &finished.receipt),
        Screen::Undone(finished) => undone::view(model, finished),
        Screen::Refused { refusal, reference } => refused::view(model, refusal, reference.as_deref()),
        Screen::Unable { obstacle } => unable::view(model, *obstacle),
        Screen::Desk(desk) => desk::view(model, desk),
        Screen::Lookup(lookup) => lookup::view(model, lookup),
        Screen::Found { receipt, print, .. } => found::view(model, receipt, *print),
        Screen::ReverseCheck { receipt, .. } => undo::view(model, receipt),
        Screen::Revoked => revoked::view(model),
    }
}

/// The name of what is shown.
pub fn name(model: &Model) -> &'static str {
    match model.overlay {
        Some(Overlay::Help) => "help",
        Some(Overlay::Idle { .. }) => "idle",
        None => model.screen.name(),
    }
}
