//! A machine's clock that cannot be right: before 1970, or beyond the year 9999. Neither an id nor the date of an answer can be made
//! then, so nothing begins.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// 10000-01-01T00:00:00Z.
const YEAR_10000_SECONDS: u64 = 253_402_300_800;

/// Fails if the clock is outside of these years.
pub fn refuse_impossible() -> anyhow::Result<()> {
    anyhow::ensure!(
        is_possible(SystemTime::now()),
        "the clock of this machine is before 1970 or beyond the year 9999: set it first"
    );
    Ok(())
}

fn is_possible(now: SystemTime) -> bool {
    now.duration_since(UNIX_EPOCH).is_ok_and(|since| since < Duration::from_secs(YEAR_10000_SECONDS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_says_a_year_from_1970_to_9999() {
        let end = UNIX_EPOCH + Duration::from_secs(YEAR_10000_SECONDS);
        let second = Duration::from_secs(1);
        assert!(is_possible(UNIX_EPOCH) && is_possible(SystemTime::now()) && is_possible(end - second));
        assert!(!is_possible(UNIX_EPOCH - second) && !is_possible(end));
    }
}
