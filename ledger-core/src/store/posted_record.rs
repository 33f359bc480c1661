//! Reads whole records, by position and by the id under which they were posted.

use super::conn::{Conn, Fetched, Read, key, read};
use super::{batch, record};
use crate::command::{Channel, Key};
use crate::fault::Fault;
use crate::poster::PostedEntry;
use crate::proof::{Receipt, ReceiptNumber};
use crate::reject::AtomicRejected;
use crate::row::ColumnType::{Bytes, Integer, Text};
use crate::time::Day;

/// A record of the journal, with what it moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostedRecord {
    /// Its position in the journal, from 0.
    pub position: i64,
    /// The four letters that name the command.
    pub kind: String,
    /// Who posted it, a code.
    pub actor: String,
    /// The door through which it came.
    pub channel: Channel,
    /// When it was posted, in UTC seconds.
    pub posted_at: i64,
    /// The day that it counts for, in days since 1970-01-01.
    pub effective_day: Day,
    /// For whom the actor acted, a code; may be empty.
    pub on_behalf_of: String,
    /// At which device, a code; may be empty.
    pub device: String,
    /// Why, in the actor's words; may be empty.
    pub reason: String,
    /// The position of the record that this one reverses.
    pub reverses: Option<i64>,
    /// The receipt's signed token; `None` if there is no receipt.
    pub receipt: Option<String>,
    /// Sorted by account and lot; empty where it moved nothing.
    pub entries: Vec<PostedEntry>,
}

impl PostedRecord {
    /// The number of its receipt.
    pub fn receipt_number(&self) -> Option<ReceiptNumber> {
        // The bank has signed it itself.
        let receipt = self.receipt.as_deref().and_then(Receipt::read_unverified)?;
        ReceiptNumber::parse(&receipt.number)
    }
}

/// What became of an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoredOutcome {
    /// It was posted: a record for each of its commands, of which there is mostly one.
    Posted(Vec<PostedRecord>),
    /// A rule said no, for ever.
    Refused {
        /// What the rule said, and of which command.
        rejected: AtomicRejected,
        /// When, in UTC seconds.
        refused_at: i64,
    },
}

const RECORDS: Read = read(
    "SELECT d.position, d.kind, d.actor, d.channel, d.posted_at, d.effective_day, \
     CAST(COALESCE(n.on_behalf_of, '') AS TEXT), CAST(COALESCE(n.device, '') AS TEXT), \
     CAST(COALESCE(n.reason, '') AS TEXT), CAST(COALESCE(v.reversed_position, -1) AS BIGINT) \
     FROM {keys} CROSS JOIN ledger_records d LEFT JOIN ledger_notes n ON n.position = d.position \
     LEFT JOIN ledger_reversals v ON v.position = d.position WHERE d.position = k.a ORDER BY 1",
    &[Integer],
);
const OUTCOME: Read = read(
    "SELECT o.position, o.rejection, o.refused_at FROM {keys} CROSS JOIN ledger_outcomes o \
     WHERE o.credential = k.a AND o.id = k.b",
    &[Text, Bytes],
);

pub(super) fn reads() -> Vec<Read> {
    vec![RECORDS, OUTCOME]
}

/// Reads the records at these positions, in the order of the journal. Positions that it does not have are left out.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn records(conn: &mut Conn, positions: &[i64]) -> Result<Vec<PostedRecord>, Fault> {
    let mut keys: Vec<_> = positions.iter().map(|position| key![*position]).collect();
    keys.sort_unstable();
    keys.dedup();
    let rows = conn.fetch_by_keys(&RECORDS, keys).await?;
    let mut answers = record::posted(conn, rows.iter().map(|row| row.integer(0)).collect()).await?;
    let all = rows.iter().map(|row| {
        let answer = answers.remove(&row.integer(0));
        let (receipt, entries) = answer.map(|posted| (posted.receipt, posted.entries)).unwrap_or_default();
        Ok(PostedRecord { receipt, entries, ..without_entries(row)? })
    });
    all.collect()
}

fn without_entries(row: &Fetched) -> Result<PostedRecord, Fault> {
    Ok(PostedRecord {
        position: row.integer(0),
        kind: row.text(1),
        actor: row.text(2),
        channel: row.value(3, "a record's channel")?,
        posted_at: row.integer(4),
        effective_day: row.integer(5),
        on_behalf_of: row.text(6),
        device: row.text(7),
        reason: row.text(8),
        reverses: row.value(9, "a reversed position")?,
        receipt: None,
        entries: Vec::new(),
    })
}

/// Reads what became of an id. `None` if nobody has posted under it.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn outcome(conn: &mut Conn, id: &Key) -> Result<Option<StoredOutcome>, Fault> {
    let rows = conn.fetch_by_keys(&OUTCOME, vec![key![id.credential, *id.id.as_bytes()]]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let position = row.integer(0);
    if position < 0 {
        let rejected = record::rejection(&row.text(1))?;
        return Ok(Some(StoredOutcome::Refused { rejected, refused_at: row.integer(2) }));
    }
    let count = batch::records(conn, &[position]).await?.remove(&position).unwrap_or(1);
    let positions: Vec<i64> = (position..position + count).collect();
    let records = records(conn, &positions).await?;
    if records.len() < positions.len() {
        Err(record::missing(position))
    } else {
        Ok(Some(StoredOutcome::Posted(records)))
    }
}
