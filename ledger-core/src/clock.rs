//! Time and random bits. The host may supply both, so that a test can repeat a run exactly.

use std::sync::Arc;

use jiff::Timestamp;

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
