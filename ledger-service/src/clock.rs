//! A machine's clock that cannot be right: before 1970, or beyond the year 9999. Neither an id nor the date of an answer can be made
//! then, so nothing begins.

use std::time::SystemTime;

use baoyulan_ledger::time::is_possible;

/// Fails if the clock is outside of these years.
pub fn refuse_impossible() -> anyhow::Result<()> {
    anyhow::ensure!(
        is_possible(SystemTime::now()),
        "the clock of this machine is before 1970 or beyond the year 9999: set it first"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use baoyulan_ledger::time::YEAR_10000_SECONDS;

    use super::*;

    #[test]
    fn a_clock_says_a_year_from_1970_to_9999() {
        let end = UNIX_EPOCH + Duration::from_secs(YEAR_10000_SECONDS);
        let second = Duration::from_secs(1);
        assert!(is_possible(UNIX_EPOCH) && is_possible(SystemTime::now()) && is_possible(end - second));
        assert!(!is_possible(UNIX_EPOCH - second) && !is_possible(end));
    }
}
