//! Reads receipts, and the ends of their chains.

use super::conn::{Conn, Read, all, key, read};
use crate::fault::Fault;
use crate::proof::chain::ChainRow;
use crate::proof::{Chain, ReceiptNumber};
use crate::row::ColumnType::{Integer, Text};
use crate::world::World;

/// How much of a redemption has come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returned {
    /// None of it: the redemption stands.
    Nothing,
    /// Some of its pieces: it stands for the others.
    Partly,
    /// Every piece.
    All,
}

/// A reversal of a redemption: its own receipt, and what came back with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Return {
    /// The number of the reversal's receipt.
    pub receipt: ReceiptNumber,
    /// The pieces that came back, by offer, in the order of that receipt.
    pub lines: Vec<ReturnedLine>,
}

/// Pieces of an offer that came back.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct ReturnedLine {
    pub sku: String,
    /// How many, 1 or more.
    pub pieces: i64,
}

/// A receipt that the bank has issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedReceipt {
    /// The token as it was signed.
    pub token: String,
    /// How much of what it lists has come back; [`Returned::Nothing`] for a reversal's own.
    pub returned: Returned,
    /// The reversals that took something back, in the order of the journal.
    pub returns: Vec<Return>,
    /// The number of the receipt that this one reverses; `None` for a redemption's.
    pub reverses: Option<ReceiptNumber>,
}

const CHAINS: Read = all("SELECT station, year, number, digest FROM ledger_chains");
const RECEIPT: Read = read(
    "SELECT r.token, r.position, \
     CAST(COALESCE(earlier.year, -1) AS BIGINT), CAST(COALESCE(earlier.number, -1) AS BIGINT) \
     FROM {keys} CROSS JOIN ledger_stations s CROSS JOIN ledger_receipts r \
     LEFT JOIN ledger_reversals u ON u.position = r.position \
     LEFT JOIN ledger_receipts earlier ON earlier.position = u.reversed_position \
     WHERE s.code = k.a AND r.station = s.station AND r.year = k.b AND r.number = k.c LIMIT 1",
    &[Text, Integer, Integer],
);
const GIVEN: Read =
    read("SELECT l.pieces FROM {keys} CROSS JOIN ledger_redemption_lines l WHERE l.position = k.a", &[Integer]);
const RETURNS: Read = read(
    "SELECT later.year, later.number, l.sku, l.pieces \
     FROM {keys} CROSS JOIN ledger_reversals v CROSS JOIN ledger_receipts later CROSS JOIN ledger_redemption_lines l \
     WHERE v.reversed_position = k.a AND later.position = v.position AND l.position = v.position \
     ORDER BY v.position, l.line",
    &[Integer],
);

pub(super) fn reads() -> Vec<Read> {
    vec![CHAINS, RECEIPT, GIVEN, RETURNS]
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
    let Some(row) = rows.first() else { return Ok(None) };
    let (token, position) = (row.text(0), row.integer(1));
    // A reversal is posted at the station of what it reverses.
    let other = |year: i64, of_year: i64| ReceiptNumber { station: number.station.clone(), year, number: of_year };
    let reverses = (row.integer(3) >= 0).then(|| other(row.integer(2), row.integer(3)));
    if reverses.is_some() {
        return Ok(Some(IssuedReceipt { token, returned: Returned::Nothing, returns: Vec::new(), reverses }));
    }
    let mut returns: Vec<Return> = Vec::new();
    for row in conn.fetch_by_keys(&RETURNS, vec![key![position]]).await? {
        let receipt = other(row.integer(0), row.integer(1));
        // What comes back is kept as pieces below zero.
        let line = ReturnedLine { sku: row.text(2), pieces: -row.integer(3) };
        match returns.last_mut().filter(|last| last.receipt == receipt) {
            Some(last) => last.lines.push(line),
            None => returns.push(Return { receipt, lines: vec![line] }),
        }
    }
    let returned = if returns.is_empty() { Returned::Nothing } else { returned(conn, position, &returns).await? };
    Ok(Some(IssuedReceipt { token, returned, returns, reverses }))
}

/// Whether these reversals have taken back every piece.
async fn returned(conn: &mut Conn, position: i64, returns: &[Return]) -> Result<Returned, Fault> {
    let given: i64 = conn.fetch_by_keys(&GIVEN, vec![key![position]]).await?.iter().map(|row| row.integer(0)).sum();
    let back: i64 = returns.iter().flat_map(|one| &one.lines).map(|line| line.pieces).sum();
    Ok(if back < given { Returned::Partly } else { Returned::All })
}
