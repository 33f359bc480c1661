//! What stands on a slip of paper, as plain data.

use std::fmt;

use page_parts::Language;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// 兑换: points for pieces.
    Redemption,
    /// 冲正: gives a redemption's points back.
    Reversal,
}

/// One line: pieces of an offer.
#[derive(Clone, PartialEq, Eq)]
pub struct Line {
    /// The offer's name, in the person's language as far as it has one.
    pub name: String,
    pub pieces: i64,
    pub points_each: i64,
}

/// Where the journal stood, so that the paper is a witness of it too.
#[derive(Clone, PartialEq, Eq)]
pub struct JournalHead {
    pub size: u64,
    /// The first eight hexadecimal digits of its root.
    pub root_start: String,
}

#[derive(Clone, PartialEq, Eq)]
pub struct Slip {
    /// The language of all words except names.
    pub language: Language,
    pub title: String,
    /// `S01-26-000042`
    pub receipt_number: String,
    pub station: String,
    /// When it was issued, in the bank's time zone and as it is to be read.
    pub time: String,
    pub kind: Kind,
    /// 1 to 10 of them.
    pub lines: Vec<Line>,
    /// Points in all; positive in a reversal too.
    pub points: i64,
    /// Points that were left, where the receipt says so.
    pub points_left: Option<i64>,
    /// `https://<host>/v#<token>`: what the QR code holds.
    pub receipt_url: String,
    /// Where the journal stood, if the bank has said.
    pub journal: Option<JournalHead>,
    /// What it confirms has been reversed since: marked 已撤销, above and below.
    pub is_reversed: bool,
    /// Some of what it confirms has come back since: marked 部分已退 in the same way.
    pub is_partly_returned: bool,
    /// Not the first paper of this receipt: marked 副本, above and below.
    pub is_copy: bool,
}

/// Tells which receipt it is, and neither its token nor what was taken home.
impl fmt::Debug for Slip {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Slip")
            .field("receipt_number", &self.receipt_number)
            .field("kind", &self.kind)
            .field("is_copy", &self.is_copy)
            .finish_non_exhaustive()
    }
}
