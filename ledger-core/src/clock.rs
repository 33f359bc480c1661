//! What comes into the ledger from outside: time and chance. Both are injected, so that a run can be repeated.

use std::sync::Arc;

use jiff::Timestamp;

/// Where the time comes from.
#[derive(Clone)]
pub enum Clock {
    /// The machine's own clock.
    Machine,
    /// A fixed instant, UTC seconds: for a demonstration bank or a test.
    Fixed(i64),
    /// A clock of the host's own, in UTC seconds.
    Host(Arc<dyn Fn() -> i64 + Send + Sync>),
}

impl Clock {
    /// UTC seconds.
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

/// Where random bits come from: pseudonyms, salts, the first key.
#[derive(Debug, Clone)]
pub enum Randomness {
    /// The operating system.
    System,
    /// SHA-256 of a seed and a counter: for tests that compare two runs. Never for a real bank.
    Seeded(Arc<std::sync::Mutex<(u64, u64)>>),
}

impl Randomness {
    /// Repeatable bits of that seed.
    pub fn seeded(seed: u64) -> Self {
        Self::Seeded(Arc::new(std::sync::Mutex::new((seed, 0))))
    }

    /// Fills the bytes in pieces of that length, of which each is what a piece asked for alone would be; `None` where the
    /// operating system has none to give.
    #[must_use]
    pub fn fill_each(&self, bytes: &mut [u8], length: usize) -> Option<()> {
        match self {
            // Each byte is as good as any other: one question for all.
            Self::System => self.fill(bytes),
            Self::Seeded(_) => bytes.chunks_mut(length).try_for_each(|piece| self.fill(piece)),
        }
    }

    /// Fills the bytes; `None` where the operating system has none to give.
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
