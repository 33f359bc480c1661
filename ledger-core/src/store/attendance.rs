//! Reads attendances: the histories that later ones are compared with, and the reasons for what was earned.

use std::collections::BTreeMap;

use super::conn::{Conn, Fetched, Read, key, read};
use crate::earn::{ActivityId, History, Past, Reason, Span};
use crate::fault::Fault;
use crate::people::MemberId;
use crate::row::ColumnType::Integer;
use crate::world::World;

const HISTORIES: Read = read(
    "SELECT t.member, t.activity, t.credited_from, t.credited_until, t.day, t.minutes_counted, t.service_day_points \
     FROM {keys} CROSS JOIN ledger_attendances t LEFT JOIN ledger_attendance_reversals u ON u.attendance = t.position \
     WHERE t.member = k.a AND t.relevant_until > k.b AND u.attendance IS NULL ORDER BY t.position",
    &[Integer, Integer],
);
const REASONS: Read = read(
    "SELECT t.position, v.code, t.policy_version, t.rule, t.grade, t.minutes_credited, t.minutes_counted, t.time_points, \
     t.organiser_points, t.service_day_points, t.theme_points, CAST(COALESCE(l.title, '') AS TEXT), v.activity, \
     CAST(COALESCE(l.position, -1) AS BIGINT) \
     FROM {keys} CROSS JOIN ledger_attendances t CROSS JOIN ledger_activities v \
     LEFT JOIN ledger_titles l ON l.activity = v.activity \
     WHERE t.position = k.a AND v.activity = t.activity AND v.position = v.activity",
    &[Integer],
);
const REVERSED: Read = read(
    "SELECT u.position, v.code, t.policy_version, t.rule, t.grade, t.minutes_credited, t.minutes_counted, t.time_points, \
     t.organiser_points, t.service_day_points, t.theme_points, CAST(COALESCE(l.title, '') AS TEXT), v.activity, \
     CAST(COALESCE(l.position, -1) AS BIGINT) \
     FROM {keys} CROSS JOIN ledger_reversals u CROSS JOIN ledger_attendances t CROSS JOIN ledger_activities v \
     LEFT JOIN ledger_titles l ON l.activity = v.activity \
     WHERE u.position = k.a AND t.position = u.reversed_position AND v.activity = t.activity AND v.position = v.activity",
    &[Integer],
);

pub(super) fn reads() -> Vec<Read> {
    vec![HISTORIES, REASONS, REVERSED]
}

/// Loads the histories that the world wants, each as far back as it asks.
pub(super) async fn load(conn: &mut Conn, world: &mut World) -> Result<(), Fault> {
    let wanted = world.town.histories.take_wanted();
    let mut histories: BTreeMap<MemberId, History> =
        wanted.iter().map(|(member, since)| (*member, History { since: *since, past: Vec::new(), removed: Vec::new() })).collect();
    let keys = wanted.iter().map(|(member, since)| key![*member, *since]).collect();
    for row in conn.fetch_by_keys(&HISTORIES, keys).await? {
        if let Some(history) = histories.get_mut(&MemberId(row.integer(0))) {
            history.past.push(past(&row));
        }
    }
    for (member, history) in histories {
        world.town.histories.load_more(member, history, History::join);
    }
    Ok(())
}

fn past(row: &Fetched) -> Past {
    Past {
        activity: ActivityId(row.integer(1)),
        span: Span { from: row.integer(2), until: row.integer(3) },
        day: row.integer(4),
        minutes_counted: row.integer(5),
        service_day: row.integer(6) > 0,
    }
}

/// An attendance, and why it earned what it earned.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct EarningReason {
    /// The position of the record that was asked for: the attendance's, or its reversal's.
    pub position: i64,
    pub activity: ActivityId,
    /// The activity's title; empty if it was erased.
    pub title: String,
    /// The position of the record that set the title; −1 if it was erased.
    pub title_position: i64,
    pub reason: Reason,
}

/// Finds what the attendances at these positions earned, and why. Positions of other records are left out.
///
/// # Errors
/// [`Fault::Database`].
pub async fn reasons(conn: &mut Conn, positions: &[i64]) -> Result<Vec<EarningReason>, Fault> {
    earnings(conn, &REASONS, positions).await
}

/// Finds which attendances the records at these positions take back, whole or in part. Positions of other records are left out.
///
/// # Errors
/// [`Fault::Database`].
pub async fn reversed(conn: &mut Conn, positions: &[i64]) -> Result<Vec<EarningReason>, Fault> {
    earnings(conn, &REVERSED, positions).await
}

async fn earnings(conn: &mut Conn, wanted: &Read, positions: &[i64]) -> Result<Vec<EarningReason>, Fault> {
    let keys = positions.iter().map(|position| key![*position]).collect();
    let rows = conn.fetch_by_keys(wanted, keys).await?;
    let reason = |row: &Fetched| EarningReason {
        position: row.integer(0),
        activity: ActivityId(row.integer(12)),
        title: row.text(11),
        title_position: row.integer(13),
        reason: Reason {
            activity: row.text(1),
            policy_version: row.integer(2),
            rule: row.text(3),
            grade: row.text(4),
            minutes_credited: row.integer(5),
            minutes_counted: row.integer(6),
            time_points: row.integer(7),
            organiser_points: row.integer(8),
            service_day_points: row.integer(9),
            theme_points: row.integer(10),
        },
    };
    Ok(rows.iter().map(reason).collect())
}
