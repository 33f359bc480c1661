//! The words of the card.

use crate::pages::words::{Word, words};

words! {
    Word in "card.ftl":
    CardTitle,
    CardNote,
    CardActive,
    CardBlocked,
    CardQr,
    CardHolder,
}
