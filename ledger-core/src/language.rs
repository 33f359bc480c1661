//! The languages in which the ledger puts a receipt or a reason into words. Whoever embeds it words the rest.

/// A language of receipts and reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Language {
    SimplifiedChinese,
    TraditionalChinese,
    English,
}
