//! The words of the card.

use crate::pages::words::Word;

page_parts::words! {
    Word in "card.ftl":
    CardTitle,
    CardNote,
    CardActive,
    CardBlocked,
    CardQr,
    CardHolder,
}
