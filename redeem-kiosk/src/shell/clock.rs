//! The agent's time: the machine's at the start, and what has passed since. A clock that is set while the agent runs
//! neither wipes a visit nor makes it endless.

use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub struct Clock {
    started_at: i64,
    since: Instant,
    /// For tests: a file that holds seconds to add.
    offset_file: Option<PathBuf>,
}

impl Clock {
    pub fn new(offset_file: Option<PathBuf>) -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Self { started_at: milliseconds(since_epoch), since: Instant::now(), offset_file }
    }

    /// Milliseconds since 1970.
    pub fn now(&self) -> i64 {
        self.started_at + milliseconds(self.since.elapsed()) + self.offset()
    }

    fn offset(&self) -> i64 {
        let Some(file) = &self.offset_file else { return 0 };
        let seconds = std::fs::read_to_string(file).ok().and_then(|text| text.trim().parse::<i64>().ok());
        seconds.unwrap_or_default().saturating_mul(1000)
    }
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
