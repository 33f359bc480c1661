//! What is used of limits, once more: every row of it is added up again from all that the account ever moved.

use std::collections::BTreeMap;

use crate::journal::{Record, Tables, Value};

// The numbers of the kinds of rows.
const ENTRY: i64 = 6;
const HOLD: i64 = 13;
const HOLD_ENTRY: i64 = 14;
const REVERSED_ENTRY: i64 = 16;

/// Seconds by which the clocks of a zone are ahead of UTC; these zones' are not changed.
fn ahead_of(zone: &str) -> i64 {
    match zone {
        "UTC" | "Etc/UTC" => 0,
        "Asia/Shanghai" => 8 * 3600,
        other => unreachable!("a test's bank in {other}"),
    }
}

/// Year, month and day of so many days after 1970-01-01, by Fliegel and Van Flandern's formula.
fn date_of(days: i64) -> (i64, i64, i64) {
    let l = days + 2_440_588 + 68_569;
    let n = 4 * l / 146_097;
    let l = l - (146_097 * n + 3) / 4;
    let i = 4000 * (l + 1) / 1_461_001;
    let l = l - 1461 * i / 4 + 31;
    let j = 80 * l / 2447;
    let day = l - 2447 * j / 80;
    let l = j / 11;
    (100 * (n - 49) + i + l, j + 2 - 12 * l, day)
}

/// The first instant of the day (1), month (2) or year (3) in which an instant lies.
fn start(span: i64, instant: i64, ahead: i64) -> i64 {
    let day = (instant + ahead).div_euclid(86_400);
    let (year, month, _) = date_of(day);
    let is_in = |day: i64| match span {
        1 => false,
        2 => (date_of(day).0, date_of(day).1) == (year, month),
        _ => date_of(day).0 == year,
    };
    let first = (0..).map(|back| day - back).find(|day| !is_in(day - 1)).unwrap_or(day);
    first * 86_400 - ahead
}

/// When what a record moves of an account counts: when the hold was placed out of which it takes something of it.
fn counted_at(records: &[Record], record: &Record, account: i64) -> i64 {
    let taken = record.rows_of(HOLD_ENTRY).find(|cells| cells[1].integer() == account);
    let Some(cells) = taken else { return record.posted_at() };
    let placing = &records[cells[0].integer() as usize];
    placing.rows_of(HOLD).next().map_or(record.posted_at(), |cells| cells[1].integer())
}

/// What a record moves of an account, on the account's normal side.
fn growth(record: &Record, account: i64, sign: i64) -> i64 {
    let own = record.rows_of(ENTRY).filter(|cells| cells[0].integer() == account);
    own.map(|cells| cells[2].integer() * sign).sum()
}

/// Asserts that what is kept of the use of limits is what the account's records come to, in the window in which the last of
/// them was posted.
pub(crate) async fn assert_usages(tables: &mut Tables, records: &[Record]) {
    let zone = tables.rows("SELECT time_zone FROM ledger_bank").await[0][0].text().to_owned();
    let classes = tables.rows("SELECT account, class FROM ledger_accounts").await;
    let classes: BTreeMap<i64, i64> = classes.iter().map(|row| (row[0].integer(), row[1].integer())).collect();
    let rows = tables
        .rows("SELECT account, span, started_at, counted_to, used_in, used_out FROM ledger_limit_usages ORDER BY account, span")
        .await;
    for row in rows {
        let [account, span, started_at, counted_to, used_in, used_out] =
            [0, 1, 2, 3, 4, 5].map(|column| row[column].integer());
        if counted_to < 0 {
            continue;
        }
        let sign = if [1, 5].contains(&classes[&account]) { 1 } else { -1 };
        let last = &records[counted_to as usize];
        let moves = |cells: &[Value]| cells[0].integer() == account;
        assert!(last.rows_of(ENTRY).any(moves), "the record at {counted_to} moves account {account}");
        let ahead = ahead_of(&zone);
        assert_eq!(started_at, start(span, last.posted_at(), ahead), "{row:?}");
        let is_up_to_date = records[counted_to as usize + 1..].iter().all(|record| !record.rows_of(ENTRY).any(moves));
        // One that is not says what was true then; what was taken back of it since, nobody has to know.
        let known = if is_up_to_date { records } else { &records[..=counted_to as usize] };
        let is_counted = |record: &Record| start(span, counted_at(records, record, account), ahead) == started_at;
        let (mut went_in, mut went_out) = (0, 0);
        for record in known {
            match record.reversed_position() {
                None if is_counted(record) && record.kind() != "EXPR" => {
                    let growth = growth(record, account, sign);
                    (went_in, went_out) = (went_in + growth.max(0), went_out - growth.min(0));
                }
                Some(reversed)
                    if is_counted(&records[reversed as usize]) && records[reversed as usize].kind() != "EXPR" =>
                {
                    let own = record.rows_of(REVERSED_ENTRY).filter(|cells| cells[1].integer() == account);
                    let back: i64 = own.map(|cells| cells[3].integer() * sign).sum();
                    (went_in, went_out) = (went_in + back.min(0), went_out - back.max(0));
                }
                None | Some(_) => {}
            }
        }
        assert_eq!((used_in, used_out), (went_in, went_out), "{row:?}");
    }
}
