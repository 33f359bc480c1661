//! What the index of a write-ahead log says of the log (<https://www.sqlite.org/walformat.html>).
//!
//! The index is shared memory: when it was last written to says nothing. But it must fit the log.

use super::head_page::page_size;

/// Where a log says which one it is, in bytes.
pub const LOG_SALT: u64 = 16;
/// The log's own head, in bytes, and that of each page in it.
const LOG_HEAD_BYTES: u64 = 32;
pub const FRAME_HEAD_BYTES: usize = 24;
/// The index begins with its head, twice.
pub const INDEX_HEAD_BYTES: usize = 48;

/// How far a log goes, as its index says: the last page's place, and how that page must begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEnd {
    /// In bytes.
    pub offset: u64,
    salt: [u8; 8],
    checksum: [u32; 2],
}

/// What the first bytes of an index say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexHead {
    /// It is being written, or is nothing that the engine has written.
    Unclear,
    /// There is no page in the log, or the next reader makes the index anew.
    Empty,
    /// There are pages in the log.
    Pages(LogEnd),
}

/// Reads the head of an index, which stands there twice. Its numbers have the machine's own order of bytes.
pub fn index_head(bytes: &[u8]) -> IndexHead {
    let Some((first, second)) = bytes.split_at_checked(INDEX_HEAD_BYTES) else { return IndexHead::Empty };
    if second.get(..INDEX_HEAD_BYTES) != Some(first) {
        return IndexHead::Unclear;
    }
    let number =
        |at: usize| first.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_ne_bytes);
    let (is_made, pages) = (first.get(12) == Some(&1), u64::from(number(16)));
    if !is_made || pages == 0 {
        return IndexHead::Empty;
    }
    let noted = first.get(14..16).and_then(|bytes| bytes.try_into().ok()).map_or(0, u16::from_ne_bytes);
    let offset = LOG_HEAD_BYTES + (pages - 1) * (FRAME_HEAD_BYTES + page_size(noted)) as u64;
    let salt = first.get(32..40).and_then(|salt| salt.try_into().ok()).unwrap_or_default();
    IndexHead::Pages(LogEnd { offset, salt, checksum: [number(24), number(28)] })
}

impl LogEnd {
    /// Whether the head of that page is the one in the log. The checksum is over all pages before it, so no other log has it.
    pub fn is(&self, frame_head: &[u8]) -> bool {
        let number =
            |at: usize| frame_head.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map(u32::from_be_bytes);
        frame_head.get(8..16) == Some(&self.salt) && [number(16), number(20)] == self.checksum.map(Some)
    }
}
