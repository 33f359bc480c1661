//! Reads receipts, and the ends of their chains.

use super::conn::{Conn, Read, all, key, read};
use crate::fault::Fault;
use crate::proof::chain::ChainRow;
use crate::proof::{Chain, ReceiptNumber};
use crate::row::ColumnType::{Integer, Text};
use crate::world::World;

/// A receipt that the bank has issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedReceipt {
    /// The token as it was signed.
    pub token: String,
    /// Whether a later record has reversed the redemption.
    pub reversed: bool,
    /// The number of the reversal's own receipt; `None` while the redemption stands.
    pub reversed_by: Option<ReceiptNumber>,
    /// The number of the receipt that this one reverses; `None` for a redemption's.
    pub reverses: Option<ReceiptNumber>,
}

const CHAINS: Read = all("SELECT station, year, number, digest FROM ledger_chains");
const RECEIPT: Read = read(
    "SELECT r.token, CAST(COALESCE(v.position, -1) AS BIGINT), \
     CAST(COALESCE(later.year, -1) AS BIGINT), CAST(COALESCE(later.number, -1) AS BIGINT), \
     CAST(COALESCE(earlier.year, -1) AS BIGINT), CAST(COALESCE(earlier.number, -1) AS BIGINT) \
     FROM {keys} CROSS JOIN ledger_stations s CROSS JOIN ledger_receipts r \
     LEFT JOIN ledger_reversals v ON v.reversed_position = r.position \
     LEFT JOIN ledger_receipts later ON later.position = v.position \
     LEFT JOIN ledger_reversals u ON u.position = r.position \
     LEFT JOIN ledger_receipts earlier ON earlier.position = u.reversed_position \
     WHERE s.code = k.a AND r.station = s.station AND r.year = k.b AND r.number = k.c LIMIT 1",
    &[Text, Integer, Integer],
);

pub(super) fn reads() -> Vec<Read> {
    vec![CHAINS, RECEIPT]
}

/// Loads the ends of all chains.
pub(super) async fn load_whole(conn: &mut Conn, world: &mut World) -> Result<(), Fault> {
    let rows = conn.fetch(&CHAINS, Vec::new()).await?;
    let all = rows.iter().map(|row| {
        let ChainRow { chain, year, number, digest } = row.row(0)?;
        Ok((chain, Chain { year, number, digest }))
    });
    world.chains.load_whole(all.collect::<Result<Vec<_>, Fault>>()?);
    Ok(())
}

/// Finds a receipt by its number. `None` if the bank never issued it.
///
/// # Errors
/// [`Fault::Database`].
pub async fn receipt(conn: &mut Conn, number: &ReceiptNumber) -> Result<Option<IssuedReceipt>, Fault> {
    let key = key![number.station, number.year, number.number];
    let rows = conn.fetch_by_keys(&RECEIPT, vec![key]).await?;
    // A reversal is posted at the station of what it reverses.
    let other = |year: i64, of_year: i64| {
        (of_year >= 0).then(|| ReceiptNumber { station: number.station.clone(), year, number: of_year })
    };
    Ok(rows.first().map(|row| IssuedReceipt {
        token: row.text(0),
        reversed: row.integer(1) >= 0,
        reversed_by: other(row.integer(2), row.integer(3)),
        reverses: other(row.integer(4), row.integer(5)),
    }))
}
