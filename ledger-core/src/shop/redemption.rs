//! Redemptions: pieces of offers for points.

use serde::{Deserialize, Serialize};

/// Lines of one redemption, at most: what fits a receipt.
pub const LINES_MAX: usize = 10;

/// What a person asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The offer's code.
    pub sku: String,
    /// How many.
    pub pieces: i64,
}

/// What a person was given, at which price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedeemedLine {
    /// The offer's code.
    pub sku: String,
    /// Version of the offer.
    pub offer_version: i64,
    /// How many.
    pub pieces: i64,
    /// Points for each.
    pub points_each: i64,
}
