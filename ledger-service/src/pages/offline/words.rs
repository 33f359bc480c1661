//! The words of the page without a network.

use crate::pages::words::Word;

page_parts::words! {
    Word in "offline.ftl":
    OfflineTitle,
    OfflineText,
    OfflineBalanceButton,
}
