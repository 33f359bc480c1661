//! Records: what a leaf of the journal commits to. `docs/JOURNAL.md` lists the fields, with test vectors.
//!
//! entry = `0x01 ‖ kind (4) ‖ SHA-256 of the receipt's token, or 32 zeros ‖ SHA-256(salt (16) ‖ record)`: 69 bytes that
//! are public and tell nothing. `record` is deterministic CBOR of a versioned array; it is computed from the bank's rows
//! and stored nowhere else.

use super::cbor::Writer;
use super::merkle::leaf_hash;
use super::{Digest, sha256};
use crate::effect::{Cell, RowKind};

/// The version of the array that a record is.
pub const RECORD_VERSION: i64 = 1;

/// A record's own row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordHeader {
    /// Its position in the journal.
    pub position: i64,
    /// Scope of its id; empty without one.
    pub credential: String,
    /// The caller's id; empty without one.
    pub id: Vec<u8>,
    /// Four letters.
    pub kind: String,
    /// SHA-256 of the command as sent; empty without an id.
    pub content_hash: Vec<u8>,
    /// UTC seconds.
    pub posted_at: i64,
    /// The day it counts for.
    pub effective_day: i64,
    /// Who.
    pub actor: String,
    /// For whom; may be empty.
    pub on_behalf_of: String,
    /// Through which door.
    pub channel: i64,
    /// At which device; may be empty.
    pub device: String,
    /// Why; may be empty.
    pub reason: String,
    /// Under which policy; 0 for none.
    pub policy_version: i64,
    /// The record that it reverses; −1 for none.
    pub reversed_position: i64,
}

impl RecordHeader {
    /// The record's bytes; `rows` in the order of their kinds and, within a kind, of their cells.
    pub fn encode(&self, rows: &[(RowKind, Vec<Cell>)]) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.array(16).integer(RECORD_VERSION).integer(self.position);
        writer.text(&self.credential).bytes(&self.id).text(&self.kind).bytes(&self.content_hash);
        writer.integer(self.posted_at).integer(self.effective_day);
        writer.text(&self.actor).text(&self.on_behalf_of).integer(self.channel).text(&self.device).text(&self.reason);
        writer.integer(self.policy_version).integer(self.reversed_position);
        writer.array(rows.len());
        for (kind, cells) in rows {
            writer.array(cells.len() + 1).integer(*kind as i64);
            for cell in cells {
                match cell {
                    Cell::Integer(value) => writer.integer(*value),
                    Cell::Text(value) => writer.text(value),
                    Cell::Bytes(value) => writer.bytes(value),
                };
            }
        }
        writer.finish()
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
