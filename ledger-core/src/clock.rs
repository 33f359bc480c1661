//! Time and random bits. The host may supply both, so that a test can repeat a run exactly.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jiff::Timestamp;
use rustix::time::{ClockId, clock_gettime};

use crate::fault::Fault;
use crate::store::watch::Watch;

/// Where the ledger reads the time.
#[derive(Clone)]
pub enum Clock {
    /// The clock of the machine, the only one that a real bank accepts.
    Machine,
    /// Always this instant, in UTC seconds. For a demonstration bank or a test.
    Fixed(i64),
    /// A function of the host that returns UTC seconds.
    Host(Arc<dyn Fn() -> i64 + Send + Sync>),
}

impl Clock {
    /// The present instant, in UTC seconds.
    pub fn now(&self) -> i64 {
        match self {
            Self::Machine => Timestamp::now().as_second(),
            Self::Fixed(instant) => *instant,
            Self::Host(clock) => clock(),
        }
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Machine => formatter.write_str("Machine"),
            Self::Fixed(instant) => write!(formatter, "Fixed({instant})"),
            Self::Host(_) => formatter.write_str("Host"),
        }
    }
}

/// How far the machine's clock may run ahead of the time since the machine was started, while the bank is open.
const LEAD_SECONDS_MAX: i64 = 24 * 3600;

/// What is thought of the clock.
#[derive(Debug, Clone)]
pub enum ClockState {
    /// It says what can be right.
    Right,
    /// It is behind the last record by so many seconds. Until it has caught up, the last record's time is used.
    Behind {
        /// At least 1.
        seconds: i64,
    },
    /// It is further ahead than can be right. Nothing is posted, and readers use the time that can be right.
    Ahead(Fault),
}

/// The bank's one time, for whoever posts, reads or logs in: the clock's, but never before the last record, and not beyond
/// reason. A record by a clock that says 2036 would let all points expire, and stop the bank until then.
#[derive(Debug, Clone)]
pub struct BankClock {
    clock: Clock,
    watch: Arc<Watch>,
    /// By how much the first reading may be ahead of the last record.
    start_lead_seconds_max: i64,
    /// By how much later ones may be ahead of what the time can be; `None` for a caller's clock, who may let time pass as
    /// they like.
    lead_seconds_max: Option<i64>,
    /// The first reading that was believed. None was, as long as the clock has been behind or ahead since the start.
    believed: Arc<OnceLock<Noted>>,
    /// The latest instant that the machine's clock has told, or the last record's.
    latest: Arc<Mutex<Option<Noted>>>,
}

/// An instant, in UTC seconds, and what the machine's own count of seconds said then. That one runs on while the machine sleeps,
/// and nobody can set it.
#[derive(Debug, Clone, Copy)]
struct Noted {
    instant: i64,
    boot_seconds: i64,
}

impl Noted {
    fn now(instant: i64) -> Self {
        Self { instant, boot_seconds: seconds_since_boot() }
    }

    /// The seconds since then, by the machine's own count.
    fn seconds_passed(self, boot_seconds: i64) -> i64 {
        (boot_seconds - self.boot_seconds).max(0)
    }

    /// What the time can be by the machine's own count.
    fn runs_on(self) -> i64 {
        self.instant.saturating_add(self.seconds_passed(seconds_since_boot()))
    }

    /// What the time is while the clock is behind this instant: it never runs back, or what has ended would begin again; and it
    /// never stands still, or no wait would end. It runs at half its speed, so the clock catches up.
    fn runs_slowly(self, boot_seconds: i64) -> i64 {
        self.instant.saturating_add(self.seconds_passed(boot_seconds) / 2)
    }
}

/// The record by which the clock is judged at the start.
#[derive(Debug, Clone, Copy)]
pub struct LastRecord {
    /// UTC seconds.
    pub posted_at: i64,
    /// Whether the bank is for demonstration. Then the time may be an invented one, and tells nothing of the machine's
    /// clock.
    pub is_of_demo: bool,
}

