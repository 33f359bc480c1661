//! Ids that are made of what they stand for, so that the same thing always has the same one.

use baoyulan_ledger::proof::sha256;
use uuid::Uuid;

/// The id that these bytes, joined, always give.
pub fn id_of(parts: &[&[u8]]) -> Uuid {
    let [.., a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = sha256(parts);
    uuid::Builder::from_custom_bytes([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]).into_uuid()
}
