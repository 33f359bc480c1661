//! Reads activities and their titles.

use std::collections::BTreeMap;

use super::conn::{Conn, Read, key, read};
use super::latest;
use crate::earn::{Activity, ActivityRow, TitleRow};
use crate::fault::Fault;
use crate::row::ColumnType::Integer;
use crate::row::Row;
use crate::world::World;

const TITLES: Read = read(
    "SELECT t.activity, t.position, t.title FROM {keys} CROSS JOIN ledger_titles t WHERE t.activity = k.a",
    &[Integer],
);

pub(super) fn reads() -> Vec<Read> {
    vec![latest::by_key_read(ActivityRow::table()), TITLES]
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