impl BankClock {
    /// Judges the clock at the start: it is believed unless it is more than `days_ahead_max` days after the last record.
    pub fn new(clock: Clock, watch: Arc<Watch>, last: LastRecord, days_ahead_max: u32) -> Self {
        let LastRecord { posted_at, is_of_demo } = last;
        let is_judged = !(is_of_demo && matches!(clock, Clock::Machine));
        let start_lead_seconds_max = if is_judged { i64::from(days_ahead_max) * 24 * 3600 } else { i64::MAX };
        let lead_seconds_max = match clock {
            Clock::Machine => Some(LEAD_SECONDS_MAX),
            Clock::Fixed(_) | Clock::Host(_) => None,
        };
        let judged = Self {
            clock,
            watch,
            start_lead_seconds_max,
            lead_seconds_max,
            believed: Arc::default(),
            latest: Arc::default(),
        };
        judged.judge(judged.clock.now(), posted_at);
        judged
    }

    /// Whether a reading is ahead of what can be right. The first one that is neither behind nor ahead is believed from then on.
    fn judge(&self, reading: i64, last_posted_at: i64) -> bool {
        if let Some(believed) = self.believed.get() {
            // What this process has posted itself proves nothing: step by step, it would lead any distance ahead.
            let right = believed.runs_on().max(self.watch.posted_by_others_at().unwrap_or(i64::MIN));
            return self.lead_seconds_max.is_some_and(|lead_max| reading > right.saturating_add(lead_max));
        }
        let lead = reading.saturating_sub(last_posted_at);
        if (0..=self.start_lead_seconds_max).contains(&lead) {
            // Whoever was first has believed the same.
            let _ = self.believed.set(Noted::now(reading));
        }
        lead > self.start_lead_seconds_max
    }

    /// The time for whoever reads, in UTC seconds.
    pub fn now(&self) -> i64 {
        self.reading().max(self.last_posted_at())
    }

    /// The time by which what nobody posts comes to an end: sessions, visits, credentials, links, waits. It is [`Self::now`], but
    /// within a process it never runs back and never stands still.
    pub fn running_now(&self) -> i64 {
        self.never_back(self.reading())
    }

    /// What the clock says, or what the time can be where that is further ahead.
    fn reading(&self) -> i64 {
        if self.is_ahead() { self.believed_now() } else { self.clock.now() }
    }

    /// A reading, but never before the last record, and by the machine's clock never before what it has told.
    fn never_back(&self, reading: i64) -> i64 {
        let instant = reading.max(self.last_posted_at());
        if matches!(self.clock, Clock::Fixed(_) | Clock::Host(_)) {
            return instant;
        }
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let told = latest.map_or(i64::MIN, |latest| latest.runs_slowly(seconds_since_boot()));
        if told > instant {
            return told;
        }
        // While it is behind the last record, the count runs on from when that was first told.
        if latest.is_none_or(|latest| latest.instant < instant) {
            *latest = Some(Noted::now(instant));
        }
        instant
    }

    /// The time for whoever posts, in UTC seconds.
    ///
    /// # Errors
    /// [`Fault::ClockAhead`].
    pub fn now_to_post(&self) -> Result<i64, Fault> {
        if self.is_ahead() { Err(self.ahead()) } else { Ok(self.clock.now().max(self.last_posted_at())) }
    }

    /// What is thought of the clock now.
    pub fn state(&self) -> ClockState {
        let behind = self.last_posted_at().saturating_sub(self.clock.now());
        if self.is_ahead() {
            ClockState::Ahead(self.ahead())
        } else if behind > 0 {
            ClockState::Behind { seconds: behind }
        } else {
            ClockState::Right
        }
    }

    fn is_ahead(&self) -> bool {
        self.judge(self.clock.now(), self.last_posted_at())
    }

    fn ahead(&self) -> Fault {
        Fault::ClockAhead { reading: self.clock.now(), last_posted_at: self.last_posted_at() }
    }

    /// What the time can be by the machine's own count of seconds, and at least that of the last record.
    fn believed_now(&self) -> i64 {
        let last_posted_at = self.last_posted_at();
        self.believed.get().map_or(last_posted_at, |believed| believed.runs_on().max(last_posted_at))
    }

    fn last_posted_at(&self) -> i64 {
        self.watch.posted_at().unwrap_or(i64::MIN)
    }
}

fn seconds_since_boot() -> i64 {
    clock_gettime(ClockId::Boottime).tv_sec
}

