//! Counts of wrong guesses, and what follows from many of them.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long somebody may be guessing wrongly, without a pause, before their next guess waits.
pub const MINUTE: Duration = Duration::from_secs(60);
pub const DAY: Duration = Duration::from_secs(24 * 3600);
/// The alarm looks back so far.
pub const WINDOW: Duration = Duration::from_secs(600);

/// So many wrong guesses in a minute, or a longer time, for each key. Each takes its share of that time to wear off, so whoever
/// guesses all the time has that many in every minute.
pub struct Guesses<K> {
    time: Duration,
    share: Duration,
    /// When the guesses of a key will have worn off.
    worn_off_at: Mutex<HashMap<K, Instant>>,
}

impl<K: Eq + Hash> Guesses<K> {
    pub fn per_minute(guesses: NonZeroU32) -> Self {
        Self::within(MINUTE, guesses.get())
    }

    /// `guesses` is not zero.
    pub fn within(time: Duration, guesses: u32) -> Self {
        Self { time, share: time / guesses, worn_off_at: Mutex::default() }
    }

    /// Whether there is room for one more; if not, how long to wait.
    pub fn left(&self, key: &K, now: Instant) -> Result<(), Duration> {
        self.room(locked(&self.worn_off_at).get(key), now)
    }

    /// Counts one if there is room for it; if not, says how long to wait.
    pub fn count(&self, key: K, now: Instant) -> Result<(), Duration> {
        let mut worn_off_at = locked(&self.worn_off_at);
        self.room(worn_off_at.get(&key), now)?;
        let at = worn_off_at.entry(key).or_insert(now);
        *at = (*at).max(now) + self.share;
        Ok(())
    }

    /// Takes back one that was counted and turned out to be right.
    pub fn take_back(&self, key: &K) {
        if let Some(at) = locked(&self.worn_off_at).get_mut(key) {
            *at = at.checked_sub(self.share).unwrap_or(*at);
        }
    }

    pub fn forget(&self, now: Instant) {
        let mut worn_off_at = locked(&self.worn_off_at);
        worn_off_at.retain(|_, at| *at > now);
        worn_off_at.shrink_to_fit();
    }

    fn room(&self, worn_off_at: Option<&Instant>, now: Instant) -> Result<(), Duration> {
        let pending = worn_off_at.map_or(Duration::ZERO, |at| at.saturating_duration_since(now));
        match (pending + self.share).checked_sub(self.time) {
            // A division rounds down: what is left of the time by that is no wait.
            Some(wait) if wait > Duration::from_millis(1) => Err(wait),
            _ => Ok(()),
        }
    }
}

/// Raised while the last so many wrong PINs all came within [`WINDOW`].
pub struct Alarm {
    misses: usize,
    state: Mutex<AlarmState>,
}

#[derive(Default)]
struct AlarmState {
    /// When the last so many came, the oldest first.
    last: VecDeque<Instant>,
    raised: bool,
}

impl Alarm {
    pub fn at(misses: NonZeroU32) -> Self {
        Self { misses: misses.get() as usize, state: Mutex::default() }
    }

    pub fn misses(&self) -> usize {
        self.misses
    }

    /// Counts a wrong PIN. Tells whether the alarm was raised by it.
    pub fn count(&self, now: Instant) -> bool {
        let mut state = locked(&self.state);
        if state.last.len() == self.misses {
            state.last.pop_front();
        }
        state.last.push_back(now);
        let was_raised = state.raised;
        self.look(&mut state, now);
        state.raised && !was_raised
    }

    /// Ends the alarm if it is time.
    pub fn settle(&self, now: Instant) {
        self.look(&mut locked(&self.state), now);
    }

    fn look(&self, state: &mut AlarmState, now: Instant) {
        let is_recent = |oldest: &Instant| now.saturating_duration_since(*oldest) < WINDOW;
        state.raised = state.last.len() == self.misses && state.last.front().is_some_and(is_recent);
        metrics::gauge!("points_bank_pin_alarm").set(if state.raised { 1 } else { 0 });
    }
}

/// Counts are good at any moment, so what a panic has left is as good.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(number: u32) -> NonZeroU32 {
        NonZeroU32::new(number).unwrap()
    }

    #[test]
    fn so_many_wrong_guesses_in_a_minute_and_right_ones_do_not_count() {
        for per_minute in [1, 5, 7, 60] {
            let (guesses, now) = (Guesses::per_minute(number(per_minute)), Instant::now());
            for _ in 0..per_minute {
                guesses.count("hall", now).unwrap();
            }
            let wait = guesses.count("hall", now).unwrap_err();
            assert!(wait <= MINUTE / per_minute && guesses.left(&"hall", now).is_err(), "{per_minute}: {wait:?}");
            assert!(guesses.left(&"elsewhere", now).is_ok());
            assert!(guesses.count("hall", now + wait).is_ok());

            let forty = Guesses::per_minute(number(per_minute));
            for _ in 0..40 {
                forty.count("hall", now).unwrap();
                forty.take_back(&"hall");
            }
            assert!(forty.left(&"hall", now).is_ok());
            guesses.forget(now + 2 * MINUTE);
            assert!(locked(&guesses.worn_off_at).is_empty());
        }
    }

    #[test]
    fn the_alarm_is_raised_once_and_ends_when_misses_are_few_again() {
        let (alarm, begun) = (Alarm::at(number(3)), Instant::now());
        let at = |seconds| begun + Duration::from_secs(seconds);
        let raised: Vec<bool> = [0, 300, 599, 600, 700, 2000].map(|seconds| alarm.count(at(seconds))).into();
        assert_eq!(raised, [false, false, true, false, false, false]);
        assert!(!locked(&alarm.state).raised, "the last three took longer");
        assert!(!alarm.count(at(2001)) && alarm.count(at(2002)));
        alarm.settle(at(2600));
        assert!(!locked(&alarm.state).raised);
    }
}
