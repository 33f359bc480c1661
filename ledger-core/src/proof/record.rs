//! Records: what a leaf of the journal commits to. `docs/JOURNAL.md` lists the fields, with test vectors.
//!
//! entry = `0x01 ‖ kind (4) ‖ SHA-256 of the receipt's token, or 32 zeros ‖ SHA-256(salt (16) ‖ record)`: 69 bytes that
//! are public and tell nothing. `record` is deterministic CBOR of a versioned array; it is computed from the bank's rows
//! and stored nowhere else.
//!
//! A stored record is for ever. The columns of its rows never change: a new field is a row of a new kind, and a record of
//! another form has another [`FORMAT`], which stands in its own row.

use std::sync::Arc;

use super::cbor::Writer;
use super::merkle::leaf_hash;
use super::{Digest, sha256};
use crate::effect::Effect;
use crate::row::row;

/// The form of the records that this version writes.
pub const FORMAT: i64 = 2;

row! {
    /// A record's own row: what every record has.
    journal "ledger_records", RecordRow {
        /// The form of the record: [`FORMAT`].
        format: i64,
        /// The four letters of its command.
        kind: Arc<str>,
        /// UTC seconds; never earlier than the record before.
        posted_at: i64,
        /// The day that it counts for, days since 1970-01-01.
        effective_day: i64,
        /// Who posted it, a code.
        actor: Arc<str>,
        /// Through which door: [`crate::command::Channel::number`].
        channel: i64,
        /// 16 random bytes that hide the record in its leaf.
        salt: [u8; 16],
        /// Hash of the leaf.
        leaf: Digest,
    }
}

row! {
    /// The caller's id, as the record has it. Its table keeps it as an [`OutcomeRow`].
    journal "ledger_outcomes", IdRow {
        /// The scope of the id, a code.
        credential: Arc<str>,
        /// A UUID.
        id: [u8; 16],
        /// SHA-256 of the command as it was sent; to the journal an opaque value.
        content_hash: Digest,
    }
}

row! {
    /// What became of an id: a record, of which this is a row, or a refusal, which is in no record. Both share a table and
    /// its key, so that no id has two outcomes.
    beside "ledger_outcomes", OutcomeRow {
        credential: Arc<str>,
        id: [u8; 16],
        content_hash: Digest,
        /// Of the record; `None` where the command was refused.
        position: Option<i64>,
        /// The rejection with its fields, JSON; empty where the command was accepted.
        rejection: String,
        /// UTC seconds; `None` where the command was accepted.
        refused_at: Option<i64>,
    }
}

impl IdRow {
    /// The id of the record at this position, as its table keeps it.
    pub fn outcome(&self, position: i64) -> OutcomeRow {
        let Self { credential, id, content_hash } = self.clone();
        OutcomeRow {
            credential,
            id,
            content_hash,
            position: Some(position),
            rejection: String::new(),
            refused_at: None,
        }
    }
}

row! {
    /// What is seldom said about a command; a record has this row where one of the three is not empty.
    journal "ledger_notes", NoteRow {
        /// For whom, a code; may be empty.
        on_behalf_of: String,
        /// At which device, a code; may be empty.
        device: String,
        /// Why, in the poster's words; may be empty.
        reason: String,
    }
}

row! {
    /// The record that this one reverses.
    journal "ledger_reversals", ReversalRow {
        /// Its position, which is lower.
        reversed_position: i64,
    }
}

row! {
    /// That something erasable changed: the salted digest of what it became.
    journal "ledger_audits", AuditRow {
        /// What it is about: `member/<pseudonym>`, `activity/<code>`.
        subject: String,
        /// SHA-256(salt ‖ document); both stand in `ledger_audit_details` and can be erased.
        digest: Digest,
    }
}

/// Writes the record's bytes; `rows` in the order of their kinds and, within a kind, of their cells.
pub fn encode(writer: &mut Writer, position: i64, record: &RecordRow, rows: &[Effect]) {
    writer.array(8).integer(record.format).integer(position).text(&record.kind);
    writer.integer(record.posted_at).integer(record.effective_day).text(&record.actor).integer(record.channel);
    writer.array(rows.len());
    for row in rows {
        writer.array(row.table().own_columns.len() + 1).integer(row.kind());
        row.put(writer);
    }
}

/// The leaf's entry: what is public of a record.
pub fn entry(kind: &str, receipt: Option<&Digest>, salt: &[u8], record: &[u8]) -> Vec<u8> {
    let mut entry = Vec::with_capacity(69);
    entry.push(0x01);
    entry.extend_from_slice(kind.as_bytes());
    entry.extend_from_slice(receipt.unwrap_or(&[0; 32]));
    entry.extend_from_slice(&sha256(&[salt, record]));
    entry
}

/// The hash of the leaf.
pub fn leaf(kind: &str, receipt: Option<&Digest>, salt: &[u8], record: &[u8]) -> Digest {
    leaf_hash(&entry(kind, receipt, salt, record))
}
