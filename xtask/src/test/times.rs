//! What a run spends its time on.

use std::fmt;
use std::time::Duration;

/// What a step is about.
#[derive(Clone, Copy)]
pub enum Kind {
    /// Compiling, linting and documenting: what cargo does before a test can run.
    Compiling,
    Testing,
    Other,
}

/// How much time went into each kind of work.
#[derive(Default)]
pub struct Times {
    compiling: Duration,
    testing: Duration,
}

impl Times {
    pub fn add(&mut self, kind: Kind, time: Duration) {
        match kind {
            Kind::Compiling => self.compiling += time,
            Kind::Testing => self.testing += time,
            Kind::Other => {}
        }
    }
}

/// Writes one line, which shows how large the share of compiling is.
impl fmt::Display for Times {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { compiling, testing } = self;
        write!(formatter, "compiled for {} seconds, tested for {} seconds", compiling.as_secs(), testing.as_secs())
    }
}
