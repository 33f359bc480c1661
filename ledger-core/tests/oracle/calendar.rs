//! The oracle's own calendar: it counts days one year and one month at a time, and knows one zone, eight hours ahead of
//! UTC all year round, which is what Asia/Shanghai has been since 1992.

/// Seconds by which the oracle's wall clock is ahead of UTC.
const AHEAD: i64 = 8 * 3600;

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_of_year(year: i64) -> i64 {
    if is_leap(year) { 366 } else { 365 }
}

fn days_of_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date.
pub fn days_to(year: i64, month: i64, day: i64) -> i64 {
    let years: i64 =
        if year >= 1970 { (1970..year).map(days_of_year).sum() } else { -(year..1970).map(days_of_year).sum::<i64>() };
    years + (1..month).map(|month| days_of_month(year, month)).sum::<i64>() + day - 1
}

/// Year, month and day of so many days after 1970-01-01.
pub fn date_of(days: i64) -> (i64, i64, i64) {
    let (mut year, mut rest) = (1970, days);
    while rest < 0 {
        year -= 1;
        rest += days_of_year(year);
    }
    while rest >= days_of_year(year) {
        rest -= days_of_year(year);
        year += 1;
    }
    let mut month = 1;
    while rest >= days_of_month(year, month) {
        rest -= days_of_month(year, month);
        month += 1;
    }
    (year, month, rest + 1)
}

/// Year, month and day on the wall at an instant.
pub fn local_date(instant: i64) -> (i64, i64, i64) {
    date_of((instant + AHEAD).div_euclid(86_400))
}

/// Whole minutes on the wall at an instant, as [`read_minute`] counts them.
pub fn wall_minute(instant: i64) -> i64 {
    (instant + AHEAD).div_euclid(60)
}

/// The instant at which a local date begins.
pub fn midnight(year: i64, month: i64, day: i64) -> i64 {
    days_to(year, month, day) * 86_400 - AHEAD
}

/// The first local midnight after an instant.
pub fn next_midnight(instant: i64) -> i64 {
    ((instant + AHEAD).div_euclid(86_400) + 1) * 86_400 - AHEAD
}

/// Minutes since 1970-01-01T00:00 on the wall; `None` where the text is not exactly `YYYY-MM-DDTHH:MM`, or not real.
pub fn read_minute(text: &str) -> Option<i64> {
    let characters: Vec<char> = text.chars().collect();
    let shape: String =
        characters.iter().map(|character| if character.is_ascii_digit() { '0' } else { *character }).collect();
    if shape != "0000-00-00T00:00" {
        return None;
    }
    let number = |from: usize, to: usize| {
        characters[from..to].iter().fold(0, |number, digit| number * 10 + i64::from(*digit as u32) - 48)
    };
    let (year, month, day, hour, minute) = (number(0, 4), number(5, 7), number(8, 10), number(11, 13), number(14, 16));
    let real = (1..=12).contains(&month) && day >= 1 && day <= days_of_month(year, month) && hour < 24 && minute < 60;
    real.then(|| days_to(year, month, day) * 1440 + hour * 60 + minute)
}

/// The text of a local minute, `YYYY-MM-DDTHH:MM`.
pub fn write_minute(minute: i64) -> String {
    let (year, month, day) = date_of(minute.div_euclid(1440));
    let of_day = minute.rem_euclid(1440);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}", of_day / 60, of_day % 60)
}
