//! Reads the versions of the earning policy.

use super::conn::{Conn, Read, all, key, read};
use crate::earn::{InForce, PolicyRow};
use crate::fault::Fault;
use crate::row::ColumnType::Integer;
use crate::world::World;

const IN_FORCE: Read = all("SELECT version, document FROM ledger_policies ORDER BY version DESC LIMIT 1");
const BY_VERSION: Read =
    read("SELECT p.version, p.document FROM {keys} CROSS JOIN ledger_policies p WHERE p.version = k.a", &[Integer]);

pub(super) fn reads() -> Vec<Read> {
    vec![IN_FORCE, BY_VERSION]
}

/// Loads the policy that is in force.
pub(super) async fn load_whole(conn: &mut Conn, world: &mut World) -> Result<(), Fault> {
    let rows = conn.fetch(&IN_FORCE, Vec::new()).await?;
    let policy = rows.first().map(|row| in_force(&row.row(0)?)).transpose()?;
    world.town.policy.load_whole(policy.map(|policy| ((), policy)));
    Ok(())
}

/// Finds policies by version. Versions that do not exist are left out.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn policies(conn: &mut Conn, versions: &[i64]) -> Result<Vec<InForce>, Fault> {
    let rows = conn.fetch_by_keys(&BY_VERSION, versions.iter().map(|version| key![*version]).collect()).await?;
    rows.iter().map(|row| in_force(&row.row(0)?)).collect()
}

fn in_force(row: &PolicyRow) -> Result<InForce, Fault> {
    row.read().ok_or_else(|| Fault::damaged(format!("version {} of the policy", row.version)))
}