/// Where the ledger gets the random bits for pseudonyms, salts and the first key.
#[derive(Debug, Clone)]
pub enum Randomness {
    /// The operating system's generator, the only one that a real bank accepts.
    System,
    /// SHA-256 of a seed and a counter, for tests that compare two runs. A real bank refuses it.
    Seeded(Arc<std::sync::Mutex<(u64, u64)>>),
}

impl Randomness {
    /// Bits that are the same in every run with this seed.
    pub fn seeded(seed: u64) -> Self {
        Self::Seeded(Arc::new(std::sync::Mutex::new((seed, 0))))
    }

    /// Fills the bytes piece by piece; each piece gets what a call of [`Self::fill`] for it alone would give. `None` if
    /// the operating system fails.
    #[must_use]
    pub fn fill_each(&self, bytes: &mut [u8], length: usize) -> Option<()> {
        match self {
            // The system's bytes do not depend on how they are asked for, so one call fills them all.
            Self::System => self.fill(bytes),
            Self::Seeded(_) => bytes.chunks_mut(length).try_for_each(|piece| self.fill(piece)),
        }
    }

    /// Fills the bytes. `None` if the operating system fails, or another user of the seed panicked.
    #[must_use]
    pub fn fill(&self, bytes: &mut [u8]) -> Option<()> {
        match self {
            Self::System => getrandom::fill(bytes).ok(),
            Self::Seeded(state) => {
                let mut state = state.lock().ok()?;
                for chunk in bytes.chunks_mut(32) {
                    let digest = crate::proof::sha256(&[&state.0.to_be_bytes(), &state.1.to_be_bytes()]);
                    chunk.copy_from_slice(&digest[..chunk.len()]);
                    state.1 += 1;
                }
                Some(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;
    use crate::store::watch::Seen;

    const DAY: i64 = 24 * 3600;
    const LAST: i64 = 1_781_496_000;

    fn watch(posted_at: i64, size: u64) -> Arc<Watch> {
        let watch = Watch::default();
        watch.saw(Seen { bank_id: String::new(), size, root: [0; 32], last_leaf: [0; 32], posted_at });
        Arc::new(watch)
    }

    fn real(posted_at: i64) -> LastRecord {
        LastRecord { posted_at, is_of_demo: false }
    }

    /// A bank's clock that judges the machine's by what the test says.
    fn machine(reading: &Arc<AtomicI64>, watch: &Arc<Watch>) -> BankClock {
        let shared = Arc::clone(reading);
        let clock = Clock::Host(Arc::new(move || shared.load(Ordering::SeqCst)));
        let mut judged = BankClock::new(clock, Arc::clone(watch), real(LAST), 31);
        judged.lead_seconds_max.get_or_insert(LEAD_SECONDS_MAX);
        judged
    }

    #[test]
    fn a_clock_is_not_believed_beyond_reason_at_the_start() {
        for (reading, code) in
            [(LAST + 31 * DAY, ""), (LAST + 31 * DAY + 1, "clock_ahead"), (LAST + 3650 * DAY, "clock_ahead")]
        {
            let clock = BankClock::new(Clock::Fixed(reading), watch(LAST, 1), real(LAST), 31);
            assert_eq!(clock.now_to_post().map_or_else(|fault| fault.code(), |_| ""), code);
        }
    }

    #[test]
    fn a_clock_that_jumps_while_the_bank_is_open_is_not_believed() {
        let (reading, watch) = (Arc::new(AtomicI64::new(LAST + 60)), watch(LAST, 1));
        let clock = machine(&reading, &watch);
        assert_eq!(clock.now_to_post().unwrap(), LAST + 60);
        reading.store(LAST + 60 + DAY, Ordering::SeqCst);
        assert!(clock.now_to_post().is_ok());
        reading.store(LAST + 3650 * DAY, Ordering::SeqCst);
        assert!(matches!(clock.state(), ClockState::Ahead(Fault::ClockAhead { .. })));
        // Somebody confirms it: another process has posted a record of that time.
        watch.saw(Seen { size: 2, posted_at: LAST + 3650 * DAY, ..watch.seen().unwrap() });
        assert_eq!(clock.now_to_post().unwrap(), LAST + 3650 * DAY);
        assert_eq!(clock.now(), LAST + 3650 * DAY);
    }

    /// Each step is a day, but together they lead anywhere.
    #[test]
    fn what_a_process_posts_itself_does_not_lead_its_clock_further_ahead() {
        let (reading, watch) = (Arc::new(AtomicI64::new(LAST + 60)), watch(LAST, 1));
        let clock = machine(&reading, &watch);
        for hours in 1..24 {
            reading.store(LAST + 60 + hours * 3600, Ordering::SeqCst);
            let posted_at = clock.now_to_post().unwrap();
            watch.committed(Seen { size: 1 + hours as u64, posted_at, ..watch.seen().unwrap() });
        }
        reading.store(LAST + 60 + 25 * 3600, Ordering::SeqCst);
        assert_eq!(clock.now_to_post().unwrap_err().code(), "clock_ahead");
        assert_eq!(clock.now(), LAST + 60 + 23 * 3600);
    }

    #[test]
    fn a_clock_that_is_behind_has_the_last_records_time() {
        let (reading, watch) = (Arc::new(AtomicI64::new(LAST - 90)), watch(LAST, 1));
        let clock = machine(&reading, &watch);
        assert_eq!((clock.now_to_post().unwrap(), clock.now()), (LAST, LAST));
        assert!(matches!(clock.state(), ClockState::Behind { seconds: 90 }));
        reading.store(LAST + 1, Ordering::SeqCst);
        assert!(matches!((clock.now(), clock.state()), (now, ClockState::Right) if now == LAST + 1));
    }

    #[test]
    fn a_clock_that_was_behind_since_the_start_is_judged_when_it_is_set_right() {
        let (reading, watch) = (Arc::new(AtomicI64::new(LAST - 30 * DAY)), watch(LAST, 1));
        let clock = machine(&reading, &watch);
        assert_eq!(clock.now_to_post().unwrap(), LAST);
        reading.store(LAST + 32 * DAY, Ordering::SeqCst);
        assert_eq!(clock.now_to_post().unwrap_err().code(), "clock_ahead");
        // The bank had rested for two days, and from now on the time is known.
        reading.store(LAST + 2 * DAY, Ordering::SeqCst);
        assert_eq!(clock.now_to_post().unwrap(), LAST + 2 * DAY);
        reading.store(LAST + 4 * DAY, Ordering::SeqCst);
        assert_eq!(clock.now_to_post().unwrap_err().code(), "clock_ahead");
    }

    #[test]
    fn behind_what_was_told_the_time_runs_at_half_its_speed() {
        let noted = Noted { instant: LAST, boot_seconds: 100 };
        for (boot_seconds, now) in [(100, LAST), (101, LAST), (102, LAST + 1), (160, LAST + 30), (90, LAST)] {
            assert_eq!(noted.runs_slowly(boot_seconds), now, "{boot_seconds}");
        }
        let clock = BankClock::new(Clock::Machine, watch(LAST, 1), real(Timestamp::now().as_second()), 31);
        let ahead = Timestamp::now().as_second() + 3600;
        assert_eq!(clock.never_back(ahead), ahead);
        assert!((ahead..ahead + 60).contains(&clock.running_now()), "what has ended does not begin again");
        assert!(clock.now_to_post().unwrap() < ahead, "a record has the clock's time as soon as it is right");
        clock.watch.saw(Seen { size: 2, posted_at: ahead + 3600, ..clock.watch.seen().unwrap() });
        assert!((ahead + 3600..ahead + 3660).contains(&clock.running_now()));
        assert_eq!((clock.now(), clock.now_to_post().unwrap()), (ahead + 3600, ahead + 3600));
    }

    #[test]
    fn readers_do_not_believe_a_machines_clock_that_is_ahead() {
        let now = Timestamp::now().as_second();
        let last = now - 40 * DAY;
        let clock = BankClock::new(Clock::Machine, watch(last, 1), real(last), 31);
        assert!((last..last + 60).contains(&clock.now()), "{}", clock.now());
        assert!(clock.now_to_post().is_err());
        // The last record of a demonstration may be of any time.
        let of_demo = LastRecord { posted_at: last, is_of_demo: true };
        assert!(BankClock::new(Clock::Machine, watch(last, 1), of_demo, 31).now_to_post().is_ok());
    }
}
