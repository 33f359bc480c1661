//! Reads activities and their titles.

use std::collections::BTreeMap;

use super::conn::{Conn, Read, key, read};
use super::latest;
use crate::earn::{Activity, ActivityId, ActivityRow, TitleRow};
use crate::fault::Fault;
use crate::row::ColumnType::{Integer, Text};
use crate::row::Row;
use crate::world::World;

const TITLES: Read = read(
    "SELECT t.activity, t.position, t.title FROM {keys} CROSS JOIN ledger_titles t WHERE t.activity = k.a",
    &[Integer],
);

/// The titles that an activity has had, up to k.b: what was audited by the records that registered it and changed it.
const TITLES_AUDITED: Read = read(
    "SELECT v.activity, v.position, CAST(COALESCE(t.document, '') AS TEXT) FROM {keys} CROSS JOIN ledger_activities v \
     CROSS JOIN ledger_audits x LEFT JOIN ledger_audit_details t ON t.position = x.position \
     WHERE v.code = k.a AND v.position <= k.b AND x.position = v.position ORDER BY v.position",
    &[Text, Integer],
);

pub(super) fn reads() -> Vec<Read> {
    vec![latest::by_key_read(ActivityRow::table()), TITLES, TITLES_AUDITED]
}

/// Finds the titles that activities had, by code, after the record at a position. One that was erased is empty.
///
/// # Errors
/// [`Fault::Database`].
pub async fn titles_at(
    conn: &mut Conn,
    codes: impl IntoIterator<Item = &str>,
    position: i64,
) -> Result<BTreeMap<ActivityId, String>, Fault> {
    let keys = codes.into_iter().map(|code| key![code.to_owned(), position]).collect();
    let rows = conn.fetch_by_keys(&TITLES_AUDITED, keys).await?;
    // The latest is the last.
    let title = |document: &str| serde_json::from_str(document).unwrap_or_default();
    Ok(rows.iter().map(|row| (ActivityId(row.integer(0)), title(&row.text(2)))).collect())
}

/// Loads the activities and titles that the world wants.
pub(super) async fn load(conn: &mut Conn, world: &mut World) -> Result<(), Fault> {
    let codes = world.town.activities.take_wanted_keys();
    for (code, activity) in activities(conn, codes).await? {
        world.town.activities.load(code, activity);
    }
    let titles = world.town.titles.take_wanted_keys();
    for row in conn.fetch_by_keys(&TITLES, titles.iter().map(|activity| key![*activity]).collect()).await? {
        let title: TitleRow = row.row(0)?;
        world.town.titles.load(title.activity, title);
    }
    Ok(())
}

/// Finds activities by code. Codes that nobody has registered are left out.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn activities(conn: &mut Conn, codes: Vec<String>) -> Result<BTreeMap<String, Activity>, Fault> {
    latest::by_keys(conn, codes, |activity: &ActivityRow| &activity.code).await
}
