//! Records: what a leaf of the journal commits to. `docs/JOURNAL.md` lists the fields and gives test vectors.
//!
//! entry = `0x01 ‖ kind (4) ‖ SHA-256 of the receipt's token, or 32 zeros ‖ SHA-256(salt (16) ‖ record)`. These 69
//! bytes are public and give nothing away. `record` is the deterministic CBOR of a versioned array. The ledger computes
//! it from the bank's rows and stores it nowhere else.
//!
//! A stored record lasts for ever, and the columns of its rows never change. A new field goes into a new kind of row.
//! If the form of records changes, [`FORMAT`] changes with it; every record's own row says which form it has.

use std::sync::Arc;

use super::cbor::Writer;
use super::merkle::leaf_hash;
use super::{Digest, sha256};
use crate::defect::Defect;
use crate::effect::Effect;
use crate::row::row;

/// The form of the records that this version of the library writes.
pub const FORMAT: i64 = 2;

row! {
    /// A record's own row, which every record has.
    journal "ledger_records", RecordRow {
        /// The [`FORMAT`] with which the record was written.
        format: i64,
        /// The four letters that name the command.
        kind: Arc<str>,
        /// UTC seconds; never earlier than in the record before.
        posted_at: i64,
        /// The day that the record counts for, in days since 1970-01-01.
        effective_day: i64,
        /// The code of whoever posted it.
        actor: Arc<str>,
        /// How the command came in: [`crate::command::Channel::number`].
        channel: i64,
        /// Random bytes, without which nobody can guess the record from its leaf.
        salt: [u8; 16],
        /// The hash of the record's leaf.
        leaf: Digest,
    }
}

row! {
    /// The caller's id, as the record commits to it. The table keeps it as an [`OutcomeRow`].
    journal "ledger_outcomes", IdRow {
        /// The credential within which the id is unique, a code.
        credential: Arc<str>,
        /// The 16 bytes of the UUID.
        id: [u8; 16],
        /// SHA-256 of the command as it was sent. The journal does not look into it.
        content_hash: Digest,
    }
}

row! {
    /// What became of an id: a record, or a refusal, which no record mentions. Both share one table and its key, so no
    /// id can have two outcomes.
    beside "ledger_outcomes", OutcomeRow {
        credential: Arc<str>,
        id: [u8; 16],
        content_hash: Digest,
        /// The record's position; `None` if the command was refused.
        position: Option<i64>,
        /// The rejection and its fields as JSON; empty if the command was accepted.
        rejection: String,
        /// UTC seconds; `None` if the command was accepted.
        refused_at: Option<i64>,
    }
}

impl IdRow {
    /// The outcome to store for the id: a record at this position.
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
    /// What few commands say about themselves. A record has this row if any of the three is not empty.
    journal "ledger_notes", NoteRow {
        /// The code of the person for whom the actor acted; may be empty.
        on_behalf_of: String,
        /// The device's code; may be empty.
        device: String,
        /// Why, in the actor's words; may be empty.
        reason: String,
    }
}

row! {
    /// Says which record this one reverses.
    journal "ledger_reversals", ReversalRow {
        /// The position of an earlier record.
        reversed_position: i64,
    }
}

row! {
    /// Says that this record and those after it were posted together. Only the first of them has it.
    journal "ledger_batches", BatchRow {
        /// How many they are, at least 2.
        records: i64,
    }
}

row! {
    /// Says that something erasable changed. Holds a salted digest of the new content, not the content.
    journal "ledger_audits", AuditRow {
        /// What changed: `member/<pseudonym>` or `activity/<code>`.
        subject: String,
        /// SHA-256(salt ‖ document). `ledger_audit_details` keeps salt and document, and may erase both.
        digest: Digest,
    }
}

/// Writes a record's bytes. Sort `rows` first: by kind and, within a kind, by their cells.
pub fn encode(writer: &mut Writer, position: i64, record: &RecordRow, rows: &[Effect]) {
    writer.array(8).integer(record.format).integer(position).text(&record.kind);
    writer.integer(record.posted_at).integer(record.effective_day).text(&record.actor).integer(record.channel);
    writer.array(rows.len());
    for row in rows {
        if Defect::ReversalNotHashed.is_on() && matches!(row, Effect::Reversal(_)) {
            continue;
        }
        writer.array(row.table().own_columns.len() + 1).integer(row.kind());
        row.put(writer);
    }
}

/// Builds a leaf's entry, the public part of a record: 69 bytes. `kind` has four letters.
pub fn entry(kind: &str, receipt: Option<&Digest>, salt: &[u8], record: &[u8]) -> [u8; 69] {
    let mut entry = [0; 69];
    entry[0] = 0x01;
    entry[1..5].iter_mut().zip(kind.bytes()).for_each(|(place, letter)| *place = letter);
    entry[5..37].copy_from_slice(receipt.unwrap_or(&[0; 32]));
    entry[37..].copy_from_slice(&sha256(&[salt, record]));
    entry
}

/// Builds a leaf's entry and hashes it.
pub fn leaf(kind: &str, receipt: Option<&Digest>, salt: &[u8], record: &[u8]) -> Digest {
    leaf_hash(&entry(kind, receipt, salt, record))
}
