//! Time. Instants are UTC seconds, days count from 1970-01-01, and wall-clock times are minutes of local time.
//!
//! No function here reads a clock: `now` is always an argument. Days, months
//! and years are those of the bank's own zone.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// A civil date as rows store it: days since 1970-01-01, negative before.
pub type Day = i64;

/// A wall-clock time as rows store it: minutes since 1970-01-01T00:00 of local time.
pub type LocalMinute = i64;

/// By how many seconds the clocks of two machines that serve one bank may differ: what was opened that far in the future is
/// believed. What lies further ahead was opened by a clock that was wrong.
pub const SKEW_SECONDS_MAX: i64 = 60;

/// 10000-01-01T00:00:00Z. From here on, and before 1970, neither an id nor the date of an answer can be made.
pub const YEAR_10000_SECONDS: u64 = 253_402_300_800;

/// Whether a machine's clock says a year from 1970 to 9999.
pub fn is_possible(now: SystemTime) -> bool {
    now.duration_since(UNIX_EPOCH).is_ok_and(|since| since.as_secs() < YEAR_10000_SECONDS)
}

const EPOCH: Date = jiff::civil::date(1970, 1, 1);

/// Minutes in a day.
pub const DAY_MINUTES: i64 = 1440;

/// From when on the clocks of a town's zone must not change, in UTC seconds: 2000-01-01.
const STEADY_FROM: i64 = 946_684_800;

/// Turns a civil date into the days since 1970-01-01.
pub fn day_of(date: Date) -> Day {
    EPOCH.until(date).map_or(0, |span| i64::from(span.get_days()))
}

/// Turns a day into a civil date. A day outside the years −9999 to 9999 gives 1970-01-01.
pub fn date_of(day: Day) -> Date {
    jiff::Span::new().try_days(day).ok().and_then(|span| EPOCH.checked_add(span).ok()).unwrap_or(EPOCH)
}

/// Turns a wall-clock time into minutes since 1970-01-01T00:00; seconds are dropped.
pub fn local_minute_of(time: DateTime) -> LocalMinute {
    day_of(time.date()) * 1440 + i64::from(time.hour()) * 60 + i64::from(time.minute())
}

/// Turns a local minute back into a wall-clock time.
pub fn time_of(minute: LocalMinute) -> DateTime {
    let of_day = minute.rem_euclid(1440);
    // Both numbers lie within a day, so neither conversion can fail.
    let (hour, minute_of_hour) = (i8::try_from(of_day / 60).unwrap_or(0), i8::try_from(of_day % 60).unwrap_or(0));
    date_of(minute.div_euclid(1440)).at(hour, minute_of_hour, 0, 0)
}

/// Reads `YYYY-MM-DD` and no other form. `None` if the calendar has no such date.
pub fn parse_date(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let year = digits(&bytes[..4])?;
    let small = |from: usize, to: usize| digits(&bytes[from..to]).and_then(|number| i8::try_from(number).ok());
    Date::new(year, small(5, 7)?, small(8, 10)?).ok()
}

/// Reads `YYYY-MM-DDTHH:MM` and no other form. `None` if there is no such date, or the time is not within 00:00–23:59.
pub fn parse_local_minute(text: &str) -> Option<LocalMinute> {
    let (date, clock) = text.split_at_checked(10)?;
    let clock = clock.as_bytes();
    if clock.len() != 6 || clock[0] != b'T' || clock[3] != b':' {
        return None;
    }
    let (hour, minute) = (digits(&clock[1..3])?, digits(&clock[4..])?);
    let day = day_of(parse_date(date)?);
    (hour < 24 && minute < 60).then(|| day * 1440 + i64::from(hour) * 60 + i64::from(minute))
}

/// Reads a number of up to four ASCII digits. `None` if there is any other character.
fn digits(bytes: &[u8]) -> Option<i16> {
    bytes.iter().try_fold(0_i16, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + i16::from(byte - b'0')))
}

/// The day on which a local minute lies.
pub fn day_of_minute(minute: LocalMinute) -> Day {
    minute.div_euclid(DAY_MINUTES)
}

