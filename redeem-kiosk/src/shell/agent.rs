//! The loop: one input after the other, the effects that follow, and the model for whoever shows it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::clock::Clock;
use super::effects::Hands;
use crate::app::model::Overlay;
use crate::app::{Effect, Input, Model, update};
use crate::screens;

/// Between two looks at the clock.
const TICK: Duration = Duration::from_millis(200);
/// Inputs that wait, at most: people press one button at a time.
const WAITING_MAX: usize = 256;

struct Message {
    input: Input,
    taken: Option<oneshot::Sender<()>>,
}

/// Where inputs are dropped.
#[derive(Clone)]
pub struct Inbox(mpsc::Sender<Message>);

impl Inbox {
    /// Has an input taken, and waits until what it changed can be seen.
    pub async fn take(&self, input: Input) {
        let (taken, seen) = oneshot::channel();
        if self.0.send(Message { input, taken: Some(taken) }).await.is_ok() {
            // Once the agent is stopping nobody sees anything any more.
            let _ = seen.await;
        }
    }

    pub async fn drop_in(&self, input: Input) {
        // Once the agent is stopping nobody takes it; the next start asks again.
        let _ = self.0.send(Message { input, taken: None }).await;
    }
}

pub struct Agent {
    inbox: mpsc::Receiver<Message>,
    clock: Clock,
    model: Model,
    page: String,
    shown: watch::Sender<Arc<Model>>,
    hands: Hands,
}

/// Makes an inbox and its end.
pub fn inbox() -> (Inbox, End) {
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    (Inbox(sender), End(receiver))
}

pub struct End(mpsc::Receiver<Message>);

impl Agent {
    pub fn new(end: End, clock: Clock, model: Model, hands: Hands) -> (Self, watch::Receiver<Arc<Model>>) {
        let (shown, watcher) = watch::channel(Arc::new(model.clone()));
        (Self { inbox: end.0, clock, page: face(&model), model, shown, hands }, watcher)
    }

    /// Runs until it is stopped.
    pub async fn run(mut self, stopping: CancellationToken) {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        self.hands.start();
        loop {
            tokio::select! {
                biased;
                () = stopping.cancelled() => break,
                message = self.inbox.recv() => {
                    let Some(Message { input, taken }) = message else { break };
                    self.step(Input::Tick(self.clock.now()));
                    self.step(input);
                    self.show();
                    if let Some(taken) = taken {
                        // Who has hung up does not want to know.
                        let _ = taken.send(());
                    }
                }
                _ = ticks.tick() => {
                    self.step(Input::Tick(self.clock.now()));
                    self.show();
                }
            }
        }
        self.hands.close().await;
    }

    fn step(&mut self, input: Input) {
        let (model, effects) = update(self.model.clone(), input);
        self.model = model;
        for effect in effects {
            if let Effect::Note(notice) = effect {
                super::log::write(&notice);
            } else {
                self.hands.act(effect, self.model.times.now);
            }
        }
    }

    /// Counts the picture where it is another one than before; a count-down alone does not count, and a clock that goes on is
    /// not worth a drawing.
    fn show(&mut self) {
        if self.is_shown() {
            return;
        }
        let page = face(&self.model);
        if page != self.page {
            self.page = page;
            self.model.changes += 1;
        }
        let model = Arc::new(self.model.clone());
        let is_new = |shown: &mut Arc<Model>| {
            let differs = shown.changes != model.changes || shown.overlay != model.overlay;
            *shown = Arc::clone(&model);
            differs
        };
        self.shown.send_if_modified(is_new);
    }

    /// Whether the model is the one that is shown, but for the time.
    fn is_shown(&mut self) -> bool {
        let shown = self.shown.borrow();
        let times = std::mem::replace(&mut self.model.times, shown.times);
        let is_shown = self.model == **shown;
        self.model.times = times;
        is_shown
    }
}

/// What is shown, but for the number of the picture and the seconds of a count-down.
fn face(model: &Model) -> String {
    let mut model = Model { changes: 0, ..model.clone() };
    if let Some(Overlay::Idle { seconds }) = &mut model.overlay {
        *seconds = 0;
    }
    screens::view(&model).into_string()
}
