//! What the time of a run goes into.

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

/// How long was worked on each.
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

/// One line, by which the share of compiling can be watched.
impl fmt::Display for Times {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { compiling, testing } = self;
        write!(formatter, "compiled for {} seconds, tested for {} seconds", compiling.as_secs(), testing.as_secs())
    }
}