/// The local minute that the clocks of a zone show at an instant (UTC seconds).
pub fn local_minute_at(instant: i64, zone: &TimeZone) -> LocalMinute {
    Timestamp::from_second(instant).map_or(0, |instant| local_minute_of(zone.to_datetime(instant)))
}

/// The instant at which a civil date begins in a zone, in UTC seconds; of the calendar's last days, its last instant.
pub fn start_of_day(date: Date, zone: &TimeZone) -> i64 {
    let last = if date < EPOCH { Timestamp::MIN } else { Timestamp::MAX };
    zone.to_timestamp(date.at(0, 0, 0, 0)).unwrap_or(last).as_second()
}

/// Whether no clock of the zone has been changed since 2000, nor will be, as far as the zone database tells. Only then is
/// the difference between two times on the wall the time that has passed.
pub fn is_steady(zone: &TimeZone) -> bool {
    let Ok(from) = Timestamp::from_second(STEADY_FROM) else { return false };
    let offset = zone.to_offset(from);
    // A zone may change its name and keep its time; one with summer time differs at the first change.
    zone.following(from).all(|change| change.offset() == offset)
}

/// The civil date in a zone at an instant (UTC seconds).
pub fn date_at(instant: i64, zone: &TimeZone) -> Date {
    Timestamp::from_second(instant).map_or(EPOCH, |instant| zone.to_datetime(instant).date())
}

/// An instant (UTC seconds) for a message, such as `2026-06-15T04:00:00Z`.
pub(crate) fn shown(instant: i64) -> String {
    Timestamp::from_second(instant).map_or_else(|_| instant.to_string(), |instant| instant.to_string())
}

/// The date's calendar month as one number: `year × 12 + month − 1`.
pub fn month_of(date: Date) -> i64 {
    i64::from(date.year()) * 12 + i64::from(date.month()) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_pattern_and_nothing_else() {
        assert_eq!(parse_local_minute("1970-01-02T01:02"), Some(1440 + 62));
        assert_eq!(
            parse_local_minute("2026-02-28T23:59").map(time_of),
            Some(jiff::civil::date(2026, 2, 28).at(23, 59, 0, 0))
        );
        for wrong in [
            "",
            "2026-02-29T10:00",
            "2026-01-01T24:00",
            "2026-01-01T10:60",
            "2026-01-01 10:00",
            "2026-1-01T10:000",
            "2026-01-01T10:00 ",
            "+026-01-01T10:00",
            "2026-01-01T1０:0",
            "2026-11-02 25:08:52",
        ] {
            assert_eq!(parse_local_minute(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn reads_a_date_and_nothing_else() {
        assert_eq!(parse_date("2028-02-29"), Some(jiff::civil::date(2028, 2, 29)));
        for wrong in [
            "",
            "2026-02-29",
            "2026-13-01",
            "2026-01-00",
            "2026-1-1",
            "20260101",
            "2026-01-01 ",
            "2026/01/01",
            "+026-01-01",
            "2026-W01-1",
            "２026-1-1",
            "2026-01-01T00:00",
        ] {
            assert_eq!(parse_date(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_minute_has_begun_until_the_next_one_does() {
        let shanghai = TimeZone::get("Asia/Shanghai").unwrap();
        let eight = Some(local_minute_at(0, &shanghai));
        assert_eq!(parse_local_minute("1970-01-01T08:00"), eight);
        assert_eq!((Some(local_minute_at(59, &shanghai)), local_minute_at(60, &shanghai)), (eight, 481));
        assert_eq!(local_minute_at(-1, &TimeZone::UTC), -1);
        assert_eq!((day_of_minute(-1), day_of_minute(0), day_of_minute(1439), day_of_minute(1440)), (-1, 0, 0, 1));
    }

    #[test]
    fn a_day_beyond_the_last_instant_begins_there() {
        let last = jiff::civil::date(9999, 12, 31);
        assert_eq!(start_of_day(last, &TimeZone::UTC), Timestamp::MAX.as_second());
        assert_eq!(start_of_day(Date::MIN, &TimeZone::get("Asia/Shanghai").unwrap()), Timestamp::MIN.as_second());
    }

    #[test]
    fn days_and_dates_are_inverse() {
        for day in [-800_000, -1, 0, 1, 59, 60, 20_000, 200_000] {
            assert_eq!(day_of(date_of(day)), day);
        }
    }
}
